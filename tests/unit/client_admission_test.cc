#include <doctest/doctest.h>

#include "client/admission.h"
#include "client/view_of.h"
#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::testing;
using client::Admission;
using client::UsageMeter;

namespace {

constexpr WallTime kWall{1'700'000'000};  // a Tuesday, 22:13:20 UTC
constexpr int32_t kToday = 19'675;
constexpr uint64_t kMegabyte = 1'000'000;

// A device of the site, with its door open for the day.
class Device {
 public:
  explicit Device(const char* name = "Ada@kalemie")
      : rng_(1),
        key_(asymmetric_.generate_signing_key_pair(rng_)),
        identity_(make_identity(name)),
        door({identity_, {}, asymmetric_}, out_) {
    door.start(now, {});
    door.handle_signed_time(now, {kWall, {}});
  }

  ByteVector file(const policy::RootPolicy& root) const {
    return policy::sign_root(root, std::array{key_.copy()}, asymmetric_);
  }
  ByteVector site_file(const policy::SitePolicy& site) const { return policy::sign_site(site, key_, asymmetric_); }

 private:
  client::Identity make_identity(const char* name) {
    return {.static_keys = asymmetric_.generate_key_pair(rng_),
            .signing_keys = asymmetric_.generate_signing_key_pair(rng_),
            .name = name,
            .certificate = {},
            .issuers = {},
            .root_key = key_.public_key};
  }

  SeededRng rng_;
  FakeAsymmetric asymmetric_;
  crypto::SigningKeyPair key_;
  client::Identity identity_;
  client::Outputs out_;

 public:
  Time now{};
  Admission door;
};

policy::RootPolicy root_policy(uint32_t serial) {
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = serial;
  root.from = {kToday - 10};
  root.until = {kToday + 100};
  return root;
}

ByteVector joined(ByteVector a, const ByteVector& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("a file without the site's part does not loosen what holds at the site") {
  Device device;
  policy::SitePolicy site;
  site.name = {"kalemie"};
  site.serial = 1;
  site.rules.hours.emplace();  // closed
  const ByteVector part = device.site_file(site);
  policy::RootPolicy root = root_policy(1);
  root.sites = {policy::pin_of(part, site.serial)};
  REQUIRE(device.door.import(device.now, joined(device.file(root), part)).has_value());
  CHECK_EQ(device.door.decide(device.now, {.peer = "bela"}).rule, policy::Rule::hours);
  // The same part goes with the next root file: it is kept.
  root.serial = 2;
  REQUIRE(device.door.import(device.now, device.file(root)).has_value());
  CHECK_EQ(device.door.version().serial, 2);
  CHECK_EQ(device.door.decide(device.now, {.peer = "bela"}).rule, policy::Rule::hours);
  // Another one does, and is not there.
  root.serial = 3;
  root.sites = {policy::pin_of(device.site_file(policy::SitePolicy{}), 2)};
  CHECK_EQ(device.door.import(device.now, device.file(root)).error().code, Errc::denied);
  // The root has no sites any more.
  root.sites.clear();
  REQUIRE(device.door.import(device.now, device.file(root)).has_value());
  CHECK(device.door.decide(device.now, {.peer = "bela"}).allowed);
}

TEST_CASE("after expiry the site talks to itself, whoever has no site to others without") {
  for (const char* own : {"Ada@kalemie", "Ada"}) {
    Device device(own);
    policy::RootPolicy root = root_policy(1);
    root.until = {kToday - 5};
    root.grace_days = 1;
    REQUIRE(device.door.import(device.now, device.file(root)).has_value());
    const bool has_site = std::string_view(own).find('@') != std::string_view::npos;
    CHECK_EQ(device.door.decide(device.now, {.peer = "Bela@KALEMIE"}).allowed, has_site);
    CHECK_EQ(device.door.decide(device.now, {.peer = "bela"}).allowed, !has_site);
    CHECK_FALSE(device.door.decide(device.now, {.what = policy::Class::files, .peer = "bela@kalemie"}).allowed);
  }
}

TEST_CASE("the rules as they are shown: the week in site time, why not and until when, what is left") {
  Device device;
  CHECK(client::rules_view(device.door, device.now).classes[0].week.all());
  policy::RootPolicy root = root_policy(1);
  root.rules.utc_offset = policy::UtcOffset{4};
  policy::Schedule voice;
  voice.classes.add(policy::Class::voice);
  voice.windows = {{{}, {32, 68}}};  // 08:00 to 17:00
  voice.windows[0].start_days.add(policy::Weekday::mon);
  root.rules.hours = {voice};
  root.rules.contacts = {{"Security"}};
  root.rules.forbid.add(policy::Feature::recording);
  root.rules.client_megabytes_a_month = 30;
  REQUIRE(device.door.import(device.now, device.file(root)).has_value());
  const client::RulesView view = client::rules_view(device.door, device.now);
  CHECK(view.organisation == "Relief");
  CHECK(view.quarter_now == 96 + 4 * 23);  // Tuesday 23:13
  CHECK(view.utc_offset.quarters == 4);
  const client::ClassRules& rules = view.classes[static_cast<size_t>(policy::Class::voice)];
  CHECK(rules.week.count() == 36);
  CHECK(rules.week[32]);
  CHECK_FALSE(rules.week[96 + 32]);
  CHECK_FALSE(rules.now.allowed);
  CHECK(rules.now.rule == policy::Rule::hours);
  CHECK(rules.now.until.has_value());
  CHECK(view.classes[static_cast<size_t>(policy::Class::messages)].now.allowed);
  REQUIRE(view.quotas.size() == 1);
  CHECK(view.quotas[0].most == 30);
  CHECK(view.emergency_contacts == std::vector<std::string>{"Security"});
  CHECK(client::managed_settings(device.door) == std::vector<client::Setting>{client::Setting::recording});
}

TEST_CASE("tariffs: by the link's name, or the only one; by time, by bytes, with a least amount") {
  Device device;
  policy::RootPolicy root = root_policy(1);
  root.rules.tariffs = {{"dialup", "USD", {}, 20, 1100, 3300}};
  REQUIRE(device.door.import(device.now, device.file(root)).has_value());
  const auto dialup = device.door.tariff("");
  REQUIRE(dialup.has_value());
  CHECK_EQ(dialup->cost(0, 61s), doctest::Approx(4 * 1.10));
  CHECK_EQ(dialup->cost(0, 1s), doctest::Approx(3.30));
  CHECK_EQ(dialup->currency_word(), "USD");
  root.serial = 2;
  root.rules.tariffs.push_back({"bgan", "EUR", 6950, {}, {}, 695});
  REQUIRE(device.door.import(device.now, device.file(root)).has_value());
  CHECK_FALSE(device.door.tariff("").has_value());
  CHECK_FALSE(device.door.tariff("carrier pigeon").has_value());
  const auto bgan = device.door.tariff("bgan");
  REQUIRE(bgan.has_value());
  CHECK_EQ(bgan->cost(2 * kMegabyte, 1h), doctest::Approx(13.90));
  CHECK_EQ(bgan->cost(1000, 1h), doctest::Approx(0.695));
}

TEST_CASE("usage: minutes of a day, megabytes of a month, emergencies apart") {
  UsageMeter meter;
  meter.turn_to({kToday});
  meter.count({.spoken = 119s, .bytes = {3 * kMegabyte, 0, 0, 2 * kMegabyte}, .other_bytes = kMegabyte / 2});
  meter.count({.spoken = 10min, .bytes = {kMegabyte, 0, 0, 0}, .other_bytes = 0, .emergency = true});
  CHECK_EQ(meter.usage().voice_minutes_today, 1);
  CHECK_EQ(meter.usage().person_megabytes, 5);
  CHECK_EQ(meter.usage().client_megabytes, 6);
  CHECK_EQ(meter.bytes_of(policy::Class::files), 2 * kMegabyte);
  UsageMeter again;
  again.load(meter.encode());
  again.turn_to({kToday - 1});  // time does not go back
  CHECK_EQ(again.usage().voice_minutes_today, 1);
  again.turn_to({kToday + 1});
  CHECK_EQ(again.usage().voice_minutes_today, 0);
  CHECK_EQ(again.usage().person_megabytes, 5);
  again.turn_to({kToday + 17});  // the first of December
  CHECK_EQ(again.usage().client_megabytes, 0);
  again.load(Bytes(meter.encode()).first(59));  // damaged: skipped
  CHECK_EQ(again.usage().client_megabytes, 0);
}

TEST_CASE("what is carried outside of calls counts for the device's month") {
  Device device;
  policy::RootPolicy root = root_policy(1);
  root.rules.client_megabytes_a_month = 2;
  REQUIRE(device.door.import(device.now, device.file(root)).has_value());
  device.door.count(device.now, {.spoken = {}, .bytes = {}, .other_bytes = 2 * kMegabyte});
  const auto verdict = device.door.decide(device.now, {.peer = "bela"});
  CHECK_EQ(verdict.rule, policy::Rule::quota);
  CHECK_EQ(verdict.until, policy::start_of_day({kToday + 17}));
}
