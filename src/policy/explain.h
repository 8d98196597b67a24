// Why decide() says what it says, rule by rule, in words for an administrator.
#pragma once

#include <string>
#include <vector>

#include "policy/decide.h"

namespace farline::policy {

enum class Verdict : uint8_t { silent, allows, forbids, not_asked };

struct Step {
  Rule rule = Rule::open;
  Verdict verdict = Verdict::not_asked;
  std::string why;  // empty when it was not asked
};
// Every rule once, in the order in which they are asked; at most one of them speaks, and it is decide()'s.
std::vector<Step> explain(const Effective& policy, const Request& request, WallTime at);

// linux, windows from 0.2.0 to 0.3.9, hash 8d1f...: block from 2026-12-15 on
std::string words_for(const BuildRule& rule);

}  // namespace farline::policy
