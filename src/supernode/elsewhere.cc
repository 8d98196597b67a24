#include "supernode/elsewhere.h"

#include "wire/name.h"

namespace farline::supernode {
namespace {

Device device_of(const wire::Certificate& certificate, Bytes encoded) {
  return {.id = wire::device_id_of(certificate.static_key),
          .static_key = certificate.static_key,
          .signing_key = certificate.signing_key,
          .certificate = to_vector(encoded),
          .certificate_hash = wire::certificate_hash_of(encoded),
          .issuer = certificate.issuer,
          .expires = certificate.expires,
          .person = wire::fold_name(certificate.name).value(),
          .role = certificate.person_role,
          .counter = 0,
          .policy = {}};
}

}  // namespace

// --- What is remembered ----------------------------------------------------------------------------------------------

const Device* Elsewhere::find(const wire::DeviceId& id) const {
  const auto found = seen_.find(id);
  return found == seen_.end() ? nullptr : &found->second.device;
}

const Device* Elsewhere::find_any(const wire::CertificateWanted& wanted) const {
  if (wanted.by == wire::CertificateBy::device_id) return find(wire::DeviceId{wanted.id});
  const auto found = std::ranges::find_if(
      seen_, [&](const auto& entry) { return entry.second.device.certificate_hash.bytes == wanted.id; });
  return found == seen_.end() ? nullptr : &found->second.device;
}

std::vector<const Device*> Elsewhere::devices_of(const std::string& person) const {
  std::vector<const Device*> out;
  const auto found = people_.find(person);
  if (found == people_.end()) return out;
  for (const wire::DeviceId& id : found->second) out.push_back(find(id));
  return out;
}

const Device* Elsewhere::known(const wire::DeviceId& id) const {
  const Device* own = parts_.directory.find(id);
  return own ? own : find(id);
}

std::optional<Elsewhere::Where> Elsewhere::where(Time now, const wire::DeviceId& id) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  if (parts_.clock.at(now) >= place.presence.terms.expires) return std::nullopt;
  return Where{place.node, now - place.learned < wire::kPlaceFresh && parts_.backbone.is_live(now, place.node)};
}

bool Elsewhere::is_fresh(Time now, const wire::DeviceId& id) const {
  const auto found = seen_.find(id);
  return parts_.backbone.is_up() && found != seen_.end() && now - found->second.learned < wire::kPlaceFresh;
}

void Elsewhere::not_there(const wire::DeviceId& id, const wire::NodeId& node) {
  const auto found = places_.find(id);
  if (found != places_.end() && found->second.node == node) places_.erase(found);
}

bool Elsewhere::learn(Time now, const wire::DeviceId& id, Bytes certificate) {
  const Device* device = known(id);
  if (device && equal(device->certificate, certificate)) return true;
  return learn(now, certificate) == id;
}

std::optional<wire::DeviceId> Elsewhere::learn(Time now, Bytes encoded) {
  const auto form = wire::parse_certificate(encoded);
  if (!form || form->role != wire::Role::device) return std::nullopt;
  const wire::DeviceId id = wire::device_id_of(form->static_key);
  if (const auto found = seen_.find(id); found != seen_.end()) {
    const Device& before = found->second.device;
    if (equal(before.certificate, encoded) || form->expires < before.expires) {
      found->second.learned = now;
      return id;
    }
  }
  const auto certificate = parts_.issuers.verify(encoded);
  if (!certificate || !wire::check_validity(*certificate, parts_.clock.at(now))) {
    ++parts_.counters.backbone_refused;
    return std::nullopt;
  }
  const Device* before = find(id);
  if (before == nullptr) {
    make_room();
  } else {
    people_[before->person].erase(id);
  }
  Seen& seen = seen_[id];
  seen = {device_of(*certificate, encoded), now};
  people_[seen.device.person].insert(id);
  return id;
}

void Elsewhere::make_room() {
  if (seen_.size() < wire::kElsewhereMax) return;
  const auto oldest = std::ranges::min_element(seen_, {}, [](const auto& entry) { return entry.second.learned; });
  const auto person = people_.find(oldest->second.device.person);
  person->second.erase(oldest->first);
  if (person->second.empty()) people_.erase(person);
  places_.erase(oldest->first);
  seen_.erase(oldest);
}

void Elsewhere::place(Time now, const wire::DeviceId& id, const wire::NodeId& node,
                      const wire::PresenceRecord& presence) {
  const Device* device = known(id);
  const Backbone::Node* there = parts_.backbone.find(node);
  if (!device || !there || parts_.clock.at(now) >= presence.terms.expires) return;
  if (const auto found = places_.find(id); found != places_.end()) {
    Place& before = found->second;
    if (presence.terms.sequence < before.presence.terms.sequence) return;
    if (presence.signature == before.presence.signature && node == before.node) {
      before.learned = now;
      return;
    }
  } else if (places_.size() >= wire::kElsewhereMax) {
    places_.erase(std::ranges::min_element(places_, {}, [](const auto& entry) { return entry.second.learned; }));
  }
  const Session* here = parts_.sessions.of(id);
  if (here && presence.terms.sequence <= here->presence_terms.sequence) return;
  const auto covered = wire::presence_bytes(there->static_key, presence.terms);
  if (!parts_.environment.asymmetric.verify(device->signing_key, covered, presence.signature)) {
    ++parts_.counters.backbone_refused;
    return;
  }
  places_[id] = {node, presence, now};
  placed_.push_back(id);
  if (here) parts_.sessions.remove(here->index);  // it has gone there, and could not say good-bye
}

