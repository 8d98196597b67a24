#include "chat/sync_message.h"

#include "chat/compress.h"
#include "chat/varint.h"

namespace farline::chat {
namespace {

enum Type : uint8_t { kLive = 1, kLivePacked = 2, kSummary = 3, kAsk = 4, kBatch = 5, kFileAsk = 6, kFilePiece = 7 };

constexpr uint8_t kLiveLine = 0x10;  // to 0x1f: with the highest four bits of the log's id
constexpr uint8_t kLiveLineMask = 0xf0;
constexpr uint8_t kTextEntry = 0x10;  // the kind of a text (docs/CHAT.md, Logs)

uint32_t read_u32(Reader& in) {
  return static_cast<uint32_t>(read_varint(in, UINT32_MAX));
}
uint32_t read_seq(Reader& in) {
  return static_cast<uint32_t>(read_varint(in, kLogEntriesMax));
}
// A writer over a vector that becomes as long as what was written.
template <typename Write>
ByteVector written(size_t bytes_max, Write write) {
  ByteVector out(bytes_max);
  Writer writer(out);
  write(writer);
  out.resize(writer.size());
  return out;
}

Result<SyncMessage> decode_live(bool packed, Reader& in) {
  Live live{.log = in.u8()};
  live.seq = read_seq(in);
  live.delta = read_varint(in);
  live.bytes = to_vector(in.rest());
  if (!in.ok()) return Error{Errc::malformed, "damaged live message"};
  if (packed) {
    auto bytes = decompress(live.bytes, kEntryBytesMax);
    if (!bytes) return bytes.error();
    live.bytes = std::move(*bytes);
  }
  if (live.bytes.empty() || live.bytes.size() > kEntryBytesMax) return Error{Errc::limit, "entry has a wrong size"};
  return SyncMessage(std::move(live));
}

Result<SyncMessage> decode_live_line(uint8_t type, Reader& in) {
  Live live{.log = static_cast<uint8_t>(type << 4U), .log_mask = kLiveLineMask};
  live.seq = read_seq(in);
  const uint64_t delta = read_varint(in);
  live.delta = delta >> 1U;
  live.whole_seconds = (delta & 1U) != 0;
  const auto text = decompress_line(in.rest(), kEntryBytesMax - 1);
  if (!in.ok()) return Error{Errc::malformed, "damaged live message"};
  if (!text) return text.error();
  live.bytes.push_back(kTextEntry);
  live.bytes.insert(live.bytes.end(), text->begin(), text->end());
  return SyncMessage(std::move(live));
}

Result<SyncMessage> decode_summary(Reader& in) {
  Summary summary;
  const uint8_t kind = in.u8();
  if (kind > 3) in.fail();
  summary.kind = static_cast<Summary::Kind>(kind);
  if (summary.kind == Summary::Kind::digest) summary.digest = in.array<8>();
  while (in.ok() && in.remaining() > 0 && summary.items.size() < kSummaryItemsMax) {
    Summary::Item item{.log = {in.u64()}, .from = read_seq(in), .count = read_seq(in), .unsigned_count = read_seq(in)};
    item.hash = in.array<4>();
    if (item.from > item.count) in.fail();
    summary.items.push_back(item);
  }
  if (const auto done = in.finish(); !done) return done.error();
  return SyncMessage(std::move(summary));
}

Result<SyncMessage> decode_ask(Reader& in) {
  Ask ask{.bytes_wanted = read_u32(in), .items = {}};
  while (in.ok() && in.remaining() > 0 && ask.items.size() < kAskItemsMax) {
    Ask::Item item{.log = {in.u64()}, .stretch = {read_seq(in), 0}};
    const uint32_t last = static_cast<uint32_t>(read_varint(in, 2 * uint64_t{kLogEntriesMax} + 1));
    item.stretch.last = last >> 1U;
    item.linked = (last & 1U) != 0;
    if (item.stretch.first > item.stretch.last) in.fail();
    ask.items.push_back(item);
  }
  if (const auto done = in.finish(); !done) return done.error();
  return SyncMessage(std::move(ask));
}

void write_run(const BatchRun& run, Writer& out) {
  out.u64(run.log.value);
  write_varint(run.first, out);
  write_varint(run.entries.size() << 1U | (run.signature ? 1U : 0U), out);
  out.bytes(run.before);
  if (run.signature) out.bytes(*run.signature);
  Hlc before = 0;
  for (const BatchEntry& entry : run.entries) {
    write_varint(entry.bytes.size(), out);
    write_varint(entry.hlc - before, out);
    before = entry.hlc;
  }
}

// Leaves the sizes of the entries in `sizes`; their bytes come after all runs.
BatchRun read_run(Reader& in, std::vector<size_t>& sizes) {
  BatchRun run;
  run.log = {in.u64()};
  run.first = read_seq(in);
  const uint64_t head = read_varint(in, kBatchTextBytesMax);
  run.before = in.array<16>();
  if ((head & 1U) != 0) run.signature = in.array<64>();
  Hlc hlc = 0;
  for (uint64_t i = 0; i < head >> 1U && in.ok(); ++i) {
    sizes.push_back(static_cast<size_t>(read_varint(in, kEntryBytesMax)));
    const Hlc delta = read_varint(in, kHlcMax);
    hlc += delta;
    if (delta == 0 || hlc > kHlcMax || sizes.back() == 0) in.fail();
    run.entries.push_back({hlc, {}});
  }
  return run;
}

Result<SyncMessage> decode_batch(Reader& in) {
  Batch batch;
  batch.last = in.u8() == 1;
  const size_t count = in.u8();
  if (count > kBatchRunsMax) in.fail();
  std::vector<size_t> sizes;
  for (size_t i = 0; i < count && in.ok(); ++i) batch.runs.push_back(read_run(in, sizes));
  if (!in.ok()) return Error{Errc::malformed, "damaged batch"};
  if (!sizes.empty()) {
    auto text = decompress(in.rest(), kBatchTextBytesMax);
    if (!text) return text.error();
    batch.text = std::move(*text);
  }
  Reader text(batch.text);
  size_t next = 0;
  for (BatchRun& run : batch.runs) {
    for (BatchEntry& entry : run.entries) entry.bytes = text.bytes(sizes[next++]);
  }
  if (const auto done = text.finish(); !done) return done.error();
  return SyncMessage(std::move(batch));
}

void write_place(BlockPlace place, Writer& out) {
  out.u8(place.level);
  write_varint(place.index, out);
}
BlockPlace read_place(Reader& in) {
  BlockPlace place{.level = in.u8()};
  place.index = read_u32(in);
  return place;
}

Result<SyncMessage> decode_file_ask(Reader& in) {
  FileAsk ask{.file = in.array<32>(), .items = {}};
  while (in.ok() && in.remaining() > 0 && ask.items.size() < kFileAskItemsMax) {
    FileAsk::Item item{.place = read_place(in)};
    item.pieces = in.u16();
    if (item.pieces == 0 || item.pieces >> kPiecesMax != 0) in.fail();
    ask.items.push_back(item);
  }
  if (const auto done = in.finish(); !done) return done.error();
  return SyncMessage(std::move(ask));
}

Result<SyncMessage> decode_file_piece(Reader& in) {
  FilePiece piece;
  piece.file = in.array<8>();
  piece.place = read_place(in);
  piece.piece = in.u8();
  piece.bytes = to_vector(in.rest());
  if (!in.ok() || piece.piece >= kPiecesMax || piece.bytes.size() > kPieceBytes) {
    return Error{Errc::malformed, "damaged piece of a file"};
  }
  return SyncMessage(std::move(piece));
}

}  // namespace

ByteVector encode(const FileAsk& ask) {
  INVARIANT(ask.items.size() <= kFileAskItemsMax);
  return written(33 + ask.items.size() * (3 + kVarintBytesMax), [&](Writer& out) {
    out.u8(kFileAsk);
    out.bytes(ask.file);
    for (const auto& item : ask.items) {
      write_place(item.place, out);
      out.u16(item.pieces);
    }
  });
}

ByteVector encode(const FilePiece& piece) {
  INVARIANT(piece.bytes.size() <= kPieceBytes);
  return written(11 + kVarintBytesMax + piece.bytes.size(), [&](Writer& out) {
    out.u8(kFilePiece);
    out.bytes(piece.file);
    write_place(piece.place, out);
    out.u8(piece.piece);
    out.bytes(piece.bytes);
  });
}

ByteVector encode_line(const Live& live, Hlc hlc) {
  if (live.bytes.empty() || live.bytes[0] != kTextEntry) return {};
  const ByteVector line = compress_line(Bytes(live.bytes).subspan(1));
  if (line.empty()) return {};
  const bool whole_seconds = hlc % kHlcPerSecond == 0;
  const Hlc delta = whole_seconds ? hlc / kHlcPerSecond - (hlc - live.delta) / kHlcPerSecond : live.delta;
  return written(1 + 2 * kVarintBytesMax + line.size(), [&](Writer& out) {
    out.u8(static_cast<uint8_t>(kLiveLine | live.log >> 4U));
    write_varint(live.seq, out);
    write_varint(delta << 1U | (whole_seconds ? 1U : 0U), out);
    out.bytes(line);
  });
}

ByteVector encode(const Live& live) {
  const ByteVector packed = compress(live.bytes);
  const bool smaller = packed.size() < live.bytes.size();
  const ByteVector& body = smaller ? packed : live.bytes;
  return written(2 + 2 * kVarintBytesMax + body.size(), [&](Writer& out) {
    out.u8(smaller ? kLivePacked : kLive);
    out.u8(live.log);
    write_varint(live.seq, out);
    write_varint(live.delta, out);
    out.bytes(body);
  });
}

ByteVector encode(const Summary& summary) {
  INVARIANT(summary.items.size() <= kSummaryItemsMax);
  return written(10 + summary.items.size() * 32, [&](Writer& out) {
    out.u8(kSummary);
    out.u8(static_cast<uint8_t>(summary.kind));
    if (summary.kind == Summary::Kind::digest) out.bytes(summary.digest);
    for (const auto& item : summary.items) {
      out.u64(item.log.value);
      write_varint(item.from, out);
      write_varint(item.count, out);
      write_varint(item.unsigned_count, out);
      out.bytes(item.hash);
    }
  });
}

ByteVector encode(const Ask& ask) {
  INVARIANT(ask.items.size() <= kAskItemsMax);
  return written(1 + kVarintBytesMax + ask.items.size() * 28, [&](Writer& out) {
    out.u8(kAsk);
    write_varint(ask.bytes_wanted, out);
    for (const auto& item : ask.items) {
      out.u64(item.log.value);
      write_varint(item.stretch.first, out);
      write_varint(uint64_t{item.stretch.last} << 1U | (item.linked ? 1U : 0U), out);
    }
  });
}

ByteVector encode(const Batch& batch) {
  INVARIANT(batch.runs.size() <= kBatchRunsMax);
  ByteVector text;
  size_t entries = 0;
  for (const BatchRun& run : batch.runs) {
    entries += run.entries.size();
    for (const BatchEntry& entry : run.entries) text.insert(text.end(), entry.bytes.begin(), entry.bytes.end());
  }
  const ByteVector packed = text.empty() ? ByteVector{} : compress(text);
  const size_t bytes_max = 3 + batch.runs.size() * 110 + entries * 2 * kVarintBytesMax + packed.size();
  return written(bytes_max, [&](Writer& out) {
    out.u8(kBatch);
    out.u8(batch.last ? 1 : 0);
    out.u8(static_cast<uint8_t>(batch.runs.size()));
    for (const BatchRun& run : batch.runs) write_run(run, out);
    out.bytes(packed);
  });
}

Result<SyncMessage> decode_sync(Bytes payload) {
  Reader in(payload);
  const uint8_t type = in.u8();
  if ((type & kLiveLineMask) == kLiveLine) return decode_live_line(type, in);
  switch (type) {
    case kLive:
      return decode_live(false, in);
    case kLivePacked:
      return decode_live(true, in);
    case kSummary:
      return decode_summary(in);
    case kAsk:
      return decode_ask(in);
    case kBatch:
      return decode_batch(in);
    case kFileAsk:
      return decode_file_ask(in);
    case kFilePiece:
      return decode_file_piece(in);
    default:
      return Error{Errc::unsupported, "a chat message of a newer version"};
  }
}

}  // namespace farline::chat
