#include "policy/explain.h"

#include <algorithm>

#include "base/bytes.h"

namespace farline::policy {
namespace {

void add_word(std::string& to, std::string_view word) {
  if (!to.empty()) to += ", ";
  to += word;
}

std::string names(const std::vector<Name>& list) {
  std::string out;
  for (const Name& name : list) add_word(out, name.text);
  return out;
}

std::string windows_in_words(const Calendar& calendar, const Request& request) {
  if (!calendar.hours) return "no hours are set, always open";
  std::string out;
  bool is_named = calendar.hours->empty();
  for (const Schedule& schedule : *calendar.hours) {
    if (!schedule.roles.all_or_has(request.role) || !schedule.classes.all_or_has(request.what)) continue;
    is_named = true;
    for (const Window& window : schedule.windows) add_word(out, Form<Window>::text(window));
  }
  if (!is_named)
    return "no hours name " + std::string(name_of(request.what)) + " for " + std::string(name_of(request.role)) +
           ", always open";
  return out.empty() ? "never open" : "open " + out;
}

class Explainer {
 public:
  Explainer(const Effective& policy, const Request& request, WallTime at)
      : policy_(policy), request_(request), at_(at) {}

  std::string why(Rule rule) const {
    switch (rule) {
      case Rule::revoked:
        return why_revoked();
      case Rule::emergency:
        return why_emergency();
      case Rule::time:
        return "it is " + time_text(at_, policy_.zone.offset_at(quarter_of(at_))) + " in site time";
      case Rule::validity:
        return "in force from " + Form<Day>::text(policy_.from) + " to " + Form<Day>::text(policy_.until) +
               ", obeyed for " + std::to_string(policy_.grace_days) + " days more";
      case Rule::serial:
        return request_.is_behind ? "the device holds an older policy" : "the device holds this policy";
      case Rule::break_glass:
        return request_.glass_is_broken ? "a code is open" : "no code is open";
      case Rule::build:
        return why_build();
      case Rule::feature:
        return why_feature();
      case Rule::hours:
        return why_hours();
      case Rule::quota:
        return why_quota();
      case Rule::open:
        return "nothing is against it";
    }
    return {};
  }

 private:
  std::string why_revoked() const {
    if (policy_.revoked.empty()) return "no device is withdrawn";
    const std::string count = std::to_string(policy_.revoked.size()) + " withdrawn: ";
    if (request_.device == wire::DeviceId{}) return count + "no device was given";
    const bool is_revoked = std::ranges::find(policy_.revoked, request_.device) != policy_.revoked.end();
    return count + "this device is " + (is_revoked ? "" : "not ") + "among them";
  }

  std::string why_emergency() const {
    if (policy_.contacts.empty()) return "nobody is an emergency contact";
    const std::string list = names(policy_.contacts);
    if (is_contact(policy_, request_.self)) return "who asks is " + std::string(request_.self) + ", one of: " + list;
    if (request_.peer.empty()) return "nobody to call was named; always reachable: " + list;
    return "who is called is " + std::string(request_.peer) + "; always reachable by voice and messages: " + list;
  }

  std::string why_build() const {
    std::string out;
    const char* const whose[] = {"organisation", "site"};
    for (size_t i = 0; i < policy_.builds.size(); ++i) {
      const auto& rules = policy_.builds[i];
      if (!rules) continue;
      const auto rule =
          std::ranges::find_if(*rules, [&](const BuildRule& candidate) { return fits(candidate, request_.build); });
      const std::string which =
          rule == rules->end() ? "no rule fits, so it is blocked"
                               : "rule " + std::to_string(rule - rules->begin() + 1) + " fits: " + words_for(*rule);
      out += (out.empty() ? "" : "; ") + std::string(whose[i]) + ": " + which;
    }
    return out.empty() ? "no rules, every build is allowed" : out;
  }

  std::string why_feature() const {
    std::string out;
    for (const std::string_view name : names_in(policy_.forbidden)) add_word(out, name);
    return out.empty() ? "nothing is forbidden" : "forbidden: " + out;
  }

  std::string why_hours() const {
    const Day today = policy_.zone.local(quarter_of(at_)).day;
    std::string out = windows_in_words(policy_.calendars[0], request_);
    if (const std::string site = windows_in_words(policy_.calendars[1], request_); site != out)
      out = "organisation: " + out + "; site: " + site;
    for (const Calendar& calendar : policy_.calendars) {
      if (!calendar.holidays) continue;
      const auto holiday =
          std::ranges::find_if(*calendar.holidays, [&](const Holiday& day) { return is_on(day, today); });
      if (holiday == calendar.holidays->end()) continue;
      std::string windows;
      for (const Span span : holiday->windows) add_word(windows, Form<Span>::text(span));
      return out + "; today is a holiday, " + (windows.empty() ? "closed" : "open " + windows);
    }
    return out;
  }

  std::string why_quota() const {
    std::string out;
    const auto add = [&](std::optional<uint32_t> cap, uint32_t used, const char* what) {
      if (cap) add_word(out, std::to_string(used) + " of " + std::to_string(*cap) + " " + what);
    };
    for (const Quota& quota : policy_.quotas) {
      if (!quota.roles.all_or_has(request_.role)) continue;
      add(quota.voice_minutes_a_day, request_.usage.voice_minutes_today, "voice minutes a day");
      add(quota.megabytes_a_month, request_.usage.person_megabytes, "MB a month of the person");
    }
    add(policy_.client_megabytes_a_month, request_.usage.client_megabytes, "MB a month of the client");
    add(policy_.site_megabytes_a_month, request_.usage.site_megabytes, "MB a month of the site");
    return out.empty() ? "nothing is counted" : "used: " + out;
  }

  const Effective& policy_;
  const Request& request_;
  const WallTime at_;
};

}  // namespace

std::vector<Step> explain(const Effective& policy, const Request& request, WallTime at) {
  const Decision decision = decide(policy, request, {at, {}});
  const Explainer explainer(policy, request, at);
  std::vector<Step> out;
  for (uint8_t number = 0; number <= static_cast<uint8_t>(Rule::open); ++number) {
    const Rule rule{number};
    if (rule > decision.rule) {
      out.push_back({rule, Verdict::not_asked, {}});
    } else {
      const Verdict speaks = decision.allowed ? Verdict::allows : Verdict::forbids;
      out.push_back({rule, rule == decision.rule ? speaks : Verdict::silent, explainer.why(rule)});
    }
  }
  return out;
}

std::string words_for(const BuildRule& rule) {
  std::string who;
  for (const std::string_view name : names_in(rule.platforms)) add_word(who, name);
  if (who.empty()) who = "every platform";
  if (rule.from_version) who += " from " + Form<Version>::text(*rule.from_version);
  if (rule.to_version) who += " to " + Form<Version>::text(*rule.to_version);
  if (rule.hash) who += ", hash " + to_hex(*rule.hash).substr(0, 8) + "...";
  who += ": " + std::string(name_of(rule.action));
  if (rule.since) who += " from " + Form<Day>::text(*rule.since) + " on";
  return who;
}

}  // namespace farline::policy
