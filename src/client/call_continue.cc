// A connected call outlives its relay. When a device has attached elsewhere, or its node has begun anew and knows the
// channel no more, the caller sets the call up again through its own node of now: a fresh invitation, so fresh keys,
// that says which call it goes on with. The callee's core takes it up without a ring. Media, its counters and the
// call's clock go on.
//
// When nothing comes from the caller the callee asks, by an invitation of the same kind: the caller may not have
// noticed anything, and invites; or it has hung up while nothing passed, and is busy. It never rings.
#include <algorithm>

#include "client/call.h"

namespace farline::client {
namespace {

constexpr Duration kContinueAgain = 30s;  // an invitation that led to nothing
constexpr Duration kCallerWaits = wire::kLegIdleMax;
constexpr Duration kCalleeWaits = 3min;    // the caller may be gone for good
constexpr Duration kCalleeAsksAfter = 5s;  // the caller may be inviting already
constexpr size_t kNumbersMax = 4;

}  // namespace

bool Call::is_continued_by(const wire::DeviceId& device, wire::CallNumber number) const {
  return !outgoing_ && is_with(device) && std::ranges::count(numbers_, number) != 0;
}

// There is a new session, here or elsewhere.
void Call::look_for_relay(Time now) {
  if (state_ != CallState::connected) return;
  if (context_.attachment.node().address != relay_) {
    relay_lost(now);
  } else if (lost_until_) {  // it is there after all; should it have begun anew, it will say so
    lost_until_.reset();
    again_due_.reset();
    for (Leg& leg : legs_) {
      if (!leg.continues || leg.state == Leg::State::chosen) continue;
      leg.repeat.stop();
      leg.state = Leg::State::over;
    }
  }
}

void Call::relay_lost(Time now) {
  if (!lost_until_) {
    lost_until_ = now + (outgoing_ ? kCallerWaits : kCalleeWaits);
    if (!outgoing_) again_due_ = now + kCalleeAsksAfter;
  }
  const bool is_inviting =
      std::ranges::any_of(legs_, [](const Leg& leg) { return leg.continues && leg.state == Leg::State::inviting; });
  if (outgoing_ && !is_inviting) continue_outgoing(now);
}

void Call::continue_outgoing(Time now) {
  again_due_ = now + kContinueAgain;
  for (Leg& leg : legs_)
    if (leg.continues && leg.state != Leg::State::chosen) leg.state = Leg::State::over;
  std::erase_if(legs_, [](const Leg& leg) { return leg.state == Leg::State::over; });
  invite_for_running(now);
}

void Call::invite_for_running(Time now) {
  const auto peer = connected_with();
  const PeerDevice* device = peer ? context_.book.find_device(*peer) : nullptr;
  if (device != nullptr) invite(now, PeerDevice(*device), wire::kDevicesPerPersonMax, numbers_.back());
}

// --- The callee asks -------------------------------------------------------------------------------------------------

void Call::ask_to_continue(Time now) {
  again_due_.reset();  // the question is repeated by itself
  const size_t before = legs_.size();
  invite_for_running(now);
  if (legs_.size() > before) legs_.back().asks = true;
}

// Who still knows the call does not answer this, but invites.
void Call::on_asked(Time now, Leg& leg, wire::RingStatus status) {
  leg.repeat.stop();
  leg.state = Leg::State::over;
  if (!is_over() && status != wire::RingStatus::ringing) leg_failed(now, leg, EndReason::failed);
}

// While the relay is lost they may have answered under a number that we do not know to be the call's.
bool Call::is_asked_for_by(const wire::DeviceId& device, wire::CallNumber number) const {
  return outgoing_ && is_with(device) && (lost_until_ || std::ranges::count(numbers_, number) != 0);
}

void Call::asked_to_continue(Time now, wire::CallNumber number) {
  if (!lost_until_ && number != numbers_.back()) return;  // from before the call went on
  relay_lost(now);
  for (Leg& leg : legs_)
    if (leg.continues && leg.state == Leg::State::inviting) leg.repeat.hurry(now);
}

// --- The callee ------------------------------------------------------------------------------------------------------

void Call::continue_incoming(Time now, Offer offer) {
  std::erase_if(legs_, [](const Leg& leg) {
    return leg.state == Leg::State::over || (leg.continues && leg.state != Leg::State::chosen);
  });
  Leg& leg = legs_.emplace_back();
  leg.continues = true;
  take_offer(now, leg, std::move(offer));
}

// `leg` has been answered.
void Call::go_on(Time now, Leg& leg) {
  for (Leg& other : legs_) {
    if (&other == &leg || other.state != Leg::State::chosen) continue;
    other.repeat.stop();
    other.state = Leg::State::over;
  }
  leg.state = Leg::State::chosen;
  lost_until_.reset();
  again_due_.reset();
  use_relay(leg);
  media_->go_on(leg.channel, std::move(leg.keys->media));
  if (path_) path_->set_channel(leg.channel);
  if (!route_) media_->route_changed(context_.out.header_bytes(relay_));
  addresses_changed(now);
}

void Call::use_relay(const Leg& leg) {
  relay_ = context_.attachment.node().address;
  relay_epoch_ = context_.attachment.epoch();
  numbers_.push_back(leg.number);
  if (numbers_.size() > kNumbersMax) numbers_.erase(numbers_.begin());
}

void Call::handle_lost_timeout(Time now) {
  if (!lost_until_ || state_ != CallState::connected) return;
  if (now >= *lost_until_)
    end(now, EndReason::failed, wire::HangupReason::failed);
  else if (again_due_ && now >= *again_due_)
    outgoing_ ? continue_outgoing(now) : ask_to_continue(now);
}

void Call::send_to_relay(const Datagram& datagram) {
  context_.out.transmit(relay_, datagram);
}

}  // namespace farline::client
