// Names of people, devices and nodes: `name` or `name@site`, 1 to 64 bytes of UTF-8, no control characters and none
// that change the direction of the text around them. Two names are the same when their folded forms are equal; only
// ASCII letters fold, because full Unicode case folding changes with every Unicode version. docs/PROTOCOL.md section 6.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace farline::wire {

// What is wrong with a name, in words for a person.
Result<void> check_name(std::string_view name);

// The form that is compared and looked up: checked, ASCII letters in lower case.
Result<std::string> fold_name(std::string_view name);

// Whether the folded forms are equal; false when one of them is no name.
bool is_same_name(std::string_view a, std::string_view b);

// The part after '@'; empty when there is none. Of a checked name.
std::string_view site_of(std::string_view name);

}  // namespace farline::wire