// --- Questions -------------------------------------------------------------------------------------------------------

bool Elsewhere::ask(Time now, const std::string& person, Asker asker) {
  return ask(now, Question{.person = person, .device = {}, .due = {}, .waiting = {}, .askers = {}}, std::move(asker));
}

bool Elsewhere::ask(Time now, const wire::DeviceId& device, Asker asker) {
  return ask(now, Question{.person = {}, .device = device, .due = {}, .waiting = {}, .askers = {}}, std::move(asker));
}

bool Elsewhere::ask(Time now, Question question, Asker asker) {
  for (auto& [number, open] : questions_) {
    if (open.person != question.person || open.device != question.device) continue;
    if (open.askers.size() >= wire::kAskersMax) return false;
    open.askers.push_back(std::move(asker));
    return true;
  }
  const auto others = parts_.backbone.live(now);
  if (others.empty() || questions_.size() >= wire::kQuestionsMax) return false;
  const uint32_t number = ++last_question_;
  for (const wire::NodeId& node : others)
    parts_.backbone.send(node,
                         wire::NodeQuestion{.number = number, .person = question.person, .device = question.device});
  question.due = now + wire::kQuestionTime;
  question.waiting.insert(others.begin(), others.end());
  question.askers.push_back(std::move(asker));
  questions_.emplace(number, std::move(question));
  ++parts_.counters.backbone_questions;
  return true;
}

void Elsewhere::handle(Time, const wire::NodeId& from, const wire::NodeQuestion& question) {
  std::vector<const Device*> asked;
  if (!question.person.empty()) {
    asked = parts_.directory.devices_of(std::string(question.person));
  } else if (const Device* device = parts_.directory.find(question.device)) {
    asked.push_back(device);
  }
  wire::NodeAnswer answer{.number = question.number};
  for (const Device* device : asked) {
    if (answer.device_count == answer.devices.size()) break;
    const Session* session = parts_.sessions.of(device->id);
    wire::KnownDevice& out = answer.devices[answer.device_count++];
    out.certificate = device->certificate;
    out.attached = session && session->presence;
    if (out.attached) out.presence = {session->presence_terms, *session->presence};
  }
  parts_.backbone.send(from, answer);
}

bool Elsewhere::is_about(const Question& question, const wire::DeviceId& id) const {
  if (question.person.empty()) return question.device == id;
  const Device* device = known(id);
  return device && device->person == question.person;
}

void Elsewhere::handle(Time now, const wire::NodeId& from, const wire::NodeAnswer& answer) {
  const auto found = questions_.find(answer.number);
  if (found == questions_.end() || found->second.waiting.erase(from) == 0) return;
  std::set<wire::DeviceId> attached;
  for (const wire::KnownDevice& device : std::span(answer.devices).first(answer.device_count)) {
    const auto id = learn(now, device.certificate);
    if (!id || !device.attached || !is_about(found->second, *id)) continue;
    attached.insert(*id);
    place(now, *id, from, device.presence);
  }
  std::erase_if(places_, [&](const auto& entry) {
    return entry.second.node == from && !attached.contains(entry.first) && is_about(found->second, entry.first);
  });
  if (found->second.waiting.empty()) settle(answer.number);
}

void Elsewhere::handle(Time now, const wire::NodeId& from, const wire::NodeArrival& arrival) {
  place(now, arrival.device, from, arrival.presence);
}

void Elsewhere::settle(uint32_t number) {
  const auto found = questions_.find(number);
  for (Asker& asker : found->second.askers) settled_.push_back(std::move(asker));
  questions_.erase(found);
}

std::vector<Elsewhere::Asker> Elsewhere::take_settled() {
  return std::exchange(settled_, {});
}

// --- Our own devices -------------------------------------------------------------------------------------------------

bool Elsewhere::told(Session& session, const wire::Presence& presence) {
  const Device* device = parts_.directory.find(session.device);
  const auto covered = wire::presence_bytes(parts_.backbone.own_key(), session.presence_terms);
  if (!device || !parts_.environment.asymmetric.verify(device->signing_key, covered, presence.signature)) return false;
  if (session.presence == presence.signature) return true;
  session.presence = presence.signature;
  places_.erase(session.device);
  parts_.backbone.arrived({session.device, {session.presence_terms, presence.signature}});
  return true;
}

void Elsewhere::republish() {
  std::vector<wire::NodeArrival> all;
  parts_.sessions.for_each([&](const Session& session) {
    if (session.committed && session.presence)
      all.push_back({session.device, {session.presence_terms, *session.presence}});
  });
  parts_.backbone.repeat(all);
}

// --- Time ------------------------------------------------------------------------------------------------------------

void Elsewhere::backbone_down() {
  while (!questions_.empty()) settle(questions_.begin()->first);
}

void Elsewhere::handle_timeout(Time now) {
  while (!questions_.empty() && now >= questions_.begin()->second.due) settle(questions_.begin()->first);
}

std::optional<Time> Elsewhere::next_timeout() const {
  if (questions_.empty()) return std::nullopt;
  return questions_.begin()->second.due;  // numbered in the order of their time
}

}  // namespace farline::supernode
