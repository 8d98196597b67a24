// What is said to a proxy until the connection goes on to where we want, without I/O. The answers are a stranger's:
// bounded by kProxyAnswerMax, and what is not of the form ends it. Whoever begins after that is us (TLS), so bytes
// behind the last answer are refused too.
#pragma once

#include "base/bytes.h"
#include "host/proxy.h"

namespace farline::host {

inline constexpr size_t kProxyAnswerMax = 16 * 1024;  // of HTTP: a 407 has many lines at some

class ProxyTalk {
 public:
  // Errc::malformed: `to` is no host that a proxy can be told.
  static Result<ProxyTalk> begin(const Proxy& proxy, const HostAndPort& to);
  // In order; empty: the proxy is to speak.
  ByteVector take_to_send() { return std::exchange(to_send_, {}); }
  // True: from here on bytes go to `to`. Errors are final, and literals a person can read: denied (by the proxy),
  // io (`to` is not reached), malformed, limit.
  Result<bool> received(Bytes piece);

 private:
  enum class State : uint8_t { http, socks_method, socks_login, socks_request, open };
  ProxyTalk(const Proxy& proxy, HostAndPort to) : proxy_(proxy), to_(std::move(to)) {}
  void begin_http();
  void ask_socks();
  Result<bool> read_http();
  Result<bool> read_socks();
  Result<bool> read_socks_answer();

  Proxy proxy_;
  HostAndPort to_;
  State state_ = State::http;
  ByteVector to_send_;
  ByteVector input_;
};

}  // namespace farline::host
