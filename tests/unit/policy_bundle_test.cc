#include <doctest/doctest.h>

#include "policy/bundle.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::policy;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();

struct Signer {
  crypto::SigningKeyPair key;
  explicit Signer(uint64_t seed) : key(make(seed)) {}
  static crypto::SigningKeyPair make(uint64_t seed) {
    farline::testing::SeededRng rng(seed);
    return real.generate_signing_key_pair(rng);
  }
};

SitePolicy site_named(const char* name, uint32_t grace) {
  SitePolicy site;
  site.name = {name};
  site.serial = 3;
  site.rules.call_grace_minutes = grace;
  return site;
}

struct Files {
  ByteVector root;
  std::vector<ByteVector> sites;
  ByteVector joined() const {
    ByteVector out = root;
    for (const ByteVector& site : sites) out.insert(out.end(), site.begin(), site.end());
    return out;
  }
};
Files sign(const Signer& signer, std::span<const SitePolicy> sites) {
  RootPolicy root;
  root.organisation = {"Relief"};
  root.generation = 2;
  root.serial = 7;
  root.from = {20'000};
  root.until = {20'400};
  root.rules.call_grace_minutes = 20;
  Files out;
  for (const SitePolicy& site : sites) {
    out.sites.push_back(sign_site(site, signer.key, real));
    root.sites.push_back(pin_of(out.sites.back(), site.serial));
  }
  out.root = sign_root(root, std::array{signer.key.copy()}, real);
  return out;
}

}  // namespace

TEST_CASE("a device keeps the root file and its own site's, and no other") {
  const Signer relief(1);
  const RootPin pin = pin_of(relief.key.public_key);
  const Files files = sign(relief, std::array{site_named("goma", 15), site_named("Kalemie", 5)});
  const auto bundle = open_bundle(files.joined(), {pin, "kalemie"}, real);
  REQUIRE(bundle.has_value());
  CHECK(bundle->bytes.size() == files.root.size() + files.sites[1].size());
  CHECK(bundle->site->name.text == "Kalemie");
  CHECK(bundle->effective.call_grace_minutes == 5);
  CHECK((version_of(*bundle) == wire::PolicyVersion{2, 7}));
  // What is kept opens again, to the same.
  const auto again = open_bundle(bundle->bytes, {pin, "kalemie"}, real);
  REQUIRE(again.has_value());
  CHECK(again->bytes == bundle->bytes);
  CHECK(again->held.hash == bundle->held.hash);

  for (const char* site : {"", "bukavu"}) {
    const auto root_only = open_bundle(files.joined(), {pin, site}, real);
    REQUIRE(root_only.has_value());
    CHECK(root_only->bytes == files.root);
    CHECK_FALSE(root_only->site.has_value());
    CHECK(root_only->effective.call_grace_minutes == 20);
  }
}

TEST_CASE("a bundle of another organisation, or of parts that do not belong together, is refused") {
  const Signer relief(1);
  const Signer other(2);
  const RootPin pin = pin_of(relief.key.public_key);
  const Files files = sign(relief, std::array{site_named("kalemie", 5)});
  CHECK(open_bundle(files.joined(), {pin_of(other.key.public_key), "kalemie"}, real).error().code == Errc::auth);
  Files mixed = files;
  mixed.sites = {sign_site(site_named("kalemie", 30), relief.key, real)};
  CHECK(open_bundle(mixed.joined(), {pin, "kalemie"}, real).error().code == Errc::denied);
  CHECK(open_bundle(mixed.joined(), {pin, "goma"}, real).has_value());  // another site's part is not read
  CHECK(open_bundle({}, {pin, "kalemie"}, real).error().code == Errc::truncated);
  ByteVector cut = files.joined();
  cut.pop_back();
  CHECK_FALSE(open_bundle(cut, {pin, "kalemie"}, real).has_value());
}
