// What people do to get around a policy, and what comes of it: one case for each row of the table in docs/THREATS.md
// that the policy layer alone answers. The organisation closes voice at 18:00; it is a Monday evening.
#include <doctest/doctest.h>

#include "policy/bundle.h"
#include "policy/trusted_clock.h"
#include "support/policy_bundles.h"

using namespace farline;
using namespace farline::policy;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();

WallTime at(std::string_view text) {
  return *time_from_text(text);
}
const WallTime kEvening = at("2026-11-23T19:30+02:00");
const WallTime kNoon = at("2026-11-23T12:00+02:00");

// A laptop with the policy, as `farline-cli` starts it: what it stored, what its own clock says.
struct Laptop {
  farline::testing::PolicyBundles organisation;
  Bundle bundle = organisation.bundle(7);
  Time now{};
  TrustedClock clock;
  Request request;

  Laptop(WallTime stored, WallTime own_clock) : clock({.stored = stored, .hint = own_clock, .now = now}) {
    request.build.version = Version::of(0, 2, 1);
  }

  bool may_call() const { return decide(bundle.effective, request, clock.read(now)).allowed; }
  Rule rule() const { return decide(bundle.effective, request, clock.read(now)).rule; }
  bool may_call_contact() const {
    Request to_contact = request;
    to_contact.peer = "radio-room@hq";
    return decide(bundle.effective, to_contact, clock.read(now)).allowed;
  }
};

}  // namespace

TEST_CASE("bypass: the clock set back while the program runs") {
  Laptop laptop(kEvening, kEvening);
  REQUIRE_FALSE(laptop.may_call());
  // The program never asks the wall clock again: only a clock that nobody sets moves it.
  laptop.now += 1h;
  CHECK_FALSE(laptop.may_call());
  CHECK(laptop.rule() == Rule::hours);
}

TEST_CASE("bypass: the clock set back, then started again") {
  Laptop laptop(kEvening, kNoon);
  CHECK_FALSE(laptop.may_call());
  laptop.now += 25h;  // a day of not knowing the time, and there is none
  CHECK(laptop.rule() == Rule::time);
  CHECK(laptop.may_call_contact());
}

TEST_CASE("bypass: the clock set forward into tomorrow's hours, and back") {
  const WallTime tomorrow = at("2026-11-24T09:00+02:00");
  Laptop laptop(kEvening, tomorrow);
  // Offline it is believed: nothing can be reached then but a neighbour, who asks its own clock.
  CHECK(laptop.may_call());
  // The first supernode says what time it is, for this device and for all who store it.
  laptop.clock.handle_signed_time(laptop.now, {kEvening, {1}});
  CHECK_FALSE(laptop.may_call());
  CHECK(laptop.clock.high_water(laptop.now) == kEvening);  // nothing of the lie was stored
}

TEST_CASE("bypass: the clock set forward by months, to outlive a policy") {
  Laptop laptop(kEvening, at("2027-12-01T12:00+02:00"));
  CHECK_FALSE(laptop.may_call());  // what either time forbids is forbidden
}

TEST_CASE("bypass: offline and started again each day, so that the time stands still") {
  WallTime stored = kNoon;
  for (int day = 0; day < 3; ++day) {  // 6 hours on each time, the own clock stuck at noon
    Laptop laptop(stored, kNoon);
    laptop.now += 6h;
    stored = laptop.clock.high_water(laptop.now);
  }
  CHECK(stored.seconds == kNoon.seconds + 18 * 3600);  // what ran counts, and noon does not come again
  Laptop laptop(stored, kNoon);
  CHECK_FALSE(laptop.may_call());
}

TEST_CASE("bypass: the laptop's time zone set to another") {
  // Nothing asks for it: hours are local time of the site, from the signed policy.
  const Laptop laptop(kEvening, kEvening);
  CHECK(laptop.bundle.effective.zone.utc_offset == UtcOffset{8});
  CHECK_FALSE(laptop.may_call());
}

TEST_CASE("bypass: a supernode that lies about the time") {
  for (const char* lie : {"2036-11-23T12:00Z", "2016-11-23T12:00Z"}) {
    Laptop laptop(kEvening, kEvening);
    laptop.clock.handle_signed_time(laptop.now, {at(lie), {1}});
    CHECK_FALSE(laptop.may_call());
    CHECK(laptop.clock.high_water(laptop.now) == kEvening);
  }
}

