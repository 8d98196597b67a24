// What an entry of a log of messages says (docs/CHAT.md, Messages). Sizes are bounded: encode refuses nothing that
// check() passes, decode takes nothing that check() would refuse.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "chat/ids.h"
#include "wire/limits.h"

namespace farline::chat {

inline constexpr size_t kTextBytesMax = 800;  // UTF-8; a longer one is sent as several
inline constexpr size_t kReactionBytesMax = 32;
inline constexpr size_t kFileNameBytesMax = 120;
inline constexpr size_t kReadMarksMax = 64;
inline constexpr uint64_t kFileBytesMax = uint64_t{64} << 20;  // 76 h at 2400 bit/s; the hashes of its blocks: 256 KiB
inline constexpr size_t kCheckInTextBytesMax = 60;
using wire::kVoiceNoteBytesMax;

using FileHash = std::array<uint8_t, 32>;  // of what is sealed (chat/file_tree.h)
using FileKey = std::array<uint8_t, 32>;   // random, of this file only

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
// What travels apart, in blocks, when somebody asks for it.
struct Content {
  FileHash hash{};
  FileKey key{};
  uint64_t size = 0;  // bytes
};
struct File {
  Content content;
  std::string name;  // safe_file_name() of itself
  bool is_photo = false;
};
struct VoiceNote {
  Content content;
  uint16_t tenths = 0;  // of a second
  uint8_t codec = 0;    // wire/voice_payload.h
};
struct MissedCall {
  std::string callee;
};
struct Erased {};  // never encoded: what a reader sees of a deleted message

using Body = std::variant<Text, Edit, Erase, React, Read, CheckIn, File, VoiceNote, MissedCall, Erased>;

// Of a file or a voice note; nothing for any other.
const Content* content_of(const Body& body);

// The name under which a file may be stored on every system, and which shows what it is: no folders, no control or
// direction characters, no device of Windows, at most kFileNameBytesMax bytes of UTF-8, never empty.
std::string safe_file_name(std::string_view name);

// What is wrong with it, in words for a person.
Result<void> check(const Body& body);

}  // namespace farline::chat
