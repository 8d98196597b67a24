// A plain UDP socket on the loop, for programs that are no core (the link emulator, tools). Cores get theirs from
// driver.h. Loop thread only; must not be destroyed inside its own callback.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "base/address.h"
#include "base/bytes.h"
#include "host/loop.h"

namespace farline::host {

class UdpSocket {
 public:
  // The span lives until the callback returns.
  using Received = std::function<void(const Address& from, Bytes datagram)>;

  // Port 0 lets the system choose. IPv6 unless `local` is IPv4. A multicast group may be listened to by several.
  static Result<std::unique_ptr<UdpSocket>> open(Loop& loop, const Address& local, Received received);

  // False: it would block, or there is no way there; a loss either way.
  bool send(const Address& to, Bytes datagram);
  // An IPv4 group that a socket listens to is joined on every network there is now; again when one may have come up.
  void join(const Address& group);
  // Into every network there is; routers do not pass it on. False: into none.
  bool send_to_group(const Address& group, Bytes datagram);
  Address local_address() const;

 private:
  explicit UdpSocket(Received received) : received_(std::move(received)) {}
  Result<void> bind(Loop& loop, const Address& local);

  Received received_;
  Handle<uv_udp_s> socket_;
  bool v6_ = false;
  std::array<char, 2048> buffer_;  // longer datagrams, which no link of ours carries whole, are dropped
};

}  // namespace farline::host
