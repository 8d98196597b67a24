// What a chat's things are called (docs/CHAT.md, Names). All are short hashes, so a name proves what it names.
//   GroupId  first 16 bytes of SHA-256 of the founding event.
//   LogId    8 bytes. Every incarnation of a device writes two logs in a group: one of events (introduction,
//            membership, prekeys), whose id is a hash of the introduction with the lowest bit 0, and one of messages,
//            the same id with the lowest bit 1. The tail of a forked log goes on as a log of its own.
//   EntryId  an entry: its log and its place there, counted from 0. This is the message id that people and scripts see.
//   Order    the place of an entry in its conversation, the same on every device.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace farline::chat {

struct GroupId {
  std::array<uint8_t, 16> bytes{};
  friend auto operator<=>(const GroupId&, const GroupId&) = default;
};

struct LogId {
  uint64_t value = 0;
  friend auto operator<=>(const LogId&, const LogId&) = default;
};

struct EntryId {
  LogId log;
  uint32_t seq = 0;
  friend auto operator<=>(const EntryId&, const EntryId&) = default;
};

// Hybrid logical clock: 1/64 s since 1970. Within a second the low 6 bits count; overflowing into the next is allowed.
using Hlc = uint64_t;
inline constexpr Hlc kHlcPerSecond = 64;
inline constexpr Hlc kHlcMax = Hlc{1} << 40;  // the year 2514

struct Order {
  Hlc hlc = 0;
  EntryId id;
  friend auto operator<=>(const Order&, const Order&) = default;
};

// As people and scripts see them: hexadecimal; of an entry "log-number".
std::string to_text(const GroupId& id);
std::string to_text(EntryId id);
std::optional<GroupId> group_id_from(std::string_view text);
std::optional<EntryId> entry_id_from(std::string_view text);

}  // namespace farline::chat
