// A settings file gives a program either problems or names with words, at the lines they are at.
#include "admin/settings.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const std::string_view text = as_text({data, size});
  const auto settings = admin::read_settings(text);
  const auto lines = 1 + static_cast<size_t>(std::ranges::count(text, '\n'));
  for (const admin::Setting& setting : settings.values) INVARIANT(setting.line >= 1 && setting.line <= lines);
  for (const admin::Problem& problem : settings.errors) INVARIANT(problem.line <= lines + 1 && !problem.what.empty());
  return 0;
}
