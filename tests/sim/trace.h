// One number for everything a run did: every datagram sent and every event reported, in order, with its virtual time.
// FNV-1a (64 bit). Two compilers that disagree anywhere disagree here. PCM is left out: it is the only place with
// floating point.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/time.h"

namespace farline::sim {

class Trace {
 public:
  void number(uint64_t value) {
    for (int i = 0; i < 8; ++i) byte(static_cast<uint8_t>(value >> (8 * i)));
  }
  void time(Time t) { number(static_cast<uint64_t>(t.time_since_epoch().count())); }
  void bytes(Bytes from) {
    number(from.size());
    for (const uint8_t b : from) byte(b);
  }
  uint64_t hash() const { return hash_; }

 private:
  void byte(uint8_t b) { hash_ = (hash_ ^ b) * 0x100000001b3ULL; }
  uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace farline::sim
