// One connection to a TLS port: name, socket, TLS, and then datagrams. Loop thread only.
#pragma once

#include <memory>

#include "host/name_finder.h"
#include "host/tls_connection.h"

namespace farline::host {

class TlsClient {
 public:
  // Whoever is not through to TLS by then is given up: some five round trips of a slow link.
  static constexpr Duration kPatience = 30s;

  // As in tls_connection.h; the client may be destroyed in `failed`, and in no other of these.
  TlsClient(Loop& loop, const HostAndPort& where, TlsConnection::Hooks hooks);
  ~TlsClient();

  void send(Bytes datagram, bool may_be_lost);

 private:
  struct Connect;
  void connect(const Address& address);
  void connected(int status);
  void fail_later();

  Loop& loop_;
  HostAndPort where_;
  TlsConnection::Hooks hooks_;
  NameFinder finder_;
  Timer patience_;
  Handle<uv_tcp_s> socket_;
  Connect* connect_ = nullptr;  // owned by the loop until it has answered
  std::unique_ptr<TlsConnection> connection_;
};

}  // namespace farline::host
