#include <doctest/doctest.h>

#include "client/renewal.h"
#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"
#include "wire/certificate.h"

using namespace farline;
using namespace farline::client;

namespace {

constexpr uint64_t kDay = 24 * 3600;
constexpr uint64_t kEnrolled = 1'800'000'000;
constexpr uint64_t kNow = kEnrolled + 340 * kDay;
const testing::FakeAsymmetric fake;

// A device in its last sixth, and what its node might answer.
struct RenewalSample {
  testing::SeededRng rng{9};
  crypto::SigningKeyPair root = fake.generate_signing_key_pair(rng);
  crypto::SigningKeyPair issuer = fake.generate_signing_key_pair(rng);
  ByteVector issuer_certificate;
  Identity identity;

  RenewalSample() {
    wire::Certificate certificate;
    certificate.role = wire::Role::issuer;
    certificate.name = "node";
    certificate.signing_key = issuer.public_key;
    certificate.issued = {kEnrolled - kDay};
    certificate.expires = {kEnrolled + 2000 * kDay};
    certificate.issuer = wire::key_id_of(root.public_key);
    certificate.limits = {"", wire::role_bit(wire::Role::device), 366};
    issuer_certificate = wire::encode_and_sign(certificate, root, fake);
    identity.static_keys = fake.generate_key_pair(rng);
    identity.signing_keys = fake.generate_signing_key_pair(rng);
    identity.name = "Ann";
    identity.root_key = root.public_key;
    identity.issuers = {issuer_certificate};
    identity.certificate = sign(ours(kEnrolled));
  }
  wire::Certificate ours(uint64_t issued) const {
    wire::Certificate out;
    out.name = identity.name;
    out.static_key = identity.static_keys.public_key;
    out.signing_key = identity.signing_keys.public_key;
    out.issued = {issued};
    out.expires = {issued + 365 * kDay};
    out.issuer = wire::certificate_hash_of(issuer_certificate);
    return out;
  }
  ByteVector sign(const wire::Certificate& certificate) const {
    return wire::encode_and_sign(certificate, issuer, fake);
  }
  // The verdict on `certificate`, with the device's clocks at `latest`.
  Result<void> offer(const wire::Certificate& certificate, uint64_t latest = kNow) {
    const ByteVector encoded = sign(certificate);
    wire::Enrolled answer{.status = wire::EnrolStatus::done, .root_key = root.public_key};
    answer.certificates[0] = issuer_certificate;
    answer.certificates[1] = encoded;
    answer.certificate_count = 2;
    return renew(identity, answer, {fake, {std::max(latest, certificate.issued.seconds)}, {latest}});
  }
};

}  // namespace

TEST_CASE("a fresh certificate takes the place of the present one") {
  RenewalSample device;
  wire::Certificate fresh = device.ours(kNow);
  fresh.person_role = 2;
  REQUIRE(device.offer(fresh).has_value());
  const auto present = wire::parse_certificate(device.identity.certificate).value();
  CHECK(present.issued.seconds == kNow);
  CHECK(present.person_role == 2);
  CHECK(device.identity.issuers.size() == 1);
  CHECK(device.offer(device.ours(kEnrolled + kDay)).error().code == Errc::denied);  // and never goes back
}

TEST_CASE("a certificate of other keys, another person, another chain or the future is not taken") {
  RenewalSample device;
  const ByteVector before = device.identity.certificate;
  wire::Certificate wrong = device.ours(kNow);
  wrong.static_key[0] ^= 1;
  CHECK(device.offer(wrong).error().code == Errc::auth);
  wrong = device.ours(kNow);
  wrong.signing_key[1] ^= 1;
  CHECK(device.offer(wrong).error().code == Errc::auth);
  wrong = device.ours(kNow);
  wrong.name = "Bob";
  CHECK(device.offer(wrong).error().code == Errc::auth);
  // A node whose clock is wrong, while ours is still good; once that is over the node may be right.
  CHECK(device.offer(device.ours(kNow + 20 * kDay)).error().code == Errc::denied);

  wire::Enrolled refused{.status = wire::EnrolStatus::invitation_over};
  CHECK(renew(device.identity, refused, {fake, {}, {kNow}}).error().code == Errc::denied);
  device.root.public_key[1] ^= 1;
  CHECK(device.offer(device.ours(kNow)).error().code == Errc::auth);
  CHECK(equal(device.identity.certificate, before));
}

TEST_CASE("a device that was off for long takes what an order permits, although its clock stands still") {
  RenewalSample device;
  CHECK(device.offer(device.ours(kEnrolled + 500 * kDay), kEnrolled + 10 * kDay).has_value());
}

TEST_CASE("what is stored brings the certificate back, and nothing else") {
  RenewalSample device;
  const ByteVector encoded_certificate = device.sign(device.ours(kNow));
  wire::Enrolled answer{.status = wire::EnrolStatus::done, .root_key = device.root.public_key};
  answer.certificates[0] = device.issuer_certificate;
  answer.certificates[1] = encoded_certificate;
  answer.certificate_count = 2;
  ByteVector stored = encoded(answer);
  CHECK(renew_from_record(device.identity, stored, fake).has_value());
  CHECK(equal(device.identity.certificate, encoded_certificate));
  stored.back() ^= 1;
  CHECK_FALSE(renew_from_record(device.identity, stored, fake).has_value());
  CHECK_FALSE(renew_from_record(device.identity, encoded(wire::Renew{}), fake).has_value());
  CHECK_FALSE(renew_from_record(device.identity, {}, fake).has_value());
}
