// What each network gave this device last time, so that a call begins where the last one here ended. A network is the
// prefix at which the node sees us (IPv4 /24, IPv6 /48: within it providers hand addresses out anew) and, where the
// device has an address of 192.168/16, that subnet: routers give those, so it tells two sites behind one provider
// apart. Other private addresses count for nothing: providers' 10/8 and 100.64/10 change at each dial-in.
//
// Saved is not the prefix but 8 bytes of an HMAC (RFC 2104) under a key of the device: who holds the records alone
// learns nothing, who opens the whole profile can try guesses. At most kNetworksMax are known, the one not used for
// longest goes first; what is older than kForgetAfter is void.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "base/address.h"
#include "client/records.h"
#include "crypto/keys.h"

namespace farline::client {

struct Network {
  uint32_t send_bps = 0;  // what a call could send, on the wire; 0: not known
  Duration slack{};       // that the jitter buffer needed (voice::Receiver), in whole milliseconds
  uint8_t patience = 0;   // of its NAT: NatPatience::step()
  WallTime used{};        // last, to the day; 0: clock not known
};
ByteVector encode_network(const Network& network);
Result<Network> decode_network(Bytes record);

class NetworkMemory {
 public:
  static constexpr size_t kNetworksMax = 32;
  static constexpr uint64_t kForgetAfter = 30 * 86'400;  // seconds

  // `secret` is of this device and no other.
  NetworkMemory(Bytes secret, Outputs& out);

  void load(Bytes key, Bytes value);  // skips what was not saved by this

  // Where we are: `seen` by the node, `own` on the local network. True when that is another network than before.
  bool enter(WallTime now, const Address& seen, const std::optional<Address>& own);
  // Of the network entered last; empty when nothing is known of it.
  const Network& here() const { return here_; }
  // Save what is new; before anything was entered they do nothing.
  void learn_call(WallTime now, uint32_t send_bps, Duration slack);
  void learn_patience(WallTime now, uint8_t step);

 private:
  using Key = std::array<uint8_t, 8>;
  void save(WallTime now);

  crypto::Secret<32> secret_;
  Outputs& out_;
  std::map<Key, Network> known_;
  std::optional<Address> seen_;
  std::optional<Address> own_;
  std::optional<Key> key_;  // of here_
  Network here_;
};

}  // namespace farline::client
