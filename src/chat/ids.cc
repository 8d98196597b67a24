#include "chat/ids.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace farline::chat {

std::string to_text(const GroupId& id) {
  return to_hex(id.bytes);
}

std::string to_text(EntryId id) {
  std::array<uint8_t, 8> log{};
  Writer(log).u64(id.log.value);
  return to_hex(log) + "-" + std::to_string(id.seq);
}

std::optional<GroupId> group_id_from(std::string_view text) {
  const auto bytes = from_hex(text);
  GroupId id;
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::ranges::copy(*bytes, id.bytes.begin());
  return id;
}

std::optional<EntryId> entry_id_from(std::string_view text) {
  const size_t dash = text.find('-');
  const auto log = from_hex(text.substr(0, dash));
  if (dash == std::string_view::npos || !log || log->size() != 8) return std::nullopt;
  EntryId id;
  id.log.value = Reader(*log).u64();
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + dash + 1, end, id.seq);
  return read.ec == std::errc() && read.ptr == end ? std::optional(id) : std::nullopt;
}

}  // namespace farline::chat
