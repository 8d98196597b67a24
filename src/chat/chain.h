// The hash chain of a log, who signs it, and which parts of it a device has (docs/CHAT.md, Logs).
//   hash(-1) = SHA-256("farline chat log" || group || log), hash(n) = SHA-256(hash(n-1) || hlc u64 || bytes of n), each
//   cut to 16 bytes. An author signs "farline chat head" || group || log || count u32 || hash(count - 1).
// A stretch of a log is proven by a signature at its end, or by being what a proven stretch begins after.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "chat/store.h"
#include "crypto/asymmetric.h"
#include "crypto/hash.h"

namespace farline::chat {

LogId log_of_introduction(Bytes entry);
GroupId group_of_founding(LogId log, Bytes entry);

ChainHash first_hash(const GroupId& group, LogId log);
ChainHash next_hash(const ChainHash& before, Hlc hlc, Bytes bytes);

struct Head {
  GroupId group;
  LogId log;
  uint32_t count = 0;  // entries
  ChainHash hash{};    // of the last one
};
ByteVector head_message(const Head& head);

// Entries first..last, all there. Between two runs entries are missing.
struct Run {
  uint32_t first = 0;
  uint32_t last = 0;
  ChainHash before{};  // of entry first - 1
  ChainHash hash{};    // of entry `last`
  Hlc hlc = 0;         // of entry `last`
  // The author's, of the log up to this run's end, of a run under a hole: what proves it to others. Of the top run see
  // Log::signature.
  std::optional<crypto::Signature> signature = {};
};

struct Stretch {
  uint32_t first = 0;
  uint32_t last = 0;
};

inline constexpr size_t kRunsMax = 16;
inline constexpr uint32_t kLogEntriesMax = 10'000'000;

// What a device has of one log. At most kRunsMax runs, ascending, never adjacent. Entries from signed_count on are
// provisional: they came from the author's own device, its signature has not come yet; they are at the top run's end.
struct Log {
  LogId id;
  std::vector<Run> runs;
  uint32_t floor = 0;         // entries below are not wanted: erased, or before this member's time
  uint32_t signed_count = 0;  // of the newest signature verified or made; 0: none
  crypto::Signature signature{};

  uint32_t count() const { return runs.empty() ? 0 : runs.back().last + 1; }
  const Run* run_with(uint32_t seq) const;
  // What is missing of from..count-1, the newest first; nothing below `floor`.
  std::vector<Stretch> missing(uint32_t from, uint32_t count) const;
  // `run` overlaps none. False when it would make too many runs: then nothing is changed.
  [[nodiscard]] bool add(const Run& run);
  // Forgets what lies from `first` on; `last` is the entry before it, when that is there.
  void cut(uint32_t first, const StoredEntry* last);
  // The author's verified signature of the first `count` entries, the last of which is there: proof of the top run when
  // it is the newest, else of the run that ends there.
  void prove(uint32_t count, const crypto::Signature& by);
  // What proves the run with entry `seq` to somebody who has nothing above it: its end, exclusive, and the signature.
  struct Proof {
    uint32_t count = 0;
    crypto::Signature signature{};
  };
  std::optional<Proof> proof_of(uint32_t seq) const;
};

ByteVector encode(const Log& log);
Result<Log> decode_log(LogId id, Bytes value);

}  // namespace farline::chat
