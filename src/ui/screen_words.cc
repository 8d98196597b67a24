#include "ui/screen.h"

namespace farline::ui {
namespace {

using client::EndReason;
using client::Problem;
using policy::Rule;

constexpr Key kFeature[] = {"rule.feature.voice", "rule.feature.video", "rule.feature.messages", "rule.feature.files"};
constexpr Key kHours[] = {"rule.hours.voice", "rule.hours.video", "rule.hours.messages", "rule.hours.files"};
constexpr Key kOpen[] = {"rule.open.voice", "rule.open.video", "rule.open.messages", "rule.open.files"};

Key rule_key(const client::Verdict& verdict, size_t what) {
  switch (verdict.rule) {
    case Rule::revoked:
      return "rule.revoked";
    case Rule::emergency:
      return "rule.emergency";
    case Rule::time:
      return "rule.time";
    case Rule::validity:
      return verdict.allowed ? Key("rule.validity.site") : Key("rule.validity");
    case Rule::serial:
      return "rule.serial";
    case Rule::break_glass:
      return "rule.break_glass";
    case Rule::build:
      return "rule.build";
    case Rule::feature:
      return kFeature[what];
    case Rule::hours:
      return verdict.allowed ? Key("rule.hours.running") : kHours[what];
    case Rule::quota:
      return "rule.quota";
    case Rule::open:
      return kOpen[what];
  }
  return "rule.time";
}

// The same in site time, which is said when it is not the person's own.
std::string moment_there(const Words& words, const Clock& clock, WallTime at, policy::UtcOffset offset) {
  const Clock there{clock.now, offset.quarters * 15};
  const std::string moment = moment_text(words, at, there);
  if (there.utc_offset_minutes == clock.utc_offset_minutes) return moment;
  return words("moment.site", {{"moment", moment}});
}

}  // namespace

std::string_view problem_words(const Words& words, Problem problem) {
  switch (problem) {
    case Problem::none:
      return {};
    case Problem::in_use:
      return words("problem.in_use");
    case Problem::damaged:
      return words("problem.damaged");
    case Problem::newer:
      return words("problem.newer");
    case Problem::disk_full:
      return words("problem.disk_full");
    case Problem::wrong_passphrase:
      return words("problem.wrong_passphrase");
    case Problem::bad_invitation:
      return words("problem.bad_invitation");
    case Problem::invitation_refused:
      return words("problem.invitation_refused");
    case Problem::bad_name:
      return words("problem.bad_name");
    case Problem::no_answer:
      return words("problem.no_answer");
    case Problem::no_network:
      return words("problem.no_network");
    case Problem::refused:
      return words("problem.refused");
    case Problem::no_microphone:
      return words("problem.no_microphone");
    case Problem::no_speaker:
      return words("problem.no_speaker");
    case Problem::bad_policy_file:
      return words("problem.bad_policy_file");
    case Problem::unreadable_file:
      return words("problem.unreadable_file");
    case Problem::large_file:
      return words("problem.large_file");
    case Problem::not_saved:
      return words("problem.not_saved");
    case Problem::bad_code:
      return words("problem.bad_code");
  }
  return {};
}

std::string_view broken_words(const Words& words, Problem problem) {
  return problem == Problem::disk_full ? words("broken.disk_full") : problem_words(words, problem);
}

std::string verdict_words(const Words& words, const Clock& clock, const client::Verdict& verdict, policy::Class what) {
  std::string out(words(rule_key(verdict, static_cast<size_t>(what))));
  if (!verdict.until) {
    if (verdict.rule == Rule::hours && !verdict.allowed) out.append(" ").append(words("rule.never"));
    return out;
  }
  const Key then = verdict.allowed                  ? Key("rule.closes")
                   : verdict.rule == Rule::quota    ? Key("rule.renewed")
                   : verdict.rule == Rule::validity ? Key("rule.begins")
                                                    : Key("rule.opens");
  return out + " " + words(then, {{"moment", moment_there(words, clock, *verdict.until, verdict.utc_offset)}}) + ".";
}

std::string whom_to_ask(Screen& s) {
  if (s.view.rules.organisation.empty()) return std::string(s.words("rule.ask.someone"));
  return s.words("rule.ask", {{"organisation", s.view.rules.organisation}});
}

std::string ended_words(const Words& words, const client::EndedView& ended) {
  const auto about = [&](Key key) { return words(key, {{"name", ended.peer}}); };
  switch (ended.reason) {
    case EndReason::hung_up:
      return about("ended.hung_up");
    case EndReason::peer_hung_up:
      return about("ended.peer_hung_up");
    case EndReason::declined:
      return about(ended.outgoing ? Key("ended.declined_there") : Key("ended.declined_here"));
    case EndReason::busy:
      return about("ended.busy");
    case EndReason::no_answer:
      return about("ended.no_answer");
    case EndReason::missed:
      return about("ended.missed");
    case EndReason::answered_elsewhere:
      return about("ended.answered_elsewhere");
    case EndReason::not_attached:
      return about("ended.not_attached");
    case EndReason::no_such_name:
      return about("ended.no_such_name");
    case EndReason::not_allowed:
      return about("ended.not_allowed");
    case EndReason::closed_by_policy:
      return about("ended.closed_by_policy");
    case EndReason::unreachable:
      return about("ended.unreachable");
    case EndReason::failed:
      return about("ended.failed");
  }
  return {};
}

std::string outcome_words(const Words& words, const Clock& clock, const client::View& view) {
  const auto& verdict = view.ended ? view.ended->verdict : view.refused;
  std::string out = view.ended ? ended_words(words, *view.ended) : std::string(words("refused.title"));
  if (!verdict) return out;
  if (!out.ends_with('.')) out += ".";
  return out + " " + verdict_words(words, clock, *verdict, policy::Class::voice);
}

Key quality_words(client::Quality quality) {
  constexpr Key kWords[] = {"quality.unknown", "quality.none",  "quality.weak",
                            "quality.basic",   "quality.clear", "quality.hd"};
  return kWords[static_cast<size_t>(quality)];
}

}  // namespace farline::ui
