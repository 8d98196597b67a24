// Signed policies, changed at random: bits, bytes, pieces cut out, doubled or moved from another file. The signatures
// are the toy's, so that a million take seconds; what is tried is everything around them.
#pragma once

#include "policy/signed_policy.h"
#include "support/fake_asymmetric.h"
#include "support/policy_samples.h"
#include "support/seeded_rng.h"

namespace farline::testing {

inline ByteVector mutated(ByteVector file, const ByteVector& other, SeededRng& rng) {
  for (uint64_t changes = 1 + rng.next() % 4; changes > 0 && !file.empty(); --changes) {
    const size_t at = rng.next() % file.size();
    const size_t length = std::min<size_t>(rng.next() % 24, file.size() - at);
    const auto place = file.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = place + static_cast<std::ptrdiff_t>(length);
    switch (rng.next() % 5) {
      case 0:
        *place ^= static_cast<uint8_t>(1U << rng.next() % 8);
        break;
      case 1:
        *place = static_cast<uint8_t>(rng.next());
        break;
      case 2:
        file.erase(place, end);
        break;
      case 3: {
        const ByteVector piece(place, end);
        file.insert(file.begin() + static_cast<std::ptrdiff_t>(rng.next() % file.size()), piece.begin(), piece.end());
        break;
      }
      default:
        for (size_t i = 0; i < length && at + i < other.size(); ++i) file[at + i] = other[at + i];
    }
  }
  return file;
}

// How many of them verified as a policy that was never signed.
inline int accepted_mutations(int count, uint64_t seed) {
  FakeAsymmetric toy;
  SeededRng rng(seed);
  std::vector<crypto::SigningKeyPair> keys;
  policy::RootPin pin;
  for (int i = 0; i < 3; ++i) {
    keys.push_back(toy.generate_signing_key_pair(rng));
    pin.keys.push_back(keys.back().public_key);
  }
  policy::RootPolicy one = sample_root(false);
  one.threshold = {};
  one.root_keys = {};
  policy::RootPolicy two = sample_root(false);
  two.serial += 1;
  two.threshold = 2;
  two.root_keys = pin.keys;
  const ByteVector files[] = {policy::sign_root(one, std::span(keys).first(1), toy),
                              policy::sign_root(two, std::span(keys).first(2), toy)};
  int accepted = 0;
  for (int i = 0; i < count; ++i) {
    const size_t which = rng.next() % 2;
    const auto verified = policy::verify_root(mutated(files[which], files[1 - which], rng), pin, toy);
    if (verified && *verified != one && *verified != two) ++accepted;
  }
  return accepted;
}

}  // namespace farline::testing
