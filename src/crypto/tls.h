// One end of a TLS 1.2 connection without I/O: bytes of the network go in and come out, plaintext goes in and comes
// out. It carries our datagrams where a network lets nothing else pass (docs/PROTOCOL.md 1.8). It hides nothing that
// they do not hide by themselves: both ends prove who they are inside, by Noise, so a client takes any certificate, and
// who terminates this TLS sees what a watcher of our UDP sees. One thread of a program uses all this.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::crypto {

inline constexpr size_t kTlsPemBytesMax = 64 * 1024;

// A server's certificate and its key; outlives its sessions.
class TlsIdentity {
 public:
  TlsIdentity(TlsIdentity&& from) noexcept;
  ~TlsIdentity();
  // A fresh P-256 key and a certificate that it signs itself.
  static TlsIdentity make();
  // A chain and its key as PEM, unencrypted. Errors: malformed, limit; denied when the key is another certificate's.
  static Result<TlsIdentity> from_pem(std::string_view chain, std::string_view key);

  struct Parts;

 private:
  friend class TlsSession;
  explicit TlsIdentity(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;  // what mbedTLS points into must not move
};

class TlsSession {
 public:
  static constexpr size_t kPlainBytesMax = 4096;  // in one write

  // `name`: of the server, said in clear (RFC 6066 section 3); empty for an address.
  static std::unique_ptr<TlsSession> connect(const std::string& name);
  static std::unique_ptr<TlsSession> accept(const TlsIdentity& identity);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // What came, in any pieces, and as much of the handshake as it allows. A client's first call brings nothing. Errors
  // (auth) are final.
  Result<void> from_network(Bytes bytes);
  bool is_ready() const { return is_ready_; }
  // Decrypted bytes; 0: none yet. Errors: auth; io when the far end has closed.
  Result<size_t> read(MutableBytes out);
  // REQUIRES is_ready() and at most kPlainBytesMax. One record.
  Result<void> write(Bytes plain);
  // What is to be sent now, in order; empty: nothing.
  ByteVector take_for_network();

 private:
  struct Parts;
  explicit TlsSession(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
  bool is_ready_ = false;
};

}  // namespace farline::crypto
