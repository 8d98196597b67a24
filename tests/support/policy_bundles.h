// The policy of a real organisation's size: root file and one site's, five windows, six builds, four supernodes, caps.
#pragma once

#include "policy/bundle.h"
#include "support/seeded_rng.h"

namespace farline::testing {

inline policy::Window window_of(std::string_view text) {
  return *policy::Form<policy::Window>::parse(text);
}

class PolicyBundles {
 public:
  static constexpr std::string_view kSite = "kalemie";

  explicit PolicyBundles(uint64_t seed = 1) : key_(make_key(seed)), rng_(seed) {
    rng_.fill(build_hash_);
    for (auto& key : node_keys_) rng_.fill(key);
  }
  explicit PolicyBundles(crypto::SigningKeyPair key) : key_(std::move(key)), rng_(1) {}

  policy::RootPin pin() const { return policy::pin_of(key_.public_key); }

  // Voice until this hour of the evening.
  ByteVector file(uint32_t serial, std::string_view closing = "18:00", uint32_t generation = 1) const {
    const policy::SitePolicy site = site_policy(serial, closing);
    const ByteVector signed_site = sign_site(site, key_, crypto::real_asymmetric());
    policy::RootPolicy root = root_policy(serial, generation);
    root.sites = {policy::pin_of(signed_site, site.serial)};
    ByteVector out = sign_root(root, std::array{key_.copy()}, crypto::real_asymmetric());
    out.insert(out.end(), signed_site.begin(), signed_site.end());
    return out;
  }
  policy::Bundle bundle(uint32_t serial, std::string_view closing = "18:00") const {
    return policy::open_bundle(file(serial, closing), {pin(), kSite}, crypto::real_asymmetric()).value();
  }

 private:
  static crypto::SigningKeyPair make_key(uint64_t seed) {
    SeededRng rng(seed);
    return crypto::real_asymmetric().generate_signing_key_pair(rng);
  }

  policy::RootPolicy root_policy(uint32_t serial, uint32_t generation) const {
    policy::RootPolicy root;
    root.organisation = {"Relief"};
    root.generation = generation;
    root.serial = serial;
    root.from = {20'757};
    root.until = {21'122};
    root.rules.contacts = {{"radio-room@hq"}, {"security@hq"}};
    for (size_t i = 0; i < node_keys_.size(); ++i)
      root.rules.supernodes.push_back({node_keys_[i], "node" + std::to_string(i) + ".relief.example:4500", {}});
    auto& builds = root.rules.builds.emplace(6);
    for (uint32_t i = 0; i < 6; ++i) builds[i].from_version = policy::Version::of(0, 2, i);
    builds[0].hash = build_hash_;
    builds[5].action = policy::BuildAction::block;
    root.rules.client_bps = 24'000;
    return root;
  }

  static policy::SitePolicy site_policy(uint32_t serial, std::string_view closing) {
    policy::SitePolicy site;
    site.name = {std::string(kSite)};
    site.serial = serial;
    site.rules.utc_offset = policy::UtcOffset{8};
    site.rules.site_bps = 64'000;
    site.rules.site_megabytes_a_month = 6'000;
    auto& hours = site.rules.hours.emplace(2);
    hours[0].classes.add(policy::Class::voice);
    hours[0].windows = {window_of("Mon-Fri 07:30-" + std::string(closing)), window_of("Sat 08:00-13:00")};
    hours[1].classes.add(policy::Class::files);
    hours[1].windows = {window_of("daily 22:00-05:00"), window_of("Sun 08:00-10:00"), window_of("Wed 12:00-13:00")};
    return site;
  }

  crypto::SigningKeyPair key_;
  SeededRng rng_;
  policy::ShortHash build_hash_{};
  std::array<crypto::PublicKey, 4> node_keys_{};
};

}  // namespace farline::testing
