#include "host/udp_socket.h"

#include "host/address_text.h"
#include "host/network_address.h"
#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

std::string digits_of(const Address& address) {
  return split_address(to_text(address)).value().host;
}

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(Loop& loop, const Address& local, Received received) {
  std::unique_ptr<UdpSocket> socket(new UdpSocket(std::move(received)));
  if (auto bound = socket->bind(loop, local); !bound) return bound.error();
  return socket;
}

Result<void> UdpSocket::bind(Loop& loop, const Address& local) {
  v6_ = !local.is_v4();
  socket_ = make_handle<uv_udp_t>(this, [&](uv_udp_t* udp) { return uv_udp_init(loop.uv(), udp); });
  const unsigned shared = local.is_multicast() ? UV_UDP_REUSEADDR : 0;
#ifdef _WIN32  // where a group is no address to be bound to
  const sockaddr_storage address = to_sockaddr(local.is_multicast() ? Address::v4(0, 0, 0, 0, local.port) : local, v6_);
#else
  const sockaddr_storage address = to_sockaddr(local, v6_);
#endif
  if (const int status = uv_udp_bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), shared); status != 0)
    return uv_error(status);
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<UdpSocket*>(handle->data)->buffer_;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto received = [](uv_udp_t* udp, ssize_t size, const uv_buf_t* buffer, const sockaddr* from, unsigned flags) {
    if (size < 0 || from == nullptr || (flags & UV_UDP_PARTIAL) != 0) return;
    const auto* data = reinterpret_cast<const uint8_t*>(buffer->base);
    static_cast<UdpSocket*>(udp->data)->received_(from_sockaddr(from), Bytes(data, static_cast<size_t>(size)));
  };
  if (const int status = uv_udp_recv_start(socket_.get(), give_buffer, received); status != 0) return uv_error(status);
  return {};
}

bool UdpSocket::send(const Address& to, Bytes datagram) {
  if (!v6_ && !to.is_v4()) return false;
  const sockaddr_storage address = to_sockaddr(to, v6_);
  // libuv does not write to the buffer; its type is shared with reading.
  auto* data = const_cast<char*>(reinterpret_cast<const char*>(datagram.data()));
  const uv_buf_t buffer = uv_buf_init(data, static_cast<unsigned>(datagram.size()));
  return uv_udp_try_send(socket_.get(), &buffer, 1, reinterpret_cast<const sockaddr*>(&address)) >= 0;
}

void UdpSocket::join(const Address& group) {
  const std::string name = digits_of(group);
  for (const Address& own : network_addresses())
    if (own.is_v4())  // an error: joined already, or an interface without multicast
      (void)uv_udp_set_membership(socket_.get(), name.c_str(), digits_of(own).c_str(), UV_JOIN_GROUP);
}

bool UdpSocket::send_to_group(const Address& group, Bytes datagram) {
  bool sent = false;
  for (const Address& own : network_addresses())
    if (own.is_v4() && uv_udp_set_multicast_interface(socket_.get(), digits_of(own).c_str()) == 0)
      sent |= send(group, datagram);
  return sent;
}

Address UdpSocket::local_address() const {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_udp_getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
}

}  // namespace farline::host
