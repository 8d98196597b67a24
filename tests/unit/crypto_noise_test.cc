#include <doctest/doctest.h>

#include "crypto/noise.h"
#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::crypto;
using farline::testing::FakeAsymmetric;
using farline::testing::SeededRng;

namespace {

const Asymmetric& real = real_asymmetric();

bool has_psk(const NoisePattern& pattern) {
  return pattern.name.find("psk") != std::string_view::npos;
}

// Two parties of a pattern of the product, with everything they could need.
struct Parties {
  const NoisePattern& pattern;
  const Asymmetric& asymmetric;
  SeededRng rng{7};
  KeyPair initiator_static = asymmetric.generate_key_pair(rng);
  KeyPair responder_static = asymmetric.generate_key_pair(rng);
  Secret<32> secret = Secret<32>::copy_of(ByteVector(32, 1));

  Handshake make(NoiseRole role, std::string_view prologue = "p") {
    const bool initiator = role == NoiseRole::initiator;
    const bool remote_known = initiator ? pattern.responder_static_known : pattern.initiator_static_known;
    const KeyPair& remote = initiator ? responder_static : initiator_static;
    return Handshake({.pattern = pattern,
                      .role = role,
                      .asymmetric = asymmetric,
                      .rng = rng,
                      .prologue = as_bytes(prologue),
                      .local_static = initiator ? &initiator_static : &responder_static,
                      .remote_static = remote_known ? &remote.public_key : nullptr,
                      .psk = has_psk(pattern) ? &secret : nullptr});
  }
};

// Runs a handshake; `tamper(i, message)` may change message i. True when both ends complete with equal hashes.
template <typename Tamper>
bool completes(Handshake& initiator, Handshake& responder, Tamper tamper) {
  std::array<uint8_t, 256> payload;
  for (size_t i = 0; !initiator.is_complete(); ++i) {
    Handshake& writer = i % 2 == 0 ? initiator : responder;
    Handshake& reader = i % 2 == 0 ? responder : initiator;
    ByteVector message(5 + writer.next_overhead());
    if (!writer.write_message(as_bytes("hello"), message)) return false;
    tamper(i, message);
    if (!reader.read_message(message, payload)) return false;
  }
  return responder.is_complete() && initiator.handshake_hash() == responder.handshake_hash();
}
constexpr auto kUntouched = [](size_t, ByteVector&) {};

const NoisePattern* const kProduct[] = {&kNoiseNk, &kNoiseKk, &kNoiseIk, &kNoiseXx, &kNoiseNnPsk0, &kNoiseXxPsk3};

}  // namespace

