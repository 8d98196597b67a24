#include "client/mail.h"

#include <algorithm>

namespace farline::client {
namespace {

constexpr Duration kBundleOnThinLink = 4s;  // the longest MAIL or MAIL_PUT at 2,400 bit/s
constexpr Duration kPatienceMax = 10min;
constexpr Duration kRefusedMax = 6h;
constexpr unsigned kPassingTries = 2;
constexpr size_t kReceivedMax = 64;
constexpr size_t kOutcomesMax = 8192;
constexpr size_t kVerdictsMax = 1000;
constexpr size_t kTurnedAwayMax = 1000;
constexpr Duration kLookEvery = 10s;
constexpr Duration kLookAgainMax = 15min;

std::vector<wire::DeviceId> ids_in(Bytes bytes) {
  std::vector<wire::DeviceId> out;
  for (Reader in(bytes); in.remaining() >= 8;) out.push_back({in.array<8>()});
  return out;
}

}  // namespace

Duration MailTraffic::patience() const {
  return attachment_.repeat_interval() + kBundleOnThinLink;
}

// --- Out -------------------------------------------------------------------------------------------------------------

bool MailTraffic::post(Time now, MailPost post) {
  INVARIANT(!post.to.empty() && !post.sealed.empty() && post.sealed.size() <= wire::kMailBytesMax);
  INVARIANT(post.people.empty() || post.people.size() == post.to.size());
  const size_t at_once =
      std::min(wire::kMailRecipientsMax, (wire::kMailPutBytesMax - post.sealed.size()) / sizeof(wire::DeviceId::bytes));
  if (queue_.size() + (post.to.size() + at_once - 1) / at_once > kQueueMax) return false;
  for (size_t i = 0; i < post.to.size(); i += at_once) {
    Entry& entry = queue_.emplace_back();
    for (size_t k = i; k < std::min(i + at_once, post.to.size()); ++k)
      entry.to.push_back({post.to[k], post.people.empty() ? std::string() : post.people[k]});
    entry.sealed = post.sealed;
    entry.what = post.what;
    entry.keep = post.keep;
    entry.is_live = post.is_live;
    entry.handle = post.handle;
    entry.not_before = now;
  }
  has_new_ = true;
  return true;
}

// --- The door --------------------------------------------------------------------------------------------------------

void MailTraffic::reconsider() {
  looked_.reset();
  refused_by_node_.clear();
  for (Entry& entry : queue_)
    if (std::exchange(entry.is_by_policy, false)) entry.not_before = {};
}

// Until a first policy is here that the node holds, only it could say.
Verdict MailTraffic::decide(Time now, const Admission::Question& question) const {
  if (!admission_.awaits_first()) return admission_.decide(now, question);
  return admission_.refused_by_node(question, static_cast<uint8_t>(policy::Rule::serial), {});
}

Verdict MailTraffic::may_write(Time now, const std::string& person, policy::Class what) const {
  Verdict verdict = decide(now, {.what = what, .peer = person});
  const auto refused = refused_by_node_.find(person);
  const bool is_refused = refused != refused_by_node_.end() && now < refused->second.until;
  return verdict.allowed && is_refused ? refused->second.verdict : verdict;
}

const Verdict& MailTraffic::verdict_on(Time now, const std::string& person, policy::Class what) {
  if (verdicts_.size() >= kVerdictsMax) verdicts_.clear();
  const auto [it, is_new] = verdicts_.try_emplace({what, person});
  if (!is_new) return it->second;
  it->second = decide(now, {.what = what, .peer = person});
  return it->second;
}

Duration MailTraffic::opens_in(Time now, const Verdict& verdict) const {
  const auto at = admission_.time(now).at;
  if (!verdict.until || !at || *verdict.until <= *at) return kLookAgainMax;
  return std::min<Duration>(std::chrono::seconds(verdict.until->seconds - at->seconds), kLookAgainMax);
}

void MailTraffic::look(Time now) {
  const bool is_fresh = looked_ && now < *looked_ + kLookEvery && (!opens_ || now < *opens_);
  const bool has_new = std::exchange(has_new_, false);
  if (is_fresh && !has_new) return;
  if (!is_fresh) {
    verdicts_.clear();
    looked_ = now;
  }
  opens_.reset();
  held_back_.reset();
  std::vector<Entry> split;
  std::erase_if(queue_, [&](Entry& entry) { return !consider(now, entry, split); });
  std::ranges::move(split, std::back_inserter(queue_));
  look_after_turned_away(now);
}

void MailTraffic::hold(Time now, const Verdict& verdict) {
  opens_ = earliest(opens_, now + opens_in(now, verdict));
  const bool is_sooner = held_back_ && verdict.until && (!held_back_->until || *verdict.until < *held_back_->until);
  if (!held_back_ || is_sooner) held_back_ = verdict;
}

void MailTraffic::turn_away(uint64_t handle, const std::vector<Recipient>& held) {
  std::vector<wire::DeviceId> devices;
  for (const Recipient& recipient : held) {
    devices.push_back(recipient.device);
    const bool is_known = std::ranges::find(turned_away_, recipient.device, &Recipient::device) != turned_away_.end();
    if (!is_known && turned_away_.size() < kTurnedAwayMax) turned_away_.push_back(recipient);
  }
  if (outcomes_.size() < kOutcomesMax) outcomes_.push_back({handle, wire::MailRefusal::absent, std::move(devices)});
}

void MailTraffic::look_after_turned_away(Time now) {
  std::vector<wire::DeviceId> open;
  std::erase_if(turned_away_, [&](const Recipient& recipient) {
    const Verdict verdict = may_write(now, recipient.person);
    if (verdict.allowed)
      open.push_back(recipient.device);
    else
      hold(now, verdict);
    return verdict.allowed;
  });
  if (!open.empty() && outcomes_.size() < kOutcomesMax)
    outcomes_.push_back({.handle = 0, .refused = {}, .devices = std::move(open), .is_opening = true});
}

// Who may not be written to now is parted from who may.
bool MailTraffic::consider(Time now, Entry& entry, std::vector<Entry>& split) {
  std::vector<Recipient> held;
  bool is_emergency = true;
  std::erase_if(entry.to, [&](const Recipient& recipient) {
    const Verdict& verdict = verdict_on(now, recipient.person, entry.what);
    if (verdict.allowed) {
      is_emergency &= verdict.rule == policy::Rule::emergency;
      return false;
    }
    held.push_back(recipient);
    hold(now, verdict);
    return true;
  });
  if (held.empty()) {
    entry.is_held = false;
    entry.is_emergency = is_emergency;
    if (entry.is_by_policy && now < entry.not_before) hold(now, may_write(now, entry.to[0].person, entry.what));
    return true;
  }
  if (!entry.keep) {
    turn_away(entry.handle, held);
    return !entry.to.empty();
  }
  if (entry.to.empty()) {
    entry.to = std::move(held);
    entry.is_held = true;
    entry.is_in_flight = false;
    return true;
  }
  entry.is_held = false;
  entry.is_emergency = is_emergency;
  Entry& later = split.emplace_back(entry);
  later.to = std::move(held);
  later.is_held = true;
  later.is_in_flight = false;
  return true;
}

void MailTraffic::count(const Entry& entry, uint64_t wire_bytes) {
  UsageMeter::Share& share = entry.is_emergency ? carried_.contacts : carried_.others;
  share.bytes[static_cast<size_t>(entry.what)] += wire_bytes;
}

// --- Sending ---------------------------------------------------------------------------------------------------------

void MailTraffic::send_due(Time now, const std::optional<Pace>& pace) {
  if (!attachment_.is_attached()) return;
  if (ask_due_ && now >= *ask_due_) ask(now, room());
  if (!in_call_ && more_waits_ && !ask_due_ && !owes_answer_) ask(now, room());
  look(now);
  while (Entry* entry = next_to_send(now, pace)) {
    if (!entry->keep && entry->tries >= kPassingTries) {
      queue_.erase(queue_.begin() + (entry - &queue_.front()));
      continue;
    }
    send(now, *entry);
    if (!pace) continue;
    const auto share = static_cast<int64_t>(std::max<size_t>(1, entry->bytes() / std::max<size_t>(1, pace->most)));
    next_in_call_ = now + share * pace->every;
  }
}

// What is live goes first, what is bulk last; of one kind what came first.
MailTraffic::Entry* MailTraffic::next_to_send(Time now, const std::optional<Pace>& pace) {
  size_t count = 0, bytes = 0;
  for (Entry& entry : queue_) {
    if (!entry.is_in_flight) continue;
    ++count;
    bytes += entry.bytes();
    if (now >= entry.not_before && (!pace || now >= next_in_call_)) return &entry;
  }
  if (pace && (count > 0 || now < next_in_call_)) return nullptr;
  Entry* best = nullptr;
  for (Entry& entry : queue_) {
    if (entry.is_in_flight || entry.is_held || now < entry.not_before) continue;
    if (pace && entry.bytes() > std::max<size_t>(pace->most, kInCallBytes)) continue;
    const bool sooner = !best || (entry.is_live && !best->is_live) || (best->is_bulk() && !entry.is_bulk());
    if (sooner) best = &entry;
    if (best->is_live) break;
  }
  const bool has_room = count == 0 || (count < kInFlightMax && best && bytes + best->bytes() <= kInFlightBytes);
  waits_for_room_ = best && !has_room;
  return has_room ? best : nullptr;
}

void MailTraffic::send(Time now, Entry& entry) {
  if (!entry.is_in_flight) {
    do ++next_number_;
    while (in_flight(next_number_) != nullptr);
    entry.number = next_number_;
    entry.is_in_flight = true;
    entry.patience = patience();
  } else {
    entry.patience = std::min(2 * entry.patience, kPatienceMax);
  }
  ++entry.tries;
  entry.not_before = now + entry.patience;
  ByteVector recipients;
  for (const Recipient& to : entry.to)
    recipients.insert(recipients.end(), to.device.bytes.begin(), to.device.bytes.end());
  const uint64_t before = out_.counters.bytes_sent;
  attachment_.send(now, wire::MailPut{entry.number, entry.keep, recipients, entry.sealed});
  count(entry, out_.counters.bytes_sent - before);
}

MailTraffic::Entry* MailTraffic::in_flight(uint8_t number) {
  const auto it =
      std::ranges::find_if(queue_, [&](const Entry& entry) { return entry.is_in_flight && entry.number == number; });
  return it == queue_.end() ? nullptr : &*it;
}

// All parts of a post are done, but for devices that are none any more.
void MailTraffic::finish(uint64_t handle) {
  const auto is_part = [&](const Entry& entry) { return entry.handle == handle && !entry.is_lost; };
  if (handle == 0 || std::ranges::any_of(queue_, is_part) || outcomes_.size() >= kOutcomesMax) return;
  outcomes_.push_back({.handle = handle});
}

void MailTraffic::handle_stored(const wire::MailStored& stored) {
  for (const uint8_t number : stored.numbers) {
    const Entry* entry = in_flight(number);
    if (!entry) continue;
    const uint64_t handle = entry->handle;
    if (entry->is_live && handle != 0) ++(entry->is_emergency ? carried_.contacts : carried_.others).messages;
    for (const Recipient& recipient : entry->to) refused_by_node_.erase(recipient.person);
    queue_.erase(queue_.begin() + (entry - &queue_.front()));
    finish(handle);
  }
}

void MailTraffic::handle_refused(Time now, const wire::MailRefused& refused) {
  Entry* entry = in_flight(refused.number);
  if (!entry) return;
  const auto devices = ids_in(refused.recipients);
  Entry later = *entry;
  const auto is_refused = [&](const Recipient& to) { return std::ranges::find(devices, to.device) != devices.end(); };
  std::erase_if(entry->to, is_refused);
  std::erase_if(later.to, [&](const Recipient& to) { return !is_refused(to); });
  if (entry->to.empty()) queue_.erase(queue_.begin() + (entry - &queue_.front()));
  later.is_by_policy = refused.reason == wire::MailRefusal::by_policy;
  if (later.is_by_policy) note_refusal(now, later, refused);
  if (later.is_by_policy && !later.keep) {
    turn_away(later.handle, later.to);
    has_new_ = true;
  } else if (outcomes_.size() < kOutcomesMax) {
    outcomes_.push_back({later.handle, refused.reason, devices});
  }
  if (refused.again_s == 0 || !later.keep || later.to.empty() || queue_.size() >= kQueueMax)
    return finish(later.handle);
  later.is_lost = refused.reason == wire::MailRefusal::no_such_device;
  later.is_in_flight = false;
  later.tries = 0;
  Duration pause = std::chrono::seconds(refused.again_s);
  if (!later.is_by_policy) pause *= int64_t{1} << std::min(later.refusals++, 10U);
  later.not_before = now + std::min(pause, kRefusedMax);
  queue_.push_back(std::move(later));
  has_new_ = true;
}

void MailTraffic::note_refusal(Time now, const Entry& entry, const wire::MailRefused& refused) {
  for (const Recipient& recipient : entry.to) {
    if (refused_by_node_.size() >= kVerdictsMax) refused_by_node_.clear();
    refused_by_node_[recipient.person] = {
        admission_.refused_by_node({.what = entry.what, .peer = recipient.person}, refused.rule, {}),
        now + std::chrono::seconds(std::max<uint16_t>(refused.again_s, 1))};
  }
}

// --- In --------------------------------------------------------------------------------------------------------------

void MailTraffic::attached(Time now, bool has_mail) {
  reconsider();
  for (Entry& entry : queue_) {
    if (!entry.is_in_flight) continue;
    entry.is_in_flight = false;
    entry.not_before = now;
  }
  owes_answer_ = false;
  more_waits_ = has_mail;
  is_too_long_ = false;
  ask_due_.reset();
  last_number_ = 0;
  if (has_mail) ask(now, room());
}

bool MailTraffic::handle(Time now, const wire::ControlMessage& message, size_t wire_bytes) {
  bool is_emergency = false;
  if (const auto* stored = std::get_if<wire::MailStored>(&message)) {
    const Entry* entry = in_flight(stored->numbers[0]);
    is_emergency = entry && entry->is_emergency;
    handle_stored(*stored);
  } else if (const auto* refused = std::get_if<wire::MailRefused>(&message)) {
    const Entry* entry = in_flight(refused->number);
    is_emergency = entry && entry->is_emergency;
    handle_refused(now, *refused);
  } else if (const auto* mail = std::get_if<wire::Mail>(&message)) {
    handle_mail(now, *mail);
  } else {
    return false;
  }
  UsageMeter::Share& share = is_emergency ? carried_.contacts : carried_.others;
  share.bytes[static_cast<size_t>(policy::Class::messages)] += wire_bytes;
  return true;
}

void MailTraffic::handle_mail(Time now, const wire::Mail& mail) {
  if (received_.size() >= kReceivedMax) return;  // nobody takes them: the node repeats
  wire::MailItems items(mail.items);
  while (const auto item = items.next()) received_.push_back({item->sender, to_vector(item->sealed)});
  more_waits_ = mail.left > 0;
  is_too_long_ = in_call_ && more_waits_ && mail.items.empty();
  if (mail.number == 0) {
    if (!more_waits_) ask_due_.reset();
    return;
  }
  ask_due_.reset();
  last_number_ = mail.number;
  owes_answer_ = true;
  if (mail.items.empty()) kept(now);
}

void MailTraffic::kept(Time now) {
  if (!owes_answer_ || !received_.empty()) return;
  owes_answer_ = false;
  ask(now, is_too_long_ ? 0 : room());
}

// Says what is here, and asks for more.
void MailTraffic::ask(Time now, uint16_t most) {
  const uint64_t before = out_.counters.bytes_sent;
  attachment_.send(now, wire::MailTaken{last_number_, most});
  carried_.others.bytes[static_cast<size_t>(policy::Class::messages)] += out_.counters.bytes_sent - before;
  const bool is_repeated = ask_due_.has_value();
  ask_due_.reset();
  if (!more_waits_ || most == 0) return;
  ask_patience_ = is_repeated ? std::min(2 * ask_patience_, kPatienceMax) : patience();
  ask_due_ = now + ask_patience_;
}

size_t MailTraffic::bulk_waiting() const {
  const auto is_ready = [](const Entry& entry) { return entry.is_bulk() && !entry.is_held && entry.refusals == 0; };
  return static_cast<size_t>(std::ranges::count_if(queue_, is_ready));
}
bool MailTraffic::poll_received(MailReceived& out) {
  return Outputs::poll(received_, out);
}
bool MailTraffic::poll_outcome(MailOutcome& out) {
  return Outputs::poll(outcomes_, out);
}

std::optional<Time> MailTraffic::next_timeout() const {
  if (!attachment_.is_attached()) return std::nullopt;
  std::optional<Time> next = earliest(ask_due_, opens_);
  for (const Entry& entry : queue_)
    if (entry.is_in_flight || (!entry.is_held && !waits_for_room_)) next = earliest(next, entry.not_before);
  return next;
}

}  // namespace farline::client
