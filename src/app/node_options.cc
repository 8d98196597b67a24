#include "app/node_options.h"

#include <algorithm>
#include <map>

#include "admin/settings.h"
#include "app/program.h"
#include "host/file.h"

namespace farline::app {
namespace {

constexpr uint32_t kDrainSecondsMax = 3600;

std::string option_name(std::string setting) {
  std::ranges::replace(setting, '_', '-');
  return "--" + setting;
}

std::string settings_there_are(const CLI::App& cli) {
  std::string names;
  for (const CLI::Option* option : cli.get_options()) {
    std::string name = option->get_single_name();
    if (name == "help" || name == "version" || name == "config") continue;
    std::ranges::replace(name, '-', '_');
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

LogLevel log_level(const std::string& word) {
  static const std::map<std::string, LogLevel> kLevels{{"debug", LogLevel::debug},
                                                       {"info", LogLevel::info},
                                                       {"notice", LogLevel::notice},
                                                       {"warning", LogLevel::warning},
                                                       {"error", LogLevel::error}};
  const auto found = kLevels.find(word);
  if (found == kLevels.end())
    throw CLI::ValidationError("--log-level", word + " is none of debug, info, notice, warning, error");
  return found->second;
}

// Empty: it is taken, or the command line has it already.
std::string take(CLI::App& cli, const admin::Setting& setting) {
  CLI::Option* option = cli.get_option_no_throw(option_name(setting.name));
  const bool is_known = option != nullptr && setting.name.find('-') == std::string::npos;
  if (!is_known || setting.name == "config" || setting.name == "help" || setting.name == "version")
    return "is no setting; there are " + settings_there_are(cli);
  if (option->count() > 0) return {};
  try {
    option->add_result(setting.values);
    option->run_callback();
    return {};
  } catch (const CLI::Error& error) {
    const std::string words = error.what();
    const std::string prefix = option->get_name() + ": ";
    return words.starts_with(prefix) ? words.substr(prefix.size()) : words;
  }
}

}  // namespace

void add_run_options(CLI::App& cli, RunOptions& options) {
  cli.add_option("--config", options.config_file, "a file with these options as NAME = VALUE (docs/NODE.md)");
  cli.add_option("--data", options.folder.path, "the folder of this node; made on the first start");
  cli.add_option("--listen", options.node.listen, "HOST:PORT; *:PORT is every address; port 0: any")
      ->capture_default_str();
  cli.add_option("--advertise", options.node.advertise,
                 "HOST:PORT that invitations name, when devices reach this node elsewhere; remembered");
  cli.add_option("--tls-listen", options.node.tls_listen,
                 "HOST:PORT, best *:443, where TLS is taken from networks that let no UDP pass");
  cli.add_option("--tls-certificate", options.node.tls_chain,
                 "a PEM file for it, with --tls-key; else one that this node makes at each start");
  cli.add_option("--tls-key", options.node.tls_key, "the PEM file of its private key");
  cli.add_flag("--lan", options.node.answers_lan,
               "answer devices that ask this node's own network for it; UDP port 4748 too");
  cli.add_option(
      "--policy", options.node.policy_file,
      "the signed policy of the organisation, read again on SIGHUP; what came last stays in force without it");
  const auto set_level = [&options](const std::string& word) { options.node.log_level = log_level(word); };
  cli.add_option_function<std::string>("--log-level", set_level, "debug, info, notice, warning or error")
      ->type_name("LEVEL");
  cli.add_option("--backbone", options.node.backbone, "nats://HOST:PORT[,...] by which this node meets the others")
      ->delimiter(',');
  cli.add_option("--drain-seconds", options.node.drain_seconds,
                 "the longest that SIGTERM sends clients elsewhere before the end; 0: at once")
      ->check(CLI::Range(0U, kDrainSecondsMax))
      ->capture_default_str();
  cli.add_option(
      "--metrics", options.node.metrics,
      "HOST:PORT of a page for people (/), /metrics for Prometheus and /healthz; anybody who reaches it reads "
      "it, so best 127.0.0.1:9464");
  cli.add_option("--key-file", options.folder.key_file, "the key file, when it is not node.key in the folder");
  cli.add_option("--passphrase-file", options.folder.passphrase_file, "the first line of it opens the key file");
}

void take_settings(CLI::App& cli, const std::string& config_file) {
  if (config_file.empty()) return;
  const auto text = host::read_file(config_file, admin::kSettingsBytesMax);
  if (!text) fail(ExitCode::config, config_file, text.error());
  admin::Settings settings = admin::read_settings(as_text(*text));
  if (settings.errors.empty()) {
    for (const admin::Setting& setting : settings.values)
      if (std::string wrong = take(cli, setting); !wrong.empty())
        settings.errors.push_back({setting.line, setting.name, std::move(wrong)});
  }
  if (settings.errors.empty()) return;
  std::string words;
  for (const admin::Problem& problem : settings.errors) {
    words += (words.empty() ? "" : "\n") + config_file + ", line " + std::to_string(problem.line) + ": ";
    words += (problem.key.empty() ? "" : problem.key + ": ") + problem.what;
  }
  throw Failure(ExitCode::config, words);
}

RunOptions read_run_options(int argc, char** argv) {
  RunOptions options;
  CLI::App cli;
  add_run_options(cli, options);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw Failure(ExitCode::usage, error.what());
  }
  take_settings(cli, options.config_file);
  return options;
}

}  // namespace farline::app
