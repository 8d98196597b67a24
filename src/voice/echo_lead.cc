#include "voice/echo_lead.h"

#include <algorithm>

#include "voice/echo_delay.h"

namespace farline::voice {
namespace {

constexpr uint32_t kSecond = 1000 / wire::kVoiceUnitMs;
// A thread of either device that is late by one unit shows nothing yet.
constexpr int64_t kMargin = kUnitSamples;
// After a stall units come in a burst; where the lead is then for so long, it is.
constexpr uint32_t kAwayUnits = 200 / wire::kVoiceUnitMs;

}  // namespace

void EchoLead::Range::note(int64_t lead) {
  least = units == 0 ? lead : std::min(least, lead);
  most = units == 0 ? lead : std::max(most, lead);
  sum += lead;
  ++units;
}

bool EchoLead::is_known(int64_t lead) const {
  return before_.units == 0 || (lead >= before_.least - kMargin && lead <= before_.most + kMargin);
}

EchoLead::Step EchoLead::follow(int64_t lead) {
  if (!is_known(lead)) return note_away(lead);
  away_ = {};
  now_.note(lead);
  if (now_.units < kSecond) return {};
  steady_ = std::clamp(steady_, now_.least, now_.most);
  before_ = now_;
  now_ = {};
  return {};
}

EchoLead::Step EchoLead::note_away(int64_t lead) {
  const Range before = away_;
  away_.note(lead);
  if (away_.most - away_.least > 2 * kMargin) {  // still on its way
    away_ = {};
    away_.note(lead);
  }
  if (away_.units <= before.units || away_.units < kAwayUnits) return {.is_away = true};
  const int64_t exactly = away_.mean() - before_.mean();
  const int64_t jumped = exactly / EchoDelay::kStep * EchoDelay::kStep;
  steady_ += jumped;
  before_ = away_;
  now_ = away_ = {};
  return {.is_away = true, .jumped = jumped};
}

}  // namespace farline::voice
