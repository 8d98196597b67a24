// Parts of a View, made from what the core says. Pure; the same for the desktop, the terminal and the tests.
#pragma once

#include "client/admission.h"
#include "client/link_probing.h"
#include "client/view.h"

namespace farline::client {

// What they hear of us, and what we hear of them. Words get lost above kLossWeak.
inline constexpr double kLossWeak = 0.08;
Quality quality_of_mine(const CallStats& stats);
Quality quality_of_theirs(const CallStats& stats);

// One second of a connected call.
CallSample sample_of(const CallStats& stats);

// Whole seconds for what a person reads; of bytes and rates what the call has.
CallStats shown(CallStats stats);

// What the link was found to carry: the slower of both ways decides.
LinkCheck link_check(const LinkFigures& figures);

// Where the site's week stands, what is allowed now and why, what is left.
RulesView rules_view(const Admission& admission, Time now);

// What the organisation has the word on.
std::vector<Setting> managed_settings(const Admission& admission);

// Live voice cannot be had for so long that a voice note is the better way.
inline constexpr Duration kStalledTooLong = 30s;

}  // namespace farline::client
