// What becomes of running calls when the policy changes its mind. Each is looked at when its answer may have changed:
// at the time its decision names, each minute for quotas and break-glass, and after a new policy.
//
//   allowed                    nothing; an announced end is forgotten
//   in the grace of its hours  CALL_CLOSING with what is left, to both sides; again each minute
//   a quota is used up         the same, with as long a grace
//   refused by another rule    the same, with kClosingNotice
//   withdrawn device           over at once
// The clients end it by themselves; kClosingPatience later the channel is gone.
#include "supernode/calls.h"

namespace farline::supernode {
namespace {

constexpr Duration kLookEvery = 1min;
constexpr Duration kClosingNotice = 1min;  // when there is no grace: a build is blocked, the rules have changed
constexpr Duration kClosingPatience = 30s;

Duration between(WallTime now, WallTime then) {
  return std::chrono::seconds(then > now ? then.seconds - now.seconds : 0);
}

}  // namespace

void Calls::sweep(Time now) {
  legs_.for_each([&](Leg& leg) {
    repeat_farewell(now, leg);
    if (!parts_.door.is_in_force()) {
      for (LegEnd& end : leg.ends) end.bytes = 0;
    } else if (leg.state == LegState::ended) {
      count(now, leg);
    } else if (now >= leg.look_due) {
      count(now, leg);
      look_at(now, leg);
    }
  });
  legs_.sweep(now);
}

// A few at each sweep: with thousands of calls a look at all of them at once would be heard in them.
void Calls::look_at_all(Time now) {
  int64_t number = 0;
  legs_.for_each(
      [&](Leg& leg) { leg.look_due = now + number++ % (kLookEvery / wire::kSweepEvery) * wire::kSweepEvery; });
}

void Calls::look_at_calls_of(const wire::DeviceId& device) {
  legs_.for_each([&](Leg& leg) {
    if (leg.ends[0].device == device || leg.ends[1].device == device) leg.look_due = {};
  });
}

void Calls::end_all_of(Time now, const wire::DeviceId& device) {
  legs_.for_each([&](Leg& leg) {
    const bool is_its = leg.ends[0].device == device || leg.ends[1].device == device;
    if (is_its && leg.state != LegState::ended) end_by_policy(now, leg, policy::Rule::revoked);
  });
}

void Calls::count(Time now, Leg& leg) {
  for (LegEnd& end : leg.ends) {
    const uint64_t bytes = std::exchange(end.bytes, 0);
    if (bytes == 0 || leg.is_emergency || end.node) continue;  // another node counts what its devices use
    if (const Device* device = parts_.directory.find(end.device))
      parts_.door.count(now, *device, bytes, now - leg.talks_since);
  }
}

void Calls::look_at(Time now, Leg& leg) {
  if (leg.closing && now >= leg.closing->at + kClosingPatience) {
    end_by_policy(now, leg, static_cast<policy::Rule>(leg.closing->rule));
    return;
  }
  const Device* caller = parts_.directory.find(leg.end(Side::caller).device);
  const Device* callee = known(leg.end(Side::callee).device);
  const Session* session = parts_.sessions.of(leg.end(Side::caller).device);
  if (!caller || !callee || !session) return;  // away: its legs end by their silence
  const policy::Decision decision =
      parts_.door.judge(now, {.caller = {*caller, session->visitor}, .callee = *callee, .is_running = true});
  leg.is_emergency = decision.rule == policy::Rule::emergency;
  leg.look_due = now + kLookEvery;
  if (decision.until) leg.look_due = std::min(leg.look_due, now + between(parts_.door.wall(now), *decision.until));
  if (decision.allowed && decision.rule != policy::Rule::hours) {
    leg.closing.reset();
  } else {
    announce(now, leg, decision);
  }
}

void Calls::announce(Time now, Leg& leg, const policy::Decision& decision) {
  if (!leg.closing) {
    const Device* caller = parts_.directory.find(leg.end(Side::caller).device);
    Duration left = kClosingNotice;
    if (decision.allowed && decision.until) left = between(parts_.door.wall(now), *decision.until);
    if (decision.rule == policy::Rule::quota) left = parts_.door.call_grace(*caller);
    leg.closing = {static_cast<uint8_t>(decision.rule), now + left};
    ++parts_.counters.refused_by_rule[leg.closing->rule];
  }
  leg.look_due = std::min(leg.look_due, std::max(now, leg.closing->at + kClosingPatience));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(leg.closing->at - now).count();
  if (seconds > 0) tell_closing(now, leg, static_cast<uint16_t>(std::min<int64_t>(seconds, UINT16_MAX)));
}

void Calls::end_by_policy(Time now, Leg& leg, policy::Rule rule) {
  if (!leg.closing) ++parts_.counters.refused_by_rule[static_cast<size_t>(rule)];
  leg.closing = {static_cast<uint8_t>(rule), now};
  tell_closing(now, leg, 0);
  legs_.end(now, leg);
}

void Calls::tell_closing(Time now, Leg& leg, uint16_t seconds) {
  for (const Side side : {Side::caller, Side::callee})
    tell(now, leg, side,
         wire::CallClosing{.channel = leg.name_of(side), .rule = leg.closing->rule, .seconds = seconds});
}

}  // namespace farline::supernode
