#include "app/policy_change.h"

#include "app/exit_codes.h"
#include "host/file.h"

namespace farline::app {

PolicyOutcome import_policy_file(const std::string& path, const std::function<Result<void>(Bytes)>& import,
                                 const client::Admission& admission) {
  const auto file = host::read_file(path, policy::kPolicyFileBytesMax);
  if (!file) return {ExitCode::io, path + ": cannot be read"};
  const auto imported = import(*file);
  if (imported)
    return {ExitCode::ok, "policy of " + admission.bundle()->root.organisation.text + ", serial " +
                              std::to_string(admission.version().serial) + ", is in force"};
  return {code_for_signed(imported.error()), path + ": " + std::string(imported.error().what)};
}

PolicyOutcome open_glass(const std::string& text, const std::function<Result<WallTime>(const policy::GlassCode&)>& open,
                         const client::Admission& admission) {
  const auto code = policy::code_from_text(text);
  if (!code) return {ExitCode::bad_data, "this is no break-glass code; it has 16 letters and digits"};
  const auto until = open(*code);
  if (!until) return {ExitCode::refused, std::string(until.error().what)};
  return {ExitCode::ok,
          "open until " + policy::time_text(*until, admission.effective().zone.offset_at(policy::quarter_of(*until))) +
              ", for this device; your organisation will see it"};
}

}  // namespace farline::app
