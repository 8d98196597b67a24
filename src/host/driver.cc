#include "host/driver.h"

#include <algorithm>

#include "host/clock.h"
#include "host/socket_address.h"
#include "host/uv_support.h"

#ifndef _WIN32
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#endif

namespace farline::host {

Driver::Driver(Loop& loop, Core& core, RecordSink& sink, DriverHooks hooks)
    : loop_(loop), core_(core), sink_(sink), hooks_(std::move(hooks)), timer_(loop, [this] { timer_expired(); }) {}

Driver::~Driver() {
  INVARIANT(!in_turn_ && !in_after_turn_);
}

Result<std::unique_ptr<Driver>> Driver::open(Loop& loop, const Address& listen, Core& core, RecordSink& sink,
                                             DriverHooks hooks) {
  std::unique_ptr<Driver> driver(new Driver(loop, core, sink, std::move(hooks)));
  auto socket = driver->open_socket(listen);
  driver->v6_socket_ = !listen.is_v4();
  const bool any = listen.ip == Address{}.ip;
  if (!socket && any) {
    socket = driver->open_socket(Address::v4(0, 0, 0, 0, listen.port));
    driver->v6_socket_ = false;
  }
  if (!socket) return socket.error();
  driver->socket_ = std::move(*socket);
  driver->arm_timer();
  return driver;
}

Result<Handle<uv_udp_t>> Driver::open_socket(const Address& listen) {
  auto socket = make_handle<uv_udp_t>(this, [&](uv_udp_t* udp) { return uv_udp_init(loop_.uv(), udp); });
  const sockaddr_storage local = to_sockaddr(listen, !listen.is_v4());
  int status = uv_udp_bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), 0);
  if (status == UV_EADDRINUSE) return Error{Errc::io, "another program listens on that port; choose another one"};
  if (status == UV_EADDRNOTAVAIL) return Error{Errc::io, "this machine does not have that address"};
  if (status != 0) return uv_error(status);

  // libuv reads at most 32 datagrams each time the loop wakes, so timers are never starved.
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<Driver*>(handle->data)->receive_buffer_;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto received = [](uv_udp_t* udp, ssize_t size, const uv_buf_t* buffer, const sockaddr* from, unsigned flags) {
    if (size < 0 || from == nullptr) return;  // an error of an earlier send (ICMP), or nothing more to read
    auto* driver = static_cast<Driver*>(udp->data);
    const auto* data = reinterpret_cast<const uint8_t*>(buffer->base);
    if ((flags & UV_UDP_PARTIAL) != 0 || static_cast<size_t>(size) > sizeof(Datagram::data)) {
      ++driver->traffic_.receive_dropped;
      return;
    }
    driver->receive(from_sockaddr(from), Bytes(data, static_cast<size_t>(size)));
  };
  status = uv_udp_recv_start(socket.get(), give_buffer, received);
  if (status != 0) return uv_error(status);
  return socket;
}

void Driver::receive(const Address& from, Bytes datagram) {
  if (side_) side_->heard_udp(from);
  take(from, datagram, from.header_bytes());
}

void Driver::deliver(const Address& from, Bytes datagram) {
  take(from, datagram, Address::kStreamHeaderBytes);
}

void Driver::take(const Address& from, Bytes datagram, uint32_t header_bytes) {
  ++traffic_.packets_rx;
  traffic_.bytes_rx += header_bytes + datagram.size();
  turn([&](Time now) { core_.handle_datagram(now, from, datagram); });
}

void Driver::turn(const std::function<void(Time now)>& mutation) {
  INVARIANT(!in_turn_);
  if (failed_) return;
  in_turn_ = true;
  const Time now = advance();
  mutation(now);
  drain();
  in_turn_ = false;
  if (!failed_) after_turns(now);
}

void Driver::drain() {
  saves_.clear();
  SaveRecord record;
  while (core_.poll_save(record)) saves_.push_back(std::move(record));
  if (!saves_.empty()) {
    if (const auto saved = sink_.save(saves_); !saved) {
      if (hooks_.goes_on && hooks_.goes_on()) {
        for (Transmit lost; core_.poll_transmit(lost);) ++traffic_.send_dropped;
        return;
      }
      failed_ = true;
      timer_.stop();
      socket_.reset();
      spare_.reset();
      if (hooks_.save_failed) hooks_.save_failed(saved.error());
      return;
    }
  }
  Transmit out;
  while (core_.poll_transmit(out)) transmit(out);
}

