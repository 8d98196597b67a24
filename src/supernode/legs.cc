#include "supernode/legs.h"

namespace farline::supernode {
namespace {

Duration idle_max(const Leg& leg) {
  switch (leg.state) {
    case LegState::invited:
    case LegState::ringing:
    case LegState::confirmed:
      return wire::kLegUnansweredMax;
    case LegState::answered:
      return wire::kLegIdleMax;
    case LegState::ended:
      return leg.farewell.empty() ? wire::kLegLinger : wire::kLegIdleMax;
  }
  return {};
}

}  // namespace

Leg* Legs::add(Time now, const Order& order) {
  if (!make_room(order.caller, Side::caller) || !make_room(order.callee, Side::callee) || count_ >= wire::kLegsMax)
    return nullptr;
  if (free_.empty()) {
    free_.push_back(static_cast<Slot>(legs_.size()));
    legs_.emplace_back();
  }
  const Slot slot = free_.back();
  free_.pop_back();
  Leg& leg =
      legs_[slot].emplace(Leg{.ends = {LegEnd(order.caller, order.rate_kbps), LegEnd(order.callee, order.rate_kbps)},
                              .call = order.call,
                              .active = now});
  ++count_;
  for (const Side side : {Side::caller, Side::callee}) {
    leg.end(side).channel = new_channel(slot, side);
    of_device_[leg.end(side).device].push_back(slot);
  }
  return &leg;
}

wire::Channel Legs::new_channel(Slot slot, Side side) {
  // kLegsMax leaves a third of the numbers free. Unpredictable, as a stranger would have to guess it.
  for (;;) {
    const auto channel = static_cast<wire::Channel>(rng_.below(0x10000));
    if (channel == 0 || channels_[channel] != 0) continue;
    channels_[channel] = 1 + 2 * slot + static_cast<uint32_t>(side);
    return channel;
  }
}

bool Legs::make_room(const wire::DeviceId& device, Side as) {
  const auto found = of_device_.find(device);
  if (found == of_device_.end() || found->second.size() < wire::kLegsPerDeviceMax) return true;
  const auto is_ended = [&](Slot slot) { return legs_[slot]->state == LegState::ended; };
  const auto is_given_up = [&](Slot slot) {
    return as == Side::caller && legs_[slot]->end(as).device == device && legs_[slot]->state < LegState::confirmed;
  };
  auto victim = std::ranges::find_if(found->second, is_ended);
  if (victim == found->second.end()) victim = std::ranges::find_if(found->second, is_given_up);
  if (victim == found->second.end()) return false;
  remove(*victim);
  return true;
}

template <typename Wanted>
Leg* Legs::find_of(const wire::DeviceId& device, Wanted wanted) {
  const auto found = of_device_.find(device);
  if (found == of_device_.end()) return nullptr;
  for (const Slot slot : found->second)
    if (wanted(*legs_[slot])) return &*legs_[slot];
  return nullptr;
}

Leg* Legs::find(const wire::DeviceId& caller, wire::CallNumber call) {
  return find_of(caller, [&](Leg& leg) { return leg.end(Side::caller).device == caller && leg.call == call; });
}

Leg* Legs::unconfirmed(const wire::DeviceId& caller, const wire::DeviceId& callee) {
  return find_of(caller, [&](Leg& leg) {
    return leg.end(Side::caller).device == caller && leg.end(Side::callee).device == callee &&
           leg.state < LegState::confirmed;
  });
}

bool Legs::is_in_call(const wire::DeviceId& device) {
  return find_of(device, [](const Leg& leg) { return leg.state != LegState::ended; }) != nullptr;
}

size_t Legs::count_between(const wire::DeviceId& caller, const wire::DeviceId& callee) const {
  const auto found = of_device_.find(caller);
  if (found == of_device_.end()) return 0;
  const auto between = std::ranges::count_if(found->second, [&](Slot slot) {
    const auto& ends = legs_[slot]->ends;
    return ends[0].device == caller && ends[1].device == callee;
  });
  return static_cast<size_t>(between);
}

std::optional<Legs::Place> Legs::at(wire::Channel channel) {
  const uint32_t entry = channels_[channel];
  if (entry == 0) return std::nullopt;
  return Place{*legs_[(entry - 1) / 2], static_cast<Side>((entry - 1) % 2)};
}

std::optional<Legs::Place> Legs::at_far(const wire::DeviceId& device, const wire::NodeId& node, wire::Channel channel) {
  for (const Side side : {Side::caller, Side::callee}) {
    const auto is_it = [&](Leg& leg) {
      const LegEnd& end = leg.end(side);
      return end.device == device && end.node == node && end.far_channel == channel;
    };
    if (Leg* leg = find_of(device, is_it)) return Place{*leg, side};
  }
  return std::nullopt;
}

void Legs::end(Time now, Leg& leg) {
  if (leg.state == LegState::ended) return;
  leg.state = LegState::ended;
  leg.active = now;
}

void Legs::remove(Slot slot) {
  Leg& leg = *legs_[slot];
  for (LegEnd& end : leg.ends) {
    channels_[end.channel] = 0;
    const auto of_device = of_device_.find(end.device);
    std::erase(of_device->second, slot);
    if (of_device->second.empty()) of_device_.erase(of_device);
  }
  legs_[slot].reset();
  free_.push_back(slot);
  --count_;
}

void Legs::sweep(Time now) {
  for (Slot slot = 0; slot < legs_.size(); ++slot)
    if (legs_[slot] && now - legs_[slot]->active >= idle_max(*legs_[slot])) remove(slot);
}

}  // namespace farline::supernode
