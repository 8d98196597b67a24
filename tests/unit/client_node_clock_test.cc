// A supernode whose clock is wrong by years, seen from a client that knew the time: what it decides is what it would
// have decided without that node.
#include <doctest/doctest.h>

#include "client/admission.h"
#include "policy/signed_policy.h"
#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::testing;

namespace {

constexpr uint64_t kDay = 86'400;
constexpr uint64_t kYears = 10 * 365 * kDay;

// Knows from its last run that it is Friday 2027-01-15, 09:00; calls are allowed from 08:00 to 18:00 on weekdays.
struct Laptop {
  Laptop() {
    SeededRng rng(4);
    root = asymmetric.generate_signing_key_pair(rng);
    identity.name = "ann";
    identity.root_key = root.public_key;
    policy::RootPolicy rules;
    rules.organisation = {"Relief"};
    rules.generation = 1;
    rules.serial = 1;
    rules.from = policy::Form<policy::Day>::parse("2027-01-01").value();
    rules.until = policy::Form<policy::Day>::parse("2027-12-31").value();
    rules.rules.contacts = {{"radio@hq"}};
    policy::Schedule schedule;
    schedule.windows = {policy::Form<policy::Window>::parse("Mon-Fri 08:00-18:00").value()};
    rules.rules.hours = {schedule};
    admission.emplace(client::Admission::Setup{identity, {}, asymmetric}, out);
    admission->start(now, {});
    REQUIRE(admission->import(now, policy::sign_root(rules, std::span(&root, 1), asymmetric)).has_value());
    hear(start);
    admission->keep(now);
    const auto saves = std::exchange(out.saves, {});
    admission.emplace(client::Admission::Setup{identity, {}, asymmetric}, out);
    for (const SaveRecord& record : saves) admission->load(record);
    admission->start(now, {});
    REQUIRE(admission->bundle() != nullptr);
  }
  void hear(WallTime time, uint8_t node = 1) { admission->handle_signed_time(now, {time, {node}}); }
  bool allows(std::string_view peer) {
    return admission->decide(now, {.what = policy::Class::voice, .peer = peer}).allowed;
  }
  WallTime time() { return admission->time(now).at.value_or(WallTime{}); }

  const WallTime start = policy::time_from_text("2027-01-15T09:00Z").value();
  FakeAsymmetric asymmetric;
  crypto::SigningKeyPair root;
  client::Identity identity;
  client::Outputs out;
  Time now = Time{} + 1h;
  std::optional<client::Admission> admission;
};

}  // namespace

TEST_CASE("a node ten years behind does not take the client's time back") {
  Laptop laptop;
  laptop.hear({laptop.start.seconds - kYears});
  CHECK(laptop.time() == laptop.start);
  CHECK(laptop.allows("bob"));
  laptop.now += 9h;  // 18:00
  laptop.hear({laptop.start.seconds - kYears + 9 * 3600});
  CHECK_FALSE(laptop.allows("bob"));
  CHECK(laptop.allows("radio@hq"));
}

TEST_CASE("a node ten years ahead neither expires the policy nor opens the office") {
  Laptop laptop;
  laptop.hear(laptop.start);
  laptop.hear({laptop.start.seconds + kYears});
  CHECK(laptop.time() == laptop.start);
  CHECK(laptop.allows("bob"));
  laptop.now += 9h;
  laptop.hear({laptop.start.seconds + kYears});
  CHECK_FALSE(laptop.allows("bob"));
  CHECK(laptop.allows("radio@hq"));
  laptop.now += 14h + 24h * 2;  // Monday at 08:00
  laptop.hear({laptop.start.seconds + kYears});
  CHECK(laptop.allows("bob"));
}

TEST_CASE("a node that creeps ahead moves the client by thirty days, once") {
  Laptop laptop;
  laptop.hear(laptop.start);
  for (uint64_t day = 0; day <= 3650; day += 5) laptop.hear({laptop.start.seconds + day * kDay});
  CHECK(laptop.time().seconds <= laptop.start.seconds + policy::kBelievableJumpSeconds);
  CHECK(laptop.allows("radio@hq"));
  laptop.hear({laptop.start.seconds + kYears}, 2);  // two nodes that agree, or a root, could
  laptop.hear({laptop.start.seconds + kYears}, 3);
  CHECK(laptop.time().seconds >= laptop.start.seconds + kYears);
}
