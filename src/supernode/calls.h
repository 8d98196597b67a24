// Call signalling between two devices and their media (docs/PROTOCOL.md 1.6, 2). The node sees who calls whom and the
// kind of each signal; it reads none of what they say. A channel obeys only the device it was given to, and media only
// from the validated address of that device's session.
//
// When one of the two is attached to another node, each node has a leg of its own: to the other node it is the device
// at its side, with a channel in the other's numbers (calls_between.cc). The caller's node judges by the policy.
#pragma once

#include "supernode/directory.h"
#include "supernode/elsewhere.h"
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
    Elsewhere& elsewhere;
    Backbone& backbone;
    Door& door;
    Counters& counters;
  };
  explicit Calls(const Parts& parts) : parts_(parts), legs_(parts.rng) {}

  // Who speaks on a channel.
  struct Speaker {
    wire::DeviceId device;
    std::optional<wire::NodeId> node{};  // that speaks for it, because it is attached there,
    wire::DeviceId to{};                 // to this device of ours
  };
  void handle(Time now, Session& caller, const wire::Invite& invite);
  void handle(Time now, const Speaker& callee, const wire::RingingFromCallee& ringing);
  void handle(Time now, const Speaker& from, const wire::SealedSignal& signal);
  void handle(Time now, const Speaker& from, const wire::HangupAck& ack);
  void handle(Time now, Session& caller, const wire::Cancel& cancel);
  void handle(Time now, const Speaker& from, const wire::ChannelUnknown& lost);
  // The packet path: no allocation, one look-up of the channel and two of sessions.
  void handle_media(Time now, const Address& from, Bytes datagram);

  // All devices of `person` that are known here, as many as fit a datagram.
  wire::LookupResult look_up(Time now, uint8_t request, const std::string& person) const;

  // --- Other nodes (calls_between.cc) ---
  // An INVITE that waited until it was known where the callee is.
  void handle_found(Time now, Session& caller, const wire::Invite& invite);
  void handle_signal(Time now, const wire::NodeId& node, const wire::NodeSignal& signal);
  void handle_media(Time now, const wire::NodeId& node, const wire::NodeMedia& media);

  void sweep(Time now);
  // A policy has come into force: every call is looked at within a minute.
  void look_at_all(Time now);
  // In the next sweep.
  void look_at_calls_of(const wire::DeviceId& device);
  // The calls of a device that was withdrawn are over.
  void end_all_of(Time now, const wire::DeviceId& device);
  size_t leg_count() const { return legs_.count(); }
  bool is_in_call(const wire::DeviceId& device) { return legs_.is_in_call(device); }

 private:
  void invite_again(Time now, Session& caller, Leg& leg, const wire::Invite& invite);
  struct Invitation {
    const wire::Invite& invite;
    bool is_found = false;  // nobody is to be asked again
  };
  std::optional<wire::CallFailed> invite_first(Time now, Session& caller, const Invitation& invitation);
  // The device, from the directory or from elsewhere.
  const Device* known(const wire::DeviceId& id) const { return parts_.elsewhere.known(id); }
  bool ask_for_callee(Time now, const Session& caller, const wire::Invite& invite);
  // Where the callee is now.
  void aim(Time now, Leg& leg);
  void receive(Time now, const Speaker& from, const wire::NodeSignal& signal, const wire::Incoming& incoming);
  std::optional<wire::CallFailure> receive_first(Time now, const Speaker& from, const wire::NodeSignal& signal,
                                                 const wire::Incoming& incoming);
  void receive(Time now, const Speaker& from, const wire::RingingToCaller& ringing);
  void receive(Time now, const Speaker& from, const wire::CallFailed& failed);
  void receive(Time now, const Speaker& from, const wire::Cancelled& cancelled);
  void receive(Time now, const Speaker& from, const wire::CallClosing& closing);
  void signal(const wire::NodeId& node, wire::NodeSignal signal, const wire::ControlMessage& message);
  // To the device at one end of a leg, or whoever spoke.
  void tell(Time now, Leg& leg, Side to, const wire::ControlMessage& message);
  void answer(Time now, const Speaker& to, const wire::ControlMessage& message);
  // HANGUP once more, to another node that has not acknowledged it.
  void repeat_farewell(Time now, Leg& leg);
  void forward_invite(Time now, Leg& leg, const wire::Invite& invite);
  void tell_of_other_devices(Time now, Session& caller, const wire::Invite& invite, const Device& callee);
  void cancel(Time now, Leg& leg);
  // The end of a channel that is the speaker's.
  std::optional<Legs::Place> own_place(const Speaker& speaker, wire::Channel channel);
  // The same within the limits of signals; tells the speaker when there is none.
  std::optional<Legs::Place> signal_place(Time now, const Speaker& speaker, wire::Channel channel);
  // To the device at the other end, within the limits of this one.
  void forward(Time now, const Legs::Place& place, const wire::ControlMessage& message);
  void count(Time now, Leg& leg);
  void look_at(Time now, Leg& leg);
  void announce(Time now, Leg& leg, const policy::Decision& decision);
  void tell_closing(Time now, Leg& leg, uint16_t seconds);
  void end_by_policy(Time now, Leg& leg, policy::Rule rule);
  void relay(Time now, const Legs::Place& place, Bytes datagram, uint32_t header_bytes);
  void handle_stray_media(Time now, const Address& from, Bytes datagram, const std::optional<Legs::Place>& place);

  Parts parts_;
  Legs legs_;
};

}  // namespace farline::supernode
