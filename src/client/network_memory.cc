#include "client/network_memory.h"

#include <algorithm>

#include "client/nat_patience.h"
#include "crypto/hash.h"
#include "wire/cbor.h"

namespace farline::client {
namespace {

constexpr uint64_t kDay = 86'400;
constexpr uint32_t kRateMax = 100'000'000;
constexpr Duration kSlackStep = 10ms;   // less is no news
constexpr uint64_t kSlackMax = 10'000;  // milliseconds
constexpr size_t kRecordMax = 32;

Bytes prefix(const Address& seen) {
  return Bytes(seen.ip).first(seen.is_v4() ? 15 : 6);
}

Bytes subnet(const std::optional<Address>& own) {
  const bool counts = own && own->is_v4() && own->ip[12] == 192 && own->ip[13] == 168;
  return counts ? Bytes(own->ip).first(15) : Bytes{};
}

bool is_void(const Network& network, WallTime now) {
  if (now.seconds == 0 || network.used.seconds == 0) return false;
  const uint64_t apart = std::max(now.seconds, network.used.seconds) - std::min(now.seconds, network.used.seconds);
  return apart > NetworkMemory::kForgetAfter;
}

}  // namespace

ByteVector encode_network(const Network& network) {
  return wire::cbor_item(kRecordMax, [&](wire::CborWriter& out) {
    out.array(4);
    out.unsigned_integer(network.used.seconds);
    out.unsigned_integer(network.send_bps);
    out.unsigned_integer(static_cast<uint64_t>(network.slack / 1ms));
    out.unsigned_integer(network.patience);
  });
}

Result<Network> decode_network(Bytes record) {
  wire::CborReader in(record);
  in.expect_array(4);
  const uint64_t used = in.unsigned_integer();
  const uint64_t send_bps = in.unsigned_integer();
  const uint64_t slack_ms = in.unsigned_integer();
  const uint64_t patience = in.unsigned_integer();
  if (const auto done = in.finish(); !done) return done.error();
  if (send_bps > kRateMax || slack_ms > kSlackMax || patience > NatPatience::kStepMax)
    return Error{Errc::malformed, "not a network's record"};
  return Network{static_cast<uint32_t>(send_bps), 1ms * slack_ms, static_cast<uint8_t>(patience), {used}};
}

NetworkMemory::NetworkMemory(Bytes secret, Outputs& out) : out_(out) {
  crypto::hkdf_expand(secret, as_bytes("farline networks"), secret_.mutable_bytes());
}

void NetworkMemory::load(Bytes key, Bytes value) {
  Reader in(key);
  const Key id = in.array<8>();
  const auto network = decode_network(value);
  if (!in.finish() || !network || (known_.size() >= kNetworksMax && !known_.contains(id))) return;
  known_[id] = *network;
}

bool NetworkMemory::enter(WallTime now, const Address& seen, const std::optional<Address>& own) {
  if (key_ && seen_ == seen && own_ == own) return false;
  seen_ = seen;
  own_ = own;
  const Bytes at = prefix(seen), in = subnet(own);
  const std::array<uint8_t, 1> length{static_cast<uint8_t>(at.size())};
  const crypto::Hash hash = crypto::hmac_sha256(secret_.bytes(), {length, at, in});
  Key key{};
  std::copy_n(hash.begin(), key.size(), key.begin());
  if (key_ == key) return false;
  key_ = key;
  const auto it = known_.find(key);
  here_ = it == known_.end() || is_void(it->second, now) ? Network{} : it->second;
  if (it != known_.end() && now.seconds > here_.used.seconds + kDay) save(now);
  return true;
}

void NetworkMemory::learn_call(WallTime now, uint32_t send_bps, Duration slack) {
  slack = std::clamp<Duration>(slack / kSlackStep * kSlackStep, 0ms, 1ms * kSlackMax);
  if (!key_ || (here_.send_bps == send_bps && here_.slack == slack) || send_bps > kRateMax) return;
  here_.send_bps = send_bps;
  here_.slack = slack;
  save(now);
}

void NetworkMemory::learn_patience(WallTime now, uint8_t step) {
  if (!key_ || here_.patience == step) return;
  here_.patience = step;
  save(now);
}

void NetworkMemory::save(WallTime now) {
  here_.used = now;
  known_[*key_] = here_;
  out_.saves.push_back(make_record(RecordKind::network, *key_, encode_network(here_)));
  if (known_.size() <= kNetworksMax) return;
  const auto is_older = [](const auto& a, const auto& b) { return a.second.used.seconds < b.second.used.seconds; };
  auto oldest = known_.end();
  for (auto it = known_.begin(); it != known_.end(); ++it)
    if (it->first != *key_ && (oldest == known_.end() || is_older(*it, *oldest))) oldest = it;
  out_.saves.push_back(make_record(RecordKind::network, oldest->first, {}));
  known_.erase(oldest);
}

}  // namespace farline::client
