// Private to src/admin: what a person should write for a field, in words.
#pragma once

#include <string>

#include "policy/traits.h"

namespace farline::admin {

template <typename T>
std::string expected(const policy::Field& field) {
  if constexpr (policy::kIsOptional<T>) {
    return expected<typename T::value_type>(field);
  } else if constexpr (policy::kIsList<T>) {
    using Element = typename T::value_type;
    const std::string most = "at most " + std::to_string(field.max);
    if constexpr (policy::Described<Element>) return most + " tables";
    return "a list of " + most + ": " + expected<Element>(field);
  } else if constexpr (policy::Described<T>) {
    return "a table";
  } else if constexpr (policy::kIsSet<T>) {
    return "a list of " + policy::names_in_words<typename T::Element>();
  } else if constexpr (policy::kIsByteArray<T>) {
    return std::to_string(2 * sizeof(T)) + " hexadecimal digits";
  } else if constexpr (policy::HasForm<T>) {
    return policy::Form<T>::expected();
  } else if constexpr (std::is_same_v<T, uint32_t>) {
    return "a number from " + std::to_string(field.min) + " to " + std::to_string(field.max);
  } else if constexpr (std::is_same_v<T, policy::Name>) {
    return "a name of at most 64 bytes";
  } else {
    return "a text of " + std::to_string(field.min) + " to " + std::to_string(field.max) + " bytes";
  }
}

}  // namespace farline::admin
