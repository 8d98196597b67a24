// Key material as values. A Secret is wiped when it dies, moves but never copies by accident, and has no formatter.
// Sizes: X25519 RFC 7748, P-256 points compressed as SEC 1 section 2.3.3, ECDSA signatures r || s as RFC 9053
// section 2.1. Nothing here allocates.
// Thread: any. mbedTLS 2.28 keeps its key slots without a lock, so psa.h holds one for each keyed operation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace farline::crypto {

// Starts the library below (PSA). Idempotent; false only when the system gives it no entropy for its blinding.
// Every keyed operation calls it, so programs call it once at start merely to fail early.
[[nodiscard]] bool init();

// Zeros that the compiler may not drop.
void wipe(MutableBytes bytes);

// Time depends on the sizes only.
[[nodiscard]] bool equal_constant_time(Bytes a, Bytes b);

template <size_t N>
class Secret {
 public:
  Secret() = default;  // all zero
  static Secret copy_of(Bytes bytes) {
    INVARIANT(bytes.size() == N);
    Secret out;
    std::ranges::copy(bytes, out.bytes_.begin());
    return out;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& from) noexcept : bytes_(from.bytes_) { wipe(from.bytes_); }
  Secret& operator=(Secret&& from) noexcept {
    if (this != &from) {
      bytes_ = from.bytes_;
      wipe(from.bytes_);
    }
    return *this;
  }
  ~Secret() { wipe(bytes_); }

  Secret copy() const { return copy_of(bytes_); }
  std::span<const uint8_t, N> bytes() const { return bytes_; }
  std::span<uint8_t, N> mutable_bytes() { return bytes_; }

 private:
  std::array<uint8_t, N> bytes_{};
};

using Hash = std::array<uint8_t, 32>;
using PublicKey = std::array<uint8_t, 32>;         // X25519
using SigningPublicKey = std::array<uint8_t, 33>;  // P-256, compressed
using Signature = std::array<uint8_t, 64>;         // r || s

struct KeyPair {
  Secret<32> secret;
  PublicKey public_key{};
  KeyPair copy() const { return {secret.copy(), public_key}; }
};
struct SigningKeyPair {
  Secret<32> secret;
  SigningPublicKey public_key{};
  SigningKeyPair copy() const { return {secret.copy(), public_key}; }
};

}  // namespace farline::crypto
