#include "crypto/p256.h"

#include <mbedtls/bignum.h>

namespace farline::crypto::p256 {
namespace {

// y^2 = x^3 - 3x + b over p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (SEC 2 section 2.4.2).
constexpr char kP[] = "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF";
constexpr char kB[] = "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B";

class Number {
 public:
  Number() { mbedtls_mpi_init(&value_); }
  ~Number() { mbedtls_mpi_free(&value_); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  mbedtls_mpi* operator&() { return &value_; }

 private:
  mbedtls_mpi value_;
};

// Every mbedtls_mpi_* of a chain gives 0 or an error code (only memory can fail here).
bool all_zero(std::initializer_list<int> codes) {
  for (const int code : codes) {
    if (code != 0) return false;
  }
  return true;
}

}  // namespace

SigningPublicKey compress(const UncompressedPoint& point) {
  SigningPublicKey out;
  out[0] = static_cast<uint8_t>(2 + (point[64] & 1));
  std::copy_n(point.begin() + 1, 32, out.begin() + 1);
  return out;
}

// p = 3 mod 4, so a square root of a is a^((p+1)/4), if a has one (SEC 1 section 2.3.4).
Result<UncompressedPoint> decompress(const SigningPublicKey& point) {
  if (point[0] != 2 && point[0] != 3) return Error{Errc::malformed, "not a compressed point"};
  Number p, b, x, square, y, exponent, check;
  bool ok = all_zero({mbedtls_mpi_read_string(&p, 16, kP), mbedtls_mpi_read_string(&b, 16, kB),
                      mbedtls_mpi_read_binary(&x, point.data() + 1, 32)});
  if (!ok || mbedtls_mpi_cmp_mpi(&x, &p) >= 0) return Error{Errc::malformed, "coordinate out of range"};
  ok = all_zero({
      mbedtls_mpi_mul_mpi(&square, &x, &x),
      mbedtls_mpi_sub_int(&square, &square, 3),
      mbedtls_mpi_mul_mpi(&square, &square, &x),
      mbedtls_mpi_add_mpi(&square, &square, &b),
      mbedtls_mpi_mod_mpi(&square, &square, &p),  // (x^2 - 3) x + b
      mbedtls_mpi_add_int(&exponent, &p, 1),
      mbedtls_mpi_shift_r(&exponent, 2),
      mbedtls_mpi_exp_mod(&y, &square, &exponent, &p, nullptr),
      mbedtls_mpi_mul_mpi(&check, &y, &y),
      mbedtls_mpi_mod_mpi(&check, &check, &p),
  });
  if (!ok || mbedtls_mpi_cmp_mpi(&check, &square) != 0) return Error{Errc::malformed, "not on the curve"};
  if (mbedtls_mpi_get_bit(&y, 0) != (point[0] & 1)) ok = mbedtls_mpi_sub_mpi(&y, &p, &y) == 0;
  UncompressedPoint out;
  out[0] = 4;
  std::copy_n(point.begin() + 1, 32, out.begin() + 1);
  if (!ok || mbedtls_mpi_write_binary(&y, out.data() + 33, 32) != 0) return Error{Errc::malformed, "no y coordinate"};
  return out;
}

}  // namespace farline::crypto::p256
