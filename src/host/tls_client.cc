#include "host/tls_client.h"

#include "host/proxy_talk.h"
#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {

struct TlsClient::Connect {
  uv_connect_t request{};
  TlsClient* client = nullptr;  // nullptr: it is gone
};

struct TlsClient::Proxying {
  ProxyTalk talk;
  std::array<char, 1024> buffer{};
};

TlsClient::TlsClient(Loop& loop, Way way, TlsConnection::Hooks hooks)
    : loop_(loop),
      way_(std::move(way)),
      hooks_(std::move(hooks)),
      finder_(loop, [this](const std::optional<Address>& address) { found(address); }),
      patience_(loop, [this] { hooks_.failed(); }) {
  patience_.start(kPatience);
  finder_.find(way_.proxy ? way_.proxy->where : way_.to);
}

TlsClient::~TlsClient() {
  if (connect_) connect_->client = nullptr;
}

void TlsClient::fail_later(std::string_view trouble) {
  trouble_ = trouble;
  if (socket_) uv_read_stop(reinterpret_cast<uv_stream_t*>(socket_.get()));
  patience_.start(0ms);
}

void TlsClient::found(const std::optional<Address>& address) {
  if (address)
    connect(*address);
  else
    fail_later(way_.proxy ? "the proxy's name is not known to this network" : "");
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
  if (status != 0) return fail_later(way_.proxy ? "the proxy is not reached" : "");
  if (way_.proxy)
    ask_proxy();
  else
    start_tls();
}

void TlsClient::ask_proxy() {
  auto talk = ProxyTalk::begin(*way_.proxy, way_.to);
  if (!talk) return fail_later(talk.error().what);
  proxying_ = std::make_unique<Proxying>(Proxying{.talk = std::move(*talk)});
  socket_->data = this;
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<TlsClient*>(handle->data)->proxying_->buffer;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto got = [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
    auto& client = *static_cast<TlsClient*>(from->data);
    if (size < 0) return client.fail_later("the proxy has closed the connection");
    client.proxy_said(Bytes(reinterpret_cast<const uint8_t*>(buffer->base), static_cast<size_t>(size)));
  };
  if (uv_read_start(reinterpret_cast<uv_stream_t*>(socket_.get()), give_buffer, got) != 0) return fail_later();
  proxy_said({});
}

void TlsClient::proxy_said(Bytes piece) {
  const auto is_open = proxying_->talk.received(piece);
  if (!is_open) return fail_later(is_open.error().what);
  ByteVector text = proxying_->talk.take_to_send();
  const uv_buf_t all = uv_buf_init(reinterpret_cast<char*>(text.data()), static_cast<unsigned>(text.size()));
  auto* stream = reinterpret_cast<uv_stream_t*>(socket_.get());
  // At most 1 kB, and nothing else is in the socket's buffer.
  if (!text.empty() && uv_try_write(stream, &all, 1) != static_cast<int>(text.size())) return fail_later();
  if (!*is_open) return;
  uv_read_stop(stream);
  start_tls();
}

void TlsClient::start_tls() {
  const bool is_name = !address_of_digits(way_.to);
  connection_ = std::make_unique<TlsConnection>(
      loop_, std::move(socket_), crypto::TlsSession::connect(is_name ? way_.to.host : ""),
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
