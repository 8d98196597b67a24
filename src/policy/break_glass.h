// Break-glass: a one-time code of 80 bits lifts hours and prohibitions on one device for four hours. An administrator
// keeps the codes on paper and reads one over the radio; the policy holds only their hashes. A hash is bound to the
// device it was made for; one made for any device opens once on each, so those are few and far between.
//   hash = first half of SHA-256("farline break-glass 1" || device id (8 bytes; zeros: any) || code (10 bytes))
// No I/O: the caller keeps uses() where a restart does not lose it, and counts each use in the audit.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "policy/policy.h"

namespace farline::policy {

inline constexpr uint64_t kGlassOpenSeconds = 4 * 3600;

struct GlassCode {
  std::array<uint8_t, 10> bytes{};
  friend bool operator==(const GlassCode&, const GlassCode&) = default;
};
// K7QM-3F2D-ZZAB-CDEF: base32 (RFC 4648), so neither 0 nor 1, 8 or 9. Read in any case, with or without dashes and
// spaces, 0 as O and 8 as B.
std::string code_text(const GlassCode& code);
std::optional<GlassCode> code_from_text(std::string_view text);
// "Kilo Seven Quebec Mike, Three ...": the spelling alphabet of the ICAO.
std::string code_spoken(const GlassCode& code);

ShortHash glass_hash(const GlassCode& code, const wire::DeviceId& bound_to);

// The codes that were used on this device.
class BreakGlass {
 public:
  struct Use {
    ShortHash hash{};
    WallTime at;
  };
  explicit BreakGlass(wire::DeviceId device, std::vector<Use> uses = {}) : device_(device), uses_(std::move(uses)) {}

  // Until when it is open. Errc::denied: the policy does not have the code, or it was used here before.
  Result<WallTime> open(const GlassCode& code, std::span<const ShortHash> in_policy, WallTime now);
  bool is_open(WallTime now) const;
  std::span<const Use> uses() const { return uses_; }

 private:
  wire::DeviceId device_;
  std::vector<Use> uses_;  // at most one for each hash a policy ever had
};

}  // namespace farline::policy
