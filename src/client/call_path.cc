// The way of a connected call's media: through the relay, or directly (direct_path.h).
#include <algorithm>

#include "client/call.h"
#include "wire/packet.h"

namespace farline::client {
namespace {

// A pass takes 180 bytes: on a link that carries little more than voice at its lowest, a call stays on the relay.
constexpr uint32_t kPassBpsMin = 4000;

}  // namespace

void Call::start_path(Time now, const Leg& leg, session::MediaSeal seal) {
  const Address& node = context_.attachment.node().address;
  path_.emplace(
      DirectPath::Setup{
          .seal = std::move(seal),
          .channel = leg.channel,
          .is_caller = outgoing_,
          .v4_only = node.is_v4(),
          .round_trip = context_.attachment.round_trip().value_or(1s) + leg.peer_round_trip,
          .needs_pass = context_.is_policed,
      },
      now);
  if (context_.is_policed) context_.passes.want(now);
  path_->set_thin(media_->usual_bps() < kPassBpsMin);
  path_->set_pass(now, context_.passes.own(now));
  addresses_changed(now);
}

void Call::addresses_changed(Time now) {
  if (!path_ || state_ != CallState::connected) return;
  path_->set_own(now, context_.attachment.own_address(), context_.own_network);
  follow_path();
}

void Call::pass_arrived(Time now) {
  if (!path_ || state_ != CallState::connected) return;
  path_->set_pass(now, context_.passes.own(now));
  follow_path();
}

// Whom we are connected with has shown its pass.
void Call::admit_far_device(Time now) {
  const auto shown = path_->poll_shown_pass();
  const auto leg = std::ranges::find(legs_, Leg::State::chosen, &Leg::state);
  if (!shown || leg == legs_.end()) return;
  const auto until = context_.passes.check(now, *shown, leg->device);
  if (until)
    path_->admit(now, *until);
  else
    ++context_.out.counters.unauthentic;
}

void Call::handle_path_timeout(Time now) {
  if (!path_ || state_ != CallState::connected) return;
  path_->set_thin(media_->usual_bps() < kPassBpsMin);
  path_->handle_timeout(now);
  follow_path();
}

void Call::network_changed(Time now) {
  if (!path_ || state_ != CallState::connected) return;
  path_->leave(now);
  follow_path();
}

bool Call::handle_direct(Time now, const Address& from, Bytes sframe, size_t wire_bytes) {
  if (!path_ || state_ != CallState::connected || !take_media(now, from, sframe, wire_bytes)) return false;
  report_media_change(now);
  return true;
}

// `from` is nothing for the relay. False, and counted, when the packet is not authentic and new.
bool Call::take_media(Time now, const std::optional<Address>& from, Bytes sframe, size_t wire_bytes) {
  bool authentic = false;
  if (path_ && path_->is_for(sframe)) {
    authentic = path_->handle_message(now, from, sframe, context_.out.counters);
    if (authentic) signalling_received_ += wire_bytes;
    admit_far_device(now);
  } else {
    const auto before = media_->newest_counter();
    authentic = media_->handle_packet(now, sframe, wire_bytes, context_.out.counters);
    if (path_ && media_->newest_counter() != before) path_->heard_media(now, from, media_->their_packet_time());
  }
  follow_path();
  return authentic;
}

// What the path wants sent, and where media goes from now on.
void Call::follow_path() {
  if (!path_) return;
  while (const auto packet = path_->poll()) {
    if (packet->to)
      context_.out.transmit(*packet->to, packet->datagram);
    else
      send_to_relay(packet->datagram);
    const Address& to = packet->to ? *packet->to : relay_;
    signalling_sent_ += packet->datagram.size + context_.out.header_bytes(to);
  }
  if (route_ == path_->route()) return;
  route_ = path_->route();
  media_->route_changed(context_.out.header_bytes(route_ ? *route_ : relay_));
}

void Call::headers_changed() {
  if (media_ && !route_) media_->route_changed(context_.out.header_bytes(relay_));
}

void Call::send_media(Time now) {
  if (route_ && media_->is_unanswered()) {
    path_->leave(now);
    follow_path();
  }
  while (auto datagram = media_->poll_packet(now)) {
    if (!route_) {
      send_to_relay(*datagram);
      continue;
    }
    Writer header(datagram->data);
    wire::encode_media_header({wire::kDirectChannel}, header);
    context_.out.transmit(*route_, *datagram);
  }
}

}  // namespace farline::client
