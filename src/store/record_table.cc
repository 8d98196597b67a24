#include "store/record_table.h"

#include "crypto/hash.h"

namespace farline::store {
namespace {

constexpr size_t kRowKeyBytes = 16;

std::array<uint8_t, 1 + kRowKeyBytes + sizeof(Generation)> record_context(uint8_t kind, Bytes row_key,
                                                                          Bytes generation) {
  std::array<uint8_t, 1 + kRowKeyBytes + sizeof(Generation)> out{};
  Writer writer(out);
  writer.u8(kind);
  writer.bytes(row_key);
  writer.bytes(generation);
  return out;
}

}  // namespace

Result<void> RecordTable::prepare() {
  if (auto done = database_.prepare("INSERT OR REPLACE INTO record VALUES(?1, ?2, ?3)", replace_); !done) return done;
  if (auto done = database_.prepare("DELETE FROM record WHERE kind=?1 AND key=?2", erase_); !done) return done;
  if (auto done = database_.prepare("SELECT key, value FROM record WHERE kind=?1", select_); !done) return done;
  return database_.prepare("SELECT value FROM record WHERE kind=?1 AND key=?2", find_);
}

Result<void> RecordTable::write(const SaveRecord& record) {
  INVARIANT(record.key.size() <= kRecordKeyBytesMax && record.value.size() <= kRecordValueBytesMax);
  const RowKey key = row_key(record.kind, record.key);
  if (record.value.empty()) return Query(erase_).bind(record.kind).bind(key).run();
  // key length u16, key, value
  ByteVector plain(2 + record.key.size() + record.value.size());
  Writer writer(plain);
  writer.u16(static_cast<uint16_t>(record.key.size()));
  writer.bytes(record.key);
  writer.bytes(record.value);
  const auto context = record_context(record.kind, key, database_.generation());
  const ByteVector row = seal_row(database_.seal_key(), context, plain, database_.rng());
  crypto::wipe(plain);
  return Query(replace_).bind(record.kind).bind(key).bind(row).run();
}

RecordTable::RowKey RecordTable::row_key(uint8_t kind, Bytes key) const {
  const auto full = crypto::hmac_sha256(database_.index_key().bytes(), {Bytes(&kind, 1), key});
  RowKey out{};
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

Result<std::vector<SaveRecord>> RecordTable::load(uint8_t kind) {
  Query row(select_);
  row.bind(kind);
  std::vector<SaveRecord> out;
  for (auto more = row.next();; more = row.next()) {
    if (!more) return more.error();
    if (!*more) break;
    auto record = unseal(kind, row.blob(0), row.blob(1));
    if (!record) return record.error();
    out.push_back(std::move(*record));
  }
  std::ranges::sort(out, {}, &SaveRecord::key);
  return out;
}

Result<ByteVector> RecordTable::find(uint8_t kind, Bytes key) {
  const RowKey hidden = row_key(kind, key);
  Query row(find_);
  const auto is_there = row.bind(kind).bind(hidden).next();
  if (!is_there) return is_there.error();
  if (!*is_there) return Error{Errc::not_found, "the store has no such record"};
  auto record = unseal(kind, hidden, row.blob(0));
  if (!record) return record.error();
  return std::move(record->value);
}

Result<SaveRecord> RecordTable::unseal(uint8_t kind, Bytes row_key, Bytes sealed) const {
  if (row_key.size() != kRowKeyBytes) return row_tampered();
  auto plain = open_row(database_.seal_key(), record_context(kind, row_key, database_.generation()), sealed);
  if (!plain) return plain.error();
  Reader reader(*plain);
  SaveRecord out;
  out.kind = kind;
  out.key = to_vector(reader.bytes(reader.u16()));
  out.value = to_vector(reader.rest());
  crypto::wipe(*plain);
  if (!reader.ok()) return row_tampered();
  return out;
}

}  // namespace farline::store
