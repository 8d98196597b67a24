#include <doctest/doctest.h>

#include <map>

#include "host/proxy_talk.h"

using namespace farline;
using namespace farline::host;

namespace {

using Kind = Proxy::Kind;

std::map<std::string, std::string> proxy_variables;

std::string proxy_variable(const char* name) {
  const auto found = proxy_variables.find(name);
  return found == proxy_variables.end() ? "" : found->second;
}

const Proxy kHttpProxy{.kind = Kind::http, .where = {"proxy.example.org", 3128}};
const Proxy kSocksProxy{.kind = Kind::socks5, .where = {"proxy.example.org", 1080}};
const HostAndPort kNode{"node.example.org", 443};

Proxy with_login(Proxy proxy) {
  proxy.user = "Aladdin";
  proxy.password = "open sesame";
  return proxy;
}

std::string said(ProxyTalk& talk) {
  return std::string(as_text(talk.take_to_send()));
}

// The answer in pieces of one byte; what the last one gave.
Result<bool> answered(ProxyTalk& talk, std::string_view answer) {
  Result<bool> got = false;
  for (size_t i = 0; i < answer.size() && got && !*got; ++i) got = talk.received(as_bytes(answer.substr(i, 1)));
  return got;
}

std::string refusal(const Proxy& proxy, std::string_view answer) {
  auto talk = ProxyTalk::begin(proxy, kNode);
  REQUIRE(talk);
  const auto got = answered(*talk, answer);
  REQUIRE_FALSE(got);
  return std::string(got.error().what);
}

}  // namespace

TEST_CASE("a proxy is read as people write it") {
  CHECK_EQ(*parse_proxy("http://proxy.example.org:3128"), kHttpProxy);
  CHECK_EQ(*parse_proxy("HTTP://proxy.example.org:3128/"), kHttpProxy);
  CHECK_EQ(*parse_proxy("proxy.example.org:3128"), kHttpProxy);
  CHECK_EQ(parse_proxy("http://proxy.example.org")->where.port, 80);
  CHECK_EQ(*parse_proxy("socks5://proxy.example.org"), kSocksProxy);
  CHECK_EQ(*parse_proxy("socks5h://proxy.example.org:1080"), kSocksProxy);
  CHECK_EQ(parse_proxy("socks5://[2001:db8::1]")->where, HostAndPort{"2001:db8::1", 1080});
  const auto with = parse_proxy("http://al%40home:p%3Ass%25@w@192.0.2.1:8080");
  REQUIRE(with);
  CHECK_EQ(with->user, "al@home");
  CHECK_EQ(with->password, "p:ss%@w");
  CHECK_EQ(with->where, HostAndPort{"192.0.2.1", 8080});
  CHECK_EQ(parse_proxy("http://user@192.0.2.1:8080")->password, "");
}

TEST_CASE("what is no proxy is refused") {
  for (const char* text :
       {"", "http://", "http://:3128", "http://host:0", "http://host:99999", "http://host:port", "http://a b:1",
        "http://2001:db8::1", "http://host:1/path", "http://@host:1", "http://:pw@host:1", "http://us%3Aer:pw@host:1",
        "http://us%0:pw@host:1", "http://us%00@host", "http://host/path:80"})
    CHECK_EQ(parse_proxy(text).error().code, Errc::malformed);
  CHECK_EQ(parse_proxy("https://host:1").error().code, Errc::unsupported);
  CHECK_EQ(parse_proxy("socks4://host:1").error().code, Errc::unsupported);
  CHECK_FALSE(parse_proxy("http://" + std::string(256, 'u') + ":p@host:1"));
  CHECK(parse_proxy("http://" + std::string(255, 'u') + ":" + std::string(255, 'p') + "@host:1"));
  CHECK_FALSE(parse_proxy(std::string(kProxyTextMax + 1, 'h')));
  CHECK_EQ(parse_proxy_setting("")->from, ProxySetting::From::environment);
  CHECK_EQ(parse_proxy_setting("off")->from, ProxySetting::From::nobody);
  CHECK_EQ(parse_proxy_setting("socks5://proxy.example.org")->proxy, kSocksProxy);
  CHECK_FALSE(parse_proxy_setting("ftp://proxy.example.org"));
}

TEST_CASE("the environment's proxy, but for those that it excepts") {
  const auto of = [](const char* host) { return proxy_of_environment(host, proxy_variable); };
  proxy_variables = {};
  CHECK_FALSE(of("node.example.org"));
  proxy_variables = {{"ALL_PROXY", "socks5://proxy.example.org"}};
  CHECK_EQ(of("node.example.org"), kSocksProxy);
  proxy_variables["HTTPS_PROXY"] = "http://other.example.org:1";
  proxy_variables["https_proxy"] = "http://proxy.example.org:3128";
  CHECK_EQ(of("node.example.org"), kHttpProxy);
  proxy_variables["https_proxy"] = "of another kind entirely";
  CHECK_FALSE(of("node.example.org"));
  proxy_variables["https_proxy"] = "http://proxy.example.org:3128";
  proxy_variables["no_proxy"] = "localhost, .Example.org,192.0.2.1";
  CHECK_FALSE(of("node.example.org"));
  CHECK_FALSE(of("EXAMPLE.org"));
  CHECK_FALSE(of("192.0.2.1"));
  CHECK_EQ(of("notexample.org"), kHttpProxy);
  CHECK_EQ(of("192.0.2.11"), kHttpProxy);
  proxy_variables["no_proxy"] = "2.1";
  CHECK_EQ(of("192.0.2.1"), kHttpProxy);
  proxy_variables["no_proxy"] = "*";
  CHECK_FALSE(of("192.0.2.11"));
}

