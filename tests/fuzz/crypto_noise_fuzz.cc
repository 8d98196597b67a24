// A Noise handshake of any pattern gets a forged message in the place of one of its own. If it refuses it, it is
// exactly as it was: the genuine message still completes it. Input: pattern, which message, position of a changed bit
// (or 0xffff: the rest of the input is the forged message).
#include <array>
#include <optional>

#include "crypto/noise.h"
#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"

namespace farline::crypto {
namespace {

constexpr std::array kPatterns = {&kNoiseNk, &kNoiseKk, &kNoiseIk, &kNoiseXx, &kNoiseNnPsk0, &kNoiseXxPsk3};

// Two handshakes of one pattern.
class Pair {
 public:
  explicit Pair(const NoisePattern& pattern)
      : a_keys_(fake_.generate_key_pair(rng_)), b_keys_(fake_.generate_key_pair(rng_)) {
    sides_[0].emplace(config(pattern, NoiseRole::initiator, a_keys_, b_keys_.public_key));
    sides_[1].emplace(config(pattern, NoiseRole::responder, b_keys_, a_keys_.public_key));
  }
  Handshake& side(size_t i) { return *sides_[i % 2]; }

 private:
  NoiseConfig config(const NoisePattern& pattern, NoiseRole role, const KeyPair& self, const PublicKey& peer) {
    const bool initiator = role == NoiseRole::initiator;
    const bool knows_peer = initiator ? pattern.responder_static_known : pattern.initiator_static_known;
    const bool has_static = &pattern != &kNoiseNnPsk0 && (&pattern != &kNoiseNk || !initiator);
    const bool has_psk = &pattern == &kNoiseNnPsk0 || &pattern == &kNoiseXxPsk3;
    return {.pattern = pattern,
            .role = role,
            .asymmetric = fake_,
            .rng = rng_,
            .prologue = as_bytes("fuzz"),
            .local_static = has_static ? &self : nullptr,
            .remote_static = knows_peer ? &peer : nullptr,
            .psk = has_psk ? &psk_ : nullptr};
  }

  testing::FakeAsymmetric fake_;
  testing::SeededRng rng_{1};
  KeyPair a_keys_;
  KeyPair b_keys_;
  Secret<32> psk_ = Secret<32>::copy_of(std::array<uint8_t, 32>{7});
  std::array<std::optional<Handshake>, 2> sides_;
};

ByteVector forge(Reader& in, const ByteVector& genuine) {
  const size_t bit = in.u16();
  if (bit == 0xffff) return to_vector(in.rest());
  ByteVector forged = genuine;
  forged[bit / 8 % forged.size()] ^= static_cast<uint8_t>(1U << (bit % 8));
  return forged;
}

}  // namespace
}  // namespace farline::crypto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::crypto;
  Reader in({data, size});
  Pair pair(*kPatterns[in.u8() % kPatterns.size()]);
  const size_t attacked = in.u8() % 3;
  for (size_t i = 0; !pair.side(i).is_complete(); ++i) {
    const Bytes payload = as_bytes("payload");
    ByteVector genuine(payload.size() + pair.side(i).next_overhead());
    INVARIANT(pair.side(i).write_message(payload, genuine).has_value());
    ByteVector plain(2048);
    if (i == attacked) {
      const ByteVector forged = forge(in, genuine);
      if (forged.size() > plain.size()) return 0;
      // A message that no key protects yet may be changed; the next one will tell.
      if (pair.side(i + 1).read_message(forged, plain)) return 0;
    }
    const auto read = pair.side(i + 1).read_message(genuine, plain);
    INVARIANT(read && equal(Bytes(plain).first(*read), payload));
  }
  INVARIANT(pair.side(0).handshake_hash() == pair.side(1).handshake_hash());
  return 0;
}
