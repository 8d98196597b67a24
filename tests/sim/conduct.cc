#include "sim/conduct.h"

namespace farline::sim {

using client::EndReason;
using client::EventKind;

namespace {

bool fits_direction(EndReason reason, bool outgoing) {
  switch (reason) {
    case EndReason::hung_up:
    case EndReason::peer_hung_up:
    case EndReason::declined:
    case EndReason::failed:
    case EndReason::unreachable:
    case EndReason::closed_by_policy:
      return true;
    case EndReason::missed:
    case EndReason::answered_elsewhere:
      return !outgoing;
    case EndReason::busy:
    case EndReason::no_answer:
    case EndReason::not_attached:
    case EndReason::no_such_name:
    case EndReason::not_allowed:
      return outgoing;
  }
  return false;
}

}  // namespace

void Conduct::add_device(HostId device, std::string person) {
  devices_[device].person = std::move(person);
}

void Conduct::booted(HostId device) {
  Device& d = devices_.at(device);
  d.attached = false;
  d.refused = false;
  d.leg.reset();
  d.calls.clear();
}

void Conduct::starts_call(HostId device, client::CallId call, const std::string& callee) {
  Device& d = devices_.at(device);
  d.leg = Leg{.call = call, .outgoing = true, .peer = callee};
  d.calls.insert(call);
  ++between_[{d.person, callee}].started;
}

void Conduct::answers(HostId device) {
  Device& d = devices_.at(device);
  if (!d.leg || d.leg->outgoing || d.leg->answered) return;
  d.leg->answered = true;
  ++between_[{d.leg->peer, d.person}].answered;
}

void Conduct::event(Time now, HostId device, const client::Event& event) {
  Device& d = devices_.at(device);
  const bool of_leg = d.leg && d.leg->call == event.call;
  switch (event.kind) {
    case EventKind::attached:
    case EventKind::detached:
    case EventKind::refused:
      attachment_event(now, d, event);
      return;
    case EventKind::incoming:
      incoming(now, d, event);
      return;
    case EventKind::ringing:
      check(now, of_leg && d.leg->outgoing && !d.leg->connected && !d.leg->rang, "ringing out of order");
      if (of_leg) d.leg->rang = true;
      return;
    case EventKind::connected:
      check(now, of_leg && !d.leg->connected, "connected out of order");
      if (of_leg) connected(now, d, event.outgoing);
      return;
    case EventKind::stalled:
    case EventKind::resumed: {
      const bool stalls = event.kind == EventKind::stalled;
      check(now, of_leg && d.leg->connected && d.leg->stalled != stalls, "stalled or resumed out of order");
      if (of_leg) d.leg->stalled = stalls;
      return;
    }
    case EventKind::ended:
      ended(now, d, event);
      return;
    case EventKind::new_device:
    case EventKind::policy:
    case EventKind::closing:
    case EventKind::held:
    case EventKind::released:
    case EventKind::break_glass:
      return;
  }
}

void Conduct::attachment_event(Time now, Device& device, const client::Event& event) {
  check(now, !device.refused, "an attachment event after refused");
  check(now, event.kind != EventKind::attached || !device.attached, "attached twice");
  device.attached = event.kind == EventKind::attached;
  device.refused = event.kind == EventKind::refused;
}

void Conduct::incoming(Time now, Device& device, const client::Event& event) {
  check(now, !device.leg, "a call rings during another one");
  check(now, event.call != 0 && device.calls.insert(event.call).second, "a call number comes twice");
  const Between& calls = between_[{event.peer, device.person}];
  // Neither a replay nor a stranger can make a device ring.
  if (++device.rung_by[event.peer] > calls.started) findings_.fail(now, "authenticity: it rings and nobody called");
  device.leg = Leg{.call = event.call, .outgoing = false, .peer = event.peer, .rang = true};
}

void Conduct::connected(Time now, Device& device, bool outgoing) {
  Leg& leg = *device.leg;
  leg.connected = true;
  Between& calls = between_[{device.person, leg.peer}];
  const Between& back = between_[{leg.peer, device.person}];
  if (!leg.outgoing) {
    if (!leg.answered) findings_.fail(now, "consent: connected and nobody answered here");
  } else if (!outgoing) {
    // Both called each other: their call stands, and ours counts as the answer.
    if (back.started == 0) findings_.fail(now, "consent: connected by a call that nobody made");
  } else if (++calls.connected_by_caller > calls.answered + back.started) {
    findings_.fail(now, "consent: connected and nobody answered there");
  }
}

void Conduct::ended(Time now, Device& device, const client::Event& event) {
  if (!device.leg || device.leg->call != event.call) {
    // A second call that found us busy leaves only a note that it was missed.
    const bool note = !event.outgoing && event.reason == EndReason::missed && device.calls.insert(event.call).second;
    check(now, note, "a call ends that was not there");
    return;
  }
  // When both called each other, the call of one of them goes on as answered by the other.
  const bool turned =
      device.leg->outgoing && !event.outgoing && between_[{device.leg->peer, device.person}].started > 0;
  check(now, event.outgoing == device.leg->outgoing || turned, "a call changes its direction");
  check(now, fits_direction(event.reason, event.outgoing), "an end that does not fit the call's direction");
  check(now, event.reason != EndReason::missed || !device.leg->connected, "a connected call is missed");
  device.last_end = event.reason;
  device.leg.reset();
}

std::string Conduct::peer_of(HostId device) const {
  const Device& d = devices_.at(device);
  return d.leg ? d.leg->peer : std::string();
}

bool Conduct::is_connected(HostId device) const {
  const Device& d = devices_.at(device);
  return d.leg && d.leg->connected;
}

}  // namespace farline::sim