TEST_CASE("bypass: an older policy played back") {
  const farline::testing::PolicyBundles organisation;
  const Held held = organisation.bundle(7, "18:00").held;
  const Bundle looser = organisation.bundle(6, "22:00");  // genuine, and signed
  CHECK(check_succession(held, looser.held).error().code == Errc::denied);
  CHECK(check_succession(held, organisation.bundle(8, "18:00").held).has_value());
}

TEST_CASE("bypass: two different policies under one serial") {
  const farline::testing::PolicyBundles organisation;
  const Held held = organisation.bundle(7, "18:00").held;
  CHECK_FALSE(check_succession(held, organisation.bundle(7, "22:00").held).has_value());
  CHECK(check_succession(held, organisation.bundle(7, "18:00").held).has_value());
}

TEST_CASE("bypass: a stolen key runs the serial up to its end") {
  const farline::testing::PolicyBundles organisation;
  const Bundle last = organisation.bundle(0xffffffff);
  CHECK_FALSE(check_succession(last.held, organisation.bundle(8).held).has_value());
  // The organisation goes on in the next generation, and the stolen one is over.
  const ByteVector next = organisation.file(1, "18:00", 2);
  const Bundle recovered = open_bundle(next, {organisation.pin(), organisation.kSite}, real).value();
  CHECK(check_succession(last.held, recovered.held).has_value());
  CHECK_FALSE(check_succession(recovered.held, last.held).has_value());
}

TEST_CASE("bypass: a policy of one's own") {
  const farline::testing::PolicyBundles organisation, own(2);
  const auto opened = open_bundle(own.file(99, "24:00"), {organisation.pin(), organisation.kSite}, real);
  CHECK(opened.error().code == Errc::auth);
}

TEST_CASE("bypass: the site's part left out or taken from another version") {
  const farline::testing::PolicyBundles organisation;
  const ByteVector new_file = organisation.file(8, "18:00"), old_file = organisation.file(7, "22:00");
  const auto parts = split_policy_file(new_file), old_parts = split_policy_file(old_file);
  ByteVector mixed = to_vector(parts->root);
  mixed.insert(mixed.end(), old_parts->sites[0].begin(), old_parts->sites[0].end());
  CHECK_FALSE(open_bundle(mixed, {organisation.pin(), organisation.kSite}, real).has_value());
}

TEST_CASE("bypass: calling a private number an emergency") {
  Laptop laptop(kEvening, kEvening);
  for (const char* name : {"radio-room", "radio-room@hq.evil", "radio-room@hq ", "RADIO-ROOM@kalemie"}) {
    laptop.request.peer = name;
    CHECK_FALSE(laptop.may_call());
  }
  laptop.request.peer = "Radio-Room@HQ";
  CHECK(laptop.may_call());
  laptop.request.what = Class::files;
  CHECK_FALSE(laptop.may_call());
}

TEST_CASE("bypass: being in charge") {
  Laptop laptop(kEvening, kEvening);
  for (const Role role : {Role::staff, Role::guest, Role::lead, Role::security, Role::service}) {
    laptop.request.role = role;  // no role is exempt unless a schedule says so
    CHECK_FALSE(laptop.may_call());
  }
}

TEST_CASE("bypass: a patched build string") {
  Laptop laptop(kNoon, kNoon);
  laptop.request.build.version = Version::of(0, 1, 0);  // too old
  CHECK(laptop.rule() == Rule::build);
  laptop.request.build.version = Version::of(0, 2, 1);  // a lie; it passes the rule for builds, and no other
  CHECK(laptop.may_call());
  laptop.bundle.effective.revoked = {laptop.request.device};
  CHECK(laptop.rule() == Rule::revoked);
  laptop.bundle.effective.revoked.clear();
  laptop.bundle.effective.quotas = {{.roles = {}, .voice_minutes_a_day = 30, .megabytes_a_month = {}}};
  laptop.request.usage.voice_minutes_today = 30;
  CHECK(laptop.rule() == Rule::quota);
  laptop.clock.handle_signed_time(laptop.now, {kEvening, {1}});
  CHECK(laptop.rule() == Rule::hours);
}
