// A record store in a test's folder, with keys by number.
#pragma once

#include "store/record_store.h"
#include "support/seeded_rng.h"

namespace farline::testing {

inline crypto::Secret<32> key_number(uint64_t seed) {
  SeededRng rng(seed);
  return crypto::Secret<32>::copy_of(rng.array<32>());
}

inline SaveRecord record(uint8_t kind, std::string_view key, std::string_view value) {
  return {kind, to_vector(as_bytes(key)), to_vector(as_bytes(value))};
}

struct OpenStore {
  explicit OpenStore(const std::string& path, uint64_t key_seed = 1, uint64_t rng_seed = 5)
      : rng(rng_seed), store(store::RecordStore::open(path, key_number(key_seed), rng)) {}
  store::RecordStore& operator*() { return **store; }
  store::RecordStore* operator->() { return store->get(); }
  SeededRng rng;
  Result<std::unique_ptr<store::RecordStore>> store;
};

}  // namespace farline::testing
