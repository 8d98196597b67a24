#include "store/chat_backup.h"

#include "crypto/aead.h"

namespace farline::store {
namespace {

using chat::GroupId;
using chat::LogId;
using chat::StateKind;
using chat::StoredEntry;

constexpr std::string_view kBackupMagic = "FLBACKUP";
constexpr uint8_t kBackupVersion = 1;
constexpr size_t kHeaderBytes = kBackupMagic.size() + 1 + sizeof(crypto::PasswordSalt) + 12;
constexpr size_t kChunkBytes = 64 * 1024;  // a chunk ends with the item that reaches this
constexpr size_t kItemBytesMax = 64 + chat::kStateKeyBytesMax + chat::kStateValueBytesMax;
constexpr size_t kChunkBytesMax = kChunkBytes + kItemBytesMax;
constexpr uint8_t kEntryItem = 1;
constexpr uint8_t kStateItem = 2;
constexpr uint8_t kIsShown = 1;
constexpr uint8_t kHasTarget = 2;
constexpr StateKind kSavedKinds[] = {StateKind::group,  StateKind::contact, StateKind::outbox,
                                     StateKind::marker, StateKind::draft,   StateKind::file};

Error damaged_backup() {
  return {Errc::malformed, "the backup file is damaged; try another copy of it"};
}

crypto::Nonce chunk_nonce(uint32_t number, bool last) {
  crypto::Nonce nonce{};
  Writer writer(nonce);
  writer.space(7);
  writer.u32(number);
  writer.u8(last);
  return nonce;
}

size_t entry_item_bytes(const StoredEntry& entry) {
  return 1 + 16 + 8 + 4 + 8 + 16 + 1 + (entry.target ? 12 : 0) + 2 + entry.bytes.size() + 2 + entry.search_text.size();
}

void write_entry_item(Writer& out, const StoredEntry& entry) {
  out.u8(kEntryItem);
  out.bytes(entry.group.bytes);
  out.u64(entry.id.log.value);
  out.u32(entry.id.seq);
  out.u64(entry.hlc);
  out.bytes(entry.hash);
  out.u8(static_cast<uint8_t>((entry.shown ? kIsShown : 0) | (entry.target ? kHasTarget : 0)));
  if (entry.target) {
    out.u64(entry.target->log.value);
    out.u32(entry.target->seq);
  }
  out.u16(static_cast<uint16_t>(entry.bytes.size()));
  out.bytes(entry.bytes);
  out.u16(static_cast<uint16_t>(entry.search_text.size()));
  out.bytes(as_bytes(entry.search_text));
}

void write_state_item(Writer& out, const chat::State& state) {
  out.u8(kStateItem);
  out.u8(static_cast<uint8_t>(state.kind));
  out.bytes(state.group.bytes);
  out.u8(static_cast<uint8_t>(state.key.size()));
  out.bytes(state.key);
  out.u32(static_cast<uint32_t>(state.value.size()));
  out.bytes(state.value);
}

bool take_entry_item(Reader& in, StoredEntry& out) {
  out.group = {in.array<16>()};
  out.id = {LogId{in.u64()}, in.u32()};
  out.hlc = in.u64();
  out.hash = in.array<16>();
  const uint8_t flags = in.u8();
  out.shown = (flags & kIsShown) != 0;
  if ((flags & kHasTarget) != 0) {
    const LogId log{in.u64()};
    out.target = chat::EntryId{log, in.u32()};
  }
  out.bytes = to_vector(in.bytes(in.u16()));
  out.search_text = as_text(in.bytes(in.u16()));
  return in.ok() && flags <= (kIsShown | kHasTarget) && out.bytes.size() <= chat::kEntryBytesMax &&
         out.search_text.size() <= chat::kEntryBytesMax;
}

bool take_state_item(Reader& in, chat::State& out) {
  out.kind = static_cast<StateKind>(in.u8());
  out.group = {in.array<16>()};
  out.key = to_vector(in.bytes(in.u8()));
  out.value = to_vector(in.bytes(in.u32()));
  return in.ok() && std::ranges::find(kSavedKinds, out.kind) != std::end(kSavedKinds) &&
         out.key.size() <= chat::kStateKeyBytesMax && out.value.size() <= chat::kStateValueBytesMax;
}

// Gathers items and seals chunks of them.
class BackupWriter {
 public:
  BackupWriter(crypto::Secret<32> key, Bytes header, const ByteSink& out)
      : key_(std::move(key)), header_(header), out_(out), buffer_(kChunkBytesMax + crypto::kTagBytes) {}
  ~BackupWriter() { crypto::wipe(buffer_); }

  template <typename Item>
  Result<void> add(Item write_item) {
    Writer writer(MutableBytes(buffer_).subspan(used_));
    write_item(writer);
    used_ += writer.size();
    return used_ < kChunkBytes ? Result<void>{} : flush(false);
  }
  Result<void> finish() { return flush(true); }

 private:
  Result<void> flush(bool last) {
    const size_t size =
        crypto::seal(key_, {chunk_nonce(number_++, last), header_}, Bytes(buffer_).first(used_), buffer_);
    used_ = 0;
    std::array<uint8_t, 4> length{};
    Writer(length).u32(static_cast<uint32_t>(size));
    if (auto done = out_(length); !done) return done;
    return out_(Bytes(buffer_).first(size));
  }

