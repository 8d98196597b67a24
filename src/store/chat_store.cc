#include "store/chat_store.h"

#include <limits>

#include "chat/fold.h"
#include "store/chat_rows.h"

namespace farline::store {
namespace {

using chat::EntryId;
using chat::GroupId;
using chat::Hlc;
using chat::LogId;
using chat::Order;
using chat::StateKind;
using chat::StoredEntry;

// A record of the store's own, beside the core's StateKinds.
constexpr uint8_t kGroupNumberRecord = 200;
constexpr uint8_t kStateKindMax = 199;

constexpr size_t kDayKeysKept = 64;

ByteVector state_key(const GroupId& group, Bytes key) {
  INVARIANT(key.size() <= chat::kStateKeyBytesMax);
  ByteVector out(sizeof(GroupId) + key.size());
  Writer writer(out);
  writer.bytes(group.bytes);
  writer.bytes(key);
  return out;
}

Error no_entry() {
  return {Errc::not_found, "there is no such message"};
}

void bind_order(Query& query, const Order& order) {
  query.bind(to_sql(order.hlc)).bind(to_sql(order.id.log.value)).bind(order.id.seq);
}
// Before all that is, and behind.
void bind_end(Query& query, bool last) {
  using Limits = std::numeric_limits<int64_t>;
  const int64_t end = last ? Limits::max() : Limits::min();
  query.bind(end).bind(end).bind(end);
}

int64_t limit(size_t count) {
  return static_cast<int64_t>(std::min<size_t>(count, 1'000'000));
}

}  // namespace

Result<std::unique_ptr<ChatStore>> ChatStore::open(const std::string& path, const crypto::Secret<32>& master,
                                                   Rng& rng) {
  const std::string schema = std::string(RecordTable::kSchema) + kEntrySchema;
  auto database =
      Database::open(path, master, {.application_id = 0x464c4348, .schema = schema.c_str()}, rng);  // "FLCH"
  if (!database) return database.error();
  std::unique_ptr<ChatStore> store(new ChatStore(std::move(*database)));
  if (auto ready = store->records_.prepare(); !ready) return ready.error();
  if (auto ready = store->prepare(); !ready) return ready.error();
  if (auto loaded = store->load_groups(); !loaded) return loaded.error();
  return store;
}

Result<void> ChatStore::prepare() {
  const struct {
    Statement& statement;
    const char* sql;
  } all[] = {
      {put_, "INSERT OR REPLACE INTO entry VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {erase_, "DELETE FROM entry WHERE grp=?1 AND log=?2 AND seq=?3"},
      {one_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND log=?2 AND seq=?3"},
      {range_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND log=?2 AND seq>=?3 AND seq<=?4 ORDER BY seq"},
      {tail_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND log=?2 AND seq>=?3 ORDER BY seq LIMIT 100"},
      {older_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND place>0 AND place=1 AND (hlc, log, seq) < (?2, ?3, ?4)"
                                     " ORDER BY hlc DESC, log DESC, seq DESC LIMIT ?5"},
      {newer_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND place>0 AND place=1 AND (hlc, log, seq) > (?2, ?3, ?4)"
                                     " ORDER BY hlc, log, seq LIMIT ?5"},
      {search_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND place>0 AND (hlc, log, seq) < (?2, ?3, ?4)"
                                      " ORDER BY hlc DESC, log DESC, seq DESC LIMIT ?5"},
      {about_, "SELECT * FROM (" FARLINE_ENTRY_COLUMNS_AND
               ", row_number() OVER (PARTITION BY log ORDER BY seq DESC) AS newest FROM entry"
               " WHERE grp=?1 AND target_log=?2 AND target_seq=?3) WHERE newest<=?4 ORDER BY hlc, log, seq"},
      {all_, FARLINE_ENTRY_COLUMNS "WHERE grp=?1 AND (log, seq) > (?2, ?3) ORDER BY log, seq LIMIT ?4"},
      {count_,
       "SELECT log, hlc FROM entry WHERE grp=?1 AND place>0 AND place=1 AND (hlc, log, seq) > (?2, ?3, ?4)"
       " ORDER BY hlc, log, seq"},
      {find_day_, "SELECT key FROM day WHERE grp=?1 AND day=?2"},
      {put_day_, "INSERT INTO day VALUES(?1, ?2, ?3)"},
      {erase_days_, "DELETE FROM day WHERE grp=?1 AND day>=0 AND day<?2"},
      {erase_group_days_, "DELETE FROM day WHERE grp=?1"},
      {erase_old_, "DELETE FROM entry WHERE grp=?1 AND (log & 1)=1 AND hlc<?2"},
      {erase_group_, "DELETE FROM entry WHERE grp=?1"},
  };
  for (const auto& each : all) {
    if (auto done = database_->prepare(each.sql, each.statement); !done) return done;
  }
  return {};
}

Result<void> ChatStore::load_groups() {
  auto records = records_.load(kGroupNumberRecord);
  if (!records) return records.error();
  for (const SaveRecord& record : *records) {
    Reader key(record.key), value(record.value);
    const GroupId group{key.array<sizeof(GroupId)>()};
    const uint32_t number = value.u32();
    if (!key.finish() || !value.finish()) return row_tampered();
    groups_[group] = number;
  }
  return {};
}

// --- Writing
Result<void> ChatStore::commit(const chat::Commit& commit) {
  if (auto done = transaction([&] { return write(commit); }); !done) return done;
  const bool keys_changed = std::ranges::any_of(commit.states, [](const chat::State& state) {
    return state.kind == StateKind::epoch || state.kind == StateKind::device;
  });
  return keys_changed ? database_->forget_deleted() : Result<void>{};
}

Result<void> ChatStore::transaction(const std::function<Result<void>()>& write) {
  auto done = database_->transaction(write);
  if (done) return done;
  groups_.clear();  // these may know what was rolled back
  day_keys_.clear();
  if (auto loaded = load_groups(); !loaded) return loaded;
  return done;
}

Result<void> ChatStore::write(const chat::Commit& commit) {
  for (const chat::TailMove& move : commit.moves) {
    if (auto done = move_tail(move); !done) return done;
  }
  if (const auto group = known_group(commit.erased_group)) {
    for (const EntryId& id : commit.erased) {
      if (auto done = erase_entry(*group, id); !done) return done;
    }
  }
  for (const StoredEntry& entry : commit.entries) {
    if (auto done = write_entry(entry); !done) return done;
  }
  for (const chat::State& state : commit.states) {
    const auto kind = static_cast<uint8_t>(state.kind);
    INVARIANT(kind <= kStateKindMax && state.value.size() <= chat::kStateValueBytesMax);
    if (auto done = records_.write({kind, state_key(state.group, state.key), state.value}); !done) return done;
  }
  return {};
}

Result<void> ChatStore::write_entry(const StoredEntry& entry) {
  const auto group = group_number(entry.group);
  if (!group) return group.error();
  const auto key = day_key(entry.group, {*group, day_of(entry.id.log, entry.hlc)}, true);
  if (!key) return key.error();
  const int64_t place = place_of(entry);
  ByteVector plain = entry_plain(entry);
  const ByteVector row = seal_row(**key, entry_context(database_->generation(), entry, place), plain, database_->rng());
  crypto::wipe(plain);
  Query put(put_);
  put.bind(*group).bind(to_sql(entry.id.log.value)).bind(entry.id.seq).bind(to_sql(entry.hlc)).bind(place);
  if (entry.target) {
    put.bind(to_sql(entry.target->log.value)).bind(entry.target->seq);
  } else {
    put.bind_null().bind_null();
  }
  return put.bind(row).run();
}

// A row is bound to its log: each is sealed anew.
Result<void> ChatStore::move_tail(const chat::TailMove& move) {
  const auto group = known_group(move.group);
  if (!group) return {};
  while (true) {
    Result<std::vector<StoredEntry>> some = std::vector<StoredEntry>{};
    {
      Query query(tail_);
      query.bind(*group).bind(to_sql(move.from.value)).bind(move.first);
      some = read(move.group, query, true);
    }
    if (!some) return some.error();
    if (some->empty()) return {};
    for (StoredEntry& entry : *some) {
      if (auto done = erase_entry(*group, entry.id); !done) return done;
      entry.id.log = move.to;
      if (auto done = write_entry(entry); !done) return done;
    }
  }
}

Result<void> ChatStore::erase_entry(int64_t group, EntryId id) {
  return Query(erase_).bind(group).bind(to_sql(id.log.value)).bind(id.seq).run();
}

std::optional<int64_t> ChatStore::known_group(const GroupId& group) const {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return {};
  return found->second;
}

Result<int64_t> ChatStore::group_number(const GroupId& group) {
  if (const auto known = known_group(group)) return *known;
  int64_t number = 1;
  for (const auto& [other, taken] : groups_) number = std::max(number, taken + 1);
  ByteVector value(4);
  Writer(value).u32(static_cast<uint32_t>(number));
  if (auto done = records_.write({kGroupNumberRecord, to_vector(group.bytes), value}); !done) return done.error();
  groups_[group] = number;
  return number;
}

Result<const crypto::Secret<32>*> ChatStore::day_key(const GroupId& group, GroupDay at, bool make) {
  const auto cached = day_keys_.find(at);
  if (cached != day_keys_.end()) return &cached->second;
  const auto context = day_context(database_->generation(), group, at.day);
  crypto::Secret<32> key;
  bool found = false;
  {
    Query query(find_day_);
    const auto row = query.bind(at.group).bind(at.day).next();
    if (!row) return row.error();
    found = *row;
    if (found) {
      auto plain = open_row(database_->seal_key(), context, query.blob(0));
      if (!plain || plain->size() != 32) return row_tampered();
      std::ranges::copy(*plain, key.mutable_bytes().begin());
      crypto::wipe(*plain);
    }
  }
  if (!found) {
    if (!make) return row_tampered();
    database_->rng().fill(key.mutable_bytes());
    const ByteVector sealed = seal_row(database_->seal_key(), context, key.bytes(), database_->rng());
    if (auto done = Query(put_day_).bind(at.group).bind(at.day).bind(sealed).run(); !done) return done.error();
  }
  if (day_keys_.size() >= kDayKeysKept) day_keys_.clear();
  return &day_keys_.emplace(at, std::move(key)).first->second;
}

// --- Reading
Result<StoredEntry> ChatStore::unseal(const GroupId& group, const Query& row, bool with_text) {
  EntryRow out = entry_row(group, row);
  const auto key = day_key(group, {groups_.at(group), day_of(out.entry.id.log, out.entry.hlc)}, false);
  if (!key) return key.error();
  auto plain = open_row(**key, entry_context(database_->generation(), out.entry, out.place), out.sealed);
  if (!plain) return plain.error();
  const bool whole = take_entry_plain(*plain, with_text, out.entry);
  crypto::wipe(*plain);
  if (!whole) return row_tampered();
  return std::move(out.entry);
}

Result<std::vector<StoredEntry>> ChatStore::read(const GroupId& group, Query& query, bool with_text) {
  std::vector<StoredEntry> out;
  for (auto row = query.next();; row = query.next()) {
    if (!row) return row.error();
    if (!*row) return out;
    auto entry = unseal(group, query, with_text);
    if (!entry) return entry.error();
    out.push_back(std::move(*entry));
  }
}

Result<StoredEntry> ChatStore::entry(const GroupId& group, EntryId id) {
  const auto number = known_group(group);
  if (!number) return no_entry();
  Query query(one_);
  const auto row = query.bind(*number).bind(to_sql(id.log.value)).bind(id.seq).next();
  if (!row) return row.error();
  if (!*row) return no_entry();
  return unseal(group, query, false);
}

Result<std::vector<StoredEntry>> ChatStore::range(const chat::RangeQuery& query) {
  std::vector<StoredEntry> out;
  const auto group = known_group(query.group);
  if (!group) return out;
  Query rows(range_);
  rows.bind(*group).bind(to_sql(query.log.value)).bind(query.first).bind(query.last);
  size_t bytes = 0;
  for (auto row = rows.next();; row = rows.next()) {
    if (!row) return row.error();
    if (!*row) return out;
    auto entry = unseal(query.group, rows, false);
    if (!entry) return entry.error();
    bytes += entry->bytes.size();
    if (bytes > query.bytes_max && !out.empty()) return out;
    out.push_back(std::move(*entry));
  }
}

Result<std::vector<StoredEntry>> ChatStore::page(const chat::PageQuery& query) {
  const auto group = known_group(query.group);
  if (!group) return std::vector<StoredEntry>{};
  Query rows(query.forwards ? newer_ : older_);
  rows.bind(*group);
  if (query.from) {
    bind_order(rows, *query.from);
  } else {
    bind_end(rows, !query.forwards);
  }
  rows.bind(limit(query.count));
  return read(query.group, rows);
}

Result<std::vector<StoredEntry>> ChatStore::about(const GroupId& group, EntryId target, size_t each) {
  const auto number = known_group(group);
  if (!number) return std::vector<StoredEntry>{};
  Query rows(about_);
  rows.bind(*number).bind(to_sql(target.log.value)).bind(target.seq).bind(limit(each));
  return read(group, rows);
}

Result<size_t> ChatStore::count(const CountQuery& query) {
  const auto group = known_group(query.group);
  if (!group) return size_t{0};
  Query rows(count_);
  rows.bind(*group);
  if (query.after) {
    bind_order(rows, *query.after);
  } else {
    bind_end(rows, false);
  }
  size_t counted = 0;
  while (counted < query.limit) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row || (query.until && rows.number(1) > to_sql(*query.until))) break;
    const int64_t log = rows.number(0);
    if (std::ranges::none_of(query.except, [&](LogId other) { return to_sql(other.value) == log; })) ++counted;
  }
  return counted;
}

Result<std::vector<chat::State>> ChatStore::states(StateKind kind) {
  auto records = records_.load(static_cast<uint8_t>(kind));
  if (!records) return records.error();
  std::vector<chat::State> out;
  for (SaveRecord& record : *records) {
    Reader key(record.key);
    const GroupId group{key.array<sizeof(GroupId)>()};
    if (!key.ok()) return row_tampered();
    out.push_back({kind, group, to_vector(key.rest()), std::move(record.value)});
  }
  return out;
}

Result<ByteVector> ChatStore::state(StateKind kind, const GroupId& group, Bytes key) {
  return records_.find(static_cast<uint8_t>(kind), state_key(group, key));
}

Result<SearchResult> ChatStore::search(const SearchQuery& query) {
  SearchResult out;
  const auto words = chat::search_words(query.text);
  const auto group = known_group(query.group);
  if (!group || words.empty() || query.count == 0) return out;
  Query rows(search_);
  rows.bind(*group);
  if (query.from) {
    bind_order(rows, *query.from);
  } else {
    bind_end(rows, true);
  }
  rows.bind(limit(query.entries_max));
  for (size_t looked_at = 0;; ++looked_at) {
    const auto row = rows.next();
    if (!row) return row.error();
    if (!*row) {
      if (looked_at < query.entries_max) out.next.reset();
      return out;
    }
    auto entry = unseal(query.group, rows, true);
    if (!entry) return entry.error();
    out.next = entry->order();
    if (!chat::has_words(chat::fold_text(entry->search_text), words)) continue;
    out.hits.push_back({entry->order(), entry->shown ? entry->id : entry->target.value_or(entry->id)});
    if (out.hits.size() == query.count) return out;
  }
}

// --- Erasing
Result<void> ChatStore::erase_group(const GroupId& group) {
  const auto number = known_group(group);
  auto done = transaction([&]() -> Result<void> {
    if (number) {
      if (auto erased = Query(erase_group_).bind(*number).run(); !erased) return erased;
      if (auto erased = Query(erase_group_days_).bind(*number).run(); !erased) return erased;
      if (auto erased = records_.write({kGroupNumberRecord, to_vector(group.bytes), {}}); !erased) return erased;
    }
    return erase_states_of(group);
  });
  if (!done) return done;
  groups_.erase(group);
  day_keys_.clear();
  return database_->forget_deleted();
}

Result<void> ChatStore::erase_states_of(const GroupId& group) {
  for (const StateKind kind : {StateKind::device, StateKind::group, StateKind::epoch, StateKind::contact,
                               StateKind::outbox, StateKind::marker, StateKind::draft, StateKind::file}) {
    const auto all = states(kind);
    if (!all) return all.error();
    for (const chat::State& state : *all) {
      if (state.group != group) continue;
      if (auto done = records_.write({static_cast<uint8_t>(kind), state_key(group, state.key), {}}); !done) return done;
    }
  }
  return {};
}

Result<void> ChatStore::erase_before(const GroupId& group, Hlc hlc) {
  const auto number = known_group(group);
  if (!number) return {};
  auto done = transaction([&]() -> Result<void> {
    if (auto erased = Query(erase_old_).bind(*number).bind(to_sql(hlc)).run(); !erased) return erased;
    return Query(erase_days_).bind(*number).bind(static_cast<int64_t>(hlc / kHlcPerDay)).run();
  });
  if (!done) return done;
  day_keys_.clear();
  return database_->forget_deleted();
}

// --- Backups
std::vector<GroupId> ChatStore::groups() const {
  std::vector<GroupId> out;
  for (const auto& [group, number] : groups_) out.push_back(group);
  return out;
}

Result<std::vector<StoredEntry>> ChatStore::all_entries(const GroupId& group, std::optional<EntryId> after,
                                                        size_t count) {
  const auto number = known_group(group);
  if (!number) return std::vector<StoredEntry>{};
  Query rows(all_);
  rows.bind(*number);
  if (after) {
    rows.bind(to_sql(after->log.value)).bind(after->seq);
  } else {
    rows.bind(std::numeric_limits<int64_t>::min()).bind(-1);
  }
  rows.bind(limit(count));
  return read(group, rows, true);
}

Result<void> ChatStore::restore(const NextCommit& next) {
  if (!groups_.empty())
    return Error{Errc::denied, "there are chats here already; restore into a profile that has none yet"};
  auto done = transaction([&]() -> Result<void> {
    for (const StateKind kind : {StateKind::device, StateKind::epoch}) {
      if (auto erased = erase_states(kind); !erased) return erased;
    }
    while (true) {
      const auto commit = next();
      if (!commit) return commit.error();
      if (!*commit) return {};
      if (auto written = write(**commit); !written) return written;
    }
  });
  return done ? database_->forget_deleted() : done;
}

Result<void> ChatStore::erase_states(StateKind kind) {
  const auto all = states(kind);
  if (!all) return all.error();
  for (const chat::State& state : *all) {
    const SaveRecord gone{static_cast<uint8_t>(kind), state_key(state.group, state.key), {}};
    if (auto done = records_.write(gone); !done) return done;
  }
  return {};
}

}  // namespace farline::store
