// The attacker on the network: records, damages, cuts, replays, reflects, delays and moves packets, and makes up
// others. Mallory holds no keys. Everything is drawn from the seed.
#pragma once

#include <vector>

#include "emulate/prng.h"
#include "sim/world.h"

namespace farline::sim {

class Mallory {
 public:
  struct Options {
    uint64_t seed = 1;
    emulate::Ppm damage = 0;   // some bytes changed
    emulate::Ppm cut = 0;      // truncated or made longer
    emulate::Ppm replay = 0;   // again, as it was, after up to half an hour
    emulate::Ppm reflect = 0;  // back to its sender
    emulate::Ppm move = 0;     // swallowed, and sent later from Mallory's own address
    emulate::Ppm forge = 0;    // each packet seen is an occasion to make one up
  };
  // Becomes the network's tap; outlives the world's last event.
  Mallory(World& world, const Options& options);

  void stop() { active_ = false; }
  // Recorded handshakes, all at once: enough to put a node under load.
  void flood(unsigned count);
  static constexpr Address address() { return Address::v4(198, 51, 100, 66, 666); }

 private:
  bool tap(Packet& packet);
  void record(const Packet& packet);
  void damage(Packet& packet);
  void cut(Packet& packet);
  void forge(const Packet& seen);
  void inject_after(Duration wait, Packet packet);
  Packet stolen(const Packet& packet) const;

  World& world_;
  Options options_;
  emulate::Prng prng_;
  bool active_ = true;
  std::vector<Packet> recorded_;
  std::vector<Packet> initiations_;
};

}  // namespace farline::sim
