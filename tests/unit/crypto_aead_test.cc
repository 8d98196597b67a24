#include <doctest/doctest.h>

#include <thread>

#include "crypto/aead.h"
#include "crypto/sframe.h"
#include "support/json.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::crypto;
using farline::testing::Json;
using farline::testing::published_vectors;
using farline::testing::SeededRng;

namespace {

template <size_t N>
std::array<uint8_t, N> array_of(Bytes bytes) {
  return Reader(bytes).array<N>();
}

const std::string_view kSunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
    "it.";

}  // namespace

TEST_CASE("ChaCha20-Poly1305 (RFC 8439 section 2.8.2)") {
  const auto key = Secret<32>::copy_of(*from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
  const ByteVector associated_data = *from_hex("50515253c0c1c2c3c4c5c6c7");
  const AeadContext context{array_of<12>(*from_hex("070000004041424344454647")), associated_data};
  ByteVector sealed(kSunscreen.size() + kTagBytes);
  CHECK_EQ(seal(key, context, as_bytes(kSunscreen), sealed), sealed.size());
  CHECK_EQ(
      to_hex(sealed),
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e06"
      "0b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d265"
      "86cec64b61161ae10b594f09e26a7e902ecbd0600691");
  ByteVector opened(kSunscreen.size());
  CHECK_EQ(open(key, context, sealed, opened).value(), opened.size());
  CHECK_EQ(as_text(opened), kSunscreen);
}

TEST_CASE("the Noise nonce is 32 zero bits and a little-endian counter") {
  CHECK_EQ(to_hex(noise_nonce(0x0102030405060708)), "000000000807060504030201");
}

TEST_CASE("AES-128-CCM with an 8-byte tag (RFC 3610 packet vector 1)") {
  const auto key = Secret<16>::copy_of(*from_hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"));
  const ByteVector associated_data = *from_hex("0001020304050607");
  const CcmContext context{array_of<13>(*from_hex("00000003020100a0a1a2a3a4a5")), associated_data};
  const ByteVector plaintext = *from_hex("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e");
  ByteVector sealed(plaintext.size() + kCcmTagBytes);
  CHECK_EQ(ccm_seal(key, context, plaintext, sealed), sealed.size());
  CHECK_EQ(to_hex(sealed), "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0");
  ByteVector opened(plaintext.size());
  CHECK_EQ(ccm_open(key, context, sealed, opened).value(), opened.size());
  CHECK_EQ(opened, plaintext);
}

TEST_CASE("a keepalive of nothing but a tag") {
  const auto key = Secret<16>::copy_of(ByteVector(16, 1));
  const ByteVector associated_data{4, 0, 0, 0, 9};
  std::array<uint8_t, kCcmTagBytes> tag;
  CHECK_EQ(ccm_seal(key, {ccm_nonce(5), associated_data}, {}, tag), tag.size());
  CHECK_EQ(ccm_open(key, {ccm_nonce(5), associated_data}, tag, {}).value(), 0);
  CHECK_FALSE(ccm_open(key, {ccm_nonce(6), associated_data}, tag, {}));
  CHECK_FALSE(ccm_open(key, {ccm_nonce(5), {}}, tag, {}));
}

TEST_CASE("sealing and opening in place") {
  const auto key = Secret<32>::copy_of(ByteVector(32, 9));
  const auto ccm_key = Secret<16>::copy_of(ByteVector(16, 9));
  SeededRng rng(1);
  for (const size_t size : std::initializer_list<size_t>{0, 1, 15, 16, 17, 64, 300}) {
    ByteVector plaintext(size);
    rng.fill(plaintext);
    ByteVector separate(size + kTagBytes), buffer = plaintext;
    buffer.resize(size + kTagBytes);
    seal(key, {noise_nonce(size), {}}, plaintext, separate);
    seal(key, {noise_nonce(size), {}}, Bytes(buffer).first(size), buffer);
    CHECK_EQ(buffer, separate);
    CHECK_EQ(open(key, {noise_nonce(size), {}}, buffer, buffer).value(), size);
    CHECK(equal(Bytes(buffer).first(size), plaintext));

    buffer = plaintext;
    buffer.resize(size + kCcmTagBytes);
    ccm_seal(ccm_key, {ccm_nonce(size), {}}, Bytes(buffer).first(size), buffer);
    CHECK_EQ(ccm_open(ccm_key, {ccm_nonce(size), {}}, buffer, buffer).value(), size);
    CHECK(equal(Bytes(buffer).first(size), plaintext));
  }
}

TEST_CASE("a flipped bit, another nonce or other associated data do not open, and no plaintext comes out") {
  const auto key = Secret<32>::copy_of(ByteVector(32, 3));
  const ByteVector plaintext(20, 0x77);
  const ByteVector associated_data{1, 2, 3};
  ByteVector sealed(plaintext.size() + kTagBytes);
  seal(key, {noise_nonce(1), associated_data}, plaintext, sealed);
  ByteVector out(plaintext.size());
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    ByteVector bad = sealed;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const auto opened = open(key, {noise_nonce(1), associated_data}, bad, out);
    REQUIRE_FALSE(opened);
    CHECK_EQ(opened.error().code, Errc::auth);
    CHECK_EQ(out, ByteVector(plaintext.size(), 0));
  }
  CHECK_FALSE(open(key, {noise_nonce(2), associated_data}, sealed, out));
  CHECK_FALSE(open(key, {noise_nonce(1), {}}, sealed, out));
  for (size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(open(key, {noise_nonce(1), associated_data}, Bytes(sealed).first(size), out));
}

TEST_CASE("10,000 operations of each kind leave no key slot behind (mbedTLS 2.28 has 32)") {
  const auto key = Secret<32>::copy_of(ByteVector(32, 3));
  const auto ccm_key = Secret<16>::copy_of(ByteVector(16, 3));
  const SFrameKey sframe(SFrameSuite::aes_128_ctr_hmac_sha256_64, 1, ByteVector(32, 4));
  std::array<uint8_t, 64> buffer{};
  std::array<uint8_t, 64> out;
  for (uint64_t i = 0; i < 10'000; ++i) {
    const size_t sealed = seal(key, {noise_nonce(i), {}}, Bytes(buffer).first(28), buffer);
    REQUIRE(open(key, {noise_nonce(i), {}}, Bytes(buffer).first(sealed), out));
    REQUIRE_FALSE(open(key, {noise_nonce(i + 1), {}}, Bytes(buffer).first(sealed), out));
    ccm_seal(ccm_key, {ccm_nonce(i), {}}, {}, out);
    REQUIRE(ccm_open(ccm_key, {ccm_nonce(i), {}}, Bytes(out).first(kCcmTagBytes), {}));
    const size_t frame = sframe.seal(i, {}, Bytes(buffer).first(28), out);
    REQUIRE(sframe.open(Bytes(out).first(frame), {}, buffer));
  }
}

TEST_CASE("ChaCha20-Poly1305 of Wycheproof") {
  const auto file = published_vectors("wycheproof/chacha20_poly1305_test.json");
  if (!file) {
    MESSAGE("skipped: the full vectors are not beside the project");
    return;
  }
  size_t count = 0;
  for (const Json& group : (*file)["testGroups"].items) {
    if (group["ivSize"].u64() != 96) continue;  // the type of a nonce excludes the others
    for (const Json& test : group["tests"].items) {
      CAPTURE(test["tcId"].text);
      const auto key = Secret<32>::copy_of(test["key"].hex());
      const ByteVector associated_data = test["aad"].hex();
      const AeadContext context{array_of<12>(test["iv"].hex()), associated_data};
      const ByteVector message = test["msg"].hex();
      ByteVector sealed = test["ct"].hex();
      const ByteVector tag = test["tag"].hex();
      sealed.insert(sealed.end(), tag.begin(), tag.end());
      ByteVector out(message.size());
      const bool valid = test["result"].text == "valid";
      CHECK_EQ(open(key, context, sealed, out).has_value(), valid);
      if (valid) {
        CHECK_EQ(out, message);
        ByteVector again(sealed.size());
        seal(key, context, message, again);
        CHECK_EQ(again, sealed);
      }
      ++count;
    }
  }
  CHECK_GT(count, 300);
}

TEST_CASE("two threads seal and open at once: a window's and its engine's") {
  static constexpr int kRounds = 20000;
  const auto work = [](uint8_t first) {
    const auto key = Secret<32>::copy_of(std::array<uint8_t, 32>{first});
    std::array<uint8_t, 64 + kTagBytes> sealed;
    std::array<uint8_t, 64> opened;
    int good = 0;
    for (int count = 0; count < kRounds; ++count) {
      const AeadContext context{noise_nonce(static_cast<uint64_t>(count)), {}};
      const std::array<uint8_t, 64> plaintext{first};
      seal(key, context, plaintext, sealed);
      if (open(key, context, sealed, opened) && opened == plaintext) ++good;
    }
    return good;
  };
  int there = 0;
  std::thread other([&] { there = work(1); });
  const int here = work(2);
  other.join();
  CHECK(here == kRounds);
  CHECK(there == kRounds);
}
