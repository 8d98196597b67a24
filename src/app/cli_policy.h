// What the policy says on this device, and the ways in for a file and for a break-glass code: the same with a `run`,
// which asks its own core, and without one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/exit_codes.h"
#include "base/result.h"
#include "client/admission.h"

namespace farline::app {

// Lines of `policy show`; with `json` one object.
std::vector<std::string> policy_lines(const client::Admission& admission, Time now, bool json);

// What became of an import or of a code, with words for a person.
struct PolicyOutcome {
  ExitCode code = ExitCode::ok;
  std::string text;
};
// `import` takes the bytes of the file at `path`.
PolicyOutcome import_policy_file(const std::string& path, const std::function<Result<void>(Bytes)>& import,
                                 const client::Admission& admission);
// `open` takes the code that `text` spells.
PolicyOutcome open_glass(const std::string& text, const std::function<Result<WallTime>(const policy::GlassCode&)>& open,
                         const client::Admission& admission);

}  // namespace farline::app
