#include <algorithm>
#include <iterator>

#include "chat/group.h"
#include "chat/log_entry.h"
#include "wire/name.h"

namespace farline::chat {
namespace {

std::array<uint8_t, 9> state_key(char kind, LogId log) {
  std::array<uint8_t, 9> key{};
  Writer out(key);
  out.u8(static_cast<uint8_t>(kind));
  out.u64(log.value);
  return key;
}

}  // namespace

// --- What is kept
// -----------------------------------------------------------------------------------------------------
Result<void> Group::load(std::vector<State> states) {
  std::vector<LogId> events;
  for (State& state : states) {
    if (state.key.size() != 9) continue;
    Reader in(state.key);
    const uint8_t kind = in.u8();
    const LogId log{in.u64()};
    if (kind == 'L') {
      auto decoded = decode_log(log, state.value);
      if (!decoded) return decoded.error();
      logs_[log] = std::move(*decoded);
    } else if (kind == 'A') {
      if (const auto done = load_author(log, state.value); !done) return done.error();
      events.push_back(log);
    }
  }
  for (const LogId log : events) {
    if (const auto done = load_events(log); !done) return done.error();
  }
  reckon(true);
  published_log_ = own_events();
  published_events_ = std::min(relayed_[own_events()], log_of(own_events()).count());
  published_messages_log_ = own_messages();
  published_messages_ = first_unsent();
  return {};
}

Log& Group::log_of(LogId id) {
  Log& log = logs_[id];
  log.id = id;
  return log;
}

void Group::save_log(const Log& log) {
  device_.save(StateKind::group, id_, state_key('L', log.id), encode(log));
}

void Group::save_author(LogId events) {
  const Author& author = authors_[events];
  ByteVector value(8 + 33 + 1 + author.name.size());
  Writer out(value);
  out.bytes(author.device.bytes);
  out.bytes(author.key);
  out.u8(author.forked ? 1 : 0);
  out.bytes(as_bytes(author.name));
  device_.save(StateKind::group, id_, state_key('A', events), std::move(value));
}

Result<void> Group::load_author(LogId events, Bytes value) {
  Reader in(value);
  Author author;
  author.device.bytes = in.array<8>();
  author.key = in.array<33>();
  author.forked = in.u8() == 1;
  author.name = std::string(as_text(in.rest()));
  auto person = wire::fold_name(author.name);
  if (!in.ok() || !person) return Error{Errc::malformed, "damaged chat state"};
  author.person = std::move(*person);
  authors_[events] = std::move(author);
  return {};
}

Result<void> Group::load_events(LogId events) {
  for (const Run& run : log_of(events).runs) {
    for (uint32_t next = run.first; next <= run.last;) {
      const auto entries = device_.store().range({.group = id_, .log = events, .first = next, .last = run.last});
      if (!entries) return entries.error();
      if (entries->empty()) return Error{Errc::malformed, "an entry is missing in the store"};
      for (const StoredEntry& entry : *entries) took_event(entry);
      next = entries->back().id.seq + 1;
    }
  }
  for (const LogId log : {events, messages_of(events)}) {
    const auto found = logs_.find(log);
    if (found == logs_.end() || found->second.runs.empty()) continue;
    authors_[events].latest = std::max(authors_[events].latest, found->second.runs.back().hlc);
  }
  return {};
}

LogId Group::own_messages() const {
  return messages_of(own_events());
}

const Author* Group::author_of(LogId log) const {
  const auto found = authors_.find(events_of(log));
  return found == authors_.end() ? nullptr : &found->second;
}

std::optional<ChainHash> Group::hash_at(const Log& log, uint32_t seq) const {
  for (const Run& run : log.runs) {
    if (run.last == seq) return run.hash;
    if (run.first == seq + 1) return run.before;
  }
  if (log.run_with(seq) == nullptr) return std::nullopt;
  const auto entry = device_.store().entry(id_, {log.id, seq});
  if (!entry) return std::nullopt;
  return entry->hash;
}

// With what this turn has not made durable yet.
std::vector<StoredEntry> Group::read(LogId log, Stretch stretch) const {
  auto stored = device_.store().range({.group = id_, .log = log, .first = stretch.first, .last = stretch.last});
  std::vector<StoredEntry> entries = stored ? std::move(*stored) : std::vector<StoredEntry>();
  for (const StoredEntry& entry : device_.changes().entries) {
    const bool inside = entry.id.log == log && entry.id.seq >= stretch.first && entry.id.seq <= stretch.last;
    if (entry.group == id_ && inside && (entries.empty() || entries.back().id.seq < entry.id.seq)) {
      entries.push_back(entry);
    }
  }
  return entries;
}

// --- Writing
// ---------------------------------------------------------------------------------------------------------- A member's
// clock alone pulls ours by at most kAheadMax, so that one wrong clock does not carry a whole group into the future;
// two of them, or the only other person there is, are believed, because then ours is the wrong one.
Hlc Group::clock(const Now& now) const {
  Hlc own = now.wall.seconds * kHlcPerSecond;
  std::map<std::string, Hlc> latest;
  for (const auto& [log, author] : authors_) {
    if (author.device == device_.id()) {
      own = std::max(own, author.latest + 1);
    } else {
      Hlc& time = latest[author.person];
      time = std::max(time, author.latest);
    }
  }
  Hlc first = 0;
  Hlc second = 0;
  for (const auto& [person, time] : latest) {
    second = std::max(second, std::min(first, time));
    first = std::max(first, time);
  }
  const Hlc believed = roster_.members.size() <= 2 ? first : std::min(first, std::max(own + kAheadMax, second));
  return std::max(own, std::min(believed + 1, kMergedHlcMax));
}

void Group::set_horizon(const Now& now) {
  horizon_ = clock(now) + kAheadMax;
  horizon_until_ = now.time + kHorizonEvery;
}

Result<EntryId> Group::append(const Now& now, LogId id, ByteVector bytes) {
  Log& log = log_of(id);
  const Hlc hlc = clock(now);
  const uint32_t seq = log.count();
  if (seq >= kLogEntriesMax || hlc > kHlcMax) return Error{Errc::limit, "this conversation is full"};
  const ChainHash before = log.runs.empty() ? first_hash(id_, id) : log.runs.back().hash;
  const ChainHash hash = next_hash(before, hlc, bytes);
  if (log.runs.empty()) log.runs.push_back({seq, seq, before, hash, hlc});
  log.runs.back().last = seq;
  log.runs.back().hash = hash;
  log.runs.back().hlc = hlc;
  StoredEntry entry = stored_entry(id_, {id, seq}, hlc, bytes);
  entry.hash = hash;
  save_log(log);
  took(now, std::move(entry), false);
  if (is_event_log(id)) reckon(false);
  return EntryId{id, seq};
}

Result<void> Group::ensure_introduced(const Now& now) {
  if (log_of(own_events()).count() > 0) return {};
  const Contact* self = device_.contact(device_.id());
  INVARIANT(self != nullptr);
  Author& author = authors_[own_events()];
  author.device = self->id;
  author.name = self->name;
  author.person = self->person;
  author.key = self->signing_key;
  save_author(own_events());
  if (auto done = append(now, own_events(), device_.introduction()); !done) return done.error();
  const auto& prekey = device_.fresh_prekey(now.wall);
  const auto done = append(now, own_events(), encode(GroupEvent(Prekey{prekey.number, prekey.pair.public_key})));
  if (!done) return done.error();
  return {};
}

Result<void> Group::found(const Now& now, ByteVector founding) {
  if (const auto done = ensure_introduced(now); !done) return done.error();
  if (const auto done = append(now, own_events(), std::move(founding)); !done) return done.error();
  return {};
}

Result<void> Group::write_event(const Now& now, const GroupEvent& event) {
  if (const auto done = ensure_introduced(now); !done) return done.error();
  std::optional<std::uint32_t> tag;
  if (const Epoch* epoch = current_epoch()) tag = epoch->tag;
  const std::vector<wire::DeviceId> before = devices_;
  if (const auto done = append(now, own_events(), encode(event)); !done) return done.error();
  publish_events(now);
  std::vector<wire::DeviceId> gone;
  std::set_difference(before.begin(), before.end(), devices_.begin(), devices_.end(), std::back_inserter(gone));
  if (!gone.empty() && tag) tell_removed(gone, *tag);
  return {};
}

// Once a week; who is sent a new epoch after that can be read by nobody who takes the older halves.
void Group::renew_prekey(const Now& now) {
  const auto own = authors_.find(own_events());
  if (own == authors_.end() || !is_member() || log_of(own_events()).count() == 0) return;
  const auto& prekey = device_.fresh_prekey(now.wall);
  if (prekey.number <= own->second.prekey) return;
  if (append(now, own_events(), encode(GroupEvent(Prekey{prekey.number, prekey.pair.public_key})))) publish_events(now);
}

Result<EntryId> Group::write_message(const Now& now, const Body& body) {
  if (const auto done = check(body); !done) return done.error();
  if (!is_member()) return Error{Errc::denied, "you are not a member of this chat"};
  if (const auto done = ensure_introduced(now); !done) return done.error();
  publish_events(now);
  auto id = append(now, own_messages(), encode(body));
  if (id) publish_messages(now);
  return id;
}

// Not of its own: nobody is made to forget what they said before it was asked of them.
Removed Group::removal_of(std::string_view name) const {
  Removed removed{.name = std::string(name), .cuts = {}};
  for (const auto& [log, author] : authors_) {
    const auto found = logs_.find(log);
    if (!wire::is_same_name(author.name, name) || found == logs_.end()) continue;
    if (removed.cuts.size() < kCutsMax) removed.cuts.push_back({log, found->second.count()});
  }
  return removed;
}

void Group::sign(LogId id) {
  const auto found = logs_.find(id);
  if (found == logs_.end()) return;
  Log& log = found->second;
  if (log.count() <= log.signed_count) return;
  log.prove(log.count(), device_.asymmetric().sign(device_.identity().signing_key,
                                                   head_message({id_, id, log.count(), log.runs.back().hash})));
  save_log(log);
}

// --- Taking
// -----------------------------------------------------------------------------------------------------------
void Group::took(const Now& now, StoredEntry entry, bool history) {
  Author& author = authors_[events_of(entry.id.log)];
  author.latest = std::max(author.latest, entry.hlc);
  if (is_event_log(entry.id.log)) {
    took_event(entry);
    device_.changes().entries.push_back(std::move(entry));
    return;  // see reckon()
  }
  entry.shown = entry.shown && counts(author, entry.hlc);
  device_.changes().entries.push_back(entry);
  took_message(now, entry, history);
}

void Group::took_event(const StoredEntry& entry) {
  auto event = decode_event(entry.bytes);
  if (!event) return;
  Author& author = authors_[entry.id.log];
  if (const auto* prekey = std::get_if<Prekey>(&*event)) {
    if (prekey->number > author.prekey) author.prekey = prekey->number, author.prekey_key = prekey->key;
    return;
  }
  if (std::holds_alternative<Introduction>(*event) || entry.id.seq >= kEventEntriesMax) return;
  PlacedEvent placed{entry.order(), author.person, group_of_founding(entry.id.log, entry.bytes) == id_,
                     std::move(*event)};
  const auto at = std::ranges::lower_bound(events_, placed.order, {}, &PlacedEvent::order);
  if (at != events_.end() && at->order == placed.order) return;
  events_.insert(at, std::move(placed));
}

void Group::took_message(const Now& now, const StoredEntry& entry, bool history) {
  const Author& author = authors_[events_of(entry.id.log)];
  if (entry.target && counts(author, entry.hlc)) device_.tell(MessageChanged{id_, *entry.target});
  if (!entry.shown && !entry.target) {
    const auto body = decode_body(entry.bytes);
    if (body && std::holds_alternative<Read>(*body)) took_read(author, std::get<Read>(*body));
    return;
  }
  if (!entry.shown) return;
  if (const auto body = decode_body(entry.bytes); body && author.device != device_.id() && may_offer(entry.id)) {
    const Content* content = content_of(*body);
    const bool is_note = std::holds_alternative<VoiceNote>(*body);
    if (is_note && !history)
      want_voice_note(now, entry.id, *content);
    else if (content != nullptr && content->size <= (is_note ? kNotePushedBytes : kFileOfferedBytes))
      (void)want_file(entry.id, *content);
  }
  newest_ = std::max(newest_.value_or(Order{}), entry.order());
  if (auto message = message_of(entry); message) device_.tell(MessageArrived{std::move(*message), history});
}

bool Group::counts(const Author& author, Hlc hlc) const {
  if (!roster_.founded || roster_.members.contains(author.person)) return true;
  const auto removed = roster_.removed.find(author.person);
  return removed != roster_.removed.end() && hlc <= removed->second;
}

void Group::reckon(bool loading) {
  Roster next = reckon_roster(events_);
  std::vector<std::string> changed;  // whose messages may stand otherwise now
  for (const auto& [name, when] : next.removed) {
    const auto before = roster_.removed.find(name);
    if (before == roster_.removed.end() || before->second != when) changed.push_back(name);
  }
  for (const auto& [name, when] : roster_.removed) {
    if (!next.removed.contains(name)) changed.push_back(name);
  }
  for (const auto& [log, author] : authors_) {
    if (next.founded != roster_.founded ||
        next.members.contains(author.person) != roster_.members.contains(author.person))
      changed.push_back(author.person);
  }
  roster_ = std::move(next);
  contacts_changed();
  if (loading) return;
  std::ranges::sort(changed);
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (const std::string& person : changed) show_again(person);
  device_.tell(GroupChanged{id_});
}

// What somebody wrote after being removed is kept, because logs are passed on whole, but not shown.
void Group::show_again(const std::string& person) {
  for (const auto& [events, author] : authors_) {
    if (author.person != person) continue;
    const auto found = logs_.find(messages_of(events));
    if (found == logs_.end()) continue;
    // Its author will not come to sign it, so nobody else could take it from here.
    if (!roster_.members.contains(person) && author.device != device_.id()) drop_provisional(found->second);
    for (StoredEntry& entry : device_.changes().entries) {
      if (entry.group != id_ || entry.id.log != found->first) continue;
      entry.shown = stored_entry(id_, entry.id, entry.hlc, entry.bytes).shown && counts(author, entry.hlc);
    }
    for (const Run& run : found->second.runs) {
      for (uint32_t next = run.first; next <= run.last;) {
        const auto entries =
            device_.store().range({.group = id_, .log = found->first, .first = next, .last = run.last});
        if (!entries || entries->empty()) break;
        for (const StoredEntry& entry : *entries) {
          StoredEntry again = stored_entry(id_, entry.id, entry.hlc, entry.bytes);
          again.hash = entry.hash;
          again.shown = again.shown && counts(author, entry.hlc);
          if (again.shown != entry.shown) device_.changes().entries.push_back(std::move(again));
        }
        next = entries->back().id.seq + 1;
      }
    }
  }
}

// --- Proof
// ------------------------------------------------------------------------------------------------------------ The
// first entry of a log of events is proven by the log's name.
bool Group::introduce(const BatchRun& run) {
  if (!is_event_log(run.log) || run.first != 0 || run.entries.empty() || authors_.size() >= kAuthorsMax) return false;
  const Bytes bytes = run.entries.front().bytes;
  if (log_of_introduction(bytes) != run.log) return false;
  const auto event = decode_event(bytes);
  if (!event || !std::holds_alternative<Introduction>(*event)) return false;
  const Contact* contact = device_.learn(std::get<Introduction>(*event).credential);
  if (contact == nullptr) return false;
  const auto is_its = [&](const auto& item) { return item.second.device == contact->id; };
  if (std::ranges::count_if(authors_, is_its) >= static_cast<std::ptrdiff_t>(kIncarnationsMax)) return false;
  Author& author = authors_[run.log];
  author.device = contact->id;
  author.name = contact->name;
  author.person = contact->person;
  author.key = contact->signing_key;
  save_author(run.log);
  return true;
}

bool Group::is_proven(const Log& log, const Author& author, const BatchRun& run,
                      std::span<const ChainHash> hashes) const {
  const auto end = run.first + static_cast<uint32_t>(run.entries.size());
  if (run.first == 0 && run.before != first_hash(id_, run.log)) return false;
  if (run.signature) {
    return device_.asymmetric().verify(author.key, head_message({id_, run.log, end, hashes.back()}), *run.signature);
  }
  if (is_event_log(run.log) && run.first == 0 && run.entries.size() == 1) return true;  // see introduce()
  return hash_at(log, end - 1) == hashes.back();
}

// Compares wherever the run meets what is there: at the entry before it, after it, and at the ends of what it covers.
Group::Fit Group::fit(const Log& log, const BatchRun& run, std::span<const ChainHash> hashes) const {
  const auto end = run.first + static_cast<uint32_t>(run.entries.size());
  Fit result = Fit::fits;
  const auto compare = [&](uint32_t seq, const ChainHash& theirs) {
    const auto ours = hash_at(log, seq);
    if (!ours || *ours == theirs || result == Fit::differs) return;
    const bool provisional = seq >= log.signed_count && events_of(log.id) != own_events();
    result = provisional ? Fit::provisional_differs : Fit::differs;
  };
  if (run.first > 0) compare(run.first - 1, run.before);
  for (const Run& ours : log.runs) {
    if (ours.last >= run.first && ours.last < end) compare(ours.last, hashes[ours.last - run.first]);
    if (ours.first > run.first && ours.first <= end) compare(ours.first - 1, hashes[ours.first - 1 - run.first]);
  }
  compare(end - 1, hashes.back());
  return result;
}

void Group::drop_provisional(Log& log) {
  const uint32_t first = log.signed_count;
  if (log.count() <= first) return;
  const auto last =
      first == 0 ? Result<StoredEntry>(Error{Errc::not_found, ""}) : device_.store().entry(id_, {log.id, first - 1});
  const bool in_run = first > 0 && log.run_with(first - 1) != nullptr;
  if (in_run && !last) return;
  device_.changes().erased_group = id_;
  for (uint32_t seq = first; seq < log.count(); ++seq) device_.changes().erased.push_back({log.id, seq});
  std::erase_if(device_.changes().entries, [&](const StoredEntry& entry) {
    return entry.group == id_ && entry.id.log == log.id && entry.id.seq >= first;
  });
  log.cut(first, last ? &*last : nullptr);
  save_log(log);
}

bool Group::add_missing(const Now& now, Log& log, const BatchRun& run, std::span<const ChainHash> hashes) {
  const auto end = run.first + static_cast<uint32_t>(run.entries.size());
  bool added = false;
  const uint32_t floor = std::exchange(log.floor, 0);
  const auto missing = log.missing(run.first, end);
  log.floor = floor;
  for (const Stretch& stretch : missing) {
    const size_t first = stretch.first - run.first;
    const size_t last = stretch.last - run.first;
    const bool fitted = log.add({.first = stretch.first,
                                 .last = stretch.last,
                                 .before = first == 0 ? run.before : hashes[first - 1],
                                 .hash = hashes[last],
                                 .hlc = run.entries[last].hlc});
    if (!fitted) continue;
    added = true;
    for (size_t i = first; i <= last; ++i) {
      const uint32_t seq = run.first + static_cast<uint32_t>(i);
      StoredEntry entry = stored_entry(id_, {log.id, seq}, run.entries[i].hlc, run.entries[i].bytes);
      entry.hash = hashes[i];
      took(now, std::move(entry), !live_);
    }
  }
  if (added && is_event_log(log.id)) reckon(false);
  return added;
}

bool Group::confirm(const Now& now, Log& log, const Author& author, const BatchRun& run) {
  if (!run.signature || run.first <= log.signed_count || run.first > log.count()) return false;
  const bool verifies =
      device_.asymmetric().verify(author.key, head_message({id_, log.id, run.first, run.before}), *run.signature);
  if (!verifies) return false;
  if (hash_at(log, run.first - 1) != run.before) {
    drop_provisional(log);  // somebody else wrote what we took for the author's
    news(now, 0s, nullptr);
    return false;
  }
  for (uint32_t seq = log.signed_count; seq < run.first && is_event_log(log.id) == false; ++seq) {
    device_.tell(MessageChanged{id_, {log.id, seq}});
  }
  log.prove(run.first, *run.signature);
  save_log(log);
  return true;
}

bool Group::ingest(const Now& now, wire::DeviceId from, const BatchRun& run) {
  if (run.entries.size() + run.first > kLogEntriesMax || logs_.size() > 2 * kAuthorsMax) return false;
  if (author_of(run.log) == nullptr && !introduce(run)) return false;
  const Author& author = *author_of(run.log);
  Log& log = log_of(run.log);
  if (run.entries.empty()) return confirm(now, log, author, run);

  std::vector<ChainHash> hashes;
  for (const BatchEntry& entry : run.entries) {
    hashes.push_back(next_hash(hashes.empty() ? run.before : hashes.back(), entry.hlc, entry.bytes));
  }
  const auto end = run.first + static_cast<uint32_t>(run.entries.size());
  const bool proven = is_proven(log, author, run, hashes);
  const bool will_sign = !roster_.founded || roster_.members.contains(author.person);
  const bool follows = will_sign && !is_event_log(run.log) && from == author.device && run.first == log.count() &&
                       (log.runs.empty() ? run.first == 0 : log.runs.back().hash == run.before);
  if (!proven && !follows) return false;
  if (proven) {
    Fit how = fit(log, run, hashes);
    const bool leaves_a_gap = log.count() > log.signed_count && run.first > log.count();
    if ((how == Fit::provisional_differs || leaves_a_gap) && events_of(log.id) != own_events()) {
      drop_provisional(log);
      how = fit(log, run, hashes);
    }
    if (how != Fit::fits) {
      fork_found(log);
      return false;
    }
  }
  bool is_new = add_missing(now, log, run, hashes);
  if (run.signature && log.run_with(end - 1) != nullptr) {
    is_new = is_new || end > log.signed_count;
    log.prove(end, *run.signature);
  }
  if (!is_new) return false;
  save_log(log);
  if (events_of(log.id) == own_events()) device_.new_incarnation();  // a copy of this device wrote it
  return true;
}

void Group::fork_found(Log& log) {
  if (events_of(log.id) == own_events()) device_.new_incarnation();
  Author& author = authors_[events_of(log.id)];
  if (author.forked) return;
  author.forked = true;
  save_author(events_of(log.id));
  device_.tell(ForkFound{id_, author.name});
}

}  // namespace farline::chat
