#include "client/nat_patience.h"

#include <algorithm>
#include <array>

#include "wire/limits.h"

namespace farline::client {
namespace {

struct Step {
  Duration silence;          // survived by a mapping
  Duration keepalive_every;  // below it, for timers that are late and links that are slow
  unsigned answer_every;
};
// The last two are below 2 kB an hour: 41 bytes each, 41 more for each answer.
constexpr std::array<Step, 4> kSteps{{
    {Duration{}, wire::kKeepaliveEvery, wire::kKeepaliveAnswerEvery},
    {50s, 45s, 3},
    {115s, 105s, 3},
    {170s, wire::kKeepaliveEveryMax, 2},
}};

static_assert(kSteps.size() == NatPatience::kStepMax + 1);

constexpr Duration kFirst = 30s;
constexpr Duration kNext = 5s;
constexpr Duration kBadLink = 1min;
constexpr Duration kOpenFor = 3s;
constexpr Duration kLate = 5s;  // a timer that is this late: the machine slept
constexpr unsigned kFailures = 2;
constexpr Duration kLearnAgainFirst = 6h;
constexpr Duration kLearnAgainMax = 24h;

}  // namespace

NatPatience::NatPatience() : limit_(kSteps.size() - 1), again_wait_(kLearnAgainFirst) {}

Duration NatPatience::keepalive_every() const {
  return kSteps[learnt_].keepalive_every;
}
unsigned NatPatience::answer_every() const {
  return kSteps[learnt_].answer_every;
}
bool NatPatience::all_learnt() const {
  return learnt_ >= limit_;
}

void NatPatience::rest(std::optional<Time> until) {
  phase_ = Phase::resting;
  due_ = all_learnt() ? std::nullopt : until;
}

void NatPatience::forget(Time now, const Address& seen) {
  learnt_ = 0;
  failures_ = 0;
  again_wait_ = kLearnAgainFirst;
  seen_ = seen;
  rest(now + kFirst);
}

void NatPatience::attached(Time now, const Address& seen) {
  if (!seen_ || seen_->ip != seen.ip) {
    lift_limit();
    forget(now, seen);
  } else {
    seen_ = seen;
    const bool waits = phase_ == Phase::resting && due_;
    if (!waits) rest(now + kFirst);  // also what was asked under the session before
  }
}

void NatPatience::moved(Time now, const Address& seen, bool slept) {
  if (seen_ == seen) return;
  const bool same_nat = seen_ && seen_->ip == seen.ip;
  if (!same_nat)
    lift_limit();
  else if (!slept && learnt_ > 0)
    limit_ = learnt_ - 1;
  forget(now, seen);
}

void NatPatience::resume(Time now, uint8_t step) {
  learnt_ = std::max(learnt_, std::min<size_t>(step, limit_));
  rest(now + kFirst);
}

void NatPatience::lift_limit() {
  limit_ = kSteps.size() - 1;
}

std::optional<uint8_t> NatPatience::poll(Time now, Duration answer_within) {
  if (!due_ || now < *due_) return std::nullopt;
  const bool slept = now - *due_ > kLate;
  switch (phase_) {
    case Phase::resting:
      phase_ = Phase::opening;
      asked_ = now;
      due_ = now + answer_within;
      return 0;
    case Phase::opening:
      rest(now + kBadLink);
      return std::nullopt;
    case Phase::open: {
      const Duration silence = kSteps[learnt_ + 1].silence;
      phase_ = Phase::silent;
      asked_ = now;
      due_ = now + silence + answer_within;
      return static_cast<uint8_t>(silence / wire::kPatienceUnit);
    }
    case Phase::silent:
      if (slept || ++failures_ < kFailures) {
        rest(now + kNext);
        return std::nullopt;
      }
      failures_ = 0;
      rest(now + again_wait_);
      again_wait_ = std::min<Duration>(2 * again_wait_, kLearnAgainMax);
      return std::nullopt;
  }
  return std::nullopt;
}

void NatPatience::answered(Time now) {
  switch (phase_) {
    case Phase::resting:
    case Phase::open:
      return;
    case Phase::opening:
      phase_ = Phase::open;
      due_ = std::max(now, asked_ + kOpenFor);
      return;
    case Phase::silent:
      if (now - asked_ < kSteps[learnt_ + 1].silence) return;
      ++learnt_;
      failures_ = 0;
      rest(now + kNext);
      return;
  }
}

}  // namespace farline::client
