#include "host/proxy_talk.h"

#include <algorithm>

#include "crypto/pem.h"

namespace farline::host {
namespace {

constexpr Error kNotHttp{Errc::malformed, "the proxy does not answer as an HTTP proxy does"};
constexpr Error kNotSocks{Errc::malformed, "the proxy does not answer as a SOCKS 5 proxy does"};
constexpr Error kLoginWanted{Errc::denied, "the proxy wants a user and a password"};
constexpr Error kLoginRefused{Errc::denied, "the proxy refuses this user and password"};
constexpr Error kForbidden{Errc::denied, "the proxy does not let us through to the supernode"};
constexpr Error kUnreached{Errc::io, "the proxy does not reach the supernode"};

// RFC 1928, RFC 1929.
constexpr uint8_t kSocks = 5, kLoginVersion = 1;
constexpr uint8_t kSocksFree = 0, kSocksLogin = 2, kSocksNoMethod = 0xff;
constexpr uint8_t kSocksConnect = 1, kSocksV4 = 1, kSocksName = 3, kSocksV6 = 4;
constexpr size_t kSocksNameMax = 255;

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= kSocksNameMax && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
}

void append_bytes(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Does a Proxy-Authenticate line offer Basic? (RFC 9110 section 11.7.1)
bool offers_basic(std::string_view head) {
  std::string lower(head);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::string_view kLine = "\r\nproxy-authenticate:";
  for (size_t at = lower.find(kLine); at != lower.npos; at = lower.find(kLine, at + 1)) {
    const size_t begin = at + kLine.size();
    if (lower.substr(begin, lower.find("\r\n", begin) - begin).find("basic") != lower.npos) return true;
  }
  return false;
}

Error http_error(unsigned status, std::string_view head, bool has_login) {
  if (status == 407) {
    if (!offers_basic(head)) return {Errc::denied, "the proxy wants a login of another kind than user and password"};
    return has_login ? kLoginRefused : kLoginWanted;
  }
  return status >= 500 ? kUnreached : kForbidden;
}

Error socks_error(uint8_t reply) {
  switch (reply) {
    case 2:
      return kForbidden;
    case 1:
    case 3:
    case 4:
    case 5:
    case 6:
      return kUnreached;
    default:
      return {Errc::denied, "the proxy cannot do what is asked of it"};
  }
}

}  // namespace

Result<ProxyTalk> ProxyTalk::begin(const Proxy& proxy, const HostAndPort& to) {
  if (!is_host(to.host) || to.port == 0) return Error{Errc::malformed, "the supernode has no name that a proxy knows"};
  ProxyTalk talk(proxy, to);
  if (proxy.kind == Proxy::Kind::http) {
    talk.begin_http();
  } else {
    talk.state_ = State::socks_method;
    if (proxy.user.empty())
      talk.to_send_ = {kSocks, 1, kSocksFree};
    else
      talk.to_send_ = {kSocks, 2, kSocksFree, kSocksLogin};
  }
  return talk;
}

Result<bool> ProxyTalk::received(Bytes piece) {
  if (input_.size() + piece.size() > kProxyAnswerMax) return Error{Errc::limit, "the proxy's answer is too long"};
  append_bytes(input_, piece);
  return state_ == State::http ? read_http() : read_socks();
}

// --- HTTP ------------------------------------------------------------------------------------------------------------

void ProxyTalk::begin_http() {
  const std::string to = to_text(to_);
  std::string text = "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n";
  if (!proxy_.user.empty())  // RFC 7617; at once: another round trip would only ask for it
    text += "Proxy-Authorization: Basic " + crypto::to_base64(as_bytes(proxy_.user + ":" + proxy_.password)) + "\r\n";
  append_bytes(to_send_, as_bytes(text + "\r\n"));
}

Result<bool> ProxyTalk::read_http() {
  constexpr std::string_view kVersion = "HTTP/1.";
  const std::string_view text = as_text(input_);
  if (text.substr(0, kVersion.size()) != kVersion.substr(0, text.size())) return kNotHttp;
  const size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return false;
  const std::string_view head = text.substr(0, end + 2);
  const size_t digits = kVersion.size() + 2;  // behind "1 " or "0 "
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (head.size() < digits + 3 || head[digits - 1] != ' ' || !std::ranges::all_of(head.substr(digits, 3), is_digit) ||
      is_digit(head[digits + 3]))
    return kNotHttp;
  unsigned status = 0;
  for (const char c : head.substr(digits, 3)) status = 10 * status + static_cast<unsigned>(c - '0');
  if (status < 200 || status > 299) return http_error(status, head, !proxy_.user.empty());
  if (text.size() > end + 4) return kNotHttp;
  state_ = State::open;
  return true;
}

// --- SOCKS 5 ---------------------------------------------------------------------------------------------------------

void ProxyTalk::ask_socks() {
  append_bytes(to_send_, std::array<uint8_t, 3>{kSocks, kSocksConnect, 0});
  const auto address = address_of_digits(to_);
  if (!address) {
    append_bytes(to_send_, std::array<uint8_t, 2>{kSocksName, static_cast<uint8_t>(to_.host.size())});
    append_bytes(to_send_, as_bytes(to_.host));
  } else {
    to_send_.push_back(address->is_v4() ? kSocksV4 : kSocksV6);
    append_bytes(to_send_, Bytes(address->ip).subspan(address->is_v4() ? 12 : 0));
  }
  append_bytes(to_send_, std::array<uint8_t, 2>{static_cast<uint8_t>(to_.port >> 8), static_cast<uint8_t>(to_.port)});
  state_ = State::socks_request;
}

Result<bool> ProxyTalk::read_socks() {
  if (state_ == State::open) return kNotSocks;
  if (state_ == State::socks_request) return read_socks_answer();
  const bool is_login = state_ == State::socks_login;
  if (!input_.empty() && input_[0] != (is_login ? kLoginVersion : kSocks)) return kNotSocks;
  if (input_.size() < 2) return false;
  if (input_.size() > 2) return kNotSocks;
  const uint8_t answer = input_[1];
  input_.clear();
  if (is_login) {
    if (answer != 0) return kLoginRefused;
    ask_socks();
  } else if (answer == kSocksFree) {
    ask_socks();
  } else if (answer == kSocksLogin && !proxy_.user.empty()) {
    append_bytes(to_send_, std::array<uint8_t, 2>{kLoginVersion, static_cast<uint8_t>(proxy_.user.size())});
    append_bytes(to_send_, as_bytes(proxy_.user));
    to_send_.push_back(static_cast<uint8_t>(proxy_.password.size()));
    append_bytes(to_send_, as_bytes(proxy_.password));
    state_ = State::socks_login;
  } else {
    return answer == kSocksNoMethod ? (proxy_.user.empty() ? kLoginWanted : kLoginRefused) : kNotSocks;
  }
  return false;
}

Result<bool> ProxyTalk::read_socks_answer() {
  Reader reader(input_);
  const uint8_t version = reader.u8();
  if (reader.ok() && version != kSocks) return kNotSocks;
  const uint8_t reply = reader.u8();
  if (reader.ok() && reply != 0) return socks_error(reply);
  reader.u8();
  const uint8_t kind = reader.u8();
  if (reader.ok() && kind != kSocksV4 && kind != kSocksV6 && kind != kSocksName) return kNotSocks;
  reader.bytes(kind == kSocksV4 ? 4 : kind == kSocksV6 ? 16 : reader.u8());
  reader.u16();
  if (!reader.ok()) return false;
  if (reader.remaining() != 0) return kNotSocks;
  state_ = State::open;
  return true;
}

}  // namespace farline::host
