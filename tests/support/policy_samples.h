// A policy with something in every field: `full` with every list at its limit, `small` with one element in each.
#pragma once

#include "policy/schema.h"
#include "policy/traits.h"

namespace farline::testing {

struct PolicyFiller {
  bool full;
  unsigned step = 0;

  template <typename T>
  void field(const policy::Field& field, T& member) {
    fill(field, member);
  }

  template <typename T>
  void fill(const policy::Field& field, T& value) {
    ++step;
    if constexpr (policy::Described<T>) {
      describe(*this, value);
    } else if constexpr (policy::kIsOptional<T>) {
      fill(field, value.emplace());
    } else if constexpr (policy::kIsList<T>) {
      const uint32_t count = full ? field.max : 1;
      for (uint32_t i = 0; i < count; ++i) fill(field, value.emplace_back());
    } else if constexpr (policy::kIsSet<T>) {
      value.add(static_cast<typename T::Element>(step % policy::kNames<typename T::Element>.size()));
    } else if constexpr (policy::kIsByteArray<T>) {
      auto& bytes = policy::byte_array_of(value);
      bytes[0] = static_cast<uint8_t>(step);
      bytes[1] = static_cast<uint8_t>(step >> 8);
    } else {
      fill_scalar(field, value);
    }
  }
  void fill_scalar(const policy::Field& field, uint32_t& value) { value = full ? field.max : std::max(1U, field.min); }
  void fill_scalar(const policy::Field& field, std::string& value) { value.assign(full ? field.max : field.min, 'x'); }
  void fill_scalar(const policy::Field&, policy::Name& value) { value.text.assign(full ? 64 : 3, 'n'); }
  void fill_scalar(const policy::Field&, policy::Day& value) { value.number = 20'000 + static_cast<int32_t>(step); }
  void fill_scalar(const policy::Field&, policy::Quarter& value) { value.number = 2'000'000 + int64_t{step}; }
  void fill_scalar(const policy::Field&, policy::UtcOffset& value) { value.quarters = -19; }
  void fill_scalar(const policy::Field&, policy::Span& value) { value = {90, static_cast<uint8_t>(step % 96)}; }
  void fill_scalar(const policy::Field&, policy::Window& value) { value = {{0x7f}, {80, 30}}; }
  void fill_scalar(const policy::Field&, policy::Version& value) {
    value = policy::Version::of(1, step / 1024, step % 1024);
  }
  void fill_scalar(const policy::Field&, policy::FileKind&) {}
  void fill_scalar(const policy::Field&, policy::BuildAction& value) { value = policy::BuildAction::block; }
};

inline policy::RootPolicy sample_root(bool full) {
  policy::RootPolicy out;
  PolicyFiller filler{full};
  describe(filler, out);
  return out;
}
inline policy::SitePolicy sample_site(bool full) {
  policy::SitePolicy out;
  PolicyFiller filler{full};
  describe(filler, out);
  out.rules.break_glass.clear();
  if (out.rules.contacts.size() > policy::kSiteContactsMax) out.rules.contacts.resize(policy::kSiteContactsMax);
  return out;
}

}  // namespace farline::testing