void Driver::transmit(const Transmit& out) {
  const auto way = side_ ? side_->way_of(out) : SideCarrier::Way::udp;
  if (way != SideCarrier::Way::side) transmit_udp(out);
  if (way == SideCarrier::Way::udp) return;
  side_->send(out);
  ++traffic_.packets_tx;
  traffic_.bytes_tx += Address::kStreamHeaderBytes + out.datagram.size;
}

void Driver::transmit_udp(const Transmit& out) {
  if (out.to.is_stream() || (!v6_socket_ && !out.to.is_v4())) {
    ++traffic_.send_dropped;
    return;
  }
  if (out.spare && !spare_) {
    auto opened = open_socket(v6_socket_ ? Address{} : Address::v4(0, 0, 0, 0, 0));
    if (opened) spare_ = std::move(*opened);
  }
  uv_udp_t* socket = out.spare ? spare_.get() : socket_.get();
  if (!socket) {
    ++traffic_.send_dropped;
    return;
  }
  if (!out.spare && hooks_.is_voice) mark(socket, hooks_.is_voice(out.datagram.bytes()));
  const sockaddr_storage to = to_sockaddr(out.to, v6_socket_);
  // libuv does not write to the buffer; its type is shared with reading.
  auto* data = const_cast<char*>(reinterpret_cast<const char*>(out.datagram.data.data()));
  const uv_buf_t buffer = uv_buf_init(data, out.datagram.size);
  if (uv_udp_try_send(socket, &buffer, 1, reinterpret_cast<const sockaddr*>(&to)) < 0) {
    ++traffic_.send_dropped;
    return;
  }
  ++traffic_.packets_tx;
  traffic_.bytes_tx += out.to.header_bytes() + out.datagram.size;
}

// One socket for all, so that NATs and firewalls see one: its mark changes with what is sent.
void Driver::mark(uv_udp_t* socket, bool is_voice) {
  if (std::exchange(marks_voice_, is_voice) == is_voice) return;
#ifndef _WIN32
  uv_os_fd_t fd{};
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(socket), &fd) != 0) return;
  const int mark = is_voice ? kVoiceDscp << 2 : 0;
  // A system that refuses sends unmarked. An IPv6 socket of Linux sends to IPv4 addresses by IP_TOS.
  (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &mark, sizeof mark);
  if (v6_socket_) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &mark, sizeof mark);
#else
  (void)socket;
#endif
}

void Driver::after_turns(Time now) {
  if (in_after_turn_) {
    after_turn_again_ = true;
    return;
  }
  in_after_turn_ = true;
  do {
    after_turn_again_ = false;
    if (hooks_.after_turn) hooks_.after_turn(std::max(now, now_));
  } while (after_turn_again_ && !failed_);
  in_after_turn_ = false;
  if (!failed_) arm_timer();
}

void Driver::arm_timer() {
  const Time now = advance();
  const Duration wait_max = hooks_.busy && hooks_.busy() ? kWaitBusyMax : kWaitIdleMax;
  const auto deadline = core_.next_timeout();
  timer_.start(deadline ? std::min(*deadline - now, wait_max) : wait_max);
}

void Driver::timer_expired() {
  const auto deadline = core_.next_timeout();
  if (deadline && *deadline <= advance()) {
    turn([&](Time now) { core_.handle_timeout(now); });
  } else {
    arm_timer();
  }
}

Time Driver::advance() {
  now_ = std::max(now_, read_clock());
  return now_;
}

Address Driver::local_address() const {
  sockaddr_storage local{};
  int size = sizeof local;
  auto* name = reinterpret_cast<sockaddr*>(&local);
  if (!socket_ || uv_udp_getsockname(socket_.get(), name, &size) != 0) return {};
  return from_sockaddr(name);
}

}  // namespace farline::host
