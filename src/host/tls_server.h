// The TLS port of a node: each connection is an address of its own to the core (stream_address.h), by which its
// datagrams come and go. Bounded: kTlsClientsMax at once, of them kTlsOfOneMax from one address; whoever has not agreed
// on TLS within kTlsHandshakePatience, or says nothing for kTlsSilence (longer than the core remembers a silent
// client), is closed; when there is no room the oldest that has not agreed yet goes first. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/stream_address.h"
#include "host/driver.h"
#include "host/tls_connection.h"

namespace farline::host {

inline constexpr size_t kTlsClientsMax = 1024;  // some 45 kB each
inline constexpr size_t kTlsOfOneMax = 128;     // a whole site may be behind one address
inline constexpr Duration kTlsHandshakePatience = 40s;
inline constexpr Duration kTlsSilence = 10min;

class TlsServer final : public SideCarrier {
 public:
  struct Setup {
    Address address;
    crypto::TlsIdentity identity;
    // Late, such a datagram is of no use to anybody.
    std::function<bool(Bytes datagram)> may_be_lost;
    // Not from inside a turn of the driver that this is given to.
    std::function<void(const Address& from, Bytes datagram)> received;
  };
  static Result<std::unique_ptr<TlsServer>> listen(Loop& loop, Setup setup);
  ~TlsServer() override;

  Address local_address() const;
  size_t clients() const { return clients_.size(); }

  Way way_of(const Transmit& out) override { return out.to.is_stream() ? Way::side : Way::udp; }
  void send(const Transmit& out) override;
  void heard_udp(const Address&) override {}

 private:
  struct Client;
  TlsServer(Loop& loop, Setup setup);
  void accept();
  bool make_room(const Address& peer);
  void drop(Address address);  // which may be the client's own

  Loop& loop_;
  Setup setup_;
  Handle<uv_tcp_s> listener_;
  std::map<Address, std::unique_ptr<Client>> clients_;
  uint32_t last_number_ = 0;
};

}  // namespace farline::host
