#include "host/tls_client.h"

#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {

struct TlsClient::Connect {
  uv_connect_t request{};
  TlsClient* client = nullptr;  // nullptr: it is gone
};

TlsClient::TlsClient(Loop& loop, const HostAndPort& where, TlsConnection::Hooks hooks)
    : loop_(loop),
      where_(where),
      hooks_(std::move(hooks)),
      finder_(loop,
              [this](const std::optional<Address>& address) {
                if (address)
                  connect(*address);
                else
                  fail_later();
              }),
      patience_(loop, [this] { hooks_.failed(); }) {
  patience_.start(kPatience);
  finder_.find(where_);
}

TlsClient::~TlsClient() {
  if (connect_) connect_->client = nullptr;
}

void TlsClient::fail_later() {
  patience_.start(0ms);
}

void TlsClient::connect(const Address& address) {
  socket_ = make_handle<uv_tcp_t>(nullptr, [&](uv_tcp_t* tcp) { return uv_tcp_init(loop_.uv(), tcp); });
  const sockaddr_storage to = to_sockaddr(address, !address.is_v4());
  auto connect = std::make_unique<Connect>();
  connect->client = this;
  connect->request.data = connect.get();
  const auto done = [](uv_connect_t* request, int status) {
    const std::unique_ptr<Connect> owned(static_cast<Connect*>(request->data));
    if (!owned->client) return;
    owned->client->connect_ = nullptr;
    owned->client->connected(status);
  };
  if (uv_tcp_connect(&connect->request, socket_.get(), reinterpret_cast<const sockaddr*>(&to), done) != 0)
    return fail_later();
  connect_ = connect.release();
}

void TlsClient::connected(int status) {
  if (status != 0) return fail_later();
  const bool is_name = !address_of_digits(where_);
  connection_ = std::make_unique<TlsConnection>(
      loop_, std::move(socket_), crypto::TlsSession::connect(is_name ? where_.host : ""),
      TlsConnection::Hooks{.ready =
                               [this] {
                                 patience_.stop();
                                 hooks_.ready();
                               },
                           .received = [this](Bytes datagram) { hooks_.received(datagram); },
                           .failed = [this] { hooks_.failed(); }});
}

void TlsClient::send(Bytes datagram, bool may_be_lost) {
  if (connection_) connection_->send(datagram, may_be_lost);
}

}  // namespace farline::host
