// What a device remembers of the policies it has held, kept in two places apart from the policy itself: which was the
// latest, how late it has been, and which break-glass codes are burnt. Of two marks the later counts, so that a store
// put back from an older image, or one that lost its policy, does not bring an older policy into force.
//
// No I/O. As bytes: CBOR [generation, serial, hash, high water in seconds, [hash, seconds of use]...].
#pragma once

#include <vector>

#include "policy/break_glass.h"
#include "policy/signed_policy.h"

namespace farline::policy {

struct BundleMark {
  Held held;            // {0, 0}: none yet
  WallTime high_water;  // TrustedClock's
  std::vector<BreakGlass::Use> uses;

  bool has_held() const { return held.generation != 0 || held.serial != 0; }
};
inline constexpr size_t kGlassUsesMax = 256;  // 64 codes in a policy; the oldest are forgotten with their policies

ByteVector encode(const BundleMark& mark);
Result<BundleMark> decode_mark(Bytes bytes);

// The later policy and the later time: but a new generation takes time back, so then its mark's. Uses of both.
BundleMark later_of(const BundleMark& a, const BundleMark& b);
bool is_same(const BundleMark& a, const BundleMark& b);

}  // namespace farline::policy
