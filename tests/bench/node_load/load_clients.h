// Who loads a node, and a TURN server beside it: clients with a socket each, and packets that carry when they were
// sent. Blocking sockets on loopback; what does not come within two seconds ends the program.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/node_home.h"
#include "host/clock.h"
#include "support/mini_client.h"

namespace farline::bench {

// A connected UDP socket of 127.0.0.1.
class LoadSocket {
 public:
  explicit LoadSocket(uint16_t to_port = 0);  // 0: not connected
  ~LoadSocket();
  LoadSocket(LoadSocket&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  LoadSocket& operator=(LoadSocket&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
  }

  void send(Bytes datagram) const;
  std::optional<ByteVector> receive(bool waits) const;
  uint16_t port() const;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// From one end to the other, through what is measured.
struct Path {
  LoadSocket* from;
  LoadSocket* to;
  ByteVector packet;  // its last eight bytes are the time

  void send_stamped();
  void receive_stamped(std::vector<double>& delays_ms) const;
};

struct LoadClient {
  std::unique_ptr<testing::MiniClient> client;
  LoadSocket socket;
};

struct LoadNode {
  explicit LoadNode(const std::string& programs);
  ~LoadNode();

  // At a rate below that at which the node asks for cookies.
  std::vector<LoadClient> attach(size_t count);
  std::vector<Path> connect_pairs(std::vector<LoadClient>& clients, size_t pairs);

  std::string folder;
  crypto::PublicKey key{};
  crypto::SigningKeyPair root;
  uint16_t port = 0;
  int process = 0;
  std::FILE* out = nullptr;
};

// Until `is_over`; how many were sent. A third each: random bytes, initiations with a wrong mac1, and initiations with
// a good one that nobody with a certificate made.
uint64_t send_flood(const LoadNode& node, uint32_t per_second, const std::atomic<bool>& is_over);

struct LoadTurn {
  static std::unique_ptr<LoadTurn> start();  // nothing: there is no turnserver
  ~LoadTurn();
  // One direction each, relayed from an allocation to a plain peer.
  std::vector<Path> allocate(size_t count);

  uint16_t port = 0;
  int process = 0;
  std::FILE* out = nullptr;
  std::vector<std::unique_ptr<LoadSocket>> sockets;
};

}  // namespace farline::bench
