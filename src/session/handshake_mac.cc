#include "session/handshake_mac.h"

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace farline::session {
namespace {

template <size_t N>
std::array<uint8_t, N> first(const crypto::Hash& hash) {
  std::array<uint8_t, N> out{};
  std::copy_n(hash.begin(), N, out.begin());
  return out;
}

// Of what is sealed for whoever knows the node.
crypto::Secret<32> node_key(const char* purpose, const crypto::PublicKey& node) {
  return crypto::Secret<32>::copy_of(crypto::sha256({as_bytes(purpose), node}));
}
constexpr const char* kCookiePurpose = "farline cookie";
constexpr const char* kBusyPurpose = "farline busy";

}  // namespace

Mac mac1(const crypto::PublicKey& node, Bytes covered) {
  const crypto::Hash key = crypto::sha256({as_bytes("farline mac1"), node});
  return first<wire::kMac1Bytes>(crypto::hmac_sha256(key, {covered}));
}

Mac mac2(const wire::Cookie& cookie, Bytes covered) {
  return first<wire::kMac1Bytes>(crypto::hmac_sha256(cookie, {covered}));
}

void CookieIssuer::rotate(Time now) {
  if (since_ && now - *since_ < wire::kCookieLifetime) return;
  // After a long pause the secret before is older than a cookie may get: forget both.
  const bool recent = since_ && now - *since_ < 2 * wire::kCookieLifetime;
  if (recent)
    previous_ = current_.copy();
  else
    rng_.fill(previous_.mutable_bytes());
  rng_.fill(current_.mutable_bytes());
  since_ = now;
}

wire::Cookie CookieIssuer::cookie(const crypto::Secret<32>& secret, const Address& address) const {
  const std::array<uint8_t, 2> port{static_cast<uint8_t>(address.port >> 8), static_cast<uint8_t>(address.port)};
  return first<wire::kCookieBytes>(crypto::hmac_sha256(secret.bytes(), {address.ip, port}));
}

wire::CookieReplyFrame CookieIssuer::reply(Time now, const crypto::PublicKey& node,
                                           const wire::InitiationFrame& question, const Address& to) {
  rotate(now);
  wire::CookieReplyFrame frame{.receiver = question.sender, .nonce = rng_.array<12>()};
  crypto::seal(node_key(kCookiePurpose, node), {frame.nonce, question.mac1}, cookie(current_, to), frame.sealed);
  return frame;
}

bool CookieIssuer::accepts(Time now, const wire::InitiationFrame& frame, const Address& from) {
  rotate(now);
  if (!frame.has_cookie) return false;
  return crypto::equal_constant_time(mac2(cookie(current_, from), frame.before_mac2), frame.mac2) ||
         crypto::equal_constant_time(mac2(cookie(previous_, from), frame.before_mac2), frame.mac2);
}

std::optional<wire::Cookie> open_cookie_reply(const wire::CookieReplyFrame& reply, const crypto::PublicKey& node,
                                              const Mac& mac1_sent) {
  wire::Cookie cookie{};
  if (!crypto::open(node_key(kCookiePurpose, node), {reply.nonce, mac1_sent}, reply.sealed, cookie))
    return std::nullopt;
  return cookie;
}

wire::BusyFrame make_busy(Rng& rng, const crypto::PublicKey& node, const wire::InitiationFrame& question,
                          uint8_t retry_after_seconds) {
  wire::BusyFrame frame{.receiver = question.sender, .nonce = rng.array<12>()};
  crypto::seal(node_key(kBusyPurpose, node), {frame.nonce, question.mac1}, std::array{retry_after_seconds},
               frame.sealed);
  return frame;
}

std::optional<uint8_t> open_busy(const wire::BusyFrame& busy, const crypto::PublicKey& node, const Mac& mac1_sent) {
  std::array<uint8_t, 1> seconds{};
  if (!crypto::open(node_key(kBusyPurpose, node), {busy.nonce, mac1_sent}, busy.sealed, seconds)) return std::nullopt;
  return seconds[0];
}

}  // namespace farline::session
