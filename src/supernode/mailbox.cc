#include "supernode/mailbox.h"

#include "crypto/hash.h"

namespace farline::supernode {
namespace {

constexpr Duration kForgetEvery = 2s;  // a message that was taken and is still on disk costs only a repetition
constexpr Duration kRetryFirst = 10s;
constexpr Duration kRetryMax = 10min;
constexpr Duration kTroublePause = 10s;
constexpr Duration kSweepMailEvery = 10min;
constexpr uint16_t kBusyAgain = 30;
constexpr uint16_t kFullAgain = 600;
constexpr uint16_t kPolicyAgain = 900;
constexpr size_t kPacketOverhead = 32;  // about: of a MAIL or MAIL_PUT beside recipients and messages, in its seal

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

uint32_t packet_bytes(const Session& session, size_t carried) {
  return static_cast<uint32_t>(carried + kPacketOverhead) + session.address.header_bytes();
}

ByteVector for_key(const wire::DeviceId& recipient, Bytes id) {
  ByteVector key(recipient.bytes.size() + id.size());
  Writer out(key);
  out.bytes(recipient.bytes);
  out.bytes(id);
  return key;
}

}  // namespace

// --- The policy's caps and quotas ------------------------------------------------------------------------------------

bool Mailbox::is_free(const wire::DeviceId& sender, const wire::DeviceId& recipient) {
  const Device* from = parts_.elsewhere.known(sender);
  const Device* to = parts_.elsewhere.known(recipient);
  return from && to && parts_.door.has_contact(*from, *to);
}

void Mailbox::charge(Time now, Session& session, Door::Way way, const Charge& charge) {
  Door::take(now, session.visitor, way, charge.bytes);
  const Device* device = parts_.directory.find(session.device);
  if (device && !charge.is_free) parts_.door.count(now, *device, charge.bytes, {});
}

bool Mailbox::may_pass_down(Time now, Session& session, const Charge& charge) {
  const bool fits = Door::room_in(now, session.visitor, Door::Way::down, charge.bytes) == Duration{};
  if (fits || charge.is_free) this->charge(now, session, Door::Way::down, charge);
  return fits || charge.is_free;
}

// --- MAIL_PUT --------------------------------------------------------------------------------------------------------

Mailbox::Message Mailbox::message_of(const wire::DeviceId& sender, Bytes sealed) {
  const crypto::Hash hash = crypto::sha256({sender.bytes, sealed});
  Message message{.sender = sender, .sealed = sealed};
  std::copy_n(hash.begin(), message.id.size(), message.id.begin());
  return message;
}

void Mailbox::handle(Time now, Session& sender, const wire::MailPut& put) {
  if (sender.mails.take(now) && puts_.take(now)) {
    if (!ask_for_unknown(now, sender, put)) this->put(now, {sender, put, message_of(sender.device, put.sealed)});
    return;
  }
  ++parts_.counters.mail_refused;
  refuse(now, sender, {{because(wire::MailRefusal::busy), to_vector(put.recipients)}}, put.number);
}

void Mailbox::handle_found(Time now, Session& sender, const wire::MailPut& put) {
  this->put(now, {sender, put, message_of(sender.device, put.sealed), parts_.backbone.are_all_live(now)});
}

void Mailbox::put(Time now, Question question) {
  const uint32_t bytes = packet_bytes(question.sender, question.put.recipients.size() + question.put.sealed.size());
  question.room_in = Door::room_in(now, question.sender.visitor, Door::Way::up, bytes);
  bool is_all_free = true;
  Refused refused;
  std::vector<uint64_t> sequences;
  size_t accepted = 0;
  const size_t fresh_before = fresh_.size();
  for (size_t i = 0; i < question.put.recipient_count(); ++i) {
    const wire::DeviceId recipient = question.put.recipient(i);
    auto objects = objection(now, question, recipient);
    if (!objects && question.put.keep) {
      if (const auto full = keep(now, question.message, recipient)) objects = because(*full);
    } else if (!objects && !pass_on(now, question.message, recipient)) {
      objects = because(wire::MailRefusal::absent);
    }
    if (objects) {
      ByteVector& list = refused[*objects];
      list.insert(list.end(), recipient.bytes.begin(), recipient.bytes.end());
      ++parts_.counters.mail_refused;
    } else {
      ++accepted;
      is_all_free = is_all_free && is_free(question.sender.device, recipient);
    }
  }
  refuse(now, question.sender, refused, question.put.number);
  if (accepted == 0) return;
  charge(now, question.sender, Door::Way::up, {bytes, is_all_free});
  const auto body = bodies_.find(question.message.id);
  const bool waits_for_disk = fresh_.size() != fresh_before || (body != bodies_.end() && !body->second.is_stored);
  if (!question.put.keep || !waits_for_disk) {
    parts_.sessions.send(now, question.sender, wire::MailStored{Bytes(&question.put.number, 1)});
    return;
  }
  tickets_.push_back({question.sender.device, question.put.number});
  due_by(now + kMailCommitEvery);
  push_fresh(now, fresh_before);
  if (fresh_.size() >= kMailFreshMax || tickets_.size() >= kMailFreshMax) commit(now);
}

// To those who are there; for the others it goes to where they are.
void Mailbox::push_fresh(Time now, size_t from) {
  const std::vector<Fresh> added(fresh_.begin() + static_cast<ptrdiff_t>(from), fresh_.end());
  for (const Fresh& fresh : added) {
    push(now, fresh.recipient, fresh.sequence);
    depart(now, fresh.recipient);
  }
}

Mailbox::Objection Mailbox::because(wire::MailRefusal reason) {
  return {reason, 0, again_after(reason)};
}

std::optional<Mailbox::Objection> Mailbox::objection(Time now, const Question& question,
                                                     const wire::DeviceId& recipient) {
  const Device* to = parts_.elsewhere.known(recipient);
  const Device* from = parts_.directory.find(question.sender.device);
  if (!to && parts_.has_backbone && !question.is_settled) return because(wire::MailRefusal::busy);
  if (!to || recipient == question.sender.device || parts_.door.is_revoked(recipient))
    return because(wire::MailRefusal::no_such_device);
  if (!from) return because(wire::MailRefusal::by_policy);
  const policy::Decision decision = parts_.door.judge(
      now, {.caller = {*from, question.sender.visitor}, .callee = *to, .what = policy::Class::messages});
  if (decision.allowed) {
    if (question.room_in == Duration{} || decision.rule == policy::Rule::emergency) return std::nullopt;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(question.room_in).count();
    return Objection{wire::MailRefusal::busy, 0, static_cast<uint16_t>(std::clamp<int64_t>(seconds, 1, kFullAgain))};
  }
  ++parts_.counters.refused_by_rule[static_cast<size_t>(decision.rule)];
  Objection out = because(wire::MailRefusal::by_policy);
  out.rule = static_cast<uint8_t>(decision.rule);
  const WallTime wall = parts_.clock.at(now);
  if (decision.until && *decision.until > wall)
    out.again_s = static_cast<uint16_t>(std::min<uint64_t>(decision.until->seconds - wall.seconds, UINT16_MAX));
  return out;
}

// Nothing: it waits, has waited, or has been taken.
std::optional<wire::MailRefusal> Mailbox::keep(Time now, const Message& message, const wire::DeviceId& recipient) {
  // Who stands in for a node keeps nothing. What is lost on the way then is still in its author's log.
  if (!parts_.store) return pass_on(now, message, recipient) ? std::nullopt : std::optional(wire::MailRefusal::busy);
  if (now < failing_until_) return wire::MailRefusal::busy;
  if (taken_.contains({message.id, recipient})) return std::nullopt;
  const size_t size = message.sealed.size();
  const auto body = bodies_.find(message.id);
  if (const auto box = boxes_.find(recipient); box != boxes_.end()) {
    if (body != bodies_.end())
      for (const auto& [sequence, id] : box->second.items)
        if (id == message.id) return std::nullopt;
    if (box->second.items.size() >= kMailPerBoxMax || box->second.bytes + size > kMailPerBoxBytesMax)
      return wire::MailRefusal::box_full;
  }
  if (const auto load = loads_.find(message.sender); load != loads_.end())
    if (load->second.count >= kMailPerSenderMax || load->second.bytes + size > kMailPerSenderBytesMax)
      return wire::MailRefusal::quota;
  if (count_ >= kMailMax || bytes_ + size > kMailTotalBytesMax) return wire::MailRefusal::busy;
  if (count_of_others_ >= kMailForOthersMax && !parts_.directory.find(recipient)) return wire::MailRefusal::busy;
  if (body == bodies_.end()) {
    const WallTime wall = parts_.clock.at(now);
    uint64_t expires = wall.seconds == 0 ? 0 : wall.seconds + kMailDays * 24 * 3600;
    if (message.expires.seconds != 0) expires = std::min(expires, message.expires.seconds);
    bodies_[message.id] = {.sender = message.sender,
                           .size = static_cast<uint16_t>(size),
                           .expires = {expires},
                           .sealed = to_vector(message.sealed)};
  }
  const uint64_t sequence = next_sequence_++;
  insert(recipient, sequence, message.id);
  fresh_.push_back({message.id, recipient, sequence});
  ++parts_.counters.mail_kept;
  return std::nullopt;
}

// To who is attached, once: nobody waits for an answer.
bool Mailbox::pass_on(Time now, const Message& message, const wire::DeviceId& recipient) {
  if (parts_.sessions.of(recipient)) return pass_on_here(now, message, recipient);
  const auto where = parts_.elsewhere.where(now, recipient);
  if (!where || !parts_.backbone.is_live(now, where->node)) return false;
  ByteVector items;
  wire::append_node_mail_item({.sender = message.sender, .sealed = message.sealed}, items);
  parts_.backbone.send(where->node, wire::NodeMail{.number = 0, .to = recipient, .items = items});
  ++parts_.counters.mail_passed_on;
  return true;
}

bool Mailbox::pass_on_here(Time now, const Message& message, const wire::DeviceId& recipient) {
  Session* session = parts_.sessions.of(recipient);
  if (!session || !session->pushes.take(now)) return false;
  ByteVector items;
  wire::append_mail_item({message.sender, message.sealed}, false, items);
  const Charge charge{packet_bytes(*session, items.size()), is_free(message.sender, recipient)};
  if (!may_pass_down(now, *session, charge)) return false;
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
  if (!session || (session->mail && session->mail->due && !session->mail->is_held)) return;
  if (session->mail && session->mail->due) retries_.erase({*session->mail->due, recipient});
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
      remember_taken(box->second.items.at(sequence), device.device);
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

void Mailbox::remember_taken(const Id& id, const wire::DeviceId& device) {
  const auto place = std::make_pair(id, device);
  if (taken_.insert(place).second) taken_order_.push_back(place);
  if (taken_order_.size() <= kMailTakenRemembered) return;
  taken_.erase(taken_order_.front());
  taken_order_.pop_front();
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
  bool is_for_free = false;
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
    is_for_free = is_for_free || is_free(body.sender, session.device);
    before = body.sender;
  }
  for (const uint64_t sequence : gone) erase(session.device, sequence);
  const Charge charge{packet_bytes(session, items.size()), is_for_free};
  flight.is_held = !may_pass_down(now, session, charge);
  if (flight.is_held) {
    flight.due = now + Door::room_in(now, session.visitor, Door::Way::down, charge.bytes);
    retries_.insert({*flight.due, session.device});
    return;
  }
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
  const bool is_new = !boxes_.contains(recipient);
  Box& box = boxes_[recipient];
  if (is_new) box.is_of_others = !parts_.directory.find(recipient);
  box.items[sequence] = id;
  box.bytes += body.size;
  ++body.waiting;
  Load& load = loads_[body.sender];
  ++load.count;
  load.bytes += body.size;
  ++count_;
  count_of_others_ += box.is_of_others ? 1U : 0U;
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
  count_of_others_ -= box->second.is_of_others ? 1U : 0U;
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
  const std::vector<NodeTicket> node_tickets = std::exchange(node_tickets_, {});
  if (!is_safe) return;  // they repeat, and are then told how long to wait
  confirm(now, tickets);
  for (const NodeTicket& ticket : node_tickets) answer(ticket);
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
  if (!parts_.has_backbone) return;
  retry_transfers(now);
  look_around(now);
  take_along(now);
}

std::optional<Time> Mailbox::next_timeout() const {
  std::optional<Time> next = commit_due_;
  const auto by = [&](Time due) { next = std::min(due, next.value_or(due)); };
  if (!retries_.empty()) by(retries_.begin()->first);
  if (!parts_.backbone.is_up() || boxes_.empty()) return next;
  if (departure_due_) by(*departure_due_);
  if (look_due_) by(*look_due_);
  for (const auto& [device, transfer] : transfers_) by(transfer.due);
  return next;
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
