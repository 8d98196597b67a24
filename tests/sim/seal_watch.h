// Sees every encryption of the process and finds a (key, nonce) pair that is used for two different texts. It stands
// between the callers and src/crypto by the linker's --wrap (CMakeLists.txt lists the names), so the cores run
// unchanged.
//
// Sealing the same text twice with the same pair is a repetition, not a leak, and is allowed.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/bytes.h"

namespace farline::sim {

class SealWatch {
 public:
  SealWatch();   // becomes the process's watch
  ~SealWatch();  // and stops being it
  SealWatch(const SealWatch&) = delete;
  SealWatch& operator=(const SealWatch&) = delete;

  bool found_reuse() const { return reuse_; }
  uint64_t aead_count() const { return aead_count_; }
  uint64_t sframe_count() const { return sframe_count_; }

  // --- Called by the wrappers ---
  static SealWatch* current();
  void sealed(Bytes key, Bytes nonce, uint64_t text_hash);
  void count_aead() { ++aead_count_; }
  void count_sframe() { ++sframe_count_; }

 private:
  std::unordered_map<uint64_t, uint64_t> texts_;  // hash of (key, nonce) -> hash of what was sealed; never iterated
  bool reuse_ = false;
  uint64_t aead_count_ = 0;
  uint64_t sframe_count_ = 0;
};

}  // namespace farline::sim
