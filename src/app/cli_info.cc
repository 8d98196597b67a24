// status, devices, and the commands for the `run` that owns the profile.
#include "app/cli_commands.h"
#include "app/cli_control.h"
#include "app/json_line.h"
#include "client/records.h"
#include "host/audio.h"
#include "host/clock.h"
#include "policy/vocabulary.h"
#include "wire/certificate.h"
#include "wire/name.h"

namespace farline::app {
namespace {

struct Verb {
  std::string_view word;
  ControlRequest::Verb verb;
};
constexpr Verb kVerbs[] = {
    {"answer", ControlRequest::Verb::answer}, {"hangup", ControlRequest::Verb::hang_up},
    {"mute", ControlRequest::Verb::mute},     {"unmute", ControlRequest::Verb::unmute},
    {"block", ControlRequest::Verb::block},   {"unblock", ControlRequest::Verb::unblock},
    {"press", ControlRequest::Verb::press},
};

// Without a `run`: what the profile itself says.
ExitCode stored_status(const CommonOptions& common, Profile& profile) {
  const client::Identity identity = profile.identity();
  const auto certificate = wire::parse_certificate(identity.certificate);
  const auto devices = profile.store().load(static_cast<uint8_t>(client::RecordKind::device));
  const auto missed = profile.missed_calls();
  const uint64_t now = host::read_wall_clock().seconds;
  const uint64_t expires = certificate ? certificate->expires.seconds : 0;
  const auto days = static_cast<int64_t>(expires > now ? (expires - now) / 86400 : 0);
  const auto device = to_hex(wire::device_id_of(identity.static_keys.public_key).bytes);
  const std::string role(policy::name_of(static_cast<policy::Role>(certificate ? certificate->person_role : 0)));
  const auto known = static_cast<int64_t>(devices ? devices->size() : 0);
  if (common.json) {
    JsonLine json;
    json.text("name", identity.name).text("device", device).boolean("running", false).boolean("attached", false);
    json.text("role", role).number("certificate_days", days).number("known_devices", known);
    json.number("missed_calls", static_cast<int64_t>(missed.size()));
    json.text("supernode", host::to_text(profile.node_place())).text("supernode_key", to_hex(profile.node().key));
    print_line(json.finish());
  } else {
    print_line("name: " + identity.name);
    print_line("device: " + device);
    print_line("running: no");
    print_line("role: " + role);
    print_line("certificate: valid for " + std::to_string(days) + " more days");
    print_line("supernode: " + host::to_text(profile.node_place()));
    print_line("known devices of others: " + std::to_string(known));
    for (const MissedCall& call : missed) print_line("missed call: " + call.name);
  }
  return ExitCode::ok;
}

}  // namespace

ExitCode status(const CommonOptions& common) {
  auto profile = open_profile(common);
  if (profile) return stored_status(common, *profile);
  if (profile.error().code == Errc::denied)
    if (const auto code = ask_owner(common, {.verb = ControlRequest::Verb::status, .json = common.json})) return *code;
  return fail(common, ExitCode::config, profile.error().what);
}

ExitCode control(const CommonOptions& common, const std::string& verb, const std::string& name) {
  for (const Verb& known : kVerbs) {
    if (known.word != verb) continue;
    if (!name.empty())
      if (const auto checked = wire::check_name(name); !checked)
        return fail(common, ExitCode::bad_data, checked.error().what);
    if (const auto code = ask_owner(common, {.verb = known.verb, .name = name})) return *code;
    return fail(common, ExitCode::config, "no `run` owns this profile; start one first");
  }
  return fail(common, ExitCode::usage, "unknown command");
}

ExitCode devices(const CommonOptions& common) {
  const auto found = host::list_audio_devices();
  if (!found) return fail(common, ExitCode::io, found.error().what);
  if (found->capture.empty() && found->playout.empty())
    return fail(common, ExitCode::io, "this machine has no sound device; name files with --audio-in and --audio-out");
  const auto list = [&](const char* direction, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (common.json)
        print_line(JsonLine().text("direction", direction).text("name", name).finish());
      else
        print_line(std::string(direction) + "  device:" + name);
    }
  };
  list("in", found->capture);
  list("out", found->playout);
  return ExitCode::ok;
}

}  // namespace farline::app
