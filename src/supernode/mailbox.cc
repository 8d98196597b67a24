#include "supernode/mailbox.h"

#include "crypto/hash.h"

namespace farline::supernode {
namespace {

constexpr Duration kCommitEvery = 200ms;
constexpr Duration kForgetEvery = 2s;  // a message that was taken and is still on disk costs only a repetition
constexpr Duration kRetryFirst = 10s;
constexpr Duration kRetryMax = 10min;
constexpr Duration kTroublePause = 10s;
constexpr Duration kSweepMailEvery = 10min;
constexpr uint16_t kBusyAgain = 30;
constexpr uint16_t kFullAgain = 600;
constexpr uint16_t kPolicyAgain = 900;

uint16_t again_after(wire::MailRefusal reason) {
  switch (reason) {
    case wire::MailRefusal::busy:
      return kBusyAgain;
    case wire::MailRefusal::box_full:
    case wire::MailRefusal::quota:
      return kFullAgain;
    case wire::MailRefusal::by_policy:
      return kPolicyAgain;
    case wire::MailRefusal::no_such_device:
      return kFullAgain;
    case wire::MailRefusal::absent:
      return 0;
  }
  return 0;
}

ByteVector for_key(const wire::DeviceId& recipient, Bytes id) {
  ByteVector key(recipient.bytes.size() + id.size());
  Writer out(key);
  out.bytes(recipient.bytes);
  out.bytes(id);
  return key;
}

}  // namespace

// --- MAIL_PUT --------------------------------------------------------------------------------------------------------

void Mailbox::handle(Time now, Session& sender, const wire::MailPut& put) {
  const crypto::Hash hash = crypto::sha256({sender.device.bytes, put.sealed});
  Question question{sender, put};
  std::copy_n(hash.begin(), question.id.size(), question.id.begin());
  if (sender.mails.take(now) && puts_.take(now)) {
    this->put(now, question);
    return;
  }
  ++parts_.counters.mail_refused;
  refuse(now, sender, {{because(wire::MailRefusal::busy), to_vector(put.recipients)}}, put.number);
}

void Mailbox::put(Time now, const Question& question) {
  Refused refused;
  std::vector<uint64_t> sequences;
  size_t accepted = 0;
  const size_t fresh_before = fresh_.size();
  for (size_t i = 0; i < question.put.recipient_count(); ++i) {
    const wire::DeviceId recipient = question.put.recipient(i);
    auto objects = objection(now, question, recipient);
    if (!objects && question.put.keep) {
      if (const auto full = keep(now, question, recipient)) objects = because(*full);
    } else if (!objects && !pass_on(now, question, recipient)) {
      objects = because(wire::MailRefusal::absent);
    }
    if (objects) {
      ByteVector& list = refused[*objects];
      list.insert(list.end(), recipient.bytes.begin(), recipient.bytes.end());
      ++parts_.counters.mail_refused;
    } else {
      ++accepted;
    }
  }
  refuse(now, question.sender, refused, question.put.number);
  if (accepted == 0) return;
  const auto body = bodies_.find(question.id);
  const bool waits_for_disk = fresh_.size() != fresh_before || (body != bodies_.end() && !body->second.is_stored);
  if (!question.put.keep || !waits_for_disk) {
    parts_.sessions.send(now, question.sender, wire::MailStored{Bytes(&question.put.number, 1)});
    return;
  }
  tickets_.push_back({question.sender.device, question.put.number});
  due_by(now + kCommitEvery);
  const std::vector<Fresh> added(fresh_.begin() + static_cast<ptrdiff_t>(fresh_before), fresh_.end());
  for (const Fresh& fresh : added) push(now, fresh.recipient, fresh.sequence);
  if (fresh_.size() >= kMailFreshMax || tickets_.size() >= kMailFreshMax) commit(now);
}

Mailbox::Objection Mailbox::because(wire::MailRefusal reason) {
  return {reason, 0, again_after(reason)};
}

std::optional<Mailbox::Objection> Mailbox::objection(Time now, const Question& question,
                                                     const wire::DeviceId& recipient) {
  const Device* to = parts_.directory.find(recipient);
  const Device* from = parts_.directory.find(question.sender.device);
  if (!to || recipient == question.sender.device || parts_.door.is_revoked(recipient))
    return because(wire::MailRefusal::no_such_device);
  if (!from) return because(wire::MailRefusal::by_policy);
  const policy::Decision decision = parts_.door.judge(
      now, {.caller = {*from, question.sender.visitor}, .callee = *to, .what = policy::Class::messages});
  if (decision.allowed) return std::nullopt;
  ++parts_.counters.refused_by_rule[static_cast<size_t>(decision.rule)];
  Objection out = because(wire::MailRefusal::by_policy);
  out.rule = static_cast<uint8_t>(decision.rule);
  const WallTime wall = parts_.clock.at(now);
  if (decision.until && *decision.until > wall)
    out.again_s = static_cast<uint16_t>(std::min<uint64_t>(decision.until->seconds - wall.seconds, UINT16_MAX));
  return out;
}

// Nothing: it waits, has waited, or has been taken.
std::optional<wire::MailRefusal> Mailbox::keep(Time now, const Question& question, const wire::DeviceId& recipient) {
  if (!parts_.store || now < failing_until_) return wire::MailRefusal::busy;
  if (taken_.contains({question.id, recipient})) return std::nullopt;
  const size_t size = question.put.sealed.size();
  const auto body = bodies_.find(question.id);
  if (const auto box = boxes_.find(recipient); box != boxes_.end()) {
    if (body != bodies_.end())
      for (const auto& [sequence, id] : box->second.items)
        if (id == question.id) return std::nullopt;
    if (box->second.items.size() >= kMailPerBoxMax || box->second.bytes + size > kMailPerBoxBytesMax)
      return wire::MailRefusal::box_full;
  }
  if (const auto load = loads_.find(question.sender.device); load != loads_.end())
    if (load->second.count >= kMailPerSenderMax || load->second.bytes + size > kMailPerSenderBytesMax)
      return wire::MailRefusal::quota;
  if (count_ >= kMailMax || bytes_ + size > kMailTotalBytesMax) return wire::MailRefusal::busy;
  if (body == bodies_.end()) {
    const WallTime wall = parts_.clock.at(now);
    bodies_[question.id] = {.sender = question.sender.device,
                            .size = static_cast<uint16_t>(size),
                            .expires = {wall.seconds == 0 ? 0 : wall.seconds + kMailDays * 24 * 3600},
                            .sealed = to_vector(question.put.sealed)};
  }
  const uint64_t sequence = next_sequence_++;
  insert(recipient, sequence, question.id);
  fresh_.push_back({question.id, recipient, sequence});
  ++parts_.counters.mail_kept;
  return std::nullopt;
}

// To who is attached, once: nobody waits for an answer.
bool Mailbox::pass_on(Time now, const Question& question, const wire::DeviceId& recipient) {
  Session* session = parts_.sessions.of(recipient);
  if (!session || !session->pushes.take(now)) return false;
  ByteVector items;
  wire::append_mail_item({question.sender.device, question.put.sealed}, false, items);
  const auto box = boxes_.find(recipient);
  const size_t left = box == boxes_.end() ? 0 : box->second.items.size();
  parts_.sessions.send(
      now, *session,
      wire::Mail{.number = 0, .left = static_cast<uint16_t>(std::min<size_t>(left, UINT16_MAX)), .items = items});
  ++parts_.counters.mail_passed_on;
  return true;
}

void Mailbox::refuse(Time now, Session& sender, const Refused& refused, uint8_t number) {
  for (const auto& [why, recipients] : refused)
    parts_.sessions.send(now, sender, wire::MailRefused{number, why.reason, why.again_s, recipients, why.rule});
}

// --- MAIL ------------------------------------------------------------------------------------------------------------

// What has just come, to a device that is there: alone if it is short, else the news of it. While it owes an answer it
// asks itself.
void Mailbox::push(Time now, const wire::DeviceId& recipient, uint64_t sequence) {
  Session* session = parts_.sessions.of(recipient);
  if (!session || (session->mail && session->mail->due)) return;
  const Box& box = boxes_.at(recipient);
  const bool is_short = bodies_.at(box.items.at(sequence)).size + wire::kMailItemOverheadMax <= kMailUnaskedBytes;
  if (!session->mail) session->mail = std::make_unique<MailFlight>();
  session->mail->begin();
  if (is_short && session->pushes.take(now)) session->mail->sequences.push_back(sequence);
  send_flight(now, *session, box.items.size() - session->mail->sequences.size());
}

void Mailbox::arrived(Time now, Session& session) {
  if (!has_mail(session.device) || session.mail) return;
  session.mail = std::make_unique<MailFlight>();
  session.mail->begin();
  session.mail->patience = kRetryFirst;
  session.mail->due = now + kRetryFirst;
  retries_.insert({*session.mail->due, session.device});
}

void Mailbox::handle(Time now, Session& device, const wire::MailTaken& taken) {
  const bool is_answer = device.mail && device.mail->due && device.mail->number == taken.number;
  if (!is_answer && taken.most == 0) return;
  if (device.mail && device.mail->due) {
    retries_.erase({*device.mail->due, device.device});
    device.mail->due.reset();
  }
  if (is_answer) {
    const auto sequences = std::exchange(device.mail->sequences, {});
    for (const uint64_t sequence : sequences) {
      const auto box = boxes_.find(device.device);
      if (box == boxes_.end() || !box->second.items.contains(sequence)) continue;
      const auto place = std::make_pair(box->second.items.at(sequence), device.device);
      if (taken_.insert(place).second) taken_order_.push_back(place);
      if (taken_order_.size() > kMailTakenRemembered) {
        taken_.erase(taken_order_.front());
        taken_order_.pop_front();
      }
      ++parts_.counters.mail_delivered;
      erase(device.device, sequence);
    }
    due_by(now + kForgetEvery);
  }
  if (taken.most == 0) return;
  if (has_mail(device.device))
    send_waiting(now, device, std::min<size_t>(taken.most, wire::kMailItemsBytesMax));
  else if (!is_answer)
    parts_.sessions.send(now, device, wire::Mail{});
}

void Mailbox::send_waiting(Time now, Session& session, size_t most) {
  if (!reads_.take(now)) return;  // it asks again
  if (!session.mail) session.mail = std::make_unique<MailFlight>();
  session.mail->begin();
  const Box& box = boxes_.at(session.device);
  size_t bytes = 0;
  for (auto it = box.items.rbegin(); it != box.items.rend() && session.mail->sequences.size() < kMailItemsAtOnce;
       ++it) {
    const size_t size = bodies_.at(it->second).size + wire::kMailItemOverheadMax;
    if (bytes + size > most) continue;
    bytes += size;
    session.mail->sequences.push_back(it->first);
  }
  send_flight(now, session, box.items.size() - session.mail->sequences.size());
}

// What of the flight still waits.
void Mailbox::send_flight(Time now, Session& session, size_t left) {
  MailFlight& flight = *session.mail;
  ByteVector items;
  std::optional<wire::DeviceId> before;
  std::vector<uint64_t> gone;
  for (const uint64_t sequence : flight.sequences) {
    const auto box = boxes_.find(session.device);
    if (box == boxes_.end() || !box->second.items.contains(sequence)) continue;
    const Id id = box->second.items.at(sequence);
    const Body& body = bodies_.at(id);
    const auto sealed = sealed_of(id, body);
    if (!sealed) {
      if (sealed.error().code != Errc::io) gone.push_back(sequence);
      continue;
    }
    wire::append_mail_item({body.sender, *sealed}, before == body.sender, items);
    before = body.sender;
  }
  for (const uint64_t sequence : gone) erase(session.device, sequence);
  const auto shown_left = static_cast<uint16_t>(std::min<size_t>(left, UINT16_MAX));
  parts_.sessions.send(now, session, wire::Mail{flight.number, shown_left, items});
  flight.patience = std::min(2 * flight.patience, kRetryMax);
  if (flight.patience == Duration{}) flight.patience = kRetryFirst;
  flight.due = now + flight.patience;
  retries_.insert({*flight.due, session.device});
}

Result<ByteVector> Mailbox::sealed_of(const Id& id, const Body& body) {
  if (!body.is_stored) return body.sealed;
  if (!parts_.store) return Error{Errc::not_found, "no store of mail"};
  auto found = parts_.store->find(static_cast<uint8_t>(RecordKind::mail_body), id);
  if (found && found->size() != body.size) return Error{Errc::malformed, "another size than its index says"};
  return found;
}

void Mailbox::retry(Time now) {
  while (!retries_.empty() && retries_.begin()->first <= now) {
    const wire::DeviceId device = retries_.begin()->second;
    const Time due = retries_.begin()->first;
    retries_.erase(retries_.begin());
    Session* session = parts_.sessions.of(device);
    if (!session || !session->mail || session->mail->due != due) continue;  // of a session that is gone
    session->mail->due.reset();
    const auto box = boxes_.find(device);
    if (box == boxes_.end()) continue;
    const auto waits = [&](uint64_t sequence) { return box->second.items.contains(sequence); };
    const auto flying = static_cast<size_t>(std::ranges::count_if(session->mail->sequences, waits));
    send_flight(now, *session, box->second.items.size() - flying);
  }
}

// --- What waits ------------------------------------------------------------------------------------------------------

void Mailbox::insert(const wire::DeviceId& recipient, uint64_t sequence, const Id& id) {
  Body& body = bodies_.at(id);
  Box& box = boxes_[recipient];
  box.items[sequence] = id;
  box.bytes += body.size;
  ++body.waiting;
  Load& load = loads_[body.sender];
  ++load.count;
  load.bytes += body.size;
  ++count_;
  bytes_ += body.size;
}

void Mailbox::erase(const wire::DeviceId& recipient, uint64_t sequence) {
  const auto box = boxes_.find(recipient);
  const auto item = box->second.items.find(sequence);
  const Id id = item->second;
  const auto body = bodies_.find(id);
  const size_t size = body->second.size;
  box->second.items.erase(item);
  box->second.bytes -= size;
  if (box->second.items.empty()) boxes_.erase(box);
  const auto load = loads_.find(body->second.sender);
  --load->second.count;
  load->second.bytes -= size;
  if (load->second.count == 0) loads_.erase(load);
  --count_;
  bytes_ -= size;
  if (body->second.is_stored)
    erased_.push_back({static_cast<uint8_t>(RecordKind::mail_for), for_key(recipient, id), {}});
  if (--body->second.waiting > 0) return;
  if (body->second.is_stored) erased_.push_back({static_cast<uint8_t>(RecordKind::mail_body), to_vector(id), {}});
  bodies_.erase(body);
}

void Mailbox::load(Bytes key, Bytes value) {
  Reader in_key(key), in(value);
  const wire::DeviceId recipient{in_key.array<8>()};
  const Id id = in_key.array<16>();
  const uint64_t sequence = in.u64();
  const WallTime expires{in.u64()};
  const uint16_t size = in.u16();
  const wire::DeviceId sender{in.array<8>()};
  if (!in_key.finish() || !in.finish() || size == 0 || size > wire::kMailBytesMax || count_ >= kMailMax ||
      sequence == 0 || sequence >= UINT64_MAX / 2)
    return;
  if (const auto box = boxes_.find(recipient); box != boxes_.end())
    if (box->second.items.size() >= kMailPerBoxMax || box->second.items.contains(sequence)) return;
  const auto known = bodies_.find(id);
  if (known != bodies_.end() && (known->second.size != size || known->second.sender != sender)) return;
  if (known == bodies_.end())
    bodies_[id] = {.sender = sender, .size = size, .is_stored = true, .expires = expires, .sealed = {}};
  insert(recipient, sequence, id);
  next_sequence_ = std::max(next_sequence_, sequence + 1);
}

// --- The disk --------------------------------------------------------------------------------------------------------

void Mailbox::commit(Time now) {
  commit_due_.reset();
  std::vector<SaveRecord> records = std::move(erased_);
  erased_.clear();
  std::set<Id> written;
  for (const Fresh& fresh : fresh_) {
    const auto box = boxes_.find(fresh.recipient);
    if (box == boxes_.end() || !box->second.items.contains(fresh.sequence)) continue;  // taken meanwhile
    const Body& body = bodies_.at(fresh.id);
    ByteVector value(8 + 8 + 2 + 8);
    Writer out(value);
    out.u64(fresh.sequence);
    out.u64(body.expires.seconds);
    out.u16(body.size);
    out.bytes(body.sender.bytes);
    records.push_back({static_cast<uint8_t>(RecordKind::mail_for), for_key(fresh.recipient, fresh.id), value});
    if (!body.is_stored && written.insert(fresh.id).second)
      records.push_back({static_cast<uint8_t>(RecordKind::mail_body), to_vector(fresh.id), body.sealed});
  }
  const bool is_safe = records.empty() || !parts_.store || parts_.store->save(records).has_value();
  for (const Id& id : written) {
    if (!is_safe) continue;
    Body& body = bodies_.at(id);
    body.is_stored = true;
    body.sealed = {};
  }
  const std::vector<Fresh> fresh = std::exchange(fresh_, {});
  if (!is_safe) {
    failing_until_ = now + kTroublePause;
    if (trouble_log_.take(now)) parts_.log.write(now, LogLevel::error, "mail_store_failed");
    for (const Fresh& lost : fresh)
      if (const auto box = boxes_.find(lost.recipient);
          box != boxes_.end() && box->second.items.contains(lost.sequence))
        erase(lost.recipient, lost.sequence);
  }
  const std::vector<Ticket> tickets = std::exchange(tickets_, {});
  if (is_safe) confirm(now, tickets);  // else they repeat, and are then told how long to wait
}

void Mailbox::confirm(Time now, std::span<const Ticket> tickets) {
  std::map<wire::DeviceId, ByteVector> numbers;
  for (const Ticket& ticket : tickets) {
    ByteVector& list = numbers[ticket.sender];
    if (list.size() < wire::kMailPutsInFlightMax) list.push_back(ticket.number);
  }
  for (const auto& [sender, list] : numbers) parts_.sessions.send(now, sender, wire::MailStored{list});
}

void Mailbox::handle_timeout(Time now) {
  if (commit_due_ && now >= *commit_due_) commit(now);
  retry(now);
}

std::optional<Time> Mailbox::next_timeout() const {
  if (retries_.empty()) return commit_due_;
  const Time first = retries_.begin()->first;
  return std::min(first, commit_due_.value_or(first));
}

void Mailbox::sweep(Time now) {
  const WallTime wall = parts_.clock.at(now);
  if (wall.seconds == 0 || (swept_ && now - *swept_ < kSweepMailEvery)) return;
  swept_ = now;
  std::vector<std::pair<wire::DeviceId, uint64_t>> over;
  for (const auto& [recipient, box] : boxes_)
    for (const auto& [sequence, id] : box.items) {
      Body& body = bodies_.at(id);
      if (body.expires.seconds == 0) body.expires = {wall.seconds + kMailDays * 24 * 3600};  // the clock was not set
      if (body.expires <= wall && over.size() < kMailFreshMax) over.emplace_back(recipient, sequence);
    }
  for (const auto& [recipient, sequence] : over) erase(recipient, sequence);
  parts_.counters.mail_expired += over.size();
  if (!over.empty()) due_by(now + kForgetEvery);
}

}  // namespace farline::supernode
