#include <algorithm>

#include "chat/group.h"
#include "chat/log_entry.h"

namespace farline::chat {
namespace {

bool is_same_run(const Summary::Item& a, const Summary::Item& b) {
  return a.from == b.from && a.count == b.count && a.hash == b.hash;
}

}  // namespace

// --- With whom
// --------------------------------------------------------------------------------------------------------
void Group::contacts_changed() {
  devices_changed_ = true;
  devices_.clear();
  for (const auto& [id, contact] : device_.contacts()) {
    if (id != device_.id() && roster_.members.contains(contact.person)) devices_.push_back(id);
  }
}

// The next ones after this device in the order of their names, in a circle: together the partners of all connect all.
void Group::choose_partners(const Now& now) {
  const auto after = std::upper_bound(devices_.begin(), devices_.end(), device_.id()) - devices_.begin();
  size_t chosen = 0;
  for (size_t i = 0; i < devices_.size() && chosen < kPartnersMax; ++i) {
    const wire::DeviceId id = devices_[(static_cast<size_t>(after) + i) % devices_.size()];
    const auto peer = peers_.find(id);
    if (peer == peers_.end() || !peer->second.reachable) continue;
    ++chosen;
    if (peer->second.partner) continue;
    peer->second.partner = true;
    peer->second.summary_at = now.time;
  }
}

void Group::reachable(const Now& now, wire::DeviceId id, bool is) {
  if (!std::binary_search(devices_.begin(), devices_.end(), id)) return;
  Peer& peer = peers_[id];
  if (peer.reachable == is) return;
  const bool was_asked = peer.asked_until.has_value();
  peer = {};
  peer.reachable = is;
  for (Epoch& epoch : epochs_) epoch.told.erase(id);  // it may be lost; confirmed is what counts
  if (epochs_.empty() && !roster_.founded)
    return;  // one that was founded here has its first key when somebody is known
  choose_partners(now);
  if (was_asked) ask_others(now);
  file_peer_changed(now, id, is);
  fetch_files(now);
}

void Group::refresh(const Now& now) {
  if (horizon_until_ <= now.time) set_horizon(now);
  fetch_files(now);
  if (!std::exchange(devices_changed_, false)) return;
  publish(now);                                  // while nobody's device was known, none of it went anywhere
  std::erase_if(peers_, [&](const auto& item) {  // who was removed is neither asked nor told
    return roster_.founded && !std::binary_search(devices_.begin(), devices_.end(), item.first);
  });
  for (const wire::DeviceId& id : devices_) {
    if (device_.is_reachable(id)) reachable(now, id, true);
  }
}

void Group::unread_message(const Now& now, wire::DeviceId from) {
  if (!std::binary_search(devices_.begin(), devices_.end(), from) || epochs_.empty()) return;
  Peer& peer = peers_[from];
  peer.partner = true;
  if (!peer.summary_at) peer.summary_at = now.time + kReceiptDelay;
}

void Group::news(const Now& now, Duration delay, const wire::DeviceId* except) {
  for (auto& [id, peer] : peers_) {
    if (!peer.partner || !peer.reachable || (except != nullptr && id == *except)) continue;
    peer.patience = kSummaryEvery;
    if (!peer.summary_at || *peer.summary_at > now.time + delay) peer.summary_at = now.time + delay;
  }
}

bool Group::lacks_something(const Peer& peer) const {
  for (const auto& [id, log] : logs_) {
    const auto known = peer.known.find(id);
    const uint32_t has = known == peer.known.end() ? 0 : known->second;
    if (log.signed_count > has || (events_of(id) == own_events() && log.count() > has)) return true;
  }
  return false;
}

// --- Timers
// -----------------------------------------------------------------------------------------------------------
void Group::handle_timeout(const Now& now) {
  if (sign_at_ && *sign_at_ <= now.time) publish_signature(now);
  handle_file_timeout(now);
  renew_prekey(now);
  std::vector<wire::DeviceId> due;
  for (const auto& [id, peer] : peers_) due.push_back(id);
  for (const wire::DeviceId id : due) {
    Peer& peer = peers_[id];
    if (peer.receipt_at && *peer.receipt_at <= now.time) {
      std::vector<Summary::Item> items;
      for (const LogId log : std::exchange(peer.receipts, {})) {
        const auto runs = summary_items_of(log_of(log));
        items.insert(items.end(), runs.begin(), runs.end());
      }
      peer.receipt_at.reset();
      send_summary(now, id, Summary::Kind::part, std::move(items));
    }
    if (peer.asked_until && *peer.asked_until <= now.time) {
      peer.asked_until.reset();
      peer.asking.clear();
      early_.clear();
      if (!peer.asked_gave) {
        peer.offers.clear();
        if (peer.reachable && !peer.summary_at) peer.summary_at = now.time + peer.patience;  // then it offers again
      }
      ask_next(now, id);
      ask_others(now);
    }
    if (!peer.summary_at || *peer.summary_at > now.time) continue;
    peer.summary_at.reset();
    if ((!peer.reachable && !peer.partner) || was_removed()) continue;
    if (peer.patience > kSummaryEvery) {  // it did not answer: perhaps it could not read
      for (Epoch& epoch : epochs_) epoch.told.erase(id);
    }
    peer.summary_at = now.time + peer.patience;  // until it answers
    peer.patience = std::min(2 * peer.patience, kSummaryEveryMax);
    send_digest(now, id);
  }
}

std::optional<Time> Group::next_timeout() const {
  std::optional<Time> next = sign_at_;
  const auto sooner = [&](const std::optional<Time>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& [id, peer] : peers_) {
    sooner(peer.summary_at);
    sooner(peer.receipt_at);
    sooner(peer.asked_until);
  }
  for (const auto& [hash, fetch] : fetches_) {
    sooner(fetch.rest_until);
    sooner(fetch.coming_until);
    if (fetch.asked) sooner(fetch.until);
  }
  const bool is_asking = std::ranges::any_of(fetches_, [](const auto& item) { return item.second.asked.has_value(); });
  if (!fetches_.empty() && !is_asking) sooner(next_file_ask_);
  return next;
}

// --- Summaries
// --------------------------------------------------------------------------------------------------------
// All runs: what lies under a hole may be nowhere else.
std::vector<Summary::Item> Group::summary_items_of(const Log& log) const {
  std::vector<Summary::Item> items;
  for (const Run& run : log.runs) {
    const bool top = run.last + 1 == log.count();
    Summary::Item item{.log = log.id, .from = run.first, .count = run.last + 1};
    if (top) item.count = std::max(log.signed_count, run.first);
    item.unsigned_count = run.last + 1 - item.count;
    if (item.count > run.first) {
      if (const auto hash = hash_at(log, item.count - 1)) std::copy_n(hash->begin(), 4, item.hash.begin());
    }
    items.push_back(item);
  }
  return items;
}

std::vector<Summary::Item> Group::summary_items() const {
  std::vector<Summary::Item> items;
  for (const auto& [id, log] : logs_) {
    const auto runs = summary_items_of(log);
    items.insert(items.end(), runs.begin(), runs.end());
  }
  return items;
}

std::array<uint8_t, 8> Group::digest() const {
  crypto::Hash hash{};
  for (const auto& item : summary_items()) {
    std::array<uint8_t, 20> bytes{};
    Writer out(bytes);
    out.u64(item.log.value);
    out.u32(item.from);
    out.u32(item.count);
    out.bytes(item.hash);
    hash = crypto::sha256({hash, bytes});
  }
  std::array<uint8_t, 8> out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

void Group::send_digest(const Now& now, wire::DeviceId to) {
  sign(own_events());
  sign(own_messages());
  sign_at_.reset();
  auto& said = peers_[to].said;
  said.clear();
  for (const auto& item : summary_items()) said[item.log] = item.count;
  Summary summary{.kind = Summary::Kind::digest, .digest = digest(), .items = {}};
  const bool keep = !peers_[to].reachable;
  send_sealed(now, {to}, encode(summary), {.to = {}, .bytes = {}, .urgency = Urgency::sync, .keep = keep});
}

void Group::send_summary(const Now& now, wire::DeviceId to, Summary::Kind kind, std::vector<Summary::Item> items) {
  size_t sent = 0;
  do {
    size_t count = std::min(items.size() - sent, kSummaryItemsMax);
    while (sent + count < items.size() && items[sent + count - 1].log == items[sent + count].log) --count;
    Summary part;
    part.items.assign(items.begin() + static_cast<std::ptrdiff_t>(sent),
                      items.begin() + static_cast<std::ptrdiff_t>(sent + count));
    sent += count;
    part.kind = sent == items.size() ? kind : Summary::Kind::part;
    const bool keep = !peers_[to].reachable;
    send_sealed(now, {to}, encode(part), {.to = {}, .bytes = {}, .urgency = Urgency::sync, .keep = keep});
  } while (sent < items.size());
}

void Group::take_summary(const Now& now, wire::DeviceId from, const Summary& summary) {
  Peer& peer = peers_[from];
  peer.partner = true;
  for (auto first = summary.items.begin(); first != summary.items.end();) {
    const auto end = std::find_if(first, summary.items.end(), [&](const auto& item) { return item.log != first->log; });
    const auto runs = std::span(std::exchange(first, end), end);
    const Summary::Item& top = runs.back();
    if (peer.offers.size() >= 2 * kAuthorsMax && !peer.offers.contains(top.log)) continue;
    peer.offers[top.log].assign(runs.begin(), runs.end());
    if (peer.known.size() < 2 * kAuthorsMax || peer.known.contains(top.log)) {
      peer.known[top.log] = top.count + top.unsigned_count;
    }
    arrived(from, top.log, top.count + top.unsigned_count);
  }
  if (summary.kind == Summary::Kind::part && summary.items.empty()) return;
  peer.patience = kSummaryEvery;
  answer(now, from, peer, summary);
  ask_next(now, from);
}

void Group::answer(const Now& now, wire::DeviceId from, Peer& peer, const Summary& summary) {
  const auto all_known = [&](const Summary::Item* mentioned) {
    for (const auto& [log, count] : peer.said) {
      if (mentioned != nullptr && peer.offers.contains(log)) continue;
      peer.known[log] = std::max(peer.known[log], count);
      arrived(from, log, count);
    }
    if (!lacks_something(peer)) peer.summary_at.reset();
  };
  sign(own_events());
  sign(own_messages());
  switch (summary.kind) {
    case Summary::Kind::part:
      return;
    case Summary::Kind::digest:
      peer.said.clear();
      for (const auto& item : summary_items()) peer.said[item.log] = item.count;
      if (summary.digest == digest()) {
        all_known(nullptr);
        send_summary(now, from, Summary::Kind::answer, {});
      } else {
        send_summary(now, from, Summary::Kind::question, summary_items());
      }
      return;
    case Summary::Kind::answer:
      if (summary.items.empty()) {
        all_known(nullptr);
      } else {
        all_known(summary.items.data());
      }
      return;
    case Summary::Kind::question: {
      std::vector<Summary::Item> differing;
      for (const auto& [id, log] : logs_) {
        const auto runs = summary_items_of(log);
        const auto offer = peer.offers.find(id);
        const bool same = offer != peer.offers.end() && std::ranges::equal(runs, offer->second, is_same_run);
        if (!same) differing.insert(differing.end(), runs.begin(), runs.end());
      }
      send_summary(now, from, Summary::Kind::answer, std::move(differing));
      return;
    }
  }
}

// The author signed something else for them: the proof of it is worth asking for, once.
bool Group::is_other_way(const Log& log, const Summary::Item& theirs) const {
  const Author* author = author_of(log.id);
  if (author == nullptr || author->forked || theirs.count == 0 || theirs.count != log.signed_count) return false;
  const auto ours = hash_at(log, theirs.count - 1);
  return ours && !std::ranges::equal(theirs.hash, std::span(*ours).first(theirs.hash.size()));
}

// --- Asking
// -----------------------------------------------------------------------------------------------------------
void Group::ask_next(const Now& now, wire::DeviceId from) {
  Peer& peer = peers_[from];
  if (peer.asked_until && *peer.asked_until > now.time) return;
  std::set<LogId> elsewhere;
  for (const auto& [id, other] : peers_) {
    const bool busy = other.reachable && other.asked_until && now.time < other.asked_at + kAskAlone;
    if (id != from && busy) elsewhere.insert(other.asking.begin(), other.asking.end());
  }
  Ask ask{.bytes_wanted = kAskBytes, .items = {}};
  peer.asking.clear();
  const auto add = [&](LogId log, Stretch stretch, bool linked) {
    if (ask.items.size() < kAskItemsMax) ask.items.push_back({log, stretch, linked}), peer.asking.insert(log);
  };
  for (const bool events : {true, false}) {
    for (const auto& [id, runs] : peer.offers) {
      if (is_event_log(id) != events || elsewhere.contains(id)) continue;
      if (author_of(id) == nullptr) {
        if (!events || runs.front().from > 0) continue;
        add(id, {0, 0}, true);
      }
      const auto found = logs_.find(id);
      const Log none{.id = id, .runs = {}};
      const Log& log = found == logs_.end() ? none : found->second;
      for (auto offer = runs.rbegin(); offer != runs.rend(); ++offer) {
        for (const Stretch& stretch : log.missing(offer->from, offer->count)) {
          const bool names_the_log = is_event_log(id) && stretch.last == 0;
          const bool joins = log.run_with(stretch.last + 1) != nullptr;
          if (log.runs.size() == kRunsMax && !joins) continue;  // no room for one more: the holes first
          add(id, stretch, names_the_log || joins);
        }
      }
      const uint32_t count = runs.back().count;
      const bool unproven = log.signed_count < count && log.missing(count - 1, count).empty();
      if (unproven && log.count() > log.signed_count) add(id, {count - 1, count - 1}, false);
      if (is_other_way(log, runs.back())) add(id, {count - 1, count - 1}, false);
    }
  }
  if (ask.items.empty()) return;
  peer.asked_until = now.time + kAskPatience;
  peer.asked_at = now.time;
  peer.asked_gave = false;
  send_sealed(now, {from}, encode(ask), {.to = {}, .bytes = {}, .urgency = Urgency::sync, .keep = !peer.reachable});
}

// What one was not asked for, because another was, is asked for when that one is done.
void Group::ask_others(const Now& now) {
  for (const auto& [id, peer] : peers_) {
    if (peer.reachable && !peer.offers.empty()) ask_next(now, id);
  }
}

// A run that overtook the one above it is proven only when that has come: it waits.
bool Group::ingest_all(const Now& now, wire::DeviceId from, Batch batch) {
  bool gave = false;
  bool early = false;
  for (const BatchRun& run : batch.runs) {
    const bool taken = ingest(now, from, run);
    gave = gave || taken;
    early = early || (!taken && !run.signature && !run.entries.empty());
  }
  if (early && peers_[from].asked_until && early_.size() < kEarlyMax) early_.emplace_back(from, std::move(batch));
  return gave;
}

void Group::take_batch(const Now& now, wire::DeviceId from, Batch& batch) {
  Peer& peer = peers_[from];
  for (const BatchRun& run : batch.runs) {
    if (author_of(run.log) == nullptr) continue;
    uint32_t& known = peer.known[run.log];
    known = std::max(known, run.first + static_cast<uint32_t>(run.entries.size()));
  }
  const bool last = batch.last;
  const bool gave = ingest_all(now, from, std::move(batch));
  for (bool again = gave; again;) {
    again = false;
    for (auto& [sender, held] : std::exchange(early_, {})) again = ingest_all(now, sender, std::move(held)) || again;
  }
  if (gave) {
    try_stash(now);
    news(now, kReceiptDelay, &from);
  }
  if (!peer.asked_until) return;
  peer.asked_gave = peer.asked_gave || gave;
  const bool waits = std::ranges::any_of(early_, [&](const auto& held) { return held.first == from; });
  if (gave || waits) peer.asked_until = now.time + kAskPatience;
  if (!last) return;
  if (waits) {
    peer.asked_until = now.time + kOvertakenPatience;
    return;
  }
  peer.asked_until.reset();
  peer.asking.clear();
  const bool useful = peer.asked_gave;
  if (!useful) peer.offers.clear();  // it has nothing that we can use
  ask_next(now, from);
  ask_others(now);
  if (useful && !peer.asked_until) send_digest(now, from);  // all is here: it learns so
}

// --- Live
// -------------------------------------------------------------------------------------------------------------
void Group::take_payload(const Now& now, wire::DeviceId from, SyncMessage message) {
  // Whoever asks faster than answers can leave asks again.
  const bool asks = std::holds_alternative<Summary>(message) || std::holds_alternative<Ask>(message);
  if (asks && device_.is_flooded(Urgency::sync)) return;
  if (std::holds_alternative<FileAsk>(message) && device_.is_flooded(Urgency::file)) return;
  if (const auto* live = std::get_if<Live>(&message)) take_live(now, from, *live);
  if (const auto* summary = std::get_if<Summary>(&message)) take_summary(now, from, *summary);
  if (const auto* ask = std::get_if<Ask>(&message)) send_asked(now, from, *ask);
  if (auto* batch = std::get_if<Batch>(&message)) take_batch(now, from, *batch);
  if (const auto* file = std::get_if<FileAsk>(&message)) take_file_ask(now, from, *file);
  if (const auto* piece = std::get_if<FilePiece>(&message)) take_file_piece(now, from, *piece);
  if (roster_.founded && is_member() && log_of(own_events()).count() == 0) {
    if (ensure_introduced(now)) publish_events(now);
  }
}

void Group::take_live(const Now& now, wire::DeviceId from, const Live& live) {
  if (try_live(now, from, live)) {
    try_stash(now);
    return;
  }
  const auto of_one = std::ranges::count(stash_, from, &Stashed::from);
  if (stash_.size() < kStashMax && of_one < static_cast<std::ptrdiff_t>(kStashOfOneMax)) stash_.push_back({from, live});
  Peer& peer = peers_[from];
  peer.partner = true;
  peer.patience = kSummaryEvery;
  if (!peer.summary_at || *peer.summary_at > now.time + kReceiptDelay) peer.summary_at = now.time + kReceiptDelay;
}

// True when nothing is left to do about it.
bool Group::try_live(const Now& now, wire::DeviceId from, const Live& live) {
  for (const auto& [events, author] : authors_) {
    const LogId id = messages_of(events);
    if (author.device != from || (id.value >> 56 & live.log_mask) != (live.log & live.log_mask)) continue;
    const Log& log = log_of(id);
    if (live.seq < log.count()) return true;
    if (live.seq > log.count()) continue;
    const Hlc before = log.runs.empty() ? 0 : log.runs.back().hlc;
    if (live.delta == 0 || live.delta > kHlcMax - std::min(before, kHlcMax)) return true;
    const Hlc hlc = live.whole_seconds ? (before / kHlcPerSecond + live.delta) * kHlcPerSecond : before + live.delta;
    if (hlc > kHlcMax) return true;
    BatchRun run{.log = id, .first = live.seq, .before = first_hash(id_, id), .signature = {}, .entries = {}};
    if (!log.runs.empty()) run.before = log.runs.back().hash;
    run.entries.push_back({hlc, live.bytes});
    live_ = true;
    const bool taken = ingest(now, from, run);
    live_ = false;
    if (!taken) return true;
    Peer& peer = peers_[from];
    peer.known[id] = live.seq + 1;
    if (devices_.size() < kReceiptDevicesMax) {
      peer.receipts.insert(id);
      if (!peer.receipt_at) peer.receipt_at = now.time + kReceiptDelay;
    }
    return true;
  }
  return false;
}

void Group::try_stash(const Now& now) {
  for (bool again = true; again;) {
    again = false;
    for (size_t i = 0; i < stash_.size(); ++i) {
      if (!try_live(now, stash_[i].from, stash_[i].live)) continue;
      stash_.erase(stash_.begin() + static_cast<std::ptrdiff_t>(i));
      again = true;
      break;
    }
  }
}

}  // namespace farline::chat
