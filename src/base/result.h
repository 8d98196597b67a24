// Result<T>: a value or an Error, with std::expected's names so that one alias can replace it when every compiler
// we build with has it. For input that is bad and for a world that refuses; never for our own mistakes (check.h).
// Reading the value of a failed Result aborts instead of being undefined.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace farline {

enum class Errc {
  truncated,    // fewer bytes than the format needs
  malformed,    // bytes that the format does not allow
  unsupported,  // a version, algorithm or feature this build does not know
  limit,        // a bound of wire/limits.h or a quota
  auth,         // a tag, signature or certificate that does not verify
  denied,       // authentic, but not allowed
  not_found,    // no such name, device, file
  io,           // the world refuses: socket, disk, device
};

// `what` is a literal: no heap, no secret and no byte of an attacker's can be in it.
struct Error {
  Errc code;
  std::string_view what;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, error) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & {
    INVARIANT(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    INVARIANT(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    INVARIANT(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    INVARIANT(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(error) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const { INVARIANT(has_value()); }
  const Error& error() const {
    INVARIANT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace farline
