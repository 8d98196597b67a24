// Which supernode a client tries next, and when. No client decides alone whether a network of supernodes survives the
// loss of half of them; all of them do, by these rules, which were simulated with a million clients (tests/sim/outage):
//   lost       the session is gone, or the program starts: somewhere in the spread that a node told last, because
//              everybody else may have lost theirs at the same moment
//   silent     no answer: the next candidate, without escalation; it is a dead node's clients who must be quick.
//              When the whole list was silent it is our own network: then seldom, up to kAwayMax
//   busy       the node has told when to come back, within 1 to 120 s; nobody comes earlier. After two of these in a
//              row half of the clients go to a dedicated node, which has room for such a day, after three all of them
//   attached   all is forgotten but the spread
// Candidates are numbers below Candidates::total(): the ordinary ones first, then the dedicated; who they are, and the
// order, is the caller's. Small enough to exist a million times; a function of its inputs and of `rng`.
#pragma once

#include <cstdint>

#include "base/rng.h"
#include "base/time.h"

namespace farline::client {

class AttachPolicy {
 public:
  struct Candidates {
    uint16_t ordinary = 0;
    uint16_t dedicated = 0;
    uint16_t total() const { return static_cast<uint16_t>(ordinary + dedicated); }
  };
  struct Try {
    uint16_t candidate = 0;
    Duration after{};  // from now
  };

  static constexpr Duration kSilence = 3s;  // at least as long one waits for an answer
  static constexpr Duration kSilenceSpread = 1s;
  static constexpr Duration kRetryAfterMin = 1s;
  static constexpr Duration kRetryAfterMax = 120s;
  static constexpr Duration kSpreadMax = 1h;
  static constexpr Duration kAwayFirst = 5s;
  static constexpr Duration kAwayMax = 60s;
  static constexpr unsigned kBusyInARow = 2;

  // Not empty. `first`: where an earlier run was attached, or the head of the list.
  explicit AttachPolicy(Candidates candidates, uint16_t first = 0);
  // The list has changed; `current` is where in it the node is that was tried last, or the head.
  void replace(Candidates candidates, uint16_t current);

  Try start(Rng& rng) { return lost(rng, false); }
  // `elsewhere`: not where we were.
  Try lost(Rng& rng, bool elsewhere = true);
  // Nothing was heard of the try for `waited`: kSilence or longer.
  Try silent(Rng& rng, Duration waited);
  Try busy(Rng& rng, Duration retry_after);
  // The node answered and we cannot be its client (of another organisation, too old): as busy, at our own pace.
  Try unfit(Rng& rng);
  void attached(Duration spread);
  // Our own network is another one, or back: silence until now says nothing.
  void hurry() { silent_ = rounds_ = 0; }

  uint16_t candidate() const { return current_; }

 private:
  uint16_t next() const;
  Try go(uint16_t candidate, Duration after);

  Candidates candidates_;
  uint16_t current_;
  uint16_t ordinary_;  // where the walk through the ordinary ones is
  uint16_t silent_ = 0;
  uint8_t rounds_ = 0;  // of the whole list, in silence
  uint8_t busy_ = 0;
  Duration spread_{};
};

}  // namespace farline::client
