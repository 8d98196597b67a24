// enroll: invitation -> keys, certificate, profile.
#include "app/cli_commands.h"
#include "app/cli_report.h"
#include "app/desktop_records.h"
#include "app/json_line.h"
#include "client/enrolment.h"
#include "crypto/asymmetric.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/driver.h"
#include "host/name_finder.h"
#include "host/terminal.h"
#include "wire/certificate.h"

namespace farline::app {
namespace {

// There is no profile to save into before enrolment has succeeded; keys that never reach one are never used again.
class HeldRecords final : public RecordSink {
 public:
  Result<void> save(std::span<const SaveRecord> records) override {
    held.insert(held.end(), records.begin(), records.end());
    return {};
  }
  std::vector<SaveRecord> held;
};

Result<client::Identity> enroll_over_network(client::Enrolment& core, host::Loop& loop, RecordSink& sink,
                                             const NodeCarrier::Options& options) {
  NodeCarrier* following = nullptr;
  host::DriverHooks hooks;
  hooks.after_turn = [&](Time now) {
    if (core.is_finished())
      loop.stop();
    else if (following)
      following->follow(now);
  };
  hooks.save_failed = [&](const Error&) { loop.stop(); };
  const Address any = core.node().address.is_v4() ? Address::v4(0, 0, 0, 0, 0) : Address{};
  auto driver = host::Driver::open(loop, any, core, sink, std::move(hooks));
  if (!driver) return driver.error();
  NodeCarrier carrier(loop, **driver, core, options);
  following = &carrier;
  bool interrupted = false;
  host::Signals signals(loop, [&](host::Signal) {
    interrupted = true;
    loop.stop();
  });
  (*driver)->turn([&](Time now) { core.start(now, host::read_wall_clock()); });
  if (!core.is_finished()) loop.run();
  if (interrupted || !core.is_finished()) return Error{Errc::denied, "interrupted; nothing was changed"};
  return core.take_result();
}

ExitCode network_code(const Error& error) {
  if (error.code == Errc::io) return ExitCode::network;
  return error.code == Errc::denied || error.code == Errc::auth ? ExitCode::refused : code_of(error);
}

}  // namespace

ExitCode enroll(const CommonOptions& common, const EnrollOptions& options) {
  if (Profile::exists(common.profile))
    return fail(common, ExitCode::config, "there is a profile here already; choose another folder with --profile");
  const auto invitation = wire::invitation_from_text(options.invitation);
  if (!invitation) return fail(common, ExitCode::bad_data, invitation.error().what);
  bool no_passphrase = options.no_passphrase;
  if (!no_passphrase && common.passphrase_file.empty() && !host::is_terminal(host::StandardStream::in)) {
    no_passphrase = true;
    if (!common.json)
      std::fprintf(stderr,
                   "farline-cli: no terminal and no --passphrase-file: the profile is not protected by a passphrase\n");
  }
  NodeSetting node{invitation->host, invitation->port, invitation->node_key};
  if (!common.node.empty()) {
    const auto other = node_option(common.node);
    if (!other) return fail(common, ExitCode::usage, other.error().what);
    node.host = other->host;
    node.port = other->port;
  }
  const Time start = host::read_clock();
  Report report(start, common.json, print_line);
  NodeCarrier::Options carrier = common.carrier;
  carrier.place = {node.host, node.port};
  carrier.changed = [&](const NodeCarrier::Status& status) { report.carrier(host::read_clock(), status); };
  const auto found = host::find_address(*carrier.place);
  const auto address = found ? *found : NodeCarrier::unknown_place(carrier, *carrier.place);
  if (!address) return fail(common, ExitCode::network, found.error().what);

  host::Loop loop;
  host::SystemRng rng;
  HeldRecords records;
  client::Enrolment core({*invitation, *address, options.name}, rng, crypto::real_asymmetric());
  auto identity = enroll_over_network(core, loop, records, carrier);
  if (!identity) return fail(common, network_code(identity.error()), identity.error().what);
  const std::string name = identity->name;
  const auto id = wire::device_id_of(identity->static_keys.public_key);
  const auto& counters = core.counters();
  auto profile = Profile::create(
      {common.profile, {common.passphrase_file, no_passphrase}, std::move(*identity), node, std::move(records.held)});
  if (!profile) return fail(common, code_of(profile.error()), profile.error().what);
  if (common.has_proxy) {
    DesktopRecords kept(profile->store());
    client::Settings settings = kept.settings();
    settings.proxy = common.proxy;
    if (const auto saved = kept.set_settings(settings); !saved) return fail(common, ExitCode::io, saved.error().what);
  }
  if (common.json) {
    JsonLine json;
    json.text("event", "enrolled").decimal("t", to_seconds(host::read_clock() - start), 3).text("name", name);
    json.text("device", to_hex(id.bytes)).boolean("passphrase", !no_passphrase);
    json.number("bytes_tx", static_cast<int64_t>(counters.bytes_sent));
    json.number("bytes_rx", static_cast<int64_t>(counters.bytes_received));
    print_line(json.finish());
  } else {
    print_line("enrolled: " + name + (no_passphrase ? " (not protected by a passphrase)" : ""));
  }
  return ExitCode::ok;
}

}  // namespace farline::app
