// Call signalling between two devices and their media (docs/PROTOCOL.md 1.6, 2). The node sees who calls whom and the
// kind of each signal; it reads none of what they say. A channel obeys only the device it was given to, and media only
// from the validated address of that device's session.
#pragma once

#include "supernode/directory.h"
#include "supernode/legs.h"
#include "supernode/sessions.h"

namespace farline::supernode {

class Calls {
 public:
  struct Parts {
    Rng& rng;
    Outbox& out;
    Sessions& sessions;
    Directory& directory;
    Door& door;
    Counters& counters;
  };
  explicit Calls(const Parts& parts) : parts_(parts), legs_(parts.rng) {}

  void handle(Time now, Session& caller, const wire::Invite& invite);
  void handle(Time now, Session& callee, const wire::RingingFromCallee& ringing);
  void handle(Time now, Session& from, const wire::SealedSignal& signal);
  void handle(Time now, Session& from, const wire::HangupAck& ack);
  void handle(Time now, Session& caller, const wire::Cancel& cancel);
  void handle(Time now, Session& from, const wire::ChannelUnknown& lost);
  // The packet path: no allocation, one look-up of the channel and two of sessions.
  void handle_media(Time now, const Address& from, Bytes datagram);

  // All devices of `person`, as many as fit a datagram.
  wire::LookupResult look_up(uint8_t request, const std::string& person) const;

  void sweep(Time now);
  // A policy has come into force: every call is looked at within a minute.
  void look_at_all(Time now);
  // In the next sweep.
  void look_at_calls_of(const wire::DeviceId& device);
  // The calls of a device that was withdrawn are over.
  void end_all_of(Time now, const wire::DeviceId& device);
  size_t leg_count() const { return legs_.count(); }

 private:
  void invite_again(Time now, Session& caller, Leg& leg, const wire::Invite& invite);
  std::optional<wire::CallFailed> invite_first(Time now, Session& caller, const wire::Invite& invite);
  void forward_invite(Time now, Leg& leg, const wire::Invite& invite);
  void tell_of_other_devices(Time now, Session& caller, const wire::Invite& invite, const Device& callee);
  void cancel(Time now, Leg& leg);
  // The end of a channel that is this session's device's.
  std::optional<Legs::Place> own_place(const Session& session, wire::Channel channel);
  // The same within the limits of signals; tells the session when there is none.
  std::optional<Legs::Place> signal_place(Time now, Session& session, wire::Channel channel);
  // To the device at the other end, within the limits of this one.
  void forward(Time now, const Legs::Place& place, const wire::ControlMessage& message);
  void count(Time now, Leg& leg);
  void look_at(Time now, Leg& leg);
  void announce(Time now, Leg& leg, const policy::Decision& decision);
  void tell_closing(Time now, Leg& leg, uint16_t seconds);
  void end_by_policy(Time now, Leg& leg, policy::Rule rule);
  void handle_stray_media(Time now, const Address& from, Bytes datagram, const std::optional<Legs::Place>& place);

  Parts parts_;
  Legs legs_;
};

}  // namespace farline::supernode
