// A policy's payload (what the signatures are over) in deterministic CBOR, as policy/schema.h has it; docs/POLICY.md.
// Decoding is bounded: at most wire::kCborBytesMax bytes, every list by its own maximum. What decodes has passed
// check(). Errors: malformed, truncated, limit; unsupported for a critical field that this version does not know.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "policy/policy.h"

namespace farline::policy {

ByteVector encode(const RootPolicy& policy);
ByteVector encode(const SitePolicy& policy);

Result<RootPolicy> decode_root(Bytes payload);
Result<SitePolicy> decode_site(Bytes payload);

// What the table cannot say: fields that contradict each other.
Result<void> check(const RootPolicy& policy);
Result<void> check(const SitePolicy& policy);

}  // namespace farline::policy
