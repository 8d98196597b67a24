// One file of test vectors: a JSON array of flat objects. Bytes are hexadecimal, numbers decimal, texts as they are.
// Each object has a `kind`, which says what its other fields are; verify.py has one function for each.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"

namespace farline::vectors {

class VectorFile {
 public:
  explicit VectorFile(std::string file_name) : name(std::move(file_name)) {}

  // Begins the next object.
  VectorFile& add(std::string_view kind, std::string_view about) {
    text_ += text_.empty() ? "[\n {\n" : "\n },\n {\n";
    text_ += "  \"kind\": " + quoted(kind) + ",\n  \"about\": " + quoted(about);
    return *this;
  }
  VectorFile& hex(std::string_view key, Bytes value) { return member(key, quoted(to_hex(value))); }
  VectorFile& text(std::string_view key, std::string_view value) { return member(key, quoted(value)); }
  VectorFile& number(std::string_view key, uint64_t value) { return member(key, std::to_string(value)); }
  VectorFile& address(const Address& value) {
    const Bytes ip = value.ip;
    return hex("ip", value.is_v4() ? ip.last(4) : ip).number("port", value.port);
  }
  VectorFile& boolean(std::string_view key, bool value) { return member(key, value ? "true" : "false"); }
  VectorFile& hexes(std::string_view key, const std::vector<ByteVector>& values) {
    std::string list;
    for (const ByteVector& value : values) list += (list.empty() ? "\n   " : ",\n   ") + quoted(to_hex(value));
    return member(key, "[" + list + "]");
  }

  std::string finish() const { return text_ + "\n }\n]\n"; }

  const std::string name;

 private:
  VectorFile& member(std::string_view key, const std::string& value) {
    text_ += ",\n  " + quoted(key) + ": " + value;
    return *this;
  }
  static std::string quoted(std::string_view text) {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20) {
        out += "\\u00";
        out += kHexDigits[byte >> 4];
        out += kHexDigits[byte & 15];
      } else {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
    }
    return out + "\"";
  }

  std::string text_;
};

VectorFile identity_vectors();
VectorFile invitation_vectors();
VectorFile policy_vectors();
VectorFile handshake_vectors();
VectorFile session_vectors();
VectorFile control_vectors();
VectorFile call_vectors();
VectorFile voice_vectors();
VectorFile audit_vectors();
VectorFile lan_vectors();

}  // namespace farline::vectors
