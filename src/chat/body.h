// What an entry of a log of messages says (docs/CHAT.md, Messages). Sizes are bounded: encode refuses nothing that
// check() passes, decode takes nothing that check() would refuse.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "chat/ids.h"

namespace farline::chat {

inline constexpr size_t kTextBytesMax = 800;  // UTF-8; a longer one is sent as several
inline constexpr size_t kReactionBytesMax = 32;
inline constexpr size_t kFileNameBytesMax = 120;
inline constexpr size_t kReadMarksMax = 64;
inline constexpr uint64_t kFileBytesMax = uint64_t{1} << 32;
inline constexpr size_t kCheckInTextBytesMax = 60;

using FileHash = std::array<uint8_t, 32>;  // salted SHA-256, see files

struct Text {
  std::string text;
  std::optional<EntryId> reply_to;
};
struct Edit {
  EntryId target;  // a Text of the same person
  std::string text;
};
struct Erase {
  EntryId target;  // of the same person
};
struct React {
  EntryId target;
  std::string text;  // an emoji; empty takes the reaction back
};
// All of these were seen by the author's person, and what lies before them in the same log.
struct Read {
  std::vector<EntryId> up_to;
};
enum class Wellbeing : uint8_t { fine = 1, needs_help = 2, moving = 3 };
struct CheckIn {
  Wellbeing state = Wellbeing::fine;
  std::optional<std::array<int32_t, 2>> place;  // latitude, longitude in 10^-5 degrees (about 1 m)
  std::string text;
};
// The content travels apart, in pieces, when somebody asks for it.
struct File {
  FileHash hash{};
  uint64_t size = 0;  // bytes
  std::string name;
  bool is_photo = false;
};
struct VoiceNote {
  FileHash hash{};
  uint32_t size = 0;
  uint16_t tenths = 0;  // of a second
  uint8_t codec = 0;    // wire/voice_payload.h
};
struct MissedCall {
  std::string callee;
};
struct Erased {};  // never encoded: what a reader sees of a deleted message

using Body = std::variant<Text, Edit, Erase, React, Read, CheckIn, File, VoiceNote, MissedCall, Erased>;

// What is wrong with it, in words for a person.
Result<void> check(const Body& body);

}  // namespace farline::chat
