// What clients, nodes and devices in a call say to each other about policies (docs/PROTOCOL.md sections 1.1, 2 and 9):
// which one they hold, and the pieces in which a newer one travels. What a policy is, the policy layer knows.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace farline::wire {

// Of a root file; {0, 0}: none is held. Later is greater.
struct PolicyVersion {
  uint32_t generation = 0;
  uint32_t serial = 0;
  friend auto operator<=>(const PolicyVersion&, const PolicyVersion&) = default;
};

// What a client says that it is. A claim: docs/THREATS.md.
struct BuildClaim {
  uint8_t platform = 0;  // policy::Platform
  uint32_t version = 0;  // policy::Version
  friend bool operator==(const BuildClaim&, const BuildClaim&) = default;
};

// A whole transfer, compressed or not. A bundle (policy/bundle.h) is two signed files of at most 64 KiB.
inline constexpr uint32_t kPolicyTransferBytesMax = 2 * 64 * 1024;
inline constexpr size_t kPolicyPartOverhead = 18;  // type included

enum class PolicyForm : uint8_t { full = 0, delta = 1 };  // delta: raw deflate with what is held as its dictionary
using PolicyBase = std::array<uint8_t, 8>;                // first bytes of the SHA-256 of a bundle; zeros: none

struct PolicyNews {
  PolicyVersion held;
};
struct PolicyWanted {
  PolicyVersion have;
  PolicyBase base{};
  uint32_t offset = 0;
  uint16_t most = 0;  // bytes of the part that answers
};
struct PolicyPart {
  PolicyVersion of;
  PolicyForm form = PolicyForm::full;
  uint32_t total = 0;  // of the transfer, 1..kPolicyTransferBytesMax
  uint32_t offset = 0;
  Bytes bytes{};  // at least one, within `total`
};

// A media payload of two devices in a call that carries PolicyNews, PolicyWanted or PolicyPart as a control message
// behind this byte.
inline constexpr uint8_t kPolicyPayload = 13 << 4;
inline bool is_policy_payload(Bytes payload) {
  return !payload.empty() && payload[0] == kPolicyPayload;
}

void put_version(const PolicyVersion& version, Writer& out);
PolicyVersion read_version(Reader& in);

// Seconds since 1970 in 5 bytes: good beyond the year 36000.
void put_u40_time(WallTime time, Writer& out);
WallTime read_u40_time(Reader& in);

// The bodies behind the type byte.
void put_body(const PolicyNews& message, Writer& out);
void put_body(const PolicyWanted& message, Writer& out);
void put_body(const PolicyPart& message, Writer& out);
PolicyWanted read_policy_wanted(Reader& in);
PolicyPart read_policy_part(Reader& in);

}  // namespace farline::wire
