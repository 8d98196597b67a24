// Certificates and invitations in words, or as one JSON object. Everything here throws Failure (program.h).
#pragma once

#include <string>
#include <vector>

namespace farline::app {

// `what`: a file with a certificate or a delegation, or either as text (hexadecimal for a certificate). The lines.
std::vector<std::string> show_certificate(const std::string& what, bool json);

// `text`: an invitation, or "-" for standard input. Its token, which is secret, is not shown.
std::vector<std::string> show_invitation(const std::string& text, bool json);

}  // namespace farline::app
