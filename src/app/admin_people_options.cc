#include "app/admin_people_options.h"

#include <CLI/CLI.hpp>

#include "app/admin_files.h"
#include "app/admin_people.h"
#include "wire/limits.h"
#include "wire/order.h"

namespace farline::app {
namespace {

const CLI::Range kHours(1, static_cast<int>(wire::kInvitationHoursMax));
const CLI::Range kDays(1, static_cast<int>(wire::kDeviceCertificateDays));

void print_each(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print_out(line);
}

}  // namespace

void add_signers(CLI::App* command, KeyFiles& keys) {
  command->add_option("--key", keys.paths, "another root key that signs too (threshold)")->allow_extra_args(false);
  command->add_option("--passphrase-file", keys.passphrase_file, "its first line opens the root keys");
}

namespace {

void add_order_options(CLI::App* command, OrderFile& file) {
  command->add_option("--org", file.folder, "the organisation's folder")->required();
  command->add_option("--order", file.out_file, "written for farline-node import; not secret")->required();
  add_signers(command, file.keys);
}

}  // namespace

struct PeopleCommands::Options {
  InviteOrder invite;
  RenewOrder renew;
  std::string role = "staff";
};

PeopleCommands::PeopleCommands() : options_(std::make_unique<Options>()) {}
PeopleCommands::~PeopleCommands() = default;

void PeopleCommands::add_to(CLI::App& program) {
  add_inviting(program, false);
  add_inviting(program, true);
  add_renewing(program);
}

void PeopleCommands::run() const {
  for (const auto& [command, body] : commands_)
    if (*command) body();
}

void PeopleCommands::add_inviting(CLI::App& program, bool is_guest) {
  InviteOrder& order = options_->invite;
  auto* command = is_guest ? program.add_subcommand("guest", "invite a guest, for a day unless said otherwise")
                           : program.add_subcommand("invite", "invite people at a node that is not at hand");
  add_order_options(command, order.order);
  auto* nodes = command->add_option_group("which node");
  nodes->add_option("--node", order.node, "KEY@HOST:PORT of the node");
  nodes->add_option("--invitation", order.invitation, "any invitation of the node");
  nodes->add_option("--policy", order.policy, "a policy whose first supernode is meant");
  nodes->require_option(1);
  auto* name = command->add_option("--name", order.name, "only for this name");
  command->add_option("--csv", order.csv_file, "one invitation for each line: name[,role[,hours]]")->excludes(name);
  command->add_option("-o,--out", order.list_file, "write the invitations of --csv there; standard output");
  command->add_option("--uses", order.uses, "how many devices may enrol with each")
      ->check(CLI::Range(1, static_cast<int>(wire::kInvitationUsesMax)))
      ->capture_default_str();
  command->add_option("--hours", order.hours, "how long it is valid")->check(kHours)->capture_default_str();
  command->add_option("--days", order.days, "the longest a certificate is valid; 365, a guest's 1")->check(kDays);
  if (!is_guest) command->add_option("--role", options_->role, "of the person")->capture_default_str();
  commands_.emplace_back(command, [this, is_guest] {
    options_->invite.role = is_guest ? policy::Role::guest : choice<policy::Role>("--role", options_->role);
    print_each(invite_people(options_->invite));
  });
}

void PeopleCommands::add_renewing(CLI::App& program) {
  RenewOrder& order = options_->renew;
  auto* command = program.add_subcommand("renew", "let devices have a new certificate once, also expired ones");
  add_order_options(command, order.order);
  command->add_option("device", order.devices, "ids, or files with certificates")
      ->required()
      ->expected(1, static_cast<int>(wire::kOrderRenewalsMax));
  command->add_option("--node", order.node_key, "only at the node with this key; any of the organisation");
  command->add_option("--role", order.role, "of the person from then on; as before");
  command->add_option("--hours", order.hours, "how long this is permitted")->check(kHours)->capture_default_str();
  command->add_option("--days", order.days, "the longest the certificate is valid; 365")->check(kDays);
  commands_.emplace_back(command, [&order] { print_each(renew_devices(order)); });
}

}  // namespace farline::app