TEST_CASE("every flipped bit of every handshake byte is noticed") {
  const FakeAsymmetric fake;
  for (const NoisePattern* pattern : kProduct) {
    CAPTURE(pattern->name);
    Parties parties{.pattern = *pattern, .asymmetric = fake};
    std::vector<size_t> sizes;
    {
      Handshake a = parties.make(NoiseRole::initiator), b = parties.make(NoiseRole::responder);
      REQUIRE(completes(a, b, [&](size_t, ByteVector& message) { sizes.push_back(message.size()); }));
    }
    for (size_t target = 0; target < sizes.size(); ++target) {
      for (size_t bit = 0; bit < sizes[target] * 8; ++bit) {
        Handshake a = parties.make(NoiseRole::initiator), b = parties.make(NoiseRole::responder);
        CHECK_FALSE(completes(a, b, [&](size_t i, ByteVector& message) {
          if (i == target) message[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
        }));
      }
    }
  }
}

TEST_CASE("a refused message leaves the handshake as it was, for the genuine one") {
  for (const NoisePattern* pattern : {&kNoiseIk, &kNoiseKk}) {
    CAPTURE(pattern->name);
    Parties parties{.pattern = *pattern, .asymmetric = real};
    Handshake a = parties.make(NoiseRole::initiator), b = parties.make(NoiseRole::responder);
    std::array<uint8_t, 256> payload;
    for (Handshake* writer : {&a, &b}) {
      Handshake& reader = writer == &a ? b : a;
      ByteVector message(9 + writer->next_overhead());
      REQUIRE(writer->write_message(as_bytes("nine char"), message));
      const Hash before = reader.handshake_hash();
      for (size_t i = 0; i < message.size(); ++i) {
        ByteVector bad = message;
        bad[i] ^= static_cast<uint8_t>(1 << (i % 8));
        CHECK_FALSE(reader.read_message(bad, payload));
      }
      for (size_t size = 0; size < message.size(); size += 5)
        CHECK_FALSE(reader.read_message(Bytes(message).first(size), payload));
      CHECK_EQ(reader.read_message(message, MutableBytes(payload).first(8)).error().code, Errc::limit);
      CHECK_EQ(reader.handshake_hash(), before);
      CHECK_EQ(reader.read_message(message, payload).value(), 9);
      CHECK_EQ(writer->handshake_hash(), reader.handshake_hash());
    }
    CHECK(a.is_complete());
    CHECK_EQ(a.read_message(payload, payload).error().code, Errc::denied);  // none is expected any more
    CHECK(equal(a.split().send.bytes(), b.split().receive.bytes()));
  }
}

TEST_CASE("another prologue, PSK, or responder is noticed") {
  for (const NoisePattern* pattern : kProduct) {
    CAPTURE(pattern->name);
    Parties parties{.pattern = *pattern, .asymmetric = real};
    Handshake a = parties.make(NoiseRole::initiator), b = parties.make(NoiseRole::responder, "q");
    CHECK_FALSE(completes(a, b, kUntouched));
    if (has_psk(*pattern)) {
      Handshake c = parties.make(NoiseRole::initiator), d = parties.make(NoiseRole::responder);
      // Both hold a pointer to the PSK; it is another one whenever the reader's turn comes.
      CHECK_FALSE(completes(c, d, [&](size_t, ByteVector&) { parties.secret.mutable_bytes()[0] ^= 1; }));
    }
    if (pattern->responder_static_known) {
      Handshake c = parties.make(NoiseRole::initiator);
      parties.responder_static = real.generate_key_pair(parties.rng);
      Handshake d = parties.make(NoiseRole::responder);
      CHECK_FALSE(completes(c, d, kUntouched));
    }
  }
}

TEST_CASE("a low-order ephemeral key is refused") {
  Parties parties{.pattern = kNoiseIk, .asymmetric = real};
  Handshake b = parties.make(NoiseRole::responder);
  std::array<uint8_t, 256> payload;
  CHECK_EQ(b.read_message(ByteVector(96, 0), payload).error().what, "low-order public key");
}

TEST_CASE("an IK responder knows who calls after the first message") {
  Parties parties{.pattern = kNoiseIk, .asymmetric = real};
  Handshake a = parties.make(NoiseRole::initiator), b = parties.make(NoiseRole::responder);
  std::array<uint8_t, 256> message, payload;
  const size_t size = a.write_message({}, message).value();
  CHECK_EQ(size, 96);
  CHECK_FALSE(b.remote_static());
  REQUIRE(b.read_message(Bytes(message).first(size), payload));
  CHECK_EQ(b.remote_static(), parties.initiator_static.public_key);
  CHECK_FALSE(b.is_complete());
  CHECK_EQ(b.write_message({}, message).value(), 48);
}

// Key compromise impersonation: who stole the responder's static key can compute es and ss, so it can forge a first
// message in anyone's name; it cannot compute se, so it never gets a transport key. Hence the rule in noise.h.
TEST_CASE("a stolen responder key forges a first IK message but no session") {
  class Thief final : public Asymmetric {
   public:
    Thief(const KeyPair& stolen, const KeyPair& victim) : stolen_(stolen), victim_(victim) {}
    PublicKey public_key(const Secret<32>& secret) const override { return real.public_key(secret); }
    Result<Secret<32>> agree(const Secret<32>& secret, const PublicKey& remote) const override {
      if (equal(secret.bytes(), Secret<32>().bytes()) && remote == stolen_.public_key)  // ss from the other side
        return real.agree(stolen_.secret, victim_.public_key);
      return real.agree(secret, remote);
    }
    Result<SigningPublicKey> signing_public_key(const Secret<32>& secret) const override {
      return real.signing_public_key(secret);
    }
    Signature sign(const SigningKeyPair& key, Bytes message) const override { return real.sign(key, message); }
    bool verify(const SigningPublicKey& key, Bytes message, const Signature& signature) const override {
      return real.verify(key, message, signature);
    }

   private:
    const KeyPair& stolen_;
    const KeyPair& victim_;
  };
  Parties parties{.pattern = kNoiseIk, .asymmetric = real};
  const Thief thief(parties.responder_static, parties.initiator_static);
  const KeyPair claimed{Secret<32>(), parties.initiator_static.public_key};  // without the victim's secret
  Handshake forger({.pattern = kNoiseIk,
                    .role = NoiseRole::initiator,
                    .asymmetric = thief,
                    .rng = parties.rng,
                    .prologue = as_bytes("p"),
                    .local_static = &claimed,
                    .remote_static = &parties.responder_static.public_key});
  Handshake responder = parties.make(NoiseRole::responder);
  std::array<uint8_t, 256> message, payload;
  size_t size = forger.write_message({}, message).value();
  CHECK(responder.read_message(Bytes(message).first(size), payload));
  CHECK_EQ(responder.remote_static(), parties.initiator_static.public_key);
  size = responder.write_message({}, message).value();
  CHECK_FALSE(forger.read_message(Bytes(message).first(size), payload));
}

TEST_CASE("a replayed first message gives the replayer nothing to continue with") {
  Parties parties{.pattern = kNoiseKk, .asymmetric = real};
  Handshake a = parties.make(NoiseRole::initiator);
  Handshake b = parties.make(NoiseRole::responder), again = parties.make(NoiseRole::responder);
  std::array<uint8_t, 256> message, reply, payload;
  const size_t size = a.write_message({}, message).value();
  REQUIRE(b.read_message(Bytes(message).first(size), payload));
  REQUIRE(again.read_message(Bytes(message).first(size), payload));  // so the payload needs its own counter
  REQUIRE(b.write_message({}, reply));
  REQUIRE(again.write_message({}, reply));
  CHECK_NE(b.handshake_hash(), again.handshake_hash());
  CHECK_FALSE(equal(b.split().send.bytes(), again.split().send.bytes()));
}

TEST_CASE("REKEY is one-way and equal on both sides (Noise section 4.2)") {
  // k' = the first 32 bytes of ENCRYPT(k, 2^64 - 1, empty, 32 zeros).
  const ByteVector key(32, 8);
  std::array<uint8_t, 48> sealed;
  seal(Secret<32>::copy_of(key), {noise_nonce(UINT64_MAX), {}}, ByteVector(32, 0), sealed);
  CipherState by_method(Secret<32>::copy_of(key));
  by_method.rekey();
  const CipherState by_hand(Secret<32>::copy_of(Bytes(sealed).first(32)));
  std::array<uint8_t, 21> packet, out;
  by_method.seal(3, as_bytes("ad"), as_bytes("hello"), packet);
  CHECK_EQ(by_hand.open(3, as_bytes("ad"), packet, out).value(), 5);
  CHECK_FALSE(CipherState(Secret<32>::copy_of(key)).open(3, as_bytes("ad"), packet, out));
}
