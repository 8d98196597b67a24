#include "client/carrier_choice.h"

#include <algorithm>

#include "client/records.h"

namespace farline::client {

void CarrierChoice::set_state(Time now, State state) {
  state_ = state;
  state_since_ = now;
  unheard_since_.reset();
  unheard_ = 0;
  probed_.reset();
}

void CarrierChoice::pause(Time now) {
  not_before_ = now + pause_;
  pause_ = std::min(2 * pause_, kPauseMax);
}

void CarrierChoice::node_changed(Time now) {
  if (state_ != State::udp) set_state(now, State::udp);
  not_before_ = is_blocked_ ? now : std::min(not_before_, now + kPauseMin);
  handle_timeout(now);
}

void CarrierChoice::look(Time now, const Look& look) {
  look_ = look;
  handle_timeout(now);
}

void CarrierChoice::sent(Time now) {
  if (!unheard_since_) unheard_since_ = now;
  ++unheard_;
}

void CarrierChoice::heard_udp(Time now) {
  if (state_ == State::tls) {
    if (!probed_ || now - *probed_ > kProbeAnswer) return;
    set_state(now, State::leaving);
    is_blocked_ = false;
    probe_every_ = kProbeMin;
    return;
  }
  is_blocked_ = false;
  if (state_ == State::opening) {
    set_state(now, State::udp);
    pause(now);
  }
  unheard_since_.reset();
  unheard_ = 0;
}

void CarrierChoice::tls_ready(Time now) {
  if (state_ != State::opening) return;
  set_state(now, State::tls);
  is_blocked_ = true;
  pause_ = kPauseMin;
  probe_due_ = now + probe_every_;
}

void CarrierChoice::tls_failed(Time now) {
  if (state_ == State::udp) return;
  const bool was_there = state_ == State::tls;
  set_state(now, State::udp);
  if (was_there)
    not_before_ = now;
  else
    pause(now);
  handle_timeout(now);
}

std::optional<Time> CarrierChoice::doubt_due() const {
  std::optional<Time> due;
  if (is_blocked_ && state_ == State::udp) return not_before_;
  if (look_.asked_since) due = *look_.asked_since + kDoubtAfter + look_.round_trip.value_or(kRoundTripGuess);
  if (look_.in_call && unheard_ >= kCallDoubtPackets && look_.round_trip)
    due = earliest(due, *unheard_since_ + std::max(kCallDoubtAfter, 2 * *look_.round_trip));
  if (due) due = std::max(*due, state_ == State::leaving ? state_since_ + kDoubtAfter : not_before_);
  return due;
}

void CarrierChoice::handle_timeout(Time now) {
  switch (state_) {
    case State::udp:
      if (const auto due = doubt_due(); due && now >= *due) set_state(now, State::opening);
      break;
    case State::leaving:
      if (const auto due = doubt_due(); due && now >= *due) {
        set_state(now, State::tls);
        is_blocked_ = true;
        probe_every_ = std::min(2 * probe_every_, kProbeMax);
        probe_due_ = now + probe_every_;
      } else if (now >= state_since_ + kLeaveAfter) {
        set_state(now, State::udp);
      }
      break;
    case State::tls:
      if (look_.asked_since && now >= std::max(*look_.asked_since, state_since_) + kDeadAfter) {
        set_state(now, State::udp);
        pause(now);
      }
      break;
    case State::opening:
      break;
  }
}

std::optional<Time> CarrierChoice::next_timeout() const {
  switch (state_) {
    case State::udp:
      return doubt_due();
    case State::leaving:
      return earliest(doubt_due(), state_since_ + kLeaveAfter);
    case State::tls:
      if (look_.asked_since) return std::max(*look_.asked_since, state_since_) + kDeadAfter;
      return std::nullopt;
    case State::opening:
      return std::nullopt;
  }
  return std::nullopt;
}

bool CarrierChoice::take_probe(Time now) {
  if (state_ != State::tls || now < probe_due_) return false;
  probed_ = now;
  probe_every_ = std::min(2 * probe_every_, kProbeMax);
  probe_due_ = now + probe_every_;
  return true;
}

}  // namespace farline::client
