// Where the window was when it was closed: a line of numbers in the profile's folder, readable before the profile is
// unlocked. It says nothing of a person.
#pragma once

#include <string>

#include "ui/window.h"

namespace farline::app {

ui::WindowPlace read_window_place(const std::string& folder);
void write_window_place(const std::string& folder, const ui::WindowPlace& place);  // as well as it can

}  // namespace farline::app
