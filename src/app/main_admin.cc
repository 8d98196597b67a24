// farline-admin: the organisation's root key, offline; and certificates and invitations in words.
//   farline-admin org init hq --name "Relief"
//   farline-admin delegate --org hq --request node.request --out node.delegation --site beirut
//   farline-admin policy sign relief.toml --key hq/org.key -o relief.policy
#include <CLI/CLI.hpp>

#include "admin/group_policy.h"
#include "admin/source.h"
#include "app/admin_cosign.h"
#include "app/admin_org.h"
#include "app/admin_people_options.h"
#include "app/admin_policy.h"
#include "app/admin_show.h"
#include "app/admin_tools.h"
#include "app/facts.h"
#include "app/program.h"
#include "host/command_line.h"
#include "wire/invitation.h"
#include "wire/limits.h"

namespace farline::app {
namespace {

struct Options {
  NewOrganisation organisation;
  DelegationOrder order;
  std::vector<std::string> roles{"device", "node"};
  std::string subject;  // of show
  SigningOrder signing;
  VerificationOrder verification;
  Question question;
  bool json = false;
  size_t root_key_number = 1;
  bool admx = false;  // of policy doc
  bool adml = false;
};

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print_out(line);
}

// For the policy's `root_keys`: as TOML has it.
std::string root_keys_text(const std::string& folder) {
  std::string out;
  for (const crypto::SigningPublicKey& key : root_keys_to_name(folder))
    out += (out.empty() ? "[\"" : ", \"") + to_hex(key) + "\"";
  return out + "]";
}

void print_organisation(const Organisation& organisation, const std::string& folder, bool json) {
  print_lines(Facts()
                  .text("name", organisation.name)
                  .text("root_key", to_hex(organisation.root_key))
                  .text("root_key_hash", to_hex(wire::root_key_hash_of(organisation.root_key)))
                  .text("made", date_text(organisation.made))
                  .number("threshold", organisation.threshold)
                  .text("root_keys", root_keys_text(folder))
                  .lines(json));
}

void print_new_key(const Options& options) {
  const std::string& folder = options.organisation.folder;
  const std::string path = add_root_key(folder, options.organisation.protection);
  print_lines(Facts().text("written", path + ".key").text("root_keys", root_keys_text(folder)).lines(options.json));
}

void print_delegation(Options& options) {
  for (const std::string& role : options.roles)
    options.order.limits.roles |= wire::role_bit(role == "device" ? wire::Role::device : wire::Role::node);
  options.order.limits.validity_days =
      static_cast<uint16_t>(std::min<uint64_t>(wire::kDeviceCertificateDays, options.order.days));
  const wire::Certificate issuer = delegate(options.order);
  print_lines(Facts()
                  .text("written", options.order.out_file)
                  .text("issuer_key", to_hex(issuer.signing_key))
                  .text("site", issuer.limits.site)
                  .text("expires", date_text(issuer.expires))
                  .lines(options.json));
}

CLI::App* add_json(CLI::App* command, Options& options) {
  command->add_flag("--json", options.json, "one JSON object");
  return command;
}

struct OrganisationCommands {
  CLI::App* init;
  CLI::App* show;
  CLI::App* rotate;
  CLI::App* use;
  CLI::App* threshold;
};

OrganisationCommands add_organisation_commands(CLI::App& cli, Options& options) {
  OrganisationCommands out{};
  auto* org = cli.add_subcommand("org", "an organisation and its root key")->require_subcommand(1);
  auto* init = out.init = add_json(org->add_subcommand("init", "make a root key"), options);
  init->add_option("folder", options.organisation.folder, "made, for the key")->required();
  init->add_option("--name", options.organisation.name, "what people call the organisation; the folder's name");
  init->add_option("--threshold", options.organisation.threshold, "how many root keys must sign")
      ->check(CLI::Range(1, 7))
      ->capture_default_str();
  auto* passphrase = init->add_option("--passphrase-file", options.organisation.protection.passphrase_file,
                                      "its first line protects the key");
  init->add_flag("--no-passphrase", options.organisation.protection.no_passphrase, "protect the key by nothing")
      ->excludes(passphrase);
  out.show = add_json(org->add_subcommand("show", "what is public about it"), options);
  out.show->add_option("folder", options.organisation.folder)->required();
  auto* rotate = out.rotate =
      add_json(org->add_subcommand("rotate", "make one more root key, to replace another"), options);
  rotate->add_option("folder", options.organisation.folder)->required();
  auto* new_passphrase = rotate->add_option("--passphrase-file", options.organisation.protection.passphrase_file,
                                            "its first line protects the key");
  rotate->add_flag("--no-passphrase", options.organisation.protection.no_passphrase, "protect the key by nothing")
      ->excludes(new_passphrase);

  auto* use = out.use = add_json(
      org->add_subcommand("use", "sign delegations, orders and invitations with another of its root keys"), options);
  use->add_option("folder", options.organisation.folder)->required();
  use->add_option("number", options.root_key_number, "N of org-N.key; 1: org.key")->required();
  out.threshold =
      add_json(org->add_subcommand("threshold", "how many root keys have to sign delegations and orders"), options);
  out.threshold->add_option("folder", options.organisation.folder)->required();
  out.threshold->add_option("number", options.organisation.threshold, "as `threshold` of the policy")
      ->required()
      ->check(CLI::Range(1, 8));
  return out;
}

void run_organisation_command(const OrganisationCommands& commands, const Options& options) {
  const std::string& folder = options.organisation.folder;
  if (*commands.init) print_organisation(make_organisation(options.organisation), folder, options.json);
  if (*commands.show) print_organisation(read_organisation(folder), folder, options.json);
  if (*commands.rotate) print_new_key(options);
  if (*commands.threshold)
    print_organisation(set_threshold(folder, options.organisation.threshold), folder, options.json);
  if (*commands.use) print_organisation(use_root_key(folder, options.root_key_number), folder, options.json);
}

struct PolicyCommands {
  CLI::App* sign;
  CLI::App* cosign;
  CLI::App* check;
  CLI::App* verify;
  CLI::App* show;
  CLI::App* decide;
  CLI::App* doc;
  CLI::App* all;
};

void add_signing_options(CLI::App* command, SigningOrder& order) {
  command->add_option("source", order.source)->required();
  command->add_option("--key", order.keys.paths, "a root key; several sign one after the other")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--passphrase-file", order.keys.passphrase_file, "its first line opens the keys");
  command->add_option("-o,--out", order.out_file, "written")->required();
}

PolicyCommands add_policy_commands(CLI::App& cli, Options& options) {
  auto* policy = cli.add_subcommand("policy", "who may talk when, with which build")->require_subcommand(1);
  PolicyCommands out{};
  out.sign = policy->add_subcommand("sign", "sign a policy written in TOML (docs/POLICY.md)");
  add_signing_options(out.sign, options.signing);
  out.cosign = policy->add_subcommand("cosign", "add a signature where several are needed");
  add_signing_options(out.cosign, options.signing);
  out.check = policy->add_subcommand("check", "say what is wrong with a policy written in TOML");
  out.check->add_option("source", options.signing.source)->required();
  out.check->add_option("--org", options.signing.folders, "the organisation's folder: nodes that it delegated to");
  for (auto* command : {out.sign, out.check})
    command->add_option("--previous", options.signing.previous, "the policy in force: supernodes that are known");

  VerificationOrder& verification = options.verification;
  out.verify = policy->add_subcommand("verify", "check a signed policy against root keys");
  out.verify->add_option("policy", verification.file)->required();
  out.verify->add_option("--root", verification.root_files, "a root's public key, PEM")
      ->required()
      ->allow_extra_args(false);
  out.verify->add_option("--threshold", verification.threshold, "how many of them must have signed")
      ->check(CLI::Range(1, 8));
  out.verify->add_option("--organisation", verification.organisation, "whose policy it must be");
  out.verify->add_flag("--json", verification.json, "one JSON object");
  out.show = add_json(policy->add_subcommand("show", "a signed policy as TOML, not verified"), options);
  out.show->add_option("policy", options.subject)->required();

  Question& question = options.question;
  out.decide = policy->add_subcommand("decide", "what a policy says to one request; not verified");
  out.decide->add_option("policy", question.file)->required();
  out.decide->add_option("--at", question.at, "a time such as 2026-11-23T19:30+02:00; now");
  out.decide->add_option("--role", question.role)->capture_default_str();
  out.decide->add_option("--class", question.what, "voice, video, messages or files")->capture_default_str();
  out.decide->add_option("--build", question.build, "version of the program")->required();
  out.decide->add_option("--platform", question.platform)->capture_default_str();
  out.decide->add_option("--build-hash", question.build_hash, "SHA-256 of the program, hexadecimal");
  out.decide->add_option("--site", question.site, "where");
  out.decide->add_option("--with", question.peer, "whom to call or write to");
  out.decide->add_flag("--running", question.is_running, "a call that began while it was allowed");
  out.decide->add_flag("--json", question.json, "one JSON object");
  out.all = policy;
  out.doc = policy->add_subcommand("doc", "all that can stand in a policy, in Markdown");
  auto* admx = out.doc->add_flag("--admx", options.admx, "what Windows machines may tighten, as a template instead");
  out.doc->add_flag("--adml", options.adml, "its texts")->excludes(admx);
  return out;
}

std::string document(const Options& options) {
  if (!options.admx && !options.adml) return admin::field_tables();
  std::string xml = options.admx ? admin::admx_template() : admin::adml_template();
  xml.pop_back();  // the line's end, which comes with printing
  return xml;
}

void run_policy_command(const PolicyCommands& commands, const Options& options) {
  if (*commands.sign) print_lines(sign_policy(options.signing));
  if (*commands.cosign) print_lines(cosign_policy(options.signing));
  if (*commands.check) check_source(options.signing);
  if (*commands.verify) print_lines(verify_policy(options.verification));
  if (*commands.show) print_lines(show_policy(options.subject, options.json));
  if (*commands.decide) print_lines(decide_policy(options.question));
  if (*commands.doc) print_out(document(options));
}

int main_admin(int argc, char** argv) {
  Options options;
  CLI::App cli("Keys and policies of an organisation. The root key is best kept on a machine without a network.",
               "farline-admin");
  cli.require_subcommand(1);

  const OrganisationCommands org = add_organisation_commands(cli, options);

  auto* delegate_command = add_json(cli.add_subcommand("delegate", "let a node enrol devices"), options);
  delegate_command->add_option("--org", options.order.folder, "the organisation's folder")->required();
  delegate_command->add_option("--request", options.order.request_file, "what farline-node request printed")
      ->required();
  delegate_command->add_option("--out", options.order.out_file, "written for farline-node adopt")->required();
  delegate_command->add_option("--site", options.order.limits.site, "only names that end in @SITE");
  delegate_command->add_option("--days", options.order.days, "how long")
      ->check(CLI::Range(1, 3660))
      ->capture_default_str();
  delegate_command->add_option("--roles", options.roles, "what it may certify: device,node")
      ->delimiter(',')
      ->check(CLI::IsMember({"device", "node"}));
  add_signers(delegate_command, options.order.keys);
  auto* cosign = cli.add_subcommand("cosign", "add a signature to a delegation, an order or a policy (threshold)");
  add_signing_options(cosign, options.signing);

  auto* cert = cli.add_subcommand("cert", "certificates")->require_subcommand(1);
  auto* cert_show = add_json(cert->add_subcommand("show", "a certificate in words"), options);
  cert_show->add_option("certificate", options.subject, "a file, or the text itself")->required();
  auto* invitation = cli.add_subcommand("invitation", "invitations")->require_subcommand(1);
  auto* invitation_show = add_json(invitation->add_subcommand("show", "an invitation in words"), options);
  invitation_show->add_option("invitation", options.subject, "the text, or - for standard input")->required();

  const PolicyCommands policy_commands = add_policy_commands(cli, options);
  AdminTools tools;
  tools.add_to(cli, *policy_commands.all);
  PeopleCommands people;
  people.add_to(cli);

  return run_program(cli, argc, argv, [&] {
    run_organisation_command(org, options);
    if (*delegate_command) print_delegation(options);
    if (*cosign) print_lines(cosign_file(options.signing));
    if (*cert_show) print_lines(show_certificate(options.subject, options.json));
    if (*invitation_show) print_lines(show_invitation(options.subject, options.json));
    run_policy_command(policy_commands, options);
    tools.run();
    people.run();
  });
}

}  // namespace
}  // namespace farline::app

int main(int argc, char** argv) {
  farline::host::CommandLine words(argc, argv);
  return farline::app::main_admin(words.argc(), words.argv());
}
