// What chat keeps (chat/store.h), in SQLite with sealed rows: durable when commit() returns, all of it or none. The
// file, and what it promises: store/database.h. No history is held in memory.
//
// An entry is sealed under a random key of its group and day, which lies sealed in a table of its own; everything that
// stands beside it in clear is bound to it. Erasing a day erases its key: what remains of its rows anywhere, on flash
// for instance, is noise. (Of the key itself, 60 bytes sealed under the master key, flash may keep a copy too.) Entries
// of membership are never erased by age and have a key of their own.
//
// Without the master key a reader of the disk sees how many groups there are, and of each entry its log, number, time,
// length and which other it is about; no group's name or id, no person, no text, no words. Search leaves no index: it
// unseals and looks, which costs about 5 us an entry.
#pragma once

#include <functional>
#include <map>
#include <string_view>

#include "chat/store.h"
#include "store/record_table.h"

namespace farline::store {

struct SearchQuery {
  chat::GroupId group;
  std::string text;                      // words; all must occur, anywhere, folded (chat/fold.h)
  std::optional<chat::Order> from = {};  // exclusive; absent: from the newest, backwards
  size_t count = 50;
  size_t entries_max = 5000;  // looked at in this call
};
struct SearchHit {
  chat::Order order;    // of the entry that has the words
  chat::EntryId shown;  // the message it belongs to: itself, or what it edits
};
// `from` of the next call; absent when everything was looked at. A hit's message may have been edited or deleted since:
// show what the core makes of it.
struct SearchResult {
  std::vector<SearchHit> hits;
  std::optional<chat::Order> next;
};

class ChatStore final : public chat::Store {
 public:
  // As Database::open.
  static Result<std::unique_ptr<ChatStore>> open(const std::string& path, const crypto::Secret<32>& master, Rng& rng);

  [[nodiscard]] Result<void> commit(const chat::Commit& commit) override;
  Result<chat::StoredEntry> entry(const chat::GroupId& group, chat::EntryId id) override;
  Result<std::vector<chat::StoredEntry>> range(const chat::RangeQuery& query) override;
  Result<std::vector<chat::StoredEntry>> page(const chat::PageQuery& query) override;
  Result<std::vector<chat::StoredEntry>> about(const chat::GroupId& group, chat::EntryId target, size_t each) override;
  Result<size_t> count(const CountQuery& query) override;
  Result<std::vector<chat::State>> states(chat::StateKind kind) override;
  Result<ByteVector> state(chat::StateKind kind, const chat::GroupId& group, Bytes key) override;
  [[nodiscard]] Result<void> erase_group(const chat::GroupId& group) override;
  // Days that are wholly before are gone for good; of the day that is not, only the rows.
  [[nodiscard]] Result<void> erase_before(const chat::GroupId& group, chat::Hlc hlc) override;

  Result<SearchResult> search(const SearchQuery& query);

  // For backups. Entries in order of log and number, with their search_text, after `after` (absent: from the first).
  std::vector<chat::GroupId> groups() const;
  Result<std::vector<chat::StoredEntry>> all_entries(const chat::GroupId& group, std::optional<chat::EntryId> after,
                                                     size_t count);
  // Takes over what `next` gives until it gives nothing, all of it or none. Errc::denied unless no group is here. The
  // device's own secrets and the epochs' keys go: the core begins a new incarnation, whatever this store wrote before.
  using NextCommit = std::function<Result<std::optional<chat::Commit>>()>;
  [[nodiscard]] Result<void> restore(const NextCommit& next);

 private:
  struct GroupDay {
    int64_t group = 0;
    int64_t day = 0;
    friend auto operator<=>(const GroupDay&, const GroupDay&) = default;
  };
  explicit ChatStore(std::unique_ptr<Database> database) : database_(std::move(database)), records_(*database_) {}
  Result<void> prepare();
  Result<void> load_groups();
  Result<void> write(const chat::Commit& commit);
  Result<void> write_entry(const chat::StoredEntry& entry);
  Result<void> move_tail(const chat::TailMove& move);
  Result<void> erase_entry(int64_t group, chat::EntryId id);
  Result<int64_t> group_number(const chat::GroupId& group);
  // Gives nothing for a group of which there is no entry.
  std::optional<int64_t> known_group(const chat::GroupId& group) const;
  // The key of a day; made when `make`, else Errc::auth when it is missing.
  Result<const crypto::Secret<32>*> day_key(const chat::GroupId& group, GroupDay at, bool make);
  Result<chat::StoredEntry> unseal(const chat::GroupId& group, const Query& row, bool with_text);
  Result<std::vector<chat::StoredEntry>> read(const chat::GroupId& group, Query& query, bool with_text = false);
  Result<void> erase_states_of(const chat::GroupId& group);
  Result<void> erase_states(chat::StateKind kind);
  Result<void> transaction(const std::function<Result<void>()>& write);

  std::unique_ptr<Database> database_;
  RecordTable records_;
  Statement put_, erase_, one_, range_, tail_, older_, newer_, about_, count_, search_, all_;
  Statement find_day_, put_day_, erase_days_, erase_group_days_, erase_old_, erase_group_;
  std::map<chat::GroupId, int64_t> groups_;
  std::map<GroupDay, crypto::Secret<32>> day_keys_;  // of those used last; bounded
};

}  // namespace farline::store
