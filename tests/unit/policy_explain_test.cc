#include <doctest/doctest.h>

#include "policy/explain.h"
#include "support/policy_model.h"

using namespace farline;
using namespace farline::policy;

TEST_CASE("explain speaks with the rule that decide names, once, and asks nothing after it") {
  farline::testing::RandomPolicy random(7);
  for (int i = 0; i < 2000; ++i) {
    const RootPolicy root = random.root();
    const SitePolicy site = random.site();
    const Effective effective = merge(root, &site);
    Request request;
    request.role = static_cast<Role>(i % 5);
    request.what = static_cast<Class>(i % 4);
    const WallTime at = random.time();
    const Decision decision = decide(effective, request, {at, {}});
    const std::vector<Step> steps = explain(effective, request, at);
    REQUIRE(steps.size() == size_t{11});
    for (const Step& step : steps) {
      const Verdict spoken = decision.allowed ? Verdict::allows : Verdict::forbids;
      CHECK(step.verdict == (step.rule < decision.rule    ? Verdict::silent
                             : step.rule == decision.rule ? spoken
                                                          : Verdict::not_asked));
      CHECK(step.why.empty() == (step.verdict == Verdict::not_asked));
    }
  }
}

TEST_CASE("explain names the windows, the holiday, the build rule and the contacts") {
  RootPolicy root;
  root.from = {20'000};
  root.until = {30'000};
  root.rules.contacts = {{"radio@hq"}};
  root.rules.hours.emplace().push_back({{}, {}, {Form<Window>::parse("Mon-Fri 08:00-18:00").value()}});
  root.rules.holidays = {{Holiday{Form<Day>::parse("2026-12-25").value(), {}, {}}}};
  root.rules.builds = {{BuildRule{{}, Version::of(0, 2, 0), {}, {}, BuildAction::allow, {}}}};
  Request request;
  request.build.version = Version::of(0, 3, 0);
  const auto steps = explain(merge(root, nullptr), request, time_from_text("2026-12-25T12:00Z").value());
  const auto why = [&](Rule rule) { return steps[static_cast<size_t>(rule)].why; };
  CHECK(why(Rule::emergency) == "nobody to call was named; always reachable: radio@hq");
  CHECK(why(Rule::build) == "organisation: rule 1 fits: every platform from 0.2.0: allow");
  CHECK(why(Rule::hours) == "open Mon-Fri 08:00-18:00; today is a holiday, closed");
  CHECK(steps[static_cast<size_t>(Rule::hours)].verdict == Verdict::forbids);
}
