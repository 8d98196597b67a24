#include "app/node_carrier.h"

#include "base/stream_address.h"
#include "host/clock.h"
#include "host/command_line.h"
#include "wire/packet.h"

namespace farline::app {
namespace {

constexpr uint32_t kMoreOfV6 = 20;  // bytes of its header beyond IPv4's

// Nothing goes there by UDP; of one name it is always the same (FNV-1a).
Address address_of_name(const host::HostAndPort& place) {
  uint32_t hash = 0x811c9dc5;
  for (const char c : host::to_text(place)) hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193;
  return stream_address({}, hash);
}

}  // namespace

NodeCarrier::NodeCarrier(host::Loop& loop, host::Driver& driver, client::Carried& core, Options options)
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
    attempts_ = 0;
    trouble_ = {};
    close();
    last_.size = 0;
    choice_.node_changed(now);
  }
  choice_.look(now, core_.carrier_look());
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
  tell();
}

void NodeCarrier::tell() {
  const Status status{.is_tls = choice_.uses_tls(),
                      .proxy = choice_.wants_tls() ? proxy_ : "",
                      .trouble = choice_.uses_tls() ? std::string_view() : trouble_};
  if (status == told_) return;
  const bool is_other = status.is_tls != told_.is_tls;
  told_ = status;
  if (is_other) {
    std::optional<uint32_t> header_bytes;
    if (status.is_tls)
      header_bytes = Address::kStreamHeaderBytes + (node_.is_v4() || node_.is_stream() ? 0 : kMoreOfV6);
    driver_.turn([&](Time now) { core_.carrier_changed(now, header_bytes); });
  }
  if (options_.changed) options_.changed(status);
}

// Later: this may be a function of its own that calls.
void NodeCarrier::close() {
  ++number_;
  if (!tls_) return;
  closing_.push_back(std::move(tls_));
  closer_.start(0ms);
}

std::optional<host::Proxy> NodeCarrier::proxy_for(const host::ProxySetting& setting, const std::string& host) {
  switch (setting.from) {
    case host::ProxySetting::From::nobody:
      break;
    case host::ProxySetting::From::person:
      return setting.proxy;
    case host::ProxySetting::From::environment:
      return host::proxy_of_environment(host, host::environment);
  }
  return std::nullopt;
}

std::optional<Address> NodeCarrier::unknown_place(const Options& options, const host::HostAndPort& place) {
  if (options.is_off || !proxy_for(options.proxy, place.host)) return std::nullopt;
  return address_of_name(place);
}

// To a proxy the node's name is said where it has one; we ourselves have its address already.
host::TlsClient::Way NodeCarrier::way_to_node() {
  Address address = node_;
  address.port = kTlsPort;
  const host::HostAndPort digits = host::split_address(host::to_text(address)).value();
  const auto listed = host::split_address(core_.node().place);
  host::HostAndPort named = options_.place ? *options_.place : listed ? *listed : digits;
  named.port = kTlsPort;
  host::TlsClient::Way way{.to = options_.tls.value_or(named), .proxy = proxy_for(options_.proxy, named.host)};
  if (attempts_++ % 2 == 1 && options_.proxy.from == host::ProxySetting::From::environment) way.proxy.reset();
  if (!way.proxy && !options_.tls && !node_.is_stream()) way.to = digits;
  proxy_ = way.proxy ? host::to_text(way.proxy->where) : "";
  return way;
}

void NodeCarrier::open() {
  if (node_.port == 0) return;
  tls_ = std::make_unique<host::TlsClient>(
      loop_, way_to_node(),
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
  attempts_ = 0;
  trouble_ = {};
  if (last_.size > 0) tls_->send(last_.bytes(), false);
  tell();
}

void NodeCarrier::tls_failed() {
  if (tls_ && !tls_->trouble().empty()) trouble_ = tls_->trouble();
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
  if (!out.spare && tls_) tls_->send(out.datagram.bytes(), wire::is_media(out.datagram.bytes()));
}

void NodeCarrier::heard_udp(const Address& from) {
  if (from == node_) choice_.heard_udp(host::read_clock());
}

}  // namespace farline::app
