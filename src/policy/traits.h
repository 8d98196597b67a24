// Private to visitors of policy/schema.h: which kind of member a field has, and whether it is there.
#pragma once

#include <algorithm>
#include <type_traits>

#include "policy/schema.h"

namespace farline::policy {

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<std::vector<T>> = true;
template <typename T>
inline constexpr bool kIsSet = false;
template <typename E>
inline constexpr bool kIsSet<Set<E>> = true;
template <typename T>
inline constexpr bool kIsByteArray = false;
template <size_t N>
inline constexpr bool kIsByteArray<std::array<uint8_t, N>> = true;
template <>
inline constexpr bool kIsByteArray<wire::DeviceId> = true;
template <>
inline constexpr bool kIsByteArray<SitePin> = true;

template <size_t N>
std::array<uint8_t, N>& byte_array_of(std::array<uint8_t, N>& value) {
  return value;
}
template <size_t N>
const std::array<uint8_t, N>& byte_array_of(const std::array<uint8_t, N>& value) {
  return value;
}
template <typename T>
auto& byte_array_of(T& value) {
  return value.bytes;
}

// The limits that stand in the table.
inline bool fits(const Field& field, int64_t number) {
  return number >= int64_t{field.min} && number <= int64_t{field.max};
}
inline bool fits(const Field& field, std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return text.size() >= field.min && text.size() <= field.max && std::ranges::none_of(text, is_control);
}

template <typename T>
bool is_present(const T& member) {
  if constexpr (kIsOptional<T>) return member.has_value();
  if constexpr (kIsList<T> || kIsSet<T>) return !member.empty();
  return true;
}

}  // namespace farline::policy