  crypto::Secret<32> key_;
  Bytes header_;
  const ByteSink& out_;
  ByteVector buffer_;
  size_t used_ = 0;
  uint32_t number_ = 0;
};

Result<void> write_entries(ChatStore& store, BackupWriter& out) {
  for (const GroupId& group : store.groups()) {
    std::optional<chat::EntryId> after;
    while (true) {
      const auto some = store.all_entries(group, after, 200);
      if (!some) return some.error();
      if (some->empty()) break;
      for (const StoredEntry& entry : *some) {
        INVARIANT(entry_item_bytes(entry) <= kItemBytesMax);
        if (auto done = out.add([&](Writer& item) { write_entry_item(item, entry); }); !done) return done;
      }
      after = some->back().id;
    }
  }
  return {};
}

Result<void> write_states(ChatStore& store, BackupWriter& out) {
  for (const StateKind kind : kSavedKinds) {
    const auto states = store.states(kind);
    if (!states) return states.error();
    for (const chat::State& state : *states) {
      if (auto done = out.add([&](Writer& item) { write_state_item(item, state); }); !done) return done;
    }
  }
  return {};
}

Result<void> read_exactly(const ByteSource& in, MutableBytes out) {
  const auto size = in(out);
  if (!size) return size.error();
  if (*size != out.size()) return Error{Errc::truncated, "the backup file ends too early; try another copy of it"};
  return {};
}

// Chunk by chunk; gives nothing after the last.
class BackupReader {
 public:
  BackupReader(crypto::Secret<32> key, Bytes header, const ByteSource& in)
      : key_(std::move(key)), header_(header), in_(in) {}

  Result<std::optional<chat::Commit>> next() {
    if (ended_) return check_end();
    std::array<uint8_t, 4> length{};
    if (auto done = read_exactly(in_, length); !done) return done.error();
    const size_t size = Reader(length).u32();
    if (size < crypto::kTagBytes || size > kChunkBytesMax + crypto::kTagBytes) return damaged_backup();
    ByteVector chunk(size);
    if (auto done = read_exactly(in_, chunk); !done) return done.error();
    auto items = open_chunk(chunk);
    crypto::wipe(chunk);
    if (!items) return items.error();
    return std::optional(std::move(*items));
  }

 private:
  Result<chat::Commit> open_chunk(Bytes chunk) {
    ByteVector plain(chunk.size() - crypto::kTagBytes);
    for (const bool last : {false, true}) {
      if (!crypto::open(key_, {chunk_nonce(number_, last), header_}, chunk, plain)) continue;
      ended_ = last;
      ++number_;
      auto items = parse_backup_items(plain);
      crypto::wipe(plain);
      return items;
    }
    if (number_ > 0) return damaged_backup();
    return Error{Errc::auth, "the passphrase does not open this backup, or the file is damaged"};
  }
  Result<std::optional<chat::Commit>> check_end() {
    std::array<uint8_t, 1> more{};
    const auto size = in_(more);
    if (!size) return size.error();
    if (*size != 0) return damaged_backup();
    return std::optional<chat::Commit>{};
  }

  crypto::Secret<32> key_;
  Bytes header_;
  const ByteSource& in_;
  uint32_t number_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<chat::Commit> parse_backup_items(Bytes chunk) {
  chat::Commit commit;
  for (Reader in(chunk); in.remaining() > 0;) {
    const uint8_t kind = in.u8();
    if (kind == kEntryItem) {
      if (!take_entry_item(in, commit.entries.emplace_back())) return damaged_backup();
    } else if (kind != kStateItem || !take_state_item(in, commit.states.emplace_back())) {
      return damaged_backup();
    }
  }
  return commit;
}

Result<void> write_backup(ChatStore& store, const BackupKey& key, Rng& rng, const ByteSink& out) {
  const auto salt = rng.array<sizeof(crypto::PasswordSalt)>();
  std::array<uint8_t, kHeaderBytes> header{};
  Writer writer(header);
  writer.bytes(as_bytes(kBackupMagic));
  writer.u8(kBackupVersion);
  writer.bytes(salt);
  writer.u32(key.cost.passes);
  writer.u32(key.cost.memory_kib);
  writer.u32(key.cost.lanes);
  auto secret = crypto::key_from_password(key.passphrase, salt, key.cost);
  if (!secret) return secret.error();
  if (auto done = out(header); !done) return done;
  BackupWriter items(std::move(*secret), header, out);
  if (auto done = write_entries(store, items); !done) return done;
  if (auto done = write_states(store, items); !done) return done;
  return items.finish();
}

Result<void> restore_backup(ChatStore& store, Bytes passphrase, const ByteSource& in) {
  std::array<uint8_t, kHeaderBytes> header{};
  if (auto done = read_exactly(in, header); !done) return done;
  Reader reader(header);
  if (as_text(reader.bytes(kBackupMagic.size())) != kBackupMagic)
    return Error{Errc::malformed, "that file is no Farline backup"};
  if (reader.u8() != kBackupVersion)
    return Error{Errc::unsupported, "a newer Farline wrote this backup; install that version or a newer one"};
  const auto salt = reader.array<sizeof(crypto::PasswordSalt)>();
  crypto::PasswordCost cost;
  cost.passes = reader.u32();
  cost.memory_kib = reader.u32();
  cost.lanes = reader.u32();
  auto secret = crypto::key_from_password(passphrase, salt, cost);
  if (!secret) return secret.error();
  BackupReader chunks(std::move(*secret), header, in);
  return store.restore([&] { return chunks.next(); });
}

}  // namespace farline::store
