// Datagrams over one TLS connection, for either end. Stale voice does not wait in it: the kernel takes a few packets
// (its buffers are made small), behind that there are kQueuedMax, and then the oldest that may be lost goes first, else
// the oldest. A datagram that is not sent is a loss, as with UDP. Loop thread only.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/datagram.h"
#include "crypto/tls.h"
#include "host/datagram_frames.h"
#include "host/loop.h"

namespace farline::host {

class TlsConnection {
 public:
  static constexpr size_t kQueuedMax = 8;
  static constexpr int kSendBufferBytes = 8192;  // the kernel's, where it is not told how much may wait unsent
  static constexpr int kUnsentBytes = 2048;      // in the kernel, Linux (TCP_NOTSENT_LOWAT)

  struct Hooks {
    std::function<void()> ready;
    std::function<void(Bytes datagram)> received;
    std::function<void()> failed;  // once; the connection may be destroyed there, and in no other of these
  };
  // A connected socket, and who speaks TLS on it. A client's handshake begins now.
  TlsConnection(Loop& loop, Handle<uv_tcp_s> socket, std::unique_ptr<crypto::TlsSession> session, Hooks hooks);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  bool is_ready() const { return session_->is_ready() && !is_failed_; }
  // `may_be_lost`: late, it is of no use to anybody.
  void send(Bytes datagram, bool may_be_lost);
  uint64_t dropped() const { return dropped_; }

 private:
  struct Write;
  struct Queued {
    Datagram datagram;
    bool may_be_lost = false;
  };
  void read(Bytes bytes);
  void deliver();
  void pump();
  void flush();
  void fail();

  Handle<uv_tcp_s> socket_;
  std::unique_ptr<crypto::TlsSession> session_;
  Hooks hooks_;
  Timer failed_;
  DatagramGatherer gatherer_;
  std::deque<Queued> queue_;
  bool is_writing_ = false;
  bool is_failed_ = false;
  bool was_ready_ = false;
  uint64_t dropped_ = 0;
  std::array<char, 4096> buffer_;
};

}  // namespace farline::host
