// farline-admin: the organisation's root key, offline; and certificates and invitations in words.
//   farline-admin org init hq --name "Relief"
//   farline-admin delegate --org hq --request node.request --out node.delegation --site beirut
#include <CLI/CLI.hpp>

#include "app/admin_org.h"
#include "app/admin_show.h"
#include "app/facts.h"
#include "app/program.h"
#include "wire/invitation.h"
#include "wire/limits.h"

namespace farline::app {
namespace {

struct Options {
  NewOrganisation organisation;
  DelegationOrder order;
  std::vector<std::string> roles{"device", "node"};
  std::string subject;  // of show
  bool json = false;
};

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print_out(line);
}

void print_organisation(const Organisation& organisation, bool json) {
  print_lines(Facts()
                  .text("name", organisation.name)
                  .text("root_key", to_hex(organisation.root_key))
                  .text("root_key_hash", to_hex(wire::root_key_hash_of(organisation.root_key)))
                  .text("made", date_text(organisation.made))
                  .lines(json));
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

int main_admin(int argc, char** argv) {
  Options options;
  CLI::App cli("Keys of an organisation. The root key is best kept on a machine without a network.", "farline-admin");
  cli.require_subcommand(1);

  auto* org = cli.add_subcommand("org", "an organisation and its root key")->require_subcommand(1);
  auto* init = add_json(org->add_subcommand("init", "make a root key"), options);
  init->add_option("folder", options.organisation.folder, "made, for the key")->required();
  init->add_option("--name", options.organisation.name, "what people call the organisation")->required();
  auto* passphrase = init->add_option("--passphrase-file", options.organisation.protection.passphrase_file,
                                      "its first line protects the key");
  init->add_flag("--no-passphrase", options.organisation.protection.no_passphrase, "protect the key by nothing")
      ->excludes(passphrase);
  auto* org_show = add_json(org->add_subcommand("show", "what is public about it"), options);
  org_show->add_option("folder", options.organisation.folder)->required();

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
  delegate_command->add_option("--passphrase-file", options.order.passphrase_file, "its first line opens the root key");

  auto* cert = cli.add_subcommand("cert", "certificates")->require_subcommand(1);
  auto* cert_show = add_json(cert->add_subcommand("show", "a certificate in words"), options);
  cert_show->add_option("certificate", options.subject, "a file, or the text itself")->required();
  auto* invitation = cli.add_subcommand("invitation", "invitations")->require_subcommand(1);
  auto* invitation_show = add_json(invitation->add_subcommand("show", "an invitation in words"), options);
  invitation_show->add_option("invitation", options.subject, "the text, or - for standard input")->required();

  return run_program(cli, argc, argv, [&] {
    if (*init) print_organisation(make_organisation(options.organisation), options.json);
    if (*org_show) print_organisation(read_organisation(options.organisation.folder), options.json);
    if (*delegate_command) print_delegation(options);
    if (*cert_show) print_lines(show_certificate(options.subject, options.json));
    if (*invitation_show) print_lines(show_invitation(options.subject, options.json));
  });
}

}  // namespace
}  // namespace farline::app

int main(int argc, char** argv) {
  return farline::app::main_admin(argc, argv);
}
