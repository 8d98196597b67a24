#include "app/admin_tools.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "admin/week_sheet.h"
#include "app/admin_audit.h"
#include "app/admin_export.h"
#include "app/admin_files.h"
#include "app/admin_policy.h"
#include "app/admin_push.h"
#include "app/admin_source.h"

namespace farline::app {

struct AdminTools::Options {
  Question question;
  std::string who;
  std::string before;
  std::string week;
  std::string html;
  std::string svg;
  SourceOrder source;
  ExportOrder exported;
  PushOrder push;
  AuditOrder audit;
};

namespace {

void print_all(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print_out(line);
}

// A role, or the name of a person, whose site follows the @.
void take_who(Question& question, const std::string& who) {
  if (who.empty()) return;
  if (policy::choice_named<policy::Role>(who)) {
    question.role = who;
    return;
  }
  const size_t at = who.find('@');
  if (at != std::string::npos && question.site.empty()) question.site = who.substr(at + 1);
  std::fprintf(stderr, "note: a policy knows roles, not names: %s is asked about as %s (--role)\n", who.c_str(),
               question.role.c_str());
}

void print_differences(const std::string& before, const std::string& after) {
  const auto lines = admin::differences(read_plan(before), read_plan(after));
  if (lines.empty()) return print_out("nothing changes");
  print_all(lines);
}

policy::Day day_asked_for(const std::string& text, const policy::Zone& zone) {
  if (text.empty()) return zone.local(policy::quarter_of(present())).day;
  if (const auto day = policy::Form<policy::Day>::parse(text)) return *day;
  throw Failure(ExitCode::usage, "--week " + text + ": write " + policy::Form<policy::Day>::expected());
}

}  // namespace

AdminTools::AdminTools() : options_(std::make_unique<Options>()) {}
AdminTools::~AdminTools() = default;

void AdminTools::add_to(CLI::App& program, CLI::App& policy) {
  add_reading(policy);
  add_writing(program, policy);
  add_exports(program);
  add_push(policy);
  add_audit(program);
}

void AdminTools::run() const {
  for (const auto& [command, body] : commands_)
    if (*command) body();
}

void AdminTools::add_push(CLI::App& policy) {
  PushOrder& order = options_->push;
  auto* push =
      policy.add_subcommand("push", "give a signed policy to the supernode of this administrator's own device");
  push->add_option("policy", order.file, "signed")->required();
  push->add_option("--profile", order.profile, "the device's folder, as farline-cli has it")->required();
  push->add_option("--passphrase-file", order.passphrase_file, "its first line opens the profile");
  push->add_option("--seconds", order.seconds, "give up after so long")->capture_default_str();
  commands_.emplace_back(push, [&order] { print_out(push_policy(order)); });
}

void AdminTools::add_reading(CLI::App& policy) {
  Options& o = *options_;
  Question& question = o.question;
  auto* explain = policy.add_subcommand("explain", "why a request is allowed or refused, rule by rule");
  explain->add_option("policy", question.file, "a source or a signed file")->required();
  explain->add_option("--at", question.at, "a time such as 2026-11-23T19:30+02:00; now");
  explain->add_option("--who", o.who, "a role, or a name such as anna@kalemie");
  explain->add_option("--role", question.role)->capture_default_str();
  explain->add_option("--what,--class", question.what, "voice, video, messages or files")->capture_default_str();
  explain->add_option("--with", question.peer, "whom to call or write to");
  explain->add_option("--site", question.site, "where");
  explain->add_option("--build", question.build, "version of the program");
  explain->add_option("--platform", question.platform)->capture_default_str();
  explain->add_option("--build-hash", question.build_hash, "SHA-256 of the program, hexadecimal");
  explain->add_option("--device", question.device,
                      "a device's id (16 hexadecimal digits), or the issuer_key of a node (66)");
  explain->add_flag("--running", question.is_running, "a call that began while it was allowed");
  explain->add_flag("--json", question.json, "one JSON object");
  commands_.emplace_back(explain, [&o] {
    take_who(o.question, o.who);
    print_all(explain_policy(o.question));
  });

  auto* diff = policy.add_subcommand("diff", "what changes for whom from one policy to another");
  diff->add_option("old", o.before, "a source or a signed file")->required();
  diff->add_option("new", question.file, "a source or a signed file")->required();
  commands_.emplace_back(diff, [&o] { print_differences(o.before, o.question.file); });

  auto* calendar = policy.add_subcommand("calendar", "the week of a site, here or as a sheet to pin up");
  calendar->add_option("policy", question.file, "a source or a signed file")->required();
  calendar->add_option("--site", question.site, "where");
  calendar->add_option("--week", o.week, "a day of the week to draw; today");
  calendar->add_option("--html", o.html, "write a sheet for a browser to print");
  calendar->add_option("--svg", o.svg, "write a sheet as a drawing");
  commands_.emplace_back(calendar, [&o] {
    const admin::Plan plan = read_plan(o.question.file);
    const policy::SitePolicy* site = site_asked_for(plan.sites, o.question.site);
    const policy::Day day = day_asked_for(o.week, policy::merge(plan.root, site).zone);
    const admin::WeekSheet sheet = admin::make_week_sheet(plan, site, admin::monday_of(day));
    if (!o.html.empty()) write_output(o.html, as_bytes(to_html(sheet)));
    if (!o.svg.empty()) write_output(o.svg, as_bytes(to_svg(sheet)));
    if (o.html.empty() && o.svg.empty()) print_out(to_text(sheet));
    for (const std::string& file : {o.html, o.svg})
      if (!file.empty()) print_out("written: " + file);
  });
}

void AdminTools::add_writing(CLI::App& program, CLI::App& policy) {
  SourceOrder& order = options_->source;
  auto* make = policy.add_subcommand("new", "begin a source, with comments");
  make->add_option("source", order.file, "written; must not exist")->required();
  make->add_option("--from", order.from, "trial, field-office, branch-office, ship or lockdown")->capture_default_str();
  make->add_option("--name", order.organisation, "of the organisation, as org init has it")->required();
  make->add_option("--site", order.site, "name of the first site");
  commands_.emplace_back(make, [&order] { print_all(new_policy_source(order)); });

  auto* site = program.add_subcommand("site", "sites in a policy's source")->require_subcommand(1);
  auto* add = site->add_subcommand("add", "add a site and raise the serial");
  add->add_option("source", order.file)->required();
  add->add_option("name", order.site)->required();
  add->add_option("--utc-offset", order.utc_offset, "of its time")->capture_default_str();
  commands_.emplace_back(add, [&order] { print_all(add_site_to_source(order)); });

  auto* revoke = program.add_subcommand(
      "revoke", "withdraw a lost device, or a node's right to certify: add it to a source and raise the serial");
  revoke->add_option("source", order.file)->required();
  revoke->add_option("device", order.device, "its id, 16 hexadecimal digits")->required();
  commands_.emplace_back(revoke, [&order] { print_all(revoke_in_source(order)); });

  auto* glass = program.add_subcommand("break-glass", "one-time codes that lift the rules")->require_subcommand(1);
  auto* codes = glass->add_subcommand("new", "print new codes once, add their hashes to a source, raise the serial");
  codes->add_option("source", order.file)->required();
  codes->add_option("--count", order.count, "how many")->check(CLI::Range(1, 64))->capture_default_str();
  codes->add_option("--device", order.device, "the one device they open; without: any, once each");
  commands_.emplace_back(codes, [&order] { print_all(add_codes_to_source(order)); });
}

void AdminTools::add_exports(CLI::App& program) {
  ExportOrder& order = options_->exported;
  auto* exports =
      program.add_subcommand("export", "supernodes and hours as rules of a firewall")->require_subcommand(1);
  for (const auto& [name, what] :
       {std::pair("nftables", "for a Linux gateway"), std::pair("mikrotik", "for a RouterOS gateway"),
        std::pair("windows-firewall", "for Windows laptops, PowerShell")}) {
    auto* command = exports->add_subcommand(name, what);
    command->add_option("policy", order.file, "a source or a signed file")->required();
    command->add_option("--site", order.site, "where");
    command->add_option("--address", order.addresses, "NAME=IP for a supernode that is given by name")
        ->allow_extra_args(false);
    command->add_option("--emergency-bps", order.emergency_bps, "let so many bit/s through in closed hours")
        ->check(CLI::Range(0, 1'000'000));
    command->add_option("-o,--out", order.out_file, "written; standard output");
    commands_.emplace_back(command, [&order, kind = std::string(name)] { export_rules(kind, order); });
  }
}

void AdminTools::add_audit(CLI::App& program) {
  AuditOrder& order = options_->audit;
  auto* command = program.add_subcommand("audit", "what devices have reported, as farline-node audit writes it");
  command->add_option("files", order.files)->required();
  command->add_option("--root", order.root_files, "a root's public key, PEM")->required()->allow_extra_args(false);
  command->add_option("--by", order.by, "device, site, hour or class")
      ->check(CLI::IsMember({"device", "site", "hour", "class"}))
      ->capture_default_str();
  command->add_flag("--json", order.json, "one JSON object a line");
  command->add_option("--html", order.html, "write a page with a chart for a browser to print");
  commands_.emplace_back(command, [&order] { print_all(audit(order)); });
}

}  // namespace farline::app
