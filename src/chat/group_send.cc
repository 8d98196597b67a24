#include <algorithm>

#include "chat/group.h"
#include "chat/log_entry.h"

namespace farline::chat {
namespace {

constexpr size_t kPayloadMax = kSealedBytesMax - kSealOverhead;
constexpr uint32_t kChunk = 16;  // entries of one author at once, so that what is sent stays newest first
constexpr size_t kRunsAtOnce = 12;
constexpr size_t kTextAtOnce = 2400;  // compresses to about a sealed message

}  // namespace

void Group::publish(const Now& now) {
  renew_prekey(now);
  publish_events(now);
  publish_messages(now);
}

// What no carrier is known to have had: written while there was none, or while nobody's device was known. Beyond
// kPublishMax it is found by synchronising.
void Group::publish_messages(const Now& now) {
  if (published_messages_log_ != own_messages()) published_messages_log_ = own_messages(), published_messages_ = 0;
  const auto found = logs_.find(own_messages());
  if (devices_.empty() || found == logs_.end() || !is_member()) return;
  const uint32_t count = found->second.count();
  if (published_messages_ == count) return;
  uint32_t next = published_messages_;
  Hlc before = 0;
  if (next > 0)
    for (const StoredEntry& entry : read(own_messages(), {next - 1, next - 1})) before = entry.hlc;
  for (uint32_t from = next; next < std::min(count, published_messages_ + kPublishMax); from = next) {
    for (const StoredEntry& entry : read(own_messages(), {next, count - 1})) {
      if (entry.id.seq != next) break;
      const auto sound = pushed_sound(entry);
      send_live(now, entry, before, sound ? 0 : device_.handle_of(id_, entry.id));
      if (sound) push_sound(now, entry.id, *sound);
      before = entry.hlc;
      ++next;
    }
    if (next == from) break;
  }
  published_messages_ = count;
  if (roster_.members.size() > 2 && !sign_at_) sign_at_ = now.time + kSignDelay;
}

void Group::send_live(const Now& now, const StoredEntry& entry, Hlc before, uint64_t handle) {
  Live live{.log = static_cast<uint8_t>(entry.id.log.value >> 56U)};
  live.seq = entry.id.seq;
  live.delta = entry.hlc - before;
  live.bytes = entry.bytes;
  const bool alone = std::ranges::none_of(authors_, [&](const auto& item) {
    const LogId other = messages_of(item.first);
    return item.second.device == device_.id() && other != entry.id.log &&
           (other.value ^ entry.id.log.value) >> 60U == 0;
  });
  ByteVector payload = alone ? encode_line(live, entry.hlc) : ByteVector();
  if (payload.empty()) payload = encode(live);
  send_sealed(now, devices_, std::move(payload),
              {.to = {}, .bytes = {}, .urgency = Urgency::live, .keep = true, .handle = handle});
  news(now, kSummaryEvery, nullptr);
}

void Group::send_batch(const Now& now, std::vector<wire::DeviceId> to, const Batch& batch, Urgency urgency) {
  const bool keep = urgency == Urgency::live || (to.size() == 1 && !peers_[to[0]].reachable);
  send_sealed(now, std::move(to), encode(batch), {.to = {}, .bytes = {}, .urgency = urgency, .keep = keep});
}

void Group::publish_signature(const Now& now) {
  sign_at_.reset();
  Log& log = log_of(own_messages());
  if (log.count() <= log.signed_count) return;
  sign(log.id);
  BatchRun run{.log = log.id, .first = log.count(), .before = log.runs.back().hash, .signature = {}, .entries = {}};
  run.signature = log.signature;
  Batch batch;
  batch.runs.push_back(std::move(run));
  send_batch(now, devices_, batch, Urgency::live);
}

// Under the epoch that they know; the next one is not for them.
void Group::tell_removed(const std::vector<wire::DeviceId>& gone, uint32_t tag) {
  const auto epoch = std::ranges::find(epochs_, tag, &Epoch::tag);
  if (epoch == epochs_.end()) return;
  Log& log = log_of(own_events());
  sign(log.id);
  const uint32_t last = log.count() - 1;
  const auto entries = read(log.id, {last, last});
  if (entries.empty()) return;
  BatchRun run{
      .log = log.id, .first = last, .before = first_hash(id_, log.id), .signature = log.signature, .entries = {}};
  for (const StoredEntry& entry : read(log.id, {last - 1, last - 1})) run.before = entry.hash;
  run.entries.push_back({entries.back().hlc, entries.back().bytes});
  Batch batch;
  batch.runs.push_back(std::move(run));
  const ByteVector payload = encode(batch);
  for (const wire::DeviceId& device : gone) {
    device_.send({.to = {device},
                  .bytes = seal(epoch->key, device_.id(), payload, device_.rng()),
                  .urgency = Urgency::live,
                  .keep = true});
  }
}

// Membership and keys matter at once; whoever misses a part of this finds it by synchronising.
void Group::publish_events(const Now& now) {
  if (published_log_ != own_events()) published_log_ = own_events(), published_events_ = 0;
  Log& log = log_of(own_events());
  if (log.count() == published_events_ || devices_.empty()) return;
  sign(log.id);
  const auto entries = read(log.id, {published_events_, log.count() - 1});
  size_t done = 0;
  while (done < entries.size()) {
    BatchRun run{.log = log.id, .first = entries[done].id.seq, .before = {}, .signature = {}, .entries = {}};
    run.before = done > 0 ? entries[done - 1].hash : hash_at(log, run.first - 1).value_or(first_hash(id_, log.id));
    size_t bytes = 0;
    while (done < entries.size() && (run.entries.empty() || bytes + entries[done].bytes.size() < 600)) {
      bytes += entries[done].bytes.size();
      run.entries.push_back({entries[done].hlc, entries[done].bytes});
      ++done;
    }
    if (done == entries.size()) run.signature = log.signature;
    Batch batch;
    batch.runs.push_back(std::move(run));
    const uint64_t handle = done == entries.size() ? device_.handle_of(id_, entries.back().id) : 0;
    send_sealed(now, devices_, encode(batch),
                {.to = {}, .bytes = {}, .urgency = Urgency::live, .keep = true, .handle = handle});
  }
  published_events_ = log.count();
  news(now, kReceiptDelay, nullptr);
}

Hlc Group::history_from(wire::DeviceId id) const {
  const Contact* contact = device_.contact(id);
  const auto member = contact == nullptr ? roster_.members.end() : roster_.members.find(contact->person);
  if (roster_.history == History::all || member == roster_.members.end()) return 0;
  constexpr Hlc kMonth = 31 * 24 * 3600 * kHlcPerSecond;
  const Hlc since = member->second.since;
  return roster_.history == History::none ? since : since - std::min(since, kMonth);
}

std::vector<Group::Cursor> Group::cursors_of(const Ask& ask) const {
  std::vector<Cursor> cursors;
  for (const auto& item : ask.items) {
    const auto found = logs_.find(item.log);
    if (found == logs_.end()) continue;
    const Log& log = found->second;
    const Run* run = log.run_with(item.stretch.last);
    const auto proof = item.linked || run == nullptr ? std::nullopt : log.proof_of(item.stretch.last);
    if (run == nullptr || (!item.linked && !proof)) continue;
    const uint32_t next = proof ? proof->count : item.stretch.last + 1;
    Cursor cursor{.log = item.log, .first = std::max(item.stretch.first, run->first), .next = next};
    if (proof) cursor.signature = proof->signature;
    if (cursor.first < next) cursors.push_back(cursor);
  }
  return cursors;
}

// The one whose next entry is the newest; events go before messages, what a wrong clock wrote behind all.
Group::Cursor* Group::newest_of(std::vector<Cursor>& cursors) const {
  Cursor* best = nullptr;
  Hlc newest = 0;
  for (Cursor& cursor : cursors) {
    if (cursor.next == cursor.first) continue;
    const auto top = device_.store().entry(id_, {cursor.log, cursor.next - 1});
    const bool is_late = top && horizon_ && top->hlc > *horizon_;
    const Hlc hlc = !top ? 0 : is_event_log(cursor.log) ? kHlcMax : is_late ? 0 : top->hlc;
    if (best == nullptr || hlc > newest) best = &cursor, newest = hlc;
  }
  return best;
}

// The newest entries of all cursors, of about `text_bytes` but at least one. They stay alive in `held`.
Batch Group::pack(std::vector<Cursor>& cursors, size_t text_bytes, Hlc not_before, Held& held) const {
  Batch batch;
  held.clear();
  size_t text = 0;
  while (batch.runs.size() < kRunsAtOnce && (text == 0 || text < text_bytes)) {
    Cursor* cursor = newest_of(cursors);
    if (cursor == nullptr) break;
    const uint32_t first = cursor->next - cursor->first > kChunk ? cursor->next - kChunk : cursor->first;
    auto entries = read(cursor->log, {first, cursor->next - 1});
    if (entries.empty() || entries.back().id.seq + 1 != cursor->next ||
        (!is_event_log(cursor->log) && entries.back().hlc < not_before)) {
      cursor->next = cursor->first;  // a hole, or nothing more that this device may have
      continue;
    }
    size_t keep = entries.size();
    size_t bytes = 0;
    while (keep > 0 && (text + bytes == 0 || text + bytes + entries[keep - 1].bytes.size() <= text_bytes)) {
      if (!is_event_log(cursor->log) && entries[keep - 1].hlc < not_before) break;
      bytes += entries[--keep].bytes.size();
    }
    if (keep == entries.size()) break;
    entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(keep));
    const Log& log = logs_.at(cursor->log);
    BatchRun run{.log = log.id, .first = entries.front().id.seq, .before = {}, .signature = {}, .entries = {}};
    run.before = run.first == 0 ? first_hash(id_, log.id) : hash_at(log, run.first - 1).value_or(ChainHash{});
    run.signature = std::exchange(cursor->signature, std::nullopt);
    held.push_back(std::move(entries));
    for (const StoredEntry& entry : held.back()) run.entries.push_back({entry.hlc, entry.bytes});
    cursor->next = run.first;
    text += bytes;
    batch.runs.push_back(std::move(run));
  }
  batch.last = std::ranges::all_of(cursors, [](const Cursor& cursor) { return cursor.next == cursor.first; });
  return batch;
}

void Group::send_asked(const Now& now, wire::DeviceId to, const Ask& ask) {
  const Hlc not_before = history_from(to);
  std::vector<Cursor> cursors = cursors_of(ask);
  Held held;
  size_t sent = 0;
  size_t text_bytes = kTextAtOnce;
  const size_t wanted = std::min<size_t>(ask.bytes_wanted, 2 * kAskBytes);
  for (bool last = false; !last;) {
    std::vector<Cursor> after = cursors;
    Batch batch = pack(after, text_bytes, not_before, held);
    ByteVector payload = encode(batch);
    while (payload.size() > kPayloadMax && text_bytes > 1) {
      text_bytes = text_bytes * kPayloadMax / payload.size() * 19 / 20;
      after = cursors;
      batch = pack(after, text_bytes, not_before, held);
      payload = encode(batch);
    }
    cursors = std::move(after);
    sent += payload.size();
    last = batch.last || sent >= wanted;
    batch.last = last;
    send_batch(now, {to}, batch, Urgency::sync);
    text_bytes = std::min(kTextAtOnce, text_bytes * 5 / 4 + 1);
  }
}

}  // namespace farline::chat
