// Relay legs: one invitation between two devices, its two channels and what each side may send through them
// (docs/PROTOCOL.md 1.6, 2). Legs belong to devices, not to sessions: a device that attaches again goes on with them.
//
//   state x input:  RINGING   CONFIRM    ANSWER, callee's media   CANCEL   HANGUP   silence
//   invited         ringing   confirmed  answered                 ended    ended    kLegUnansweredMax: dropped
//   ringing         -         confirmed  answered                 ended    ended    kLegUnansweredMax: dropped
//   confirmed       -         -          answered                 -        ended    kLegUnansweredMax: dropped
//   answered        -         -          -                        -        ended    kLegIdleMax: dropped
//   ended           -         -          -                        -        -        kLegLinger: dropped; with a
//                                                                                   farewell kLegIdleMax
//
// Media passes from the callee once the caller has confirmed, from the caller once the callee has answered (with ANSWER
// or with media, should ANSWER be lost): nobody is sent media without having agreed.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/rng.h"
#include "supernode/quota.h"
#include "wire/backbone.h"
#include "wire/control.h"
#include "wire/ids.h"
#include "wire/limits.h"

namespace farline::supernode {

enum class Side : uint8_t { caller = 0, callee = 1 };
constexpr Side other(Side side) {
  return side == Side::caller ? Side::callee : Side::caller;
}

enum class LegState : uint8_t { invited, ringing, confirmed, answered, ended };

struct LegEnd {
  LegEnd(const wire::DeviceId& of, uint8_t rate_kbps) : device(of), quota(1000U * std::max<uint32_t>(rate_kbps, 1)) {}

  wire::DeviceId device;
  wire::Channel channel = 0;
  // Attached to another node, which has a channel of its own for the other end; 0: not heard yet.
  std::optional<wire::NodeId> node{};
  wire::Channel far_channel = 0;
  Quota quota;  // of what it sends
  RateLimit signals{wire::kSignalsBurst, wire::kSignalsEvery};
  uint64_t bytes = 0;  // relayed from it and to it and not counted yet, headers included
};

struct Leg {
  std::array<LegEnd, 2> ends;
  wire::CallNumber call = 0;
  LegState state = LegState::invited;
  Time active{};
  // What the policy says of it (calls_watch.cc):
  struct Closing {     // announced to both sides
    uint8_t rule = 0;  // policy::Rule
    Time at{};
  };
  bool is_emergency = false;
  Time look_due{};
  Time talks_since{};  // the first relayed packet since what was used was counted
  std::optional<Closing> closing{};
  // A HANGUP for the device at another node, until it is acknowledged: the bus may be away when both clients have given
  // up. Empty: none.
  ByteVector farewell{};

  LegEnd& end(Side side) { return ends[static_cast<size_t>(side)]; }
  // How whoever is told calls the channel of this side.
  wire::Channel name_of(Side side) const {
    const LegEnd& its = ends[static_cast<size_t>(side)];
    return its.node ? its.far_channel : its.channel;
  }
  void advance(LegState to) { state = std::max(state, to); }
  bool passes_media_from(Side side) const {
    if (side == Side::callee) return state == LegState::confirmed || state == LegState::answered;
    return state == LegState::answered;
  }
};

class Legs {
 public:
  explicit Legs(Rng& rng) : rng_(rng), channels_(0x10000) {}

  struct Order {
    wire::DeviceId caller;
    wire::DeviceId callee;
    wire::CallNumber call = 0;
    uint8_t rate_kbps = 0;
  };
  // Nothing when the node or one of the devices has too many. Ended legs make room, and calls that the caller gave up.
  Leg* add(Time now, const Order& order);

  // The leg that `caller` started with this call number.
  Leg* find(const wire::DeviceId& caller, wire::CallNumber call);
  // A leg of these two that is not confirmed yet.
  Leg* unconfirmed(const wire::DeviceId& caller, const wire::DeviceId& callee);
  // Whether `device` is in a call, or about to be.
  bool is_in_call(const wire::DeviceId& device);
  // Legs that `caller` started to `callee`, ended ones among them.
  size_t count_between(const wire::DeviceId& caller, const wire::DeviceId& callee) const;
  struct Place {
    Leg& leg;
    Side side;
  };
  std::optional<Place> at(wire::Channel channel);
  // The end of a device at another node, by that node's channel.
  std::optional<Place> at_far(const wire::DeviceId& device, const wire::NodeId& node, wire::Channel channel);

  // An ended leg stays for kLegLinger, so that repetitions find it.
  void end(Time now, Leg& leg);
  void sweep(Time now);
  template <typename Visit>  // may end legs, not add any
  void for_each(Visit visit) {
    for (std::optional<Leg>& leg : legs_)
      if (leg) visit(*leg);
  }
  size_t count() const { return count_; }

 private:
  using Slot = uint32_t;
  void remove(Slot slot);
  bool make_room(const wire::DeviceId& device, Side as);
  wire::Channel new_channel(Slot slot, Side side);
  template <typename Wanted>
  Leg* find_of(const wire::DeviceId& device, Wanted wanted);

  Rng& rng_;
  std::vector<std::optional<Leg>> legs_;
  std::vector<Slot> free_;
  std::vector<uint32_t> channels_;  // by channel: 0, or 1 + 2 * slot + side; channel 0 is never given
  std::map<wire::DeviceId, std::vector<Slot>> of_device_;
  size_t count_ = 0;
};

}  // namespace farline::supernode
