// What programs ask of a terminal.
#pragma once

#include <string>

#include "base/result.h"

namespace farline::host {

enum class StandardStream { in = 0, out = 1, err = 2 };

bool is_terminal(StandardStream stream);

inline constexpr size_t kPassphraseCharsMax = 1023;

// Writes `prompt` to standard error and reads one line from the terminal without echo; blocks. Backspace works, Ctrl-C
// and Ctrl-D give Errc::denied. Errc::not_found when standard input is no terminal. The caller wipes the text
// (crypto::wipe); it was never moved, so there is no other copy of it.
Result<std::string> read_passphrase(const char* prompt);

}  // namespace farline::host