TEST_CASE("HTTP CONNECT, with and without a login") {
  auto talk = ProxyTalk::begin(kHttpProxy, kNode);
  REQUIRE(talk);
  CHECK_EQ(said(*talk), "CONNECT node.example.org:443 HTTP/1.1\r\nHost: node.example.org:443\r\n\r\n");
  const auto got = answered(*talk, "HTTP/1.0 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n");
  REQUIRE(got);
  CHECK(*got);
  CHECK_FALSE(talk->received(as_bytes("more")));

  auto v6 = ProxyTalk::begin(with_login(kHttpProxy), {"2001:db8::1", 443});
  REQUIRE(v6);
  CHECK_EQ(said(*v6),
           "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
           "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");  // RFC 7617 section 2
}

TEST_CASE("what an HTTP proxy refuses is said in words") {
  const std::string basic =
      "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Digest x\r\nproxy-authenticate: BASIC realm=\"x\"\r\n\r\n";
  CHECK_EQ(refusal(kHttpProxy, basic), "the proxy wants a user and a password");
  CHECK_EQ(refusal(with_login(kHttpProxy), basic), "the proxy refuses this user and password");
  CHECK_EQ(refusal(kHttpProxy, "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Negotiate\r\n\r\n"),
           "the proxy wants a login of another kind than user and password");
  CHECK_EQ(refusal(kHttpProxy, "HTTP/1.1 403 Forbidden\r\n\r\n"), "the proxy does not let us through to the supernode");
  CHECK_EQ(refusal(kHttpProxy, "HTTP/1.1 502 Bad gateway\r\n\r\n"), "the proxy does not reach the supernode");
  for (const char* answer : {"\x16\x03\x01", "HTTP/2 200\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                             "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"})
    CHECK_EQ(refusal(kHttpProxy, answer), "the proxy does not answer as an HTTP proxy does");
  CHECK_EQ(refusal(kHttpProxy, "HTTP/1.1 200 OK\r\nX: " + std::string(kProxyAnswerMax, 'x')),
           "the proxy's answer is too long");
  auto talk = ProxyTalk::begin(kHttpProxy, kNode);
  CHECK_FALSE(talk->received(as_bytes("HTTP/1.1 200 OK\r\n\r\nand what we have not asked for")));
  CHECK_FALSE(ProxyTalk::begin(kHttpProxy, {"a host\r\nX: y", 443}));
  CHECK_FALSE(ProxyTalk::begin(kHttpProxy, {"", 443}));
}

TEST_CASE("SOCKS 5, with and without a login") {
  auto talk = ProxyTalk::begin(kSocksProxy, kNode);
  REQUIRE(talk);
  CHECK_EQ(said(*talk), std::string("\5\1\0", 3));
  REQUIRE(answered(*talk, {"\5\0", 2}));
  CHECK_EQ(said(*talk), std::string("\5\1\0\3\x10", 5) + "node.example.org" + std::string("\1\xbb", 2));
  const auto got = answered(*talk, {"\5\0\0\3\4name\0\0", 11});
  REQUIRE(got);
  CHECK(*got);
  CHECK_FALSE(talk->received(as_bytes("more")));

  auto login = ProxyTalk::begin(with_login(kSocksProxy), {"192.0.2.1", 443});
  REQUIRE(login);
  CHECK_EQ(said(*login), std::string("\5\2\0\2", 4));
  REQUIRE(answered(*login, "\5\2"));
  CHECK_EQ(said(*login), "\1\7Aladdin\xbopen sesame");
  REQUIRE(answered(*login, {"\1\0", 2}));
  CHECK_EQ(said(*login), std::string("\5\1\0\1\xc0\0\2\1\1\xbb", 10));
  CHECK(*answered(*login, {"\5\0\0\1\0\0\0\0\0\0", 10}));

  auto v6 = ProxyTalk::begin(kSocksProxy, {"2001:db8::1", 443});
  REQUIRE(answered(*v6, {"\5\0", 2}));
  CHECK_EQ(said(*v6).size(), 3U + 4 + 16 + 2);
  CHECK(*answered(*v6, std::string("\5\0\0\4", 4) + std::string(18, '\0')));
}

TEST_CASE("what a SOCKS proxy refuses is said in words") {
  CHECK_EQ(refusal(kSocksProxy, "\5\xff"), "the proxy wants a user and a password");
  CHECK_EQ(refusal(with_login(kSocksProxy), "\5\xff"), "the proxy refuses this user and password");
  CHECK_EQ(refusal(with_login(kSocksProxy), "\5\2\1\1"), "the proxy refuses this user and password");
  CHECK_EQ(refusal(kSocksProxy, {"\5\0\5\2", 4}), "the proxy does not let us through to the supernode");
  CHECK_EQ(refusal(kSocksProxy, {"\5\0\5\4", 4}), "the proxy does not reach the supernode");
  CHECK_EQ(refusal(kSocksProxy, {"\5\0\5\7", 4}), "the proxy cannot do what is asked of it");
  for (const std::string_view answer :
       {std::string_view("\4"), std::string_view("\5\2"), std::string_view("\5\0\4", 3),
        std::string_view("\5\0\5\0\0\2", 6), std::string_view("HTTP/1.1 400 Bad Request\r\n\r\n")})
    CHECK_EQ(refusal(kSocksProxy, answer), "the proxy does not answer as a SOCKS 5 proxy does");
  auto talk = ProxyTalk::begin(kSocksProxy, kNode);
  REQUIRE(talk->received(as_bytes({"\5\0", 2})));
  CHECK_FALSE(talk->received(as_bytes({"\5\0\0\1\0\0\0\0\0\0and more", 18})));
}
