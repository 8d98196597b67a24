// Which proxy a network's TCP connections go through, as people and environments write it:
//   http://[USER:PASSWORD@]HOST:PORT     HTTP CONNECT (RFC 9110 section 9.3.6); USER and PASSWORD with %XX
//   socks5://[USER:PASSWORD@]HOST:PORT   SOCKS 5 (RFC 1928, RFC 1929); socks5h:// is the same: names go to the proxy
// A password is for the proxy only: never in a log, an error or a view.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/address_text.h"

namespace farline::host {

inline constexpr size_t kProxyTextMax = 1024;
inline constexpr size_t kProxyWordMax = 255;  // user, password: what RFC 1929 has room for

struct Proxy {
  enum class Kind : uint8_t { http, socks5 };
  Kind kind = Kind::http;
  HostAndPort where{};
  std::string user{};  // empty: it asks nobody
  std::string password{};
  friend bool operator==(const Proxy&, const Proxy&) = default;
};

// Without a scheme it is http, without a port the scheme's (80, 1080). Errors: malformed; unsupported (another scheme).
Result<Proxy> parse_proxy(std::string_view text);

// What a person chose: "" the environment's, "off" none, else a proxy, and then no other way.
struct ProxySetting {
  enum class From : uint8_t { environment, nobody, person };
  From from = From::environment;
  Proxy proxy{};  // of a person
  friend bool operator==(const ProxySetting&, const ProxySetting&) = default;
};
Result<ProxySetting> parse_proxy_setting(std::string_view text);

// Of https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY the first that is set, unless no_proxy (or NO_PROXY) has this
// host, a domain that it is in, or "*". What cannot be read there is as if it were not set: others use these too.
using Environment = std::string (*)(const char* name);
std::optional<Proxy> proxy_of_environment(const std::string& host, Environment environment);

}  // namespace farline::host
