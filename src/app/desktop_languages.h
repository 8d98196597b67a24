// The language files that stand beside the program: anybody may mend a translation or add one (ui/words.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace farline::app {

// {code, text} of each <code>.txt in the folder; nothing when there is none. Blocks.
std::vector<std::pair<std::string, std::string>> read_languages(const std::string& folder);

}  // namespace farline::app
