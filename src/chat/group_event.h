// What stands in an author's log of events (docs/CHAT.md, Events): who writes, who belongs to the group, prekeys.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "chat/ids.h"
#include "crypto/keys.h"

namespace farline::chat {

inline constexpr size_t kMembersMax = 50;
inline constexpr size_t kTitleBytesMax = 120;
inline constexpr size_t kCutsMax = 32;
inline constexpr size_t kCredentialBytesMax = 700;

// How much of the past a joining member gets: nothing, the last 31 days, everything.
enum class History : uint8_t { none = 0, month = 1, all = 2 };

// The first entry of every log of events, the same in all groups of an incarnation. Its hash is the log's name.
struct Introduction {
  std::array<uint8_t, 8> incarnation{};  // random
  ByteVector credential;
};
// The group's id is a hash of this entry, so a group has one founder, who is its first admin.
struct Founded {
  std::array<uint8_t, 16> nonce{};
  History history = History::all;
  std::string title;
};
struct Added {  // of a member already there: only whether it is an admin
  std::string name;
  bool admin = false;
};
// By an admin, or by the person itself (leaving). Of each log of events of that person the remover names how many
// entries count; what comes later has no effect, whatever its time.
struct Removed {
  struct Cut {
    LogId log;
    uint32_t count = 0;
  };
  std::string name;
  std::vector<Cut> cuts;
};
struct Titled {
  std::string title;
};
// A key that epoch keys may be sealed to, instead of the device's lasting one; the highest number counts.
struct Prekey {
  uint32_t number = 1;
  crypto::PublicKey key{};
};
using GroupEvent = std::variant<Introduction, Founded, Added, Removed, Titled, Prekey>;

}  // namespace farline::chat
