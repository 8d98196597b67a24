#include <doctest/doctest.h>

#include <cstring>

#include "crypto/hash.h"
#include "support/json.h"

using namespace farline;
using namespace farline::crypto;
using farline::testing::Json;
using farline::testing::published_vectors;

TEST_CASE("SHA-256 hashes the concatenation of its parts (FIPS 180-2 appendix B)") {
  CHECK_EQ(to_hex(sha256({as_bytes("abc")})), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQ(sha256({as_bytes("a"), {}, as_bytes("bc")}), sha256({as_bytes("abc")}));
  CHECK_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("HMAC-SHA-256 (RFC 4231 test cases 1, 2 and 6)") {
  const ByteVector ones(20, 0x0b);
  CHECK_EQ(to_hex(hmac_sha256(ones, {as_bytes("Hi There")})),
           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want "), as_bytes("for nothing?")})),
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const ByteVector longer_than_a_block(131, 0xaa);
  CHECK_EQ(
      to_hex(hmac_sha256(longer_than_a_block, {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")})),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC takes an empty key") {
  const ByteVector zeros(64, 0);
  CHECK_EQ(hmac_sha256({}, {as_bytes("x")}), hmac_sha256(zeros, {as_bytes("x")}));
}

TEST_CASE("HKDF (RFC 5869 appendix A.1 and A.3)") {
  const ByteVector input(22, 0x0b);
  std::array<uint8_t, 42> out;
  const Secret<32> prk = hkdf_extract(*from_hex("000102030405060708090a0b0c"), input);
  CHECK_EQ(to_hex(prk.bytes()), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  hkdf_expand(prk.bytes(), *from_hex("f0f1f2f3f4f5f6f7f8f9"), out);
  CHECK_EQ(to_hex(out), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  hkdf_expand(hkdf_extract({}, input).bytes(), {}, out);
  CHECK_EQ(to_hex(out), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("HMAC and HKDF of Wycheproof") {
  const auto macs = published_vectors("wycheproof/hmac_sha256_test.json");
  const auto kdfs = published_vectors("wycheproof/hkdf_sha256_test.json");
  if (!macs || !kdfs) {
    MESSAGE("skipped: the full vectors are not beside the project");
    return;
  }
  size_t count = 0;
  for (const Json& group : (*macs)["testGroups"].items) {
    for (const Json& test : group["tests"].items) {
      CAPTURE(test["tcId"].text);
      const Hash mac = hmac_sha256(test["key"].hex(), {test["msg"].hex()});
      const ByteVector tag = test["tag"].hex();
      CHECK_EQ(equal_constant_time(Bytes(mac).first(tag.size()), tag), test["result"].text == "valid");
      ++count;
    }
  }
  for (const Json& group : (*kdfs)["testGroups"].items) {
    for (const Json& test : group["tests"].items) {
      if (test["result"].text != "valid") continue;  // asks for more than 255 blocks: our mistake, not input
      CAPTURE(test["tcId"].text);
      ByteVector out(test["size"].u64());
      hkdf_expand(hkdf_extract(test["salt"].hex(), test["ikm"].hex()).bytes(), test["info"].hex(), out);
      CHECK_EQ(to_hex(out), test["okm"].text);
      ++count;
    }
  }
  CHECK_EQ(count, 174 + 83);
}
