// The difference between two policy files: raw deflate (RFC 1951) of the new one with the old one as what stands before
// it, so that all they share costs a few bytes. Deterministic within one version of zlib; whoever applies it takes what
// any version made. The old file's last 32 KiB count.
//
// Errors: limit (more than kBundleBytesMax would come out), malformed (no deflate, an end too early or bytes
// behind it). A difference applied to another file than it was made for gives garbage: the signatures tell.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "policy/signed_policy.h"

namespace farline::policy {

inline constexpr size_t kBundleBytesMax = 2 * kSignedFileBytesMax;  // what a device holds: the root's and its site's

// Both at most kBundleBytesMax.
ByteVector make_delta(Bytes base, Bytes target);
// Allocates no more than kBundleBytesMax beside zlib's window.
Result<ByteVector> apply_delta(Bytes base, Bytes delta);

}  // namespace farline::policy
