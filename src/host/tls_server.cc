#include "host/tls_server.h"

#include <algorithm>

#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {

struct TlsServer::Client {
  Client(TlsServer& server, const Address& who, uint32_t own_number, Handle<uv_tcp_t> socket)
      : peer(who),
        number(own_number),
        address(stream_address(who, own_number)),
        patience(server.loop_, [&server, this] { server.drop(address); }) {
    patience.start(kTlsHandshakePatience);
    connection = std::make_unique<TlsConnection>(
        server.loop_, std::move(socket), crypto::TlsSession::accept(server.setup_.identity),
        TlsConnection::Hooks{.ready = [this] { patience.start(kTlsSilence); },
                             .received =
                                 [this, &server](Bytes datagram) {
                                   patience.start(kTlsSilence);
                                   server.setup_.received(address, datagram);
                                 },
                             .failed = [this, &server] { server.drop(address); }});
  }
  Address peer;
  uint32_t number;
  Address address;
  Timer patience;
  std::unique_ptr<TlsConnection> connection;
};

TlsServer::TlsServer(Loop& loop, Setup setup) : loop_(loop), setup_(std::move(setup)) {}
TlsServer::~TlsServer() = default;

Result<std::unique_ptr<TlsServer>> TlsServer::listen(Loop& loop, Setup setup) {
  std::unique_ptr<TlsServer> server(new TlsServer(loop, std::move(setup)));
  const Address& address = server->setup_.address;
  server->listener_ = make_handle<uv_tcp_t>(server.get(), [&](uv_tcp_t* tcp) { return uv_tcp_init(loop.uv(), tcp); });
  const sockaddr_storage local = to_sockaddr(address, !address.is_v4());
  int status = uv_tcp_bind(server->listener_.get(), reinterpret_cast<const sockaddr*>(&local), 0);
  if (status == 0) {
    const auto connected = [](uv_stream_t* stream, int error) {
      if (error == 0) static_cast<TlsServer*>(stream->data)->accept();
    };
    status = uv_listen(reinterpret_cast<uv_stream_t*>(server->listener_.get()), 128, connected);
  }
  if (status == UV_EADDRINUSE) return Error{Errc::io, "another program listens on that port; choose another one"};
  if (status == UV_EACCES) return Error{Errc::io, "ports below 1024 need CAP_NET_BIND_SERVICE"};
  if (status != 0) return uv_error(status);
  return server;
}

void TlsServer::accept() {
  auto socket = make_handle<uv_tcp_t>(nullptr, [&](uv_tcp_t* tcp) { return uv_tcp_init(loop_.uv(), tcp); });
  if (uv_accept(reinterpret_cast<uv_stream_t*>(listener_.get()), reinterpret_cast<uv_stream_t*>(socket.get())) != 0)
    return;
  sockaddr_storage from{};
  int size = sizeof from;
  auto* name = reinterpret_cast<sockaddr*>(&from);
  if (uv_tcp_getpeername(socket.get(), name, &size) != 0) return;
  const Address peer = from_sockaddr(name);
  if (!make_room(peer)) return;
  ++last_number_;
  auto client = std::make_unique<Client>(*this, peer, last_number_, std::move(socket));
  const Address address = client->address;
  clients_[address] = std::move(client);
}

// False: it is accepted only to be closed.
bool TlsServer::make_room(const Address& peer) {
  const auto of_peer =
      std::ranges::count_if(clients_, [&](const auto& entry) { return entry.second->peer.ip == peer.ip; });
  if (static_cast<size_t>(of_peer) >= kTlsOfOneMax) return false;
  if (clients_.size() < kTlsClientsMax) return true;
  auto oldest = clients_.end();
  for (auto each = clients_.begin(); each != clients_.end(); ++each) {
    if (each->second->connection->is_ready()) continue;
    if (oldest == clients_.end() || each->second->number < oldest->second->number) oldest = each;
  }
  if (oldest == clients_.end()) return false;
  clients_.erase(oldest);
  return true;
}

void TlsServer::drop(Address address) {
  clients_.erase(address);
}

void TlsServer::send(const Transmit& out) {
  const auto client = clients_.find(out.to);
  if (client == clients_.end()) return;  // gone: a loss
  const Bytes datagram = out.datagram.bytes();
  client->second->connection->send(datagram, setup_.may_be_lost(datagram));
}

Address TlsServer::local_address() const {
  sockaddr_storage local{};
  int size = sizeof local;
  auto* name = reinterpret_cast<sockaddr*>(&local);
  if (uv_tcp_getsockname(listener_.get(), name, &size) != 0) return {};
  return from_sockaddr(name);
}

}  // namespace farline::host
