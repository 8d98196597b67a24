#include "store/chat_rows.h"

namespace farline::store {
namespace {

using chat::EntryId;
using chat::GroupId;
using chat::Hlc;
using chat::LogId;
using chat::StoredEntry;

constexpr int64_t kMembershipDay = -1;

uint64_t from_sql(int64_t value) {
  return static_cast<uint64_t>(value) ^ uint64_t { 1 } << 63;
}

// The lowest bit tells logs of messages from those of events (chat/ids.h).
bool is_message_log(LogId log) {
  return (log.value & 1) != 0;
}

}  // namespace

int64_t to_sql(uint64_t value) {
  return static_cast<int64_t>(value ^ uint64_t{1} << 63);
}

int64_t day_of(LogId log, Hlc hlc) {
  return is_message_log(log) ? static_cast<int64_t>(hlc / kHlcPerDay) : kMembershipDay;
}

int64_t place_of(const StoredEntry& entry) {
  if (entry.shown) return 1;
  return entry.search_text.empty() ? 0 : 2;
}

std::array<uint8_t, 66> entry_context(const Generation& generation, const StoredEntry& entry, int64_t place) {
  std::array<uint8_t, 66> out{};
  Writer writer(out);
  writer.bytes(generation);
  writer.bytes(entry.group.bytes);
  writer.u64(entry.id.log.value);
  writer.u32(entry.id.seq);
  writer.u64(entry.hlc);
  writer.u8(static_cast<uint8_t>(place));
  writer.u8(entry.target.has_value());
  writer.u64(entry.target ? entry.target->log.value : 0);
  writer.u32(entry.target ? entry.target->seq : 0);
  return out;
}

std::array<uint8_t, 40> day_context(const Generation& generation, const GroupId& group, int64_t day) {
  std::array<uint8_t, 40> out{};
  Writer writer(out);
  writer.bytes(generation);
  writer.bytes(group.bytes);
  writer.u64(static_cast<uint64_t>(day));
  return out;
}

// length of the entry u16, where in what follows the hash the searched text stands u16 and how long it is u16, hash,
// entry, and the text unless it is part of the entry.
ByteVector entry_plain(const StoredEntry& entry) {
  INVARIANT(entry.bytes.size() <= chat::kEntryBytesMax && entry.search_text.size() <= chat::kEntryBytesMax);
  const size_t found = as_text(entry.bytes).find(entry.search_text);
  const bool inside = found != std::string_view::npos;
  ByteVector plain(6 + entry.hash.size() + entry.bytes.size() + (inside ? 0 : entry.search_text.size()));
  Writer writer(plain);
  writer.u16(static_cast<uint16_t>(entry.bytes.size()));
  writer.u16(static_cast<uint16_t>(inside ? found : entry.bytes.size()));
  writer.u16(static_cast<uint16_t>(entry.search_text.size()));
  writer.bytes(entry.hash);
  writer.bytes(entry.bytes);
  if (!inside) writer.bytes(as_bytes(entry.search_text));
  return plain;
}

bool take_entry_plain(Bytes plain, bool with_text, StoredEntry& out) {
  Reader reader(plain);
  const size_t size = reader.u16(), text_at = reader.u16(), text_size = reader.u16();
  out.hash = reader.array<sizeof(chat::ChainHash)>();
  const Bytes rest = reader.rest();
  if (!reader.ok() || size > rest.size() || text_at + text_size > rest.size()) return false;
  out.bytes = to_vector(rest.first(size));
  if (with_text) out.search_text = as_text(rest.subspan(text_at, text_size));
  return true;
}

EntryRow entry_row(const GroupId& group, const Query& row) {
  const auto id = [&](int column) {
    return EntryId{LogId{from_sql(row.number(column))}, static_cast<uint32_t>(row.number(column + 1))};
  };
  EntryRow out;
  out.entry.group = group;
  out.entry.id = id(0);
  out.entry.hlc = from_sql(row.number(2));
  out.place = row.number(3);
  out.entry.shown = out.place == 1;
  if (!row.is_null(4)) out.entry.target = id(4);
  out.sealed = row.blob(6);
  return out;
}

}  // namespace farline::store
