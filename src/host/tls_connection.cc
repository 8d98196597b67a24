#include "host/tls_connection.h"

#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#include <algorithm>

#include "host/uv_support.h"

namespace farline::host {
namespace {

// Failure leaves the buffers long: later, not wrong.
void keep_buffers_short(uv_tcp_t* socket) {
  uv_tcp_nodelay(socket, 1);
#if defined(__linux__) && defined(TCP_NOTSENT_LOWAT)
  uv_os_fd_t fd{};
  const int unsent = TlsConnection::kUnsentBytes;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(socket), &fd) == 0)
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
#else
  int bytes = TlsConnection::kSendBufferBytes;
  uv_send_buffer_size(reinterpret_cast<uv_handle_t*>(socket), &bytes);
#endif
}

}  // namespace

struct TlsConnection::Write {
  uv_write_t request{};
  ByteVector bytes;
  TlsConnection* connection = nullptr;
};

TlsConnection::TlsConnection(Loop& loop, Handle<uv_tcp_t> socket, std::unique_ptr<crypto::TlsSession> session,
                             Hooks hooks)
    : socket_(std::move(socket)),
      session_(std::move(session)),
      hooks_(std::move(hooks)),
      failed_(loop, [this] { hooks_.failed(); }) {
  socket_->data = this;
  keep_buffers_short(socket_.get());
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<TlsConnection*>(handle->data)->buffer_;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto got = [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
    auto& connection = *static_cast<TlsConnection*>(from->data);
    if (size < 0) return connection.fail();
    connection.read(Bytes(reinterpret_cast<const uint8_t*>(buffer->base), static_cast<size_t>(size)));
  };
  if (uv_read_start(reinterpret_cast<uv_stream_t*>(socket_.get()), give_buffer, got) != 0)
    fail();
  else
    read({});
}

TlsConnection::~TlsConnection() = default;

void TlsConnection::fail() {
  if (std::exchange(is_failed_, true)) return;
  uv_read_stop(reinterpret_cast<uv_stream_t*>(socket_.get()));
  queue_.clear();
  failed_.start(0ms);
}

void TlsConnection::read(Bytes bytes) {
  const auto taken = session_->from_network(bytes);
  flush();  // an alert too
  if (!taken) return fail();
  if (session_->is_ready() && !std::exchange(was_ready_, true) && !is_failed_) {
    hooks_.ready();
    pump();
  }
  std::array<uint8_t, 2048> plain{};
  while (!is_failed_) {
    const auto size = session_->read(plain);
    if (!size) return fail();
    if (*size == 0) return;
    gatherer_.add(Bytes(plain).first(*size));
    deliver();
  }
}

void TlsConnection::deliver() {
  while (!is_failed_) {
    const auto datagram = gatherer_.take();
    if (!datagram) return fail();
    if (!*datagram) return;
    hooks_.received(**datagram);
  }
}

void TlsConnection::send(Bytes datagram, bool may_be_lost) {
  if (is_failed_ || datagram.empty()) return;
  if (queue_.size() == kQueuedMax) {
    const auto oldest = std::ranges::find_if(queue_, [](const Queued& queued) { return queued.may_be_lost; });
    queue_.erase(oldest == queue_.end() ? queue_.begin() : oldest);
    ++dropped_;
  }
  Queued& queued = queue_.emplace_back();
  queued.datagram.assign(datagram);
  queued.may_be_lost = may_be_lost;
  pump();
}

// A datagram is sealed when the kernel has taken all that was before it.
void TlsConnection::pump() {
  FrameRoom room;
  while (session_->is_ready() && !is_writing_ && !is_failed_ && !queue_.empty()) {
    const Bytes frame = frame_datagram(queue_.front().datagram.bytes(), room);
    const auto sealed = session_->write(frame);
    queue_.pop_front();
    if (!sealed) return fail();
    flush();
  }
}

void TlsConnection::flush() {
  ByteVector bytes = session_->take_for_network();
  if (bytes.empty() || is_failed_) return;
  auto* stream = reinterpret_cast<uv_stream_t*>(socket_.get());
  size_t sent = 0;
  if (!is_writing_) {
    const uv_buf_t all = uv_buf_init(reinterpret_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
    const int status = uv_try_write(stream, &all, 1);
    if (status < 0 && status != UV_EAGAIN) return fail();
    sent = status < 0 ? 0 : static_cast<size_t>(status);
  }
  if (sent == bytes.size()) return;
  auto write = std::make_unique<Write>();
  write->bytes.assign(bytes.begin() + static_cast<ptrdiff_t>(sent), bytes.end());
  write->connection = this;
  write->request.data = write.get();
  const uv_buf_t rest =
      uv_buf_init(reinterpret_cast<char*>(write->bytes.data()), static_cast<unsigned>(write->bytes.size()));
  const auto done = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> written(static_cast<Write*>(request->data));
    if (uv_is_closing(reinterpret_cast<uv_handle_t*>(request->handle))) return;  // the connection is gone already
    auto& connection = *written->connection;
    connection.is_writing_ = request->handle->write_queue_size > 0;
    if (status != 0) return connection.fail();
    connection.pump();
  };
  if (uv_write(&write->request, stream, &rest, 1, done) != 0) return fail();
  write.release();  // NOLINT: freed by the callback
  is_writing_ = true;
}

}  // namespace farline::host
