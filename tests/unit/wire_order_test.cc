#include <doctest/doctest.h>

#include "support/seeded_rng.h"
#include "wire/cbor.h"
#include "wire/certificate.h"
#include "wire/cose.h"
#include "wire/limits.h"
#include "wire/order.h"

using namespace farline;
using namespace farline::wire;

namespace {

const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
constexpr uint64_t kIssued = 1'800'000'000;
constexpr uint64_t kHour = 3600;

struct OrderSample {
  testing::SeededRng rng{3};
  crypto::SigningKeyPair root = asymmetric.generate_signing_key_pair(rng);
  crypto::SigningKeyPair other = asymmetric.generate_signing_key_pair(rng);
  Order order{.id = rng.array<8>(),
              .issued = {kIssued},
              .nodes = {rng.array<32>()},
              .invitations = {{.token = rng.array<16>(),
                               .uses = 3,
                               .expires = {kIssued + 5 * kHour},
                               .name = "anna@goma",
                               .role = 2,
                               .days = 7},
                              {.token = rng.array<16>(), .expires = {kIssued + kHour}, .name = {}}},
              .renewals = {{.device = {rng.array<8>()}, .expires = {kIssued + 9 * kHour}, .role = 4, .days = 30},
                           {.device = {rng.array<8>()}, .expires = {kIssued + 2 * kHour}, .role = {}}}};

  Result<Order> verify(Bytes file) const { return verify_order(file, {{&root.public_key, 1}}, asymmetric); }
};

// What a root signs that is not our program.
Result<Order> verdict_on(const OrderSample& sample, const char* payload) {
  const ByteVector bytes = from_hex(payload).value();
  return sample.verify(
      cose_sign1({bytes, as_bytes("farline order")}, key_id_of(sample.root.public_key).bytes, sample.root, asymmetric));
}

}  // namespace

TEST_CASE("an order reads as it was written, for its root only") {
  const OrderSample sample;
  const ByteVector file = encode_and_sign(sample.order, sample.root, asymmetric);
  CHECK(looks_like_order(file));
  const auto read = sample.verify(file);
  REQUIRE(read.has_value());
  CHECK(read->id == sample.order.id);
  CHECK(read->issued.seconds == kIssued);
  CHECK(read->nodes == sample.order.nodes);
  REQUIRE(read->invitations.size() == 2);
  CHECK(read->invitations[0].token == sample.order.invitations[0].token);
  CHECK(read->invitations[0].uses == 3);
  CHECK(read->invitations[0].name == "anna@goma");
  CHECK(read->invitations[0].role == 2);
  CHECK(read->invitations[0].days == 7);
  CHECK(read->invitations[1].name.empty());
  REQUIRE(read->renewals.size() == 2);
  CHECK(read->renewals[0].device == sample.order.renewals[0].device);
  CHECK(read->renewals[0].role == std::optional<uint8_t>(4));
  CHECK(read->renewals[0].days == 30);
  CHECK_FALSE(read->renewals[1].role.has_value());
  CHECK(end_of(*read).seconds == kIssued + 9 * kHour);

  CHECK(verify_order(file, {{&sample.other.public_key, 1}}, asymmetric).error().code == Errc::auth);
  const std::array both{sample.other.public_key, sample.root.public_key};
  CHECK(verify_order(file, {both}, asymmetric).has_value());
}

TEST_CASE("no byte of an order can change or be cut off") {
  const OrderSample sample;
  const ByteVector file = encode_and_sign(sample.order, sample.root, asymmetric);
  for (size_t i = 0; i < file.size(); ++i) {
    ByteVector flipped = file;
    flipped[i] ^= static_cast<uint8_t>(1 << i % 8);
    CAPTURE(i);
    CHECK_FALSE(sample.verify(flipped).has_value());
    CHECK_FALSE(sample.verify(Bytes(file).first(i)).has_value());
  }
  CHECK(sample.verify(ByteVector(kOrderBytesMax + 1)).error().code == Errc::limit);
  // A signature of the root for something else is none for an order.
  const CoseContent policy{.payload = parse_cose_sign1(file)->payload, .external_aad = {}};
  const auto reused = cose_sign1(policy, key_id_of(sample.root.public_key).bytes, sample.root, asymmetric);
  CHECK(sample.verify(reused).error().code == Errc::auth);
  CHECK_FALSE(looks_like_order(cose_sign1({ByteVector{0xa0}, {}}, {}, sample.root, asymmetric)));
}

