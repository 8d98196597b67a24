// One connection to a TLS port: name, socket, a proxy where there is one, TLS, and then datagrams. Loop thread only.
#pragma once

#include <memory>

#include "host/name_finder.h"
#include "host/proxy.h"
#include "host/tls_connection.h"

namespace farline::host {

class TlsClient {
 public:
  // Whoever is not through to TLS by then is given up: some five round trips of a slow link.
  static constexpr Duration kPatience = 30s;

  struct Way {
    HostAndPort to;  // by a proxy its name is not looked up here
    std::optional<Proxy> proxy{};
  };
  // As in tls_connection.h; the client may be destroyed in `failed`, and in no other of these.
  TlsClient(Loop& loop, Way way, TlsConnection::Hooks hooks);
  ~TlsClient();

  void send(Bytes datagram, bool may_be_lost);
  // After `failed`: what a person can do something about (a proxy's refusal); empty: nothing is known.
  std::string_view trouble() const { return trouble_; }

 private:
  struct Connect;
  struct Proxying;
  void found(const std::optional<Address>& address);
  void connect(const Address& address);
  void connected(int status);
  void ask_proxy();
  void proxy_said(Bytes piece);
  void start_tls();
  void fail_later(std::string_view trouble = {});

  Loop& loop_;
  Way way_;
  TlsConnection::Hooks hooks_;
  NameFinder finder_;
  Timer patience_;
  Handle<uv_tcp_s> socket_;
  Connect* connect_ = nullptr;  // owned by the loop until it has answered
  std::unique_ptr<Proxying> proxying_;
  std::unique_ptr<TlsConnection> connection_;
  std::string_view trouble_;
};

}  // namespace farline::host
