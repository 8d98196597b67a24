#include "app/udp_link.h"

#include <algorithm>
#include <stdexcept>

#include "host/clock.h"

namespace farline::app {

using emulate::Way;

UdpLink::UdpLink(host::Loop& loop, const Ends& ends, LinkRunnerOptions options)
    : loop_(loop),
      to_(ends.to),
      runner_(loop, std::move(options),
              {.deliver = [this](Way way, uint32_t id, Bytes datagram) { deliver(way, id, datagram); },
               .rebind = [this] { rebind(); }}) {
  auto listener =
      host::UdpSocket::open(loop, ends.listen, [this](const Address& from, Bytes data) { from_client(from, data); });
  if (!listener) throw std::runtime_error("--listen: " + std::string(listener.error().what));
  listener_ = std::move(*listener);
}

void UdpLink::from_client(const Address& from, Bytes datagram) {
  const uint32_t id = find_or_make(from);
  clients_.at(id).heard = host::read_clock();
  runner_.offer(Way::up, id, datagram, to_.header_bytes());
}

void UdpLink::deliver(Way way, uint32_t id, Bytes datagram) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  if (way == Way::up) {
    if (client->second.upstream) client->second.upstream->send(to_, datagram);
  } else {
    listener_->send(client->second.address, datagram);
  }
}

// Every client shows itself from a new port, as after a NAT's restart.
void UdpLink::rebind() {
  for (auto& [id, client] : clients_) client.upstream = open_upstream(id);
}

uint32_t UdpLink::find_or_make(const Address& from) {
  if (const auto known = ids_.find(from); known != ids_.end()) return known->second;
  if (clients_.size() >= kClientsMax) {
    const auto silent = std::ranges::min_element(clients_, {}, [](const auto& entry) { return entry.second.heard; });
    ids_.erase(silent->second.address);
    clients_.erase(silent);
  }
  const uint32_t id = next_id_++;
  ids_[from] = id;
  clients_[id] = Client{.address = from, .upstream = open_upstream(id)};
  return id;
}

// Nothing when the system has no socket left: then what the client sends is lost.
std::unique_ptr<host::UdpSocket> UdpLink::open_upstream(uint32_t id) {
  const Address any = to_.is_v4() ? Address::v4(0, 0, 0, 0, 0) : Address{};
  auto socket = host::UdpSocket::open(loop_, any, [this, id](const Address& from, Bytes datagram) {
    if (from == to_) runner_.offer(Way::down, id, datagram, to_.header_bytes());
  });
  return socket ? std::move(*socket) : nullptr;
}

}  // namespace farline::app
