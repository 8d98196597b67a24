#include <doctest/doctest.h>

#include "crypto/asymmetric.h"
#include "crypto/pem.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::crypto;

namespace {

// The key of RFC 6979 appendix A.2.5 as `openssl ec -pubin` writes it, with -conv_form uncompressed and compressed.
constexpr std::string_view kPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
    "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kCompressed =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
    "Yfps5mliLmDyn7Y=\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kP384 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEEd4kosJRx3dXPKxeoCXkZ/II5R2/+Y/F\n"
    "T2Zhy+Vlg7A3iC9KHKKX5gq828ODbYS8j6aWx3RA+S0PWDfpCgDnxShLRHdU1d7o\n"
    "jJhlM7aQGusxd2htCuj7MxhEFKvmwXE6\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace

TEST_CASE("a key is written as OpenSSL writes it, and read back") {
  const Asymmetric& real = real_asymmetric();
  const auto secret = from_hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
  const auto key = real.signing_public_key(Secret<32>::copy_of(*secret));
  REQUIRE(key.has_value());
  CHECK(to_hex(*key) == "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  const std::string pem = to_pem(*key);
  CHECK(pem == kPem);
  CHECK(signing_public_key_from_pem(kCompressed).value() == *key);
  CHECK(signing_public_key_from_pem(pem).value() == *key);
  CHECK(signing_public_key_from_pem("text before\r\n" + pem + "text after").value() == *key);
  testing::SeededRng rng(1);
  for (int i = 0; i < 8; ++i) {
    const SigningPublicKey other = real.generate_signing_key_pair(rng).public_key;
    CHECK(signing_public_key_from_pem(to_pem(other)).value() == other);
  }
}

TEST_CASE("what is no P-256 key in PEM is refused") {
  const auto error_of = [](std::string_view pem) { return signing_public_key_from_pem(pem).error().code; };
  CHECK(error_of(kP384) == Errc::unsupported);
  CHECK(error_of("") == Errc::malformed);
  CHECK(error_of(kPem.substr(0, 100)) == Errc::malformed);
  CHECK(error_of(std::string(kPem) + std::string(kPemBytesMax, ' ')) == Errc::malformed);
  std::string off_curve(kPem);
  off_curve[off_curve.find("Yfps")] = 'Z';
  CHECK(error_of(off_curve) == Errc::malformed);
  std::string no_base64(kPem);
  no_base64[40] = '!';
  CHECK(error_of(no_base64) == Errc::malformed);
}
