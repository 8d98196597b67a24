// farline-node: the supernode as a program in the foreground, and questions to it.
//   farline-node --data DIR --advertise node.example.org:4747
//   farline-node --data DIR invite --uses 3 --hours 48
#include <thread>

#include "app/node_backup.h"
#include "app/node_control.h"
#include "app/node_options.h"
#include "app/node_watch.h"
#include "app/program.h"
#include "host/clock.h"
#include "host/command_line.h"
#include "host/log_stderr.h"
#include "policy/vocabulary.h"
#include "wire/name.h"

namespace farline::app {
namespace {

struct Options : RunOptions {
  NodeQuestion question;
  std::string role = "staff";
  std::string delegation_file;
  std::string audit_file;
  std::string import_file;
  std::string backup_file;
  bool watch = false;
  bool forget_devices = false;
  uint32_t keep_days = 90;
};

// Another one may be just ending, or asking the same thing.
template <typename Try>
void try_for_a_while(const NodeFolder& folder, Try attempt) {
  for (int i = 0; i < 20; ++i) {
    if (attempt()) return;
    std::this_thread::sleep_for(100ms);
  }
  throw Failure(ExitCode::config, "another process is using " + folder.path + "; stop it first");
}

void run(const Options& options, const ReadOptions& read_again) {
  std::unique_ptr<NodeHome> home;
  try_for_a_while(options.folder, [&] {
    home = NodeHome::open_or_create(options.folder);
    return home != nullptr;
  });
  run_node(*home, options.node, read_again);
}

NodeAnswer answer_here(NodeHome& home, const NodeQuestion& question) {
  const Time now = host::read_clock();
  host::StderrLog log(LogLevel::warning, now);
  NodeService service(home, log);
  service.core().set_wall_time(now, host::read_wall_clock());
  NodeAnswer answer = service.answer(now, question);
  const auto saved = home.sink().save(take_saves(service.core()));
  if (!saved) fail_unless_io(ExitCode::config, home.folder().path + "/node.db", saved.error());
  return answer;
}

NodeAnswer answered(const NodeFolder& folder, const NodeQuestion& question) {
  NodeAnswer answer;
  try_for_a_while(folder, [&] {
    if (const auto home = NodeHome::open(folder)) {
      answer = answer_here(*home, question);
      return true;
    }
    const auto given = ask_running_node(folder, question);
    if (given) answer = *given;
    return given.has_value();
  });
  if (answer.code != ExitCode::ok) throw Failure(answer.code, answer.error);
  return answer;
}

void ask(const Options& options) {
  const std::string& name = options.question.order.name;
  if (const auto checked = wire::check_name(name); !checked && !name.empty())
    fail(ExitCode::usage, "--for " + name, checked.error());
  if (!options.question.advertise.empty()) check_advertise(options.question.advertise);
  if (options.watch) watch_node([&] { return answered(options.folder, options.question).lines; });
  const NodeAnswer answer = answered(options.folder, options.question);
  for (const std::string& line : answer.lines) print_out(line);
}

void import_file(Options& options) {
  auto file = host::read_file(options.import_file, kImportBytesMax);
  if (!file) fail(ExitCode::bad_data, options.import_file, file.error());
  options.question.kind = NodeQuestion::Kind::import;
  options.question.file = std::move(*file);
  ask(options);
}

// What devices have reported, one wire::AuditRecord after the other, for farline-admin audit.
void collect_audit(const Options& options) {
  ByteVector file;
  size_t count = 0;
  NodeQuestion question{.kind = NodeQuestion::Kind::audit, .order = {}, .advertise = {}};
  for (;;) {
    const NodeAnswer page = answered(options.folder, question);
    if (page.lines.empty()) break;
    for (const std::string& line : page.lines) {
      const size_t space = std::min(line.find(' '), line.size());
      const auto key = from_hex(line.substr(0, space));
      const auto record = from_hex(line.substr(std::min(space + 1, line.size())));
      if (!key || !record) throw Failure(ExitCode::internal, "the running node is of another version; restart it");
      question.file = *key;
      file.insert(file.end(), record->begin(), record->end());
      ++count;
    }
  }
  if (const auto written = host::write_file_durable(options.audit_file, file); !written)
    fail(ExitCode::io, options.audit_file, written.error());
  print_out("reports: " + std::to_string(count));
  print_out("written: " + options.audit_file);
}

void backup(const Options& options) {
  (void)answered(options.folder, {.kind = NodeQuestion::Kind::backup, .order = {}, .advertise = {}});
  write_backup(options.folder, options.backup_file);
  print_out("written: " + options.backup_file);
}

void restore(const Options& options) {
  restore_backup(options.folder, options.backup_file);
  print_out("restored: " + options.folder.path);
}

void adopt(const Options& options) {
  const auto text = host::read_file(options.delegation_file, wire::kDelegationTextMax);
  if (!text) fail(ExitCode::bad_data, options.delegation_file, text.error());
  const auto delegation = wire::delegation_from_text(as_text(*text), crypto::real_asymmetric());
  if (!delegation) fail(ExitCode::bad_data, options.delegation_file, delegation.error());
  const auto issuer = wire::parse_certificate(delegation->issuer_certificate).value();
  if (const auto valid = wire::check_validity(issuer, host::read_wall_clock()); !valid)
    fail(ExitCode::refused, options.delegation_file, valid.error());

  const auto home = NodeHome::open(options.folder);
  if (!home) throw Failure(ExitCode::config, "the node is running; stop it, adopt, and start it again");
  if (issuer.signing_key != home->identity().issuer_keys.public_key)
    throw Failure(ExitCode::bad_data, options.delegation_file + " was made for the request of another node");
  const bool is_same_organisation = home->counts_as_root(delegation->root_key);
  if (const auto verified = home->verify(*delegation); is_same_organisation && !verified)
    fail(ExitCode::refused, options.delegation_file, verified.error());
  std::vector<SaveRecord> changes;
  if (!is_same_organisation) changes = home->erased_core_records();
  if (!changes.empty() && !options.forget_devices)
    throw Failure(ExitCode::refused,
                  "this is another organisation: the devices and invitations of the present one end, and people must "
                  "enrol again. If that is wanted: adopt --forget-devices");
  // What was signed under the former delegation stays valid.
  if (is_same_organisation) changes.push_back(home->issuer_record());
  home->adopt(*delegation);
  home->save(std::move(changes));
  print_out("organisation: " + issuer.name);
  print_out("root_key: " + to_hex(delegation->root_key));
}

// Devices follow by the policy (docs/ADMIN.md): with a former key they attach until they hold one that lists the new.
void rotate(const Options& options) {
  const auto home = NodeHome::open(options.folder);
  if (!home) throw Failure(ExitCode::config, "the node is running; stop it, rotate, and start it again");
  if (home->organisation().is_trial)
    throw Failure(ExitCode::refused,
                  "this node serves a trial organisation: devices would not learn of the new key, because nobody signs "
                  "policies there. Let it adopt an organisation first (docs/ADMIN.md)");
  const WallTime now = present();
  const WallTime until{now.seconds + uint64_t{options.keep_days} * 24 * 3600};
  home->rotate(now, until);
  home->save();
  print_out("node_key: " + to_hex(home->identity().static_keys.public_key));
  for (const supernode::FormerKey& former : home->identity().former_keys)
    print_out("former_key: " + to_hex(former.keys.public_key) + " until " + date_text(former.until));
  std::fprintf(stderr,
               "farline-node: sign a policy whose [[supernodes]] list this node's address with the new key first%s\n",
               options.keep_days == 0 ? "; nobody attaches before he holds it: hand it out as a file"
                                      : ", and see that everybody holds it before the former key ends");
}

int main_node(int argc, char** argv) {
  Options options;
  CLI::App cli("The supernode: devices find each other through it, and it relays what it cannot read.", "farline-node");
  add_run_options(cli, options);

  auto* invite = cli.add_subcommand("invite", "print a new invitation");
  invite->add_option("--uses", options.question.order.uses, "how many devices may enrol with it")
      ->capture_default_str();
  invite->add_option("--hours", options.question.order.hours, "how long it is valid")->capture_default_str();
  invite->add_option("--for", options.question.order.name, "only for this name");
  invite->add_option("--role", options.role, "of the person")
      ->check(CLI::IsMember(policy::names_in(policy::Set<policy::Role>{policy::kSetBitsMax})))
      ->capture_default_str();
  invite->add_option("--days", options.question.order.days, "the longest a device may stay enrolled; a guest's: 1")
      ->check(CLI::Range(1, 365));
  invite->add_option("--advertise", options.question.advertise, "HOST:PORT in this invitation");
  auto* status = cli.add_subcommand("status", "how the running node stands");
  auto* json = status->add_flag("--json", options.question.json, "one JSON object");
  status->add_flag("--watch", options.watch, "drawn again every two seconds until Ctrl-C")->excludes(json);
  auto* audit = cli.add_subcommand("audit", "write what devices have reported, for farline-admin audit");
  audit->add_option("-o,--out", options.audit_file, "written")->required();
  auto* request = cli.add_subcommand("request", "print what farline-admin delegate needs to know of this node");
  auto* adopt_command = cli.add_subcommand("adopt", "serve the organisation that answered the request");
  adopt_command->add_option("file", options.delegation_file, "what farline-admin delegate wrote")->required();
  adopt_command->add_flag("--forget-devices", options.forget_devices, "end the organisation until now");
  auto* rotate_command = cli.add_subcommand("rotate", "make a new static key; devices follow by the policy");
  rotate_command
      ->add_option("--keep-days", options.keep_days, "how long the former key is accepted; 0: no former key, at once")
      ->check(CLI::Range(0, 3650))
      ->capture_default_str();
  auto* import_command =
      cli.add_subcommand("import", "take a policy, an order (invitations, renewals), or another node's delegation");
  import_command->add_option("file", options.import_file, "what farline-admin wrote")->required();
  auto* backup_command = cli.add_subcommand("backup", "write the node into one file, also while it runs");
  backup_command->add_option("file", options.backup_file, "written; keep it as secret as the key file")->required();
  auto* restore_command = cli.add_subcommand("restore", "make the node's folder from a backup");
  restore_command->add_option("file", options.backup_file, "what backup wrote")->required();
  for (auto* command :
       {invite, status, audit, request, adopt_command, rotate_command, import_command, backup_command, restore_command})
    command->fallthrough();
  cli.require_subcommand(0, 1);

  return run_program(cli, argc, argv, [&] {
    using Kind = NodeQuestion::Kind;
    take_settings(cli, options.config_file);
    if (options.folder.path.empty())
      throw Failure(ExitCode::usage, "--data is missing: the folder of this node, such as /var/lib/farline-node");
    if (*adopt_command) return adopt(options);
    if (*rotate_command) return rotate(options);
    if (*backup_command) return backup(options);
    if (*restore_command) return restore(options);
    if (*audit) return collect_audit(options);
    if (*import_command) return import_file(options);
    const auto role = policy::choice_named<policy::Role>(options.role).value();
    supernode::InvitationOrder& order = options.question.order;
    order.role = static_cast<uint8_t>(role);
    if (order.days == 0 && role == policy::Role::guest) order.days = 1;
    options.question.kind = *invite ? Kind::invite : *status ? Kind::status : Kind::request;
    if (*invite || *status || *request) return ask(options);
    run(options, [=] { return read_run_options(argc, argv).node; });
  });
}

}  // namespace
}  // namespace farline::app

int main(int argc, char** argv) {
  farline::host::CommandLine words(argc, argv);
  return farline::app::main_node(words.argc(), words.argv());
}
