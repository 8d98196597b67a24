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

struct LanFound {
  std::optional<Address> node;
  struct StandIn {
    Address address;
    ByteVector certificate;  // not verified
  };
  std::vector<StandIn> stand_ins;  // asked for when no node answers; at most kStandInsMax, by certificate
};

class LanFinder {
 public:
  static constexpr size_t kStandInsMax = 8;

  // Not called from inside find(), nor after the finder is gone.
  using Found = std::function<void(const LanFound&)>;
  LanFinder(host::Loop& loop, Rng& rng, Found found);

  bool is_running() const { return socket_ != nullptr; }
  // REQUIRES !is_running().
  void find(const crypto::PublicKey& node, bool asks_stand_ins);

 private:
  void ask();
  void received(const Address& from, Bytes datagram);
  void finish();

  host::Loop& loop_;
  Rng& rng_;
  Found found_;
  host::Timer timer_;
  crypto::PublicKey node_{};
  wire::LanQuestion question_{};
  wire::StandInQuestion stand_in_question_{};
  unsigned asks_ = 0;
  unsigned asked_ = 0;
  LanFound answers_;
  std::unique_ptr<host::UdpSocket> socket_;
};

// Answers whoever asks on the local network.
class LanDoor {
 public:
  // Empty: not a question for us.
  using Answer = std::function<ByteVector(Bytes question)>;
  static Result<std::unique_ptr<LanDoor>> open(host::Loop& loop, Answer answer);
  // For each key that the node goes by. `identity` and `rng` outlive it.
  static Result<std::unique_ptr<LanDoor>> open(host::Loop& loop, const NodeIdentity& identity, uint16_t port, Rng& rng);

 private:
  LanDoor(host::Loop& loop, Answer answer);
  void join();
  void received(const Address& from, Bytes datagram);

  Answer answer_;
  host::Timer timer_;
  unsigned left_ = 0;  // answers, until the next join()
  std::unique_ptr<host::UdpSocket> socket_;
};

}  // namespace farline::app