TEST_CASE("an order of every size that may be fits its limit") {
  OrderSample sample;
  const OrderedInvitation longest{.token = {},
                                  .uses = kInvitationUsesMax,
                                  .expires = {kIssued + kInvitationHoursMax * kHour},
                                  .name = std::string(64, 'n'),
                                  .role = kPersonRoleMax,
                                  .days = kDeviceCertificateDays};
  sample.order.nodes.resize(kOrderNodesMax);
  sample.order.invitations.assign(kOrderInvitationsMax, longest);
  sample.order.renewals.assign(kOrderRenewalsMax, {{}, longest.expires, kPersonRoleMax, kDeviceCertificateDays});
  const ByteVector file = encode_and_sign(sample.order, sample.root, asymmetric);
  CHECK(file.size() <= kOrderBytesMax);
  CHECK(sample.verify(file).value().invitations.size() == kOrderInvitationsMax);
}

TEST_CASE("what no order permits is refused, whoever signs it") {
  const OrderSample sample;
  const auto code = [&](const char* payload) { return verdict_on(sample, payload).error().code; };
  // [id, issued, nodes, [[token, uses, expires, name, role, days]], renewals]
  CHECK(verdict_on(sample, "854800000000000000000a808186500000000000000000000000000000000001186460000080").has_value());
  CHECK(code("854800000000000000000a808186500000000000000000000000000000000000186460000080") == Errc::malformed);
  CHECK(code("854800000000000000000a80818650000000000000000000000000000000000119271118646000"
             "0080") == Errc::malformed);  // uses
  CHECK(code("854800000000000000000a80818650000000000000000000000000000000000105600000"
             "80") == Errc::malformed);  // expires
  CHECK(code("854800000000000000000a808186500000000000000000000000000000000001186461400000"
             "80") == Errc::malformed);  // name "@"
  CHECK(code("854800000000000000000a808186500000000000000000000000000000000001186460050080") == Errc::malformed);
  CHECK(code("854800000000000000000a8081865000000000000000000000000000000000011864600019016e"
             "80") == Errc::malformed);                            // days 366
  CHECK(code("854800000000000000000a808080") == Errc::malformed);  // nothing
  CHECK(code("844800000000000000000a8080") == Errc::malformed);    // form
}

TEST_CASE("where two root keys have to sign an order, one does not suffice, twice neither") {
  const OrderSample sample;
  testing::SeededRng rng(9);
  std::vector<crypto::SigningKeyPair> keys;
  for (int i = 0; i < 3; ++i) keys.push_back(asymmetric.generate_signing_key_pair(rng));
  const std::array<crypto::SigningPublicKey, 3> names{keys[0].public_key, keys[1].public_key, keys[2].public_key};
  const RootKeys roots{names, 2};
  const ByteVector one = encode_and_sign(sample.order, std::span(keys).first(1), asymmetric);
  CHECK(looks_like_order(one));
  CHECK(verify_order(one, roots, asymmetric).error().code == Errc::auth);
  CHECK(verify_order(encode_and_sign(sample.order, keys[0], asymmetric), roots, asymmetric).error().code == Errc::auth);
  CHECK(cosign_order(one, keys[0], asymmetric).error().code == Errc::denied);
  CHECK_FALSE(cosign_order(encode_and_sign(sample.order, keys[0], asymmetric), keys[1], asymmetric).has_value());
  const auto two = cosign_order(one, keys[2], asymmetric);
  REQUIRE(two.has_value());
  const auto read = verify_order(*two, roots, asymmetric);
  REQUIRE(read.has_value());
  CHECK(read->id == sample.order.id);
  CHECK(read->root == key_id_of(names[0]));
  CHECK(verify_order(*two, {names, 3}, asymmetric).error().code == Errc::auth);
  ByteVector spoilt = *two;
  spoilt.back() ^= 1;
  CHECK(verify_order(spoilt, roots, asymmetric).error().code == Errc::auth);
  CHECK(read_unverified_order(spoilt)->id == sample.order.id);
}
