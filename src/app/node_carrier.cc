#include "app/node_carrier.h"

#include "host/clock.h"
#include "wire/packet.h"

namespace farline::app {
namespace {

bool is_voice(Bytes datagram) {
  return wire::packet_type(datagram) == wire::PacketType::media;
}

}  // namespace

NodeCarrier::NodeCarrier(host::Loop& loop, host::Driver& driver, client::Client& core, Options options)
    : loop_(loop),
      driver_(driver),
      core_(core),
      options_(std::move(options)),
      timer_(loop,
             [this] {
               const Time now = host::read_clock();
               choice_.handle_timeout(now);
               act(now);
             }),
      closer_(loop, [this] { closing_.clear(); }) {
  driver_.set_side_carrier(this);
}

NodeCarrier::~NodeCarrier() {
  driver_.set_side_carrier(nullptr);
}

void NodeCarrier::follow(Time now) {
  if (options_.is_off || (!options_.tls && core_.node().address.is_loopback())) return;
  if (const Address& node = core_.node().address; node != node_) {
    node_ = node;
    close();
    last_.size = 0;
    choice_.node_changed(now);
  }
  choice_.look(now, {.asked_since = core_.asked_since(),
                     .round_trip = core_.node_round_trip(),
                     .in_call = core_.call_state() == client::CallState::connected});
  act(now);
}

void NodeCarrier::act(Time now) {
  if (!choice_.wants_tls())
    close();
  else if (!tls_)
    open();
  if (const auto due = choice_.next_timeout())
    timer_.start(std::max<Duration>(*due - now, 1ms));
  else
    timer_.stop();
}

// Later: this may be a function of its own that calls.
void NodeCarrier::close() {
  ++number_;
  if (!tls_) return;
  closing_.push_back(std::move(tls_));
  closer_.start(0ms);
}

void NodeCarrier::open() {
  if (node_.port == 0) return;
  host::HostAndPort where{};
  if (options_.tls) {
    where = *options_.tls;
  } else {
    Address address = node_;
    address.port = kTlsPort;
    where = host::split_address(host::to_text(address)).value();
  }
  tls_ = std::make_unique<host::TlsClient>(
      loop_, where,
      host::TlsConnection::Hooks{.ready = [this, number = ++number_] { tls_ready(number); },
                                 .received =
                                     [this, number = number_](Bytes datagram) {
                                       if (number == number_) driver_.deliver(node_, datagram);
                                     },
                                 .failed =
                                     [this, number = number_] {
                                       if (number == number_) tls_failed();
                                     }});
  // UDP, if it lives, says so long before TLS is there.
  driver_.turn([this](Time now) { core_.check_node(now); });
}

void NodeCarrier::tls_ready(uint64_t number) {
  if (number != number_) return;
  const Time now = host::read_clock();
  choice_.tls_ready(now);
  if (!choice_.uses_tls()) return;
  if (last_.size > 0) tls_->send(last_.bytes(), false);
  driver_.turn([this](Time then) {
    if (core_.is_attached()) core_.network_changed(then);
  });
}

void NodeCarrier::tls_failed() {
  close();
  const Time now = host::read_clock();
  choice_.tls_failed(now);
  act(now);
}

host::SideCarrier::Way NodeCarrier::way_of(const Transmit& out) {
  if (out.to != node_ || options_.is_off) return Way::udp;
  if (out.spare) return choice_.uses_tls() ? Way::side : Way::udp;
  const Time now = host::read_clock();
  choice_.sent(now);
  last_ = out.datagram;
  if (!choice_.uses_tls()) return Way::udp;
  return choice_.take_probe(now) ? Way::both : Way::side;
}

void NodeCarrier::send(const Transmit& out) {
  if (!out.spare && tls_) tls_->send(out.datagram.bytes(), is_voice(out.datagram.bytes()));
}

void NodeCarrier::heard_udp(const Address& from) {
  if (from == node_) choice_.heard_udp(host::read_clock());
}

}  // namespace farline::app
