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

std::vector<wire::DeviceId> ids_in(Bytes bytes) {
  std::vector<wire::DeviceId> out;
  for (Reader in(bytes); in.remaining() >= 8;) out.push_back({in.array<8>()});
  return out;
}

ByteVector without(Bytes recipients, Bytes removed) {
  const auto gone = ids_in(removed);
  ByteVector out;
  for (const wire::DeviceId& id : ids_in(recipients))
    if (std::ranges::find(gone, id) == gone.end()) out.insert(out.end(), id.bytes.begin(), id.bytes.end());
  return out;
}

}  // namespace

Duration MailTraffic::patience() const {
  return attachment_.repeat_interval() + kBundleOnThinLink;
}

// --- Out -------------------------------------------------------------------------------------------------------------

bool MailTraffic::post(Time now, MailPost post) {
  INVARIANT(!post.to.empty() && !post.sealed.empty() && post.sealed.size() <= wire::kMailBytesMax);
  const size_t at_once =
      std::min(wire::kMailRecipientsMax, (wire::kMailPutBytesMax - post.sealed.size()) / sizeof(wire::DeviceId::bytes));
  if (queue_.size() + (post.to.size() + at_once - 1) / at_once > kQueueMax) return false;
  for (size_t i = 0; i < post.to.size(); i += at_once) {
    Entry& entry = queue_.emplace_back();
    for (const wire::DeviceId& id : std::span(post.to).subspan(i, std::min(at_once, post.to.size() - i)))
      entry.recipients.insert(entry.recipients.end(), id.bytes.begin(), id.bytes.end());
    entry.sealed = post.sealed;
    entry.keep = post.keep;
    entry.is_live = post.is_live;
    entry.is_bulk = post.is_bulk;
    entry.handle = post.handle;
    entry.not_before = now;
  }
  return true;
}

void MailTraffic::send_due(Time now, const std::optional<Pace>& pace) {
  if (!attachment_.is_attached()) return;
  if (ask_due_ && now >= *ask_due_) ask(now, room());
  if (!in_call_ && more_waits_ && !ask_due_ && !owes_answer_) ask(now, room());
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
    if (entry.is_in_flight || now < entry.not_before) continue;
    if (pace && entry.bytes() > std::max<size_t>(pace->most, kInCallBytes)) continue;
    const bool sooner = !best || (entry.is_live && !best->is_live) || (best->is_bulk && !entry.is_bulk);
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
  attachment_.send(now, wire::MailPut{entry.number, entry.keep, entry.recipients, entry.sealed});
}

MailTraffic::Entry* MailTraffic::in_flight(uint8_t number) {
  const auto it =
      std::ranges::find_if(queue_, [&](const Entry& entry) { return entry.is_in_flight && entry.number == number; });
  return it == queue_.end() ? nullptr : &*it;
}

// All parts of a post are done.
void MailTraffic::finish(uint64_t handle) {
  const auto is_part = [&](const Entry& entry) { return entry.handle == handle; };
  if (handle == 0 || std::ranges::any_of(queue_, is_part) || outcomes_.size() >= kOutcomesMax) return;
  outcomes_.push_back({.handle = handle});
}

void MailTraffic::handle_stored(const wire::MailStored& stored) {
  for (const uint8_t number : stored.numbers) {
    const Entry* entry = in_flight(number);
    if (!entry) continue;
    const uint64_t handle = entry->handle;
    queue_.erase(queue_.begin() + (entry - &queue_.front()));
    finish(handle);
  }
}

void MailTraffic::handle_refused(Time now, const wire::MailRefused& refused) {
  Entry* entry = in_flight(refused.number);
  if (!entry) return;
  const auto devices = ids_in(refused.recipients);
  if (outcomes_.size() < kOutcomesMax) outcomes_.push_back({entry->handle, refused.reason, devices});
  Entry later = *entry;
  entry->recipients = without(entry->recipients, refused.recipients);
  if (entry->recipients.empty()) queue_.erase(queue_.begin() + (entry - &queue_.front()));
  if (refused.again_s == 0 || !later.keep || queue_.size() >= kQueueMax) return finish(later.handle);
  later.recipients = to_vector(refused.recipients);
  later.is_in_flight = false;
  later.tries = 0;
  const Duration pause = std::chrono::seconds(refused.again_s) * (int64_t{1} << std::min(later.refusals++, 10U));
  later.not_before = now + std::min(pause, kRefusedMax);
  queue_.push_back(std::move(later));
}

// --- In --------------------------------------------------------------------------------------------------------------

void MailTraffic::attached(Time now, bool has_mail) {
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

bool MailTraffic::handle(Time now, const wire::ControlMessage& message) {
  if (const auto* stored = std::get_if<wire::MailStored>(&message)) {
    handle_stored(*stored);
  } else if (const auto* refused = std::get_if<wire::MailRefused>(&message)) {
    handle_refused(now, *refused);
  } else if (const auto* mail = std::get_if<wire::Mail>(&message)) {
    handle_mail(now, *mail);
  } else {
    return false;
  }
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
  attachment_.send(now, wire::MailTaken{last_number_, most});
  const bool is_repeated = ask_due_.has_value();
  ask_due_.reset();
  if (!more_waits_ || most == 0) return;
  ask_patience_ = is_repeated ? std::min(2 * ask_patience_, kPatienceMax) : patience();
  ask_due_ = now + ask_patience_;
}

bool MailTraffic::poll_received(MailReceived& out) {
  return Outputs::poll(received_, out);
}
bool MailTraffic::poll_outcome(MailOutcome& out) {
  return Outputs::poll(outcomes_, out);
}

std::optional<Time> MailTraffic::next_timeout() const {
  if (!attachment_.is_attached()) return std::nullopt;
  std::optional<Time> next = ask_due_;
  for (const Entry& entry : queue_)
    if (entry.is_in_flight || !waits_for_room_) next = earliest(next, entry.not_before);
  return next;
}

}  // namespace farline::client
