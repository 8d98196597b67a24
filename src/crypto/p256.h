// Private to src/crypto: compressed P-256 points, which PSA of mbedTLS 2.28 and 3.6 neither imports nor exports.
#pragma once

#include "crypto/keys.h"

namespace farline::crypto::p256 {

using UncompressedPoint = std::array<uint8_t, 65>;  // 04 || x || y, SEC 1 section 2.3.3

SigningPublicKey compress(const UncompressedPoint& point);
// Refuses what is no compressed point of the curve.
Result<UncompressedPoint> decompress(const SigningPublicKey& point);

}  // namespace farline::crypto::p256
