// The person's own folders and files as the desktop shows them, to choose one or to save one.
#pragma once

#include "ui/screen.h"

namespace farline::app {

// `profile`: where files go when the home folder is not known. All of it blocks.
ui::Outside person_files(const std::string& profile);

}  // namespace farline::app
