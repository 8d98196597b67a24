#include <cstdio>

#include "app/cli_commands.h"
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
    case Errc::limit: return ExitCode::bad_data;
    case Errc::unsupported:
    case Errc::auth:
    case Errc::not_found:
    case Errc::denied: return ExitCode::config;
    case Errc::io: return ExitCode::io;
  }
  return ExitCode::internal;
}

Result<NodeSetting> split_host_port(const std::string& text) {
  const size_t colon = text.rfind(':');
  const Error wrong{Errc::malformed, "--node needs HOST:PORT, for example 192.0.2.1:4747"};
  if (colon == std::string::npos || colon == 0) return wrong;
  NodeSetting node;
  node.host = text.substr(0, colon);
  if (node.host.front() == '[' && node.host.back() == ']') node.host = node.host.substr(1, node.host.size() - 2);
  unsigned port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 6553) return wrong;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (port == 0 || port > 65535 || node.host.empty()) return wrong;
  node.port = static_cast<uint16_t>(port);
  return node;
}

Result<Profile> open_profile(const CommonOptions& common) {
  auto profile = Profile::open(common.profile, common.passphrase_file);
  if (!profile || common.node.empty()) return profile;
  const auto node = split_host_port(common.node);
  if (!node) return node.error();
  profile->set_node_address(node->host, node->port);
  return profile;
}

}  // namespace farline::app
