// The local network's side of wire/lan.h: a device that looks for its node there, and the node that answers. Loop
// thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/node_records.h"
#include "host/loop.h"
#include "host/udp_socket.h"
#include "wire/lan.h"

namespace farline::app {

class LanFinder {
 public:
  // Nothing: nobody answered. Not called from inside find(), nor after the finder is gone.
  using Found = std::function<void(const std::optional<Address>&)>;
  LanFinder(host::Loop& loop, Rng& rng, Found found);

  bool is_running() const { return socket_ != nullptr; }
  // REQUIRES !is_running().
  void find(const crypto::PublicKey& node);

 private:
  void ask();
  void finish(const std::optional<Address>& address);

  host::Loop& loop_;
  Rng& rng_;
  Found found_;
  host::Timer timer_;
  crypto::PublicKey node_{};
  wire::LanQuestion question_{};
  unsigned asked_ = 0;
  std::optional<Address> answer_;
  std::unique_ptr<host::UdpSocket> socket_;
};

// Answers for each key that the node goes by. `identity` and `rng` outlive it.
class LanDoor {
 public:
  static Result<std::unique_ptr<LanDoor>> open(host::Loop& loop, const NodeIdentity& identity, uint16_t port, Rng& rng);

 private:
  LanDoor(host::Loop& loop, const NodeIdentity& identity, uint16_t port, Rng& rng);
  void join();
  void received(const Address& from, Bytes datagram);

  const NodeIdentity& identity_;
  uint16_t port_;
  Rng& rng_;
  host::Timer timer_;
  unsigned left_ = 0;  // answers, until the next join()
  std::unique_ptr<host::UdpSocket> socket_;
};

}  // namespace farline::app
