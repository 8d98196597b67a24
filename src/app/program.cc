#include "app/program.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "crypto/keys.h"
#include "host/clock.h"

namespace farline::app {

void fail(ExitCode code, const std::string& what, const Error& error) {
  throw Failure(code, what + ": " + std::string(error.what));
}

void fail_unless_io(ExitCode otherwise, const std::string& what, const Error& error) {
  fail(error.code == Errc::io ? ExitCode::io : otherwise, what, error);
}

int run_program(CLI::App& cli, int argc, char** argv, const std::function<void()>& body) {
  cli.set_version_flag("--version", cli.get_name() + " " + FARLINE_VERSION);
  try {
    cli.parse(argc, argv);
    if (!crypto::init()) throw Failure(ExitCode::internal, "the system gives no randomness");
    body();
    return number(ExitCode::ok);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? number(ExitCode::ok) : number(ExitCode::usage);  // 0: --help, --version
  } catch (const Failure& failure) {
    std::fprintf(stderr, "%s: %s\n", cli.get_name().c_str(), failure.what());
    return number(failure.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", cli.get_name().c_str(), error.what());
    return number(ExitCode::internal);
  }
}

void print_out(const std::string& line) {
  const bool written = std::printf("%s\n", line.c_str()) >= 0 && std::fflush(stdout) == 0;
  if (!written) throw Failure(ExitCode::io, "standard output cannot be written to");
}

WallTime present() {
  constexpr WallTime kPlausible{1'767'225'600};  // 2026-01-01
  const WallTime now = host::read_wall_clock();
  if (now < kPlausible)
    throw Failure(ExitCode::config, "the clock of this machine is not set, and certificates need the date; set it");
  return now;
}

std::string date_text(WallTime time) {
  constexpr uint64_t kYear10000 = 253'402'300'800;
  if (time.seconds >= kYear10000) return "after the year 9999";
  const std::chrono::sys_seconds at{std::chrono::seconds(static_cast<int64_t>(time.seconds))};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d UTC", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text;
}

}  // namespace farline::app
