// Whatever is written as a proxy, what is read of it is within its bounds and names somebody. Whatever a proxy
// answers, in whatever pieces: the same end, and little is said to it.
#include "host/proxy_talk.h"

namespace {

using namespace farline;

struct Told {
  bool is_open = false;
  bool is_bad = false;
  ByteVector said{};
};

Told talk(const host::Proxy& proxy, Bytes answer, size_t piece) {
  Told told;
  auto proxy_talk = host::ProxyTalk::begin(proxy, {"node.example.org", 443});
  INVARIANT(proxy_talk);
  while (!told.is_bad && !answer.empty()) {
    const size_t count = std::min(piece, answer.size());
    const auto got = proxy_talk->received(answer.first(count));
    answer = answer.subspan(count);
    told.is_bad = !got;
    told.is_open = got && *got;
    const ByteVector said = proxy_talk->take_to_send();
    told.said.insert(told.said.end(), said.begin(), said.end());
  }
  INVARIANT(told.said.size() <= 1024);
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Bytes rest(data + 2, size - 2);
  if (const auto setting = host::parse_proxy_setting(as_text(rest)); setting) {
    const host::Proxy& proxy = setting->proxy;
    const bool is_named = setting->from == host::ProxySetting::From::person;
    INVARIANT(is_named == (!proxy.where.host.empty() && proxy.where.port != 0));
    INVARIANT(proxy.user.size() <= host::kProxyWordMax && proxy.password.size() <= host::kProxyWordMax);
    if (is_named) INVARIANT(host::ProxyTalk::begin(proxy, {"192.0.2.1", 443}));
  }
  host::Proxy proxy{.kind = (data[0] & 1) != 0 ? host::Proxy::Kind::socks5 : host::Proxy::Kind::http,
                    .where = {"proxy", 1}};
  if ((data[0] & 2) != 0) proxy.user = proxy.password = "x";
  const Told bytewise = talk(proxy, rest, 1);
  const Told pieces = talk(proxy, rest, 1U + data[1]);
  // HTTP has one answer. SOCKS has several, and who gives the next one unasked is refused.
  if (proxy.kind == host::Proxy::Kind::http && bytewise.is_bad) INVARIANT(pieces.is_bad);
  if (pieces.is_open) INVARIANT(bytewise.is_open && bytewise.said == pieces.said);
  return 0;
}
