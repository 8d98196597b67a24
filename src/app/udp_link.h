// farline-link's UDP side: clients send to one listening socket; each client address gets a socket of its own towards
// the far end, which therefore sees distinct addresses, as behind a NAT. All clients share one link.
#pragma once

#include <map>
#include <memory>

#include "app/link_runner.h"
#include "host/udp_socket.h"

namespace farline::app {

class UdpLink {
 public:
  struct Ends {
    Address listen;  // for clients, "up" starts here
    Address to;      // the far end
  };
  static constexpr size_t kClientsMax = 1024;  // one more takes the place of the one silent for longest

  // Throws std::runtime_error when the socket cannot be opened.
  UdpLink(host::Loop& loop, const Ends& ends, LinkRunnerOptions options);

  Address listening() const { return listener_->local_address(); }
  void change(const emulate::LinkSpec& spec) { runner_.change(spec); }
  std::string counters_json() const { return runner_.counters_json(); }

 private:
  struct Client {
    Address address;
    Time heard{};
    std::unique_ptr<host::UdpSocket> upstream;
  };
  void from_client(const Address& from, Bytes datagram);
  void deliver(emulate::Way way, uint32_t id, Bytes datagram);
  void rebind();
  uint32_t find_or_make(const Address& from);
  std::unique_ptr<host::UdpSocket> open_upstream(uint32_t id);

  host::Loop& loop_;
  Address to_;
  LinkRunner runner_;
  uint32_t next_id_ = 0;
  std::map<Address, uint32_t> ids_;
  std::map<uint32_t, Client> clients_;
  std::unique_ptr<host::UdpSocket> listener_;
};

}  // namespace farline::app
