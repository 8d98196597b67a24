// `farline-node status --watch`: how a running node stands, drawn again every two seconds in place; where standard
// output is no terminal, a line each time.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace farline::app {

// "key: value" lines of `farline-node status`.
using StatusFacts = std::map<std::string, std::string, std::less<>>;
StatusFacts read_status(const std::vector<std::string>& lines);

// The picture: what is, and what happens each second since `before`, which was `seconds` ago (0: there is none).
std::vector<std::string> watch_picture(const StatusFacts& now, const StatusFacts& before, double seconds);

// Until the program is ended, or `ask` throws: the node has gone.
[[noreturn]] void watch_node(const std::function<std::vector<std::string>()>& ask);

}  // namespace farline::app
