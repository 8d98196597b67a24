// A strict reader of JSON (RFC 8259) for published test vectors: UTF-8 text in, a tree out. Numbers stay text, because
// vectors hold 64-bit integers. No duplicate keys, no surrogate pairs, 64 levels. For tests only.
#pragma once

#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace farline::testing {

class Json {
 public:
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text;         // of a string, number or boolean
  std::vector<Json> items;  // of an array
  struct Member;
  std::vector<Member> members;  // of an object, as written

  static std::optional<Json> parse(std::string_view input);

  const Json* find(std::string_view key) const;
  // For what the format of the file promises.
  const Json& operator[](std::string_view key) const {
    const Json* value = find(key);
    INVARIANT(value != nullptr);
    return *value;
  }
  uint64_t u64() const {
    uint64_t value = 0;
    INVARIANT(kind == Kind::number &&
              std::from_chars(text.data(), text.data() + text.size(), value).ptr == text.data() + text.size());
    return value;
  }
  ByteVector hex() const {
    INVARIANT(kind == Kind::string);
    return from_hex(text).value();
  }
};

struct Json::Member {
  std::string name;
  Json value;
};

inline const Json* Json::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.name == key) return &member.value;
  }
  return nullptr;
}

namespace json_detail {

class Parser {
 public:
  explicit Parser(std::string_view input) : rest_(input) {}

  bool document(Json& out) { return value(out, 0) && (skip_space(), rest_.empty()); }

 private:
  bool value(Json& out, int depth) {
    skip_space();
    if (rest_.empty() || depth > 64) return false;
    switch (rest_.front()) {
      case '{':
        return object(out, depth);
      case '[':
        return array(out, depth);
      case '"':
        out.kind = Json::Kind::string;
        return string(out.text);
      case 't':
        out.kind = Json::Kind::boolean;
        return word("true", out);
      case 'f':
        out.kind = Json::Kind::boolean;
        return word("false", out);
      case 'n':
        return word("null", out);
      default:
        out.kind = Json::Kind::number;
        return number(out.text);
    }
  }
  bool object(Json& out, int depth) {
    out.kind = Json::Kind::object;
    rest_.remove_prefix(1);
    if (take('}')) return true;
    do {
      skip_space();
      std::string key;
      if (!string(key) || out.find(key) || !take(':')) return false;
      out.members.push_back({std::move(key), {}});
      if (!value(out.members.back().value, depth + 1)) return false;
    } while (take(','));
    return take('}');
  }
  bool array(Json& out, int depth) {
    out.kind = Json::Kind::array;
    rest_.remove_prefix(1);
    if (take(']')) return true;
    do {
      out.items.emplace_back();
      if (!value(out.items.back(), depth + 1)) return false;
    } while (take(','));
    return take(']');
  }
  bool string(std::string& out) {
    if (rest_.empty() || rest_.front() != '"') return false;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = next();
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out.push_back(c);
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }
  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    const char c = next();
    if (c == 'u') return code_point(out);
    const size_t at = kNames.find(c);
    if (at == std::string_view::npos) return false;
    out.push_back(kValues[at]);
    return true;
  }
  bool code_point(std::string& out) {
    unsigned code = 0;
    if (rest_.size() < 4 || std::from_chars(rest_.data(), rest_.data() + 4, code, 16).ptr != rest_.data() + 4)
      return false;
    rest_.remove_prefix(4);
    if (code >= 0xd800 && code < 0xe000) return false;
    if (code < 0x80) {
      out.push_back(static_cast<char>(code));
      return true;
    }
    if (code < 0x800) {
      out.push_back(static_cast<char>(0xc0 | code >> 6));
    } else {
      out.push_back(static_cast<char>(0xe0 | code >> 12));
      out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    }
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
    return true;
  }
  bool number(std::string& out) {
    const std::string_view start = rest_;
    if (!rest_.empty() && rest_.front() == '-') rest_.remove_prefix(1);
    const bool leading_zero = !rest_.empty() && rest_.front() == '0';
    const size_t whole = digits();
    if (whole == 0 || (leading_zero && whole > 1)) return false;
    if (!rest_.empty() && rest_.front() == '.') {
      rest_.remove_prefix(1);
      if (digits() == 0) return false;
    }
    if (!rest_.empty() && (rest_.front() == 'e' || rest_.front() == 'E')) {
      rest_.remove_prefix(1);
      if (!rest_.empty() && (rest_.front() == '+' || rest_.front() == '-')) rest_.remove_prefix(1);
      if (digits() == 0) return false;
    }
    out = start.substr(0, start.size() - rest_.size());
    return true;
  }
  size_t digits() {
    size_t count = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++count) rest_.remove_prefix(1);
    return count;
  }
  bool word(std::string_view expected, Json& out) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    if (out.kind == Json::Kind::boolean) out.text = expected;
    return true;
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace json_detail

inline std::optional<Json> Json::parse(std::string_view input) {
  Json out;
  if (!json_detail::Parser(input).document(out)) return std::nullopt;
  return out;
}

// A file of the full published vectors, nothing when they do not stand beside the project. A file that is there but is
// no JSON aborts the test.
inline std::optional<Json> published_vectors(const std::string& path) {
  std::ifstream file(std::string(FARLINE_SOURCE_DIR "/../shared/vectors/") + path, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::optional<Json> out = Json::parse(text);
  INVARIANT(out.has_value());
  return out;
}

}  // namespace farline::testing
