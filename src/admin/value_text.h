// Private to src/admin: a value of the policy as TOML has it.
#pragma once

#include <string>

#include "base/bytes.h"
#include "policy/traits.h"

namespace farline::admin {

inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\u00" + to_hex(as_bytes({&c, 1}));
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <typename T>
std::string value_text(const T& value) {
  if constexpr (policy::kIsOptional<T>) {
    return value_text(*value);
  } else if constexpr (policy::kIsList<T>) {
    std::string out;
    for (const auto& element : value) out += (out.empty() ? "" : ", ") + value_text(element);
    return "[" + out + "]";
  } else if constexpr (policy::kIsSet<T>) {
    std::string out;
    for (const std::string_view name : names_in(value)) out += (out.empty() ? "" : ", ") + quoted(name);
    return "[" + out + "]";
  } else if constexpr (policy::kIsByteArray<T>) {
    return quoted(to_hex(policy::byte_array_of(value)));
  } else if constexpr (std::is_same_v<T, policy::Day>) {
    return policy::Form<T>::text(value);
  } else if constexpr (policy::HasForm<T>) {
    return quoted(policy::Form<T>::text(value));
  } else if constexpr (std::is_same_v<T, uint32_t>) {
    return std::to_string(value);
  } else if constexpr (std::is_same_v<T, policy::Name>) {
    return quoted(value.text);
  } else {
    return quoted(value);
  }
}

}  // namespace farline::admin
