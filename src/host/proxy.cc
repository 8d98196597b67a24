#include "host/proxy.h"

#include <algorithm>

#include "base/bytes.h"

namespace farline::host {
namespace {

constexpr Error kBadProxy{Errc::malformed, "a proxy is http://HOST:PORT or socks5://HOST:PORT, or off"};
constexpr Error kBadProxyLogin{Errc::malformed, "a proxy's user and password are USER:PASSWORD, up to 255 bytes each"};

char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower_case);
  return out;
}

// %XX; nothing when it is none.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto byte = from_hex(text.substr(1, 2));
    if (!byte || byte->size() != 1 || byte->front() == 0) return std::nullopt;
    out += static_cast<char>(byte->front());
    text.remove_prefix(3);
  }
  return out;
}

Result<void> read_login(std::string_view text, Proxy& proxy) {
  const size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password = percent_decoded(colon == text.npos ? "" : text.substr(colon + 1));
  if (!user || !password || user->empty() || user->size() > kProxyWordMax || password->size() > kProxyWordMax)
    return kBadProxyLogin;
  if (user->find(':') != user->npos) return kBadProxyLogin;  // RFC 7617 section 2
  proxy.user = *user;
  proxy.password = *password;
  return {};
}

bool has_port(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  return colon != authority.npos && authority.find(']', colon) == authority.npos;
}

bool is_excepted(std::string_view list, const std::string& host) {
  while (!list.empty()) {
    const size_t comma = list.find_first_of(", ");
    std::string_view word = list.substr(0, comma);
    list = comma == list.npos ? "" : list.substr(comma + 1);
    if (word == "*") return true;
    if (word.starts_with('.')) word.remove_prefix(1);
    if (word.empty()) continue;
    const std::string name = lowered(word);
    if (host == name || (host.ends_with("." + name) && !address_of_digits({host, 0}))) return true;
  }
  return false;
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
  if (text.size() > kProxyTextMax || !std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }))
    return kBadProxy;
  Proxy proxy;
  uint16_t port = 80;
  if (const size_t end = text.find("://"); end != text.npos) {
    const std::string scheme = lowered(text.substr(0, end));
    text.remove_prefix(end + 3);
    if (scheme == "socks5" || scheme == "socks5h") {
      proxy.kind = Proxy::Kind::socks5;
      port = 1080;
    } else if (scheme != "http") {
      return Error{Errc::unsupported, "a proxy is reached by http:// or socks5:// only"};
    }
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (const size_t at = text.rfind('@'); at != text.npos) {
    if (const auto login = read_login(text.substr(0, at), proxy); !login) return login.error();
    text.remove_prefix(at + 1);
  }
  const auto where = split_address(has_port(text) ? std::string(text) : std::string(text) + ":" + std::to_string(port));
  if (!where || where->host.empty() || where->port == 0 || where->host.find_first_of("/?#") != where->host.npos)
    return kBadProxy;
  proxy.where = *where;
  return proxy;
}

Result<ProxySetting> parse_proxy_setting(std::string_view text) {
  if (text.empty()) return ProxySetting{};
  if (text == "off") return ProxySetting{.from = ProxySetting::From::nobody};
  auto proxy = parse_proxy(text);
  if (!proxy) return proxy.error();
  return ProxySetting{.from = ProxySetting::From::person, .proxy = std::move(*proxy)};
}

std::optional<Proxy> proxy_of_environment(const std::string& host, Environment environment) {
  const auto first_of = [&](std::initializer_list<const char*> names) {
    std::string value;
    for (const char* name : names)
      if (value.empty()) value = environment(name);
    return value;
  };
  if (is_excepted(first_of({"no_proxy", "NO_PROXY"}), lowered(host))) return std::nullopt;
  const auto proxy = parse_proxy(first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}));
  return proxy ? std::optional(*proxy) : std::nullopt;
}

}  // namespace farline::host
