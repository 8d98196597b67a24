// The signalling of a call between two MiniClients, up to where a test takes over.
#pragma once

#include <doctest/doctest.h>

#include "support/supernode_world.h"

namespace farline::testing {

inline const ByteVector kNoise(57, 0x11);
inline const ByteVector kSealed(20, 0x22);

inline wire::Invite invite_to(const MiniClient& callee, wire::CallNumber call, uint8_t known = 1) {
  return {.callee = callee.id(), .call = call, .rate_kbps = 3, .known_devices = known, .noise = kNoise};
}
inline wire::SealedSignal signal(wire::SealedKind kind, wire::Channel channel) {
  return {.kind = kind, .channel = channel, .sealed = kSealed};
}

struct Channels {
  wire::Channel caller = 0;
  wire::Channel callee = 0;
};

// INVITE until RINGING has arrived.
inline Channels ring(SupernodeWorld& world, MiniClient& caller, MiniClient& callee, wire::CallNumber call) {
  world.send(caller, invite_to(callee, call));
  const auto incoming = world.take<wire::Incoming>(callee);
  REQUIRE(incoming.has_value());
  world.send(callee, wire::RingingFromCallee{.channel = incoming->channel, .noise = kNoise});
  const auto ringing = world.take<wire::RingingToCaller>(caller);
  REQUIRE(ringing.has_value());
  CHECK_EQ(ringing->call, call);
  return {ringing->channel, incoming->channel};
}
inline Channels connect(SupernodeWorld& world, MiniClient& caller, MiniClient& callee, wire::CallNumber call) {
  const Channels channels = ring(world, caller, callee, call);
  world.send(caller, signal(wire::SealedKind::confirm, channels.caller));
  REQUIRE(world.take<wire::SealedSignal>(callee).has_value());
  world.send(callee, signal(wire::SealedKind::answer, channels.callee));
  REQUIRE(world.take<wire::SealedSignal>(caller).has_value());
  return channels;
}

}  // namespace farline::testing
