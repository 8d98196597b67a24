#include <cstdio>

#include "app/cli_commands.h"
#include "app/desktop_records.h"
#include "app/json_line.h"

namespace farline::app {

namespace {
std::FILE* line_output = stdout;
}  // namespace

void keep_stdout_for_sound() {
  line_output = stderr;
}

void print_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), line_output);
  std::fputc('\n', line_output);
  std::fflush(line_output);
}

ExitCode fail(const CommonOptions& common, ExitCode code, std::string_view what) {
  if (common.json) {
    JsonLine json;
    json.text("event", "error").decimal("t", 0, 3).text("message", what).number("code", number(code));
    print_line(json.finish());
  } else {
    std::fprintf(stderr, "farline-cli: %.*s\n", static_cast<int>(what.size()), what.data());
  }
  return code;
}

ExitCode code_of(const Error& error) {
  switch (error.code) {
    case Errc::truncated:
    case Errc::malformed:
    case Errc::limit:
      return ExitCode::bad_data;
    case Errc::unsupported:
    case Errc::auth:
    case Errc::not_found:
    case Errc::denied:
      return ExitCode::config;
    case Errc::io:
      return ExitCode::io;
  }
  return ExitCode::internal;
}

Result<host::HostAndPort> node_option(const std::string& text) {
  auto where = host::split_address(text);
  if (!where || where->host.empty() || where->port == 0)
    return Error{Errc::malformed, "--node needs HOST:PORT, for example 192.0.2.1:4747 or [2001:db8::1]:4747"};
  return where;
}

NodeCarrier::Options carrier_of(const CommonOptions& common, Profile& profile) {
  NodeCarrier::Options carrier = common.carrier;
  if (common.has_proxy) return carrier;
  if (const auto kept = host::parse_proxy_setting(DesktopRecords(profile.store()).settings().proxy))
    carrier.proxy = *kept;
  return carrier;
}

Phone::Options phone_options(const CommonOptions& common, Profile& profile, uint32_t max_bps, bool relay_only,
                             const TariffOption& tariff) {
  return {.max_bps = max_bps,
          .relay_only = relay_only,
          .tariff = tariff.own,
          .tariff_link = tariff.link,
          .carrier = carrier_of(common, profile),
          .asks_lan = common.asks_lan};
}

Result<Profile> open_profile(const CommonOptions& common) {
  auto profile = Profile::open(common.profile, common.passphrase_file);
  if (!profile || common.node.empty()) return profile;
  const auto node = node_option(common.node);
  if (!node) return node.error();
  profile->set_node_place(*node);
  return profile;
}

}  // namespace farline::app
