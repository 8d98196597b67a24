// Where a Chat keeps what it knows: entries of logs, and small states. The chat core reads through this and holds no
// history in memory; store/chat_store.h keeps it in SQLite, sealed row by row.
//
// commit() is the only way in: all of a Commit or none of it, durable when it returns. Everything the core sends or
// reports afterwards rests on that. A commit may repeat an entry that is there already (same group, id): it replaces
// it. All calls block; one thread. Errc::io when the disk refuses, Errc::auth when a row was tampered with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "chat/ids.h"

namespace farline::chat {

inline constexpr size_t kEntryBytesMax = 860;  // of `bytes`: one entry always fits one sealed message
inline constexpr size_t kStateKeyBytesMax = 64;
inline constexpr size_t kStateValueBytesMax = 256 * 1024;

using ChainHash = std::array<uint8_t, 16>;

// An entry as it lies in the store. `bytes` is secret (what a person wrote); so is `search_text`.
struct StoredEntry {
  GroupId group;
  EntryId id;
  Hlc hlc = 0;
  ChainHash hash{};               // of the log up to and with this entry
  bool shown = false;             // stands in the timeline itself (a text does, an edit of one does not)
  std::optional<EntryId> target;  // the entry that an edit, deletion or reaction is about
  ByteVector bytes;               // log_entry.h
  std::string search_text;        // what search may find it by: UTF-8, empty for most kinds; only for the index, and
                                  // empty again when it is read back
  Order order() const { return {hlc, id}; }
};

// Small named values. The core alone knows what is in them; the store lists them by kind at the start.
enum class StateKind : uint8_t {
  device = 1,   // incarnation, prekeys' secrets: group is zero
  group = 2,    // heads, members, settings of one group
  epoch = 3,    // an epoch key: key is its tag. Erased for forward secrecy: must leave no copy behind
  contact = 4,  // certificate and prekey of another device: group is zero, key its id
  outbox = 5,   // what is not yet known to have arrived
  marker = 6,   // read marker of this person, per group
  draft = 7,    // the person's unsent text, per group
  file = 8,     // a file or its pieces under way; key is its hash
};
struct State {
  StateKind kind = StateKind::device;
  GroupId group;
  ByteVector key;
  ByteVector value;  // empty: erase
};

// From `from` on (exclusive; absent: from that end), at most `count`, in the direction asked for, shown entries only.
struct PageQuery {
  GroupId group;
  std::optional<Order> from = {};
  bool forwards = false;
  size_t count = 50;
};

// Entries first..last of one log, ascending, stopping before the sum of `bytes` passes `bytes_max` (at least one).
struct RangeQuery {
  GroupId group;
  LogId log;
  uint32_t first = 0;
  uint32_t last = 0;
  size_t bytes_max = 64 * 1024;
};

// Entries `first` and above of log `from` become entries of log `to` (a fork was found).
struct TailMove {
  GroupId group;
  LogId from;
  uint32_t first = 0;
  LogId to;
};

struct Commit {
  std::vector<TailMove> moves;  // done first
  std::vector<EntryId> erased;  // of `erased_group`: provisional entries that a signed one replaces
  GroupId erased_group;
  std::vector<StoredEntry> entries;
  std::vector<State> states;
};

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual Result<void> commit(const Commit& commit) = 0;

  // Errc::not_found when there is none.
  virtual Result<StoredEntry> entry(const GroupId& group, EntryId id) = 0;
  virtual Result<std::vector<StoredEntry>> range(const RangeQuery& query) = 0;
  virtual Result<std::vector<StoredEntry>> page(const PageQuery& query) = 0;
  // Whose target is `target`, in order; of each log the newest `each`, so that nobody writes others' out of sight.
  virtual Result<std::vector<StoredEntry>> about(const GroupId& group, EntryId target, size_t each) = 0;
  // Shown entries after `after` (absent: all) whose log is none of `except`: the number on a badge. Counting may stop
  // at `limit`.
  struct CountQuery {
    GroupId group;
    std::optional<Order> after = {};
    std::vector<LogId> except = {};
    std::optional<Hlc> until = {};  // not those later than that
    size_t limit = 1000;
  };
  virtual Result<size_t> count(const CountQuery& query) = 0;

  virtual Result<std::vector<State>> states(StateKind kind) = 0;
  // Errc::not_found when there is none.
  virtual Result<ByteVector> state(StateKind kind, const GroupId& group, Bytes key) = 0;

  // Everything of one group; and, by retention, every entry of a message log (lowest bit of the id 1) older than that.
  // What is erased can't be read from the disk any more.
  [[nodiscard]] virtual Result<void> erase_group(const GroupId& group) = 0;
  [[nodiscard]] virtual Result<void> erase_before(const GroupId& group, Hlc hlc) = 0;
};

}  // namespace farline::chat
