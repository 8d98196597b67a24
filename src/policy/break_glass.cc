#include "policy/break_glass.h"

#include <algorithm>

#include "crypto/hash.h"
#include "wire/text_code.h"

namespace farline::policy {
namespace {

constexpr size_t kGroupLetters = 4;

constexpr std::array<std::string_view, 26> kLetterWords{
    "Alfa",    "Bravo", "Charlie", "Delta",  "Echo",     "Foxtrot", "Golf",   "Hotel",  "India",
    "Juliett", "Kilo",  "Lima",    "Mike",   "November", "Oscar",   "Papa",   "Quebec", "Romeo",
    "Sierra",  "Tango", "Uniform", "Victor", "Whiskey",  "X-ray",   "Yankee", "Zulu"};
constexpr std::array<std::string_view, 6> kDigitWords{"Two", "Three", "Four", "Five", "Six", "Seven"};  // from 2

std::string_view word_for(char c) {
  return c >= 'a' ? kLetterWords[static_cast<size_t>(c - 'a')] : kDigitWords[static_cast<size_t>(c - '2')];
}

}  // namespace

std::string code_text(const GlassCode& code) {
  std::string out;
  for (const char c : wire::to_base32(code.bytes)) {
    if (out.size() % (kGroupLetters + 1) == kGroupLetters) out += '-';
    out += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::optional<GlassCode> code_from_text(std::string_view text) {
  std::string letters;
  for (const char c : text.substr(0, 64)) {
    if (c == '-' || c == ' ' || c == '\n' || c == '\r') continue;
    letters += c == '0' ? 'o' : c == '8' ? 'b' : c;
  }
  const auto bytes = wire::from_base32(letters);
  GlassCode out;
  if (!bytes || bytes->size() != out.bytes.size()) return {};
  std::ranges::copy(*bytes, out.bytes.begin());
  return out;
}

std::string code_spoken(const GlassCode& code) {
  std::string out;
  size_t count = 0;
  for (const char c : wire::to_base32(code.bytes)) {
    if (count > 0) out += count % kGroupLetters == 0 ? ", " : " ";
    out += word_for(c);
    ++count;
  }
  return out;
}

ShortHash glass_hash(const GlassCode& code, const wire::DeviceId& bound_to) {
  const crypto::Hash hash = crypto::sha256({as_bytes("farline break-glass 1"), bound_to.bytes, code.bytes});
  ShortHash out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

Result<WallTime> BreakGlass::open(const GlassCode& code, std::span<const ShortHash> in_policy, WallTime now) {
  for (const wire::DeviceId& bound_to : {device_, wire::DeviceId{}}) {
    const ShortHash hash = glass_hash(code, bound_to);
    if (std::ranges::find(in_policy, hash) == in_policy.end()) continue;
    if (std::ranges::find(uses_, hash, &Use::hash) != uses_.end())
      return Error{Errc::denied, "this code was used on this device before; ask for another"};
    uses_.push_back({hash, now});
    return WallTime{now.seconds + kGlassOpenSeconds};
  }
  return Error{Errc::denied, "no such code for this device; read it again, or ask for another"};
}

bool BreakGlass::is_open(WallTime now) const {
  // The time may since have been corrected, back too.
  const auto is_near = [&](const Use& use) {
    return use.at.seconds < now.seconds + kGlassOpenSeconds && now.seconds < use.at.seconds + kGlassOpenSeconds;
  };
  return std::ranges::any_of(uses_, is_near);
}

}  // namespace farline::policy
