// The ways in for a policy file and for a break-glass code: the same for whoever runs the core, and without one.
#pragma once

#include <functional>
#include <string>

#include "app/exit_codes.h"
#include "base/result.h"
#include "client/admission.h"

namespace farline::app {

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
