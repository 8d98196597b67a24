// What the programs' exit codes mean (sysexits.h where it has a word for it). docs/CLI.md lists them; keep stable.
#pragma once

#include "base/result.h"

namespace farline::app {

enum class ExitCode : int {
  ok = 0,
  usage = 2,
  // How a call ended without taking place:
  busy = 11,
  declined = 12,
  no_answer = 13,
  not_attached = 14,  // the person exists and none of their devices is attached
  bad_data = 65,
  no_such_name = 67,
  network = 69,  // no supernode, or no way to the far side
  internal = 70,
  io = 74,       // a file or sound device
  refused = 77,  // by policy, by the supernode, or by the organisation
  config = 78,   // no profile, a damaged or a locked one
};
// Of a signed file that was not taken: damaged, or not for us.
constexpr ExitCode code_for_signed(const Error& error) {
  return error.code == Errc::auth || error.code == Errc::denied ? ExitCode::refused : ExitCode::bad_data;
}
constexpr int number(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace farline::app
