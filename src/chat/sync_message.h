// What is inside a sealed group message (docs/CHAT.md, Messages between devices). Form only; bounded; spans of parsed
// values are views into the input or into `text` of the Batch.
//   live     one new entry of the sender's own log of messages
//   summary  what the sender has; also the acknowledgement of what it was sent
//   ask      which entries the sender wants next, the most wanted first
//   batch    entries, compressed together
//   file ask, file piece  blocks of a file (chat/file_tree.h), one after the other
#pragma once

#include <variant>
#include <vector>

#include "chat/chain.h"
#include "chat/file_tree.h"

namespace farline::chat {

struct Live {
  uint8_t log = 0;          // the highest byte of its id: which of that device's logs
  uint8_t log_mask = 0xff;  // the bits of it that were told: 0xff, of a line 0xf0
  uint32_t seq = 0;
  Hlc delta = 0;               // since the entry before it in the log; its whole time when it is the first
  bool whole_seconds = false;  // of a line: delta is in seconds, from the second of the entry before
  ByteVector bytes = {};
};

struct Summary {
  struct Item {
    LogId log;
    uint32_t from = 0;              // has all of from .. count-1
    uint32_t count = 0;             // signed by the author
    uint32_t unsigned_count = 0;    // entries above them that are not yet
    std::array<uint8_t, 4> hash{};  // of entry count - 1
  };
  // A part of what the sender has; the last part, to be answered; an answer, in which what is equal is left out; no
  // items but a digest of all of them, answered by an empty answer when it is equal, else by a question.
  enum class Kind : uint8_t { part = 0, question = 1, answer = 2, digest = 3 };
  Kind kind = Kind::part;
  std::array<uint8_t, 8> digest{};
  std::vector<Item> items;
};
inline constexpr size_t kSummaryItemsMax = 48;  // fits a sealed message

struct Ask {
  struct Item {
    LogId log;
    Stretch stretch;
    bool linked = false;  // the asker has the entry after it; else the stretch has to come with a signature
  };
  uint32_t bytes_wanted = 0;  // on the wire, about
  std::vector<Item> items;
};
inline constexpr size_t kAskItemsMax = 40;

struct BatchEntry {
  Hlc hlc = 0;
  Bytes bytes;
};
struct BatchRun {
  LogId log;
  uint32_t first = 0;
  ChainHash before{};                               // of entry first - 1
  std::optional<crypto::Signature> signature = {};  // of the log up to the run's end
  std::vector<BatchEntry> entries = {};             // none: only a signature of what is known
};
struct Batch {
  bool last = false;  // what was asked for has been sent, as far as it is there
  std::vector<BatchRun> runs;
  ByteVector text;  // what entries of a parsed batch point into
};
inline constexpr size_t kBatchRunsMax = 32;
inline constexpr size_t kBatchTextBytesMax = 16 * 1024;

// Which pieces of which blocks of a file the sender wants: bit n of `pieces` is the piece of bytes n * kPieceBytes on.
struct FileAsk {
  struct Item {
    BlockPlace place;
    uint16_t pieces = 0;  // not 0, below 1 << kPiecesMax
  };
  FileHash file{};
  std::vector<Item> items;
};
inline constexpr size_t kFileAskItemsMax = 8;
inline constexpr size_t kPieceBytes = 912;  // fits a sealed message
inline constexpr size_t kPiecesMax = (kBlockBytes + kPieceBytes - 1) / kPieceBytes;

struct FilePiece {
  std::array<uint8_t, 8> file{};  // the beginning of its hash
  BlockPlace place;
  uint8_t piece = 0;
  ByteVector bytes;  // none: the sender does not have this block
};

ByteVector encode(const FileAsk& ask);
ByteVector encode(const FilePiece& piece);
ByteVector encode(const Live& live);
// The shorter form of a text at this time, for a device none of whose other logs has the same highest four bits.
// Nothing when it is no text, or does not compress.
ByteVector encode_line(const Live& live, Hlc hlc);
ByteVector encode(const Summary& summary);
ByteVector encode(const Ask& ask);
ByteVector encode(const Batch& batch);

using SyncMessage = std::variant<Live, Summary, Ask, Batch, FileAsk, FilePiece>;
Result<SyncMessage> decode_sync(Bytes payload);

}  // namespace farline::chat
