// policy show, import, open.
#include "app/cli_policy.h"

#include "app/cli_commands.h"
#include "app/cli_control.h"
#include "app/json_line.h"
#include "app/policy_change.h"
#include "app/stored_door.h"
#include "host/clock.h"
#include "host/file.h"

namespace farline::app {
namespace {

using policy::Class;

std::string moment(const client::Admission& admission, WallTime time) {
  return policy::time_text(time, admission.effective().zone.offset_at(policy::quarter_of(time)));
}

std::string joined(const std::vector<policy::Name>& names) {
  std::string out;
  for (const policy::Name& name : names) out += (out.empty() ? "" : ", ") + name.text;
  return out;
}

std::string json_list(const std::vector<policy::Name>& names) {
  std::string out = "[";
  for (const policy::Name& name : names) {
    const std::string item = JsonLine().text("name", name.text).finish();
    out += (out.size() > 1 ? ", " : "") + item;
  }
  return out + "]";
}

// "3 of 60 minutes", for each limit that there is.
std::vector<std::string> limits(const client::Admission& admission, Time now) {
  const policy::Effective& rules = admission.effective();
  const policy::Usage used = admission.usage(now);
  std::vector<std::string> out;
  const auto add = [&](const char* what, uint32_t value, std::optional<uint32_t> most, const char* unit) {
    if (most) out.push_back(std::string(what) + std::to_string(value) + " of " + std::to_string(*most) + unit);
  };
  for (const policy::Quota& quota : rules.quotas) {
    if (!quota.roles.all_or_has(admission.role())) continue;
    add("spoken today: ", used.voice_minutes_today, quota.voice_minutes_a_day, " minutes");
    add("this month: ", used.person_megabytes, quota.megabytes_a_month, " MB");
  }
  add("this device, this month: ", used.client_megabytes, rules.client_megabytes_a_month, " MB");
  if (rules.client_bps) out.push_back("rate: at most " + std::to_string(*rules.client_bps) + " bit/s");
  return out;
}

std::vector<std::string> text_lines(const client::Admission& admission, Time now) {
  if (!admission.is_in_force()) return {"no policy: everything is allowed"};
  std::vector<std::string> out;
  if (const policy::Bundle* bundle = admission.bundle()) {
    const policy::RootPolicy& root = bundle->root;
    out.push_back("organisation: " + root.organisation.text);
    if (bundle->site) out.push_back("site: " + bundle->site->name.text);
    out.push_back("serial: " + std::to_string(root.serial) + ", generation " + std::to_string(root.generation));
    out.push_back("valid: " + policy::Form<policy::Day>::text(root.from) + " to " +
                  policy::Form<policy::Day>::text(root.until));
  }
  if (admission.is_at_floor())
    out.push_back("this policy is not current: an older one than was held here, or none; fetch or import the current");
  const policy::TrustedTime time = admission.time(now);
  out.push_back(time.at ? "time: " + moment(admission, *time.at) + (time.or_else ? ", not certain" : "")
                        : "time: not known; attach to the supernode");
  for (const std::string_view name : policy::kNames<Class>) {
    const auto verdict = admission.decide(now, {.what = *policy::choice_named<Class>(name), .peer = {}});
    out.push_back(std::string(name) + ": " + (verdict.allowed ? "yes" : "no") + ". " + verdict.words +
                  (verdict.should_update ? ". Update this program" : ""));
  }
  if (admission.glass_is_open(now)) out.push_back("break-glass: open");
  const auto& contacts = admission.effective().contacts;
  if (!contacts.empty()) out.push_back("can always be reached: " + joined(contacts));
  for (std::string& line : limits(admission, now)) out.push_back(std::move(line));
  for (const policy::Tariff& tariff : admission.effective().tariffs)
    out.push_back("tariff: " + tariff.link + " (" + tariff.currency + ")");
  return out;
}

std::string json_classes(const client::Admission& admission, Time now) {
  JsonLine classes;
  for (const std::string_view name : policy::kNames<Class>) {
    const auto verdict = admission.decide(now, {.what = *policy::choice_named<Class>(name), .peer = {}});
    JsonLine line;
    line.boolean("allowed", verdict.allowed).text("rule", policy::name_of(verdict.rule)).text("reason", verdict.words);
    if (verdict.until)
      line.text("until", moment(admission, *verdict.until));
    else
      line.raw("until", "null");
    classes.raw(name, line.boolean("update", verdict.should_update).finish());
  }
  return classes.finish();
}

std::string json_line(const client::Admission& admission, Time now) {
  JsonLine line;
  line.boolean("in_force", admission.is_in_force());
  if (!admission.is_in_force()) return line.finish();
  line.boolean("current", !admission.is_at_floor());
  if (const policy::Bundle* bundle = admission.bundle()) {
    const policy::RootPolicy& root = bundle->root;
    line.text("organisation", root.organisation.text).number("generation", root.generation);
    line.number("serial", root.serial).text("from", policy::Form<policy::Day>::text(root.from));
    line.text("until", policy::Form<policy::Day>::text(root.until));
    if (bundle->site) line.text("site", bundle->site->name.text);
  }
  const policy::TrustedTime time = admission.time(now);
  if (time.at)
    line.text("time", moment(admission, *time.at)).boolean("time_certain", !time.or_else);
  else
    line.raw("time", "null");
  line.text("role", policy::name_of(admission.role()));
  line.text("build", policy::Form<policy::Version>::text(admission.build().version));
  line.raw("classes", json_classes(admission, now)).boolean("break_glass", admission.glass_is_open(now));
  line.raw("contacts", json_list(admission.effective().contacts));
  const policy::Usage used = admission.usage(now);
  line.number("voice_minutes_today", used.voice_minutes_today).number("person_megabytes", used.person_megabytes);
  return line.number("client_megabytes", used.client_megabytes).number("client_bps", admission.client_bps()).finish();
}

ExitCode tell(const CommonOptions& common, const PolicyOutcome& outcome) {
  if (outcome.code != ExitCode::ok) return fail(common, outcome.code, outcome.text);
  if (common.json)
    print_line(JsonLine().text("event", "policy").text("message", outcome.text).finish());
  else
    print_line(outcome.text);
  return outcome.code;
}

ExitCode with_stored_door(const CommonOptions& common, const PolicyCommand& command, Profile& profile) {
  StoredDoor stored(profile);
  if (const auto opened = stored.open(); !opened) return fail(common, code_of(opened.error()), opened.error().what);
  client::Admission& door = stored.door();
  PolicyOutcome outcome;
  switch (command.verb) {
    case PolicyCommand::Verb::show:
      for (const std::string& line : policy_lines(door, stored.now(), common.json)) print_line(line);
      break;
    case PolicyCommand::Verb::import_file:
      outcome = import_policy_file(
          command.argument, [&](Bytes file) { return door.import(stored.now(), file); }, door);
      break;
    case PolicyCommand::Verb::open:
      outcome = open_glass(
          command.argument, [&](const policy::GlassCode& code) { return door.break_glass(stored.now(), code); }, door);
      break;
  }
  if (const auto saved = stored.save(); !saved) return fail(common, ExitCode::io, saved.error().what);
  return command.verb == PolicyCommand::Verb::show ? ExitCode::ok : tell(common, outcome);
}

ControlRequest request_for(const CommonOptions& common, const PolicyCommand& command) {
  using Wanted = ControlRequest::Verb;
  switch (command.verb) {
    case PolicyCommand::Verb::show:
      return {.verb = Wanted::policy_show, .json = common.json};
    case PolicyCommand::Verb::import_file:
      return {.verb = Wanted::policy_import, .source = host::absolute_path(command.argument), .json = common.json};
    case PolicyCommand::Verb::open:
      return {.verb = Wanted::policy_open, .name = command.argument, .json = common.json};
  }
  return {};
}

}  // namespace

std::vector<std::string> policy_lines(const client::Admission& admission, Time now, bool json) {
  if (json) return {json_line(admission, now)};
  return text_lines(admission, now);
}

ExitCode policy_command(const CommonOptions& common, const PolicyCommand& command) {
  auto profile = open_profile(common);
  if (profile) return with_stored_door(common, command, *profile);
  if (profile.error().code == Errc::denied)
    if (const auto code = ask_owner(common, request_for(common, command))) return *code;
  return fail(common, ExitCode::config, profile.error().what);
}

}  // namespace farline::app
