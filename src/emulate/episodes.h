// The two processes in time that a link model is made of. Both are asked with times that never go backwards, use
// constant memory and draw from a stream of their own.
#pragma once

#include <array>
#include <optional>

#include "emulate/link_options.h"
#include "emulate/prng.h"

namespace farline::emulate {

struct Episode {  // [begin, end)
  Time begin{};
  Time end{};
};

// Outages and delay spikes: a sequence of episodes, drawn or scheduled.
class Episodes {
 public:
  // Drawn: the first pause starts at `from`.
  Episodes(const EpisodeOptions& options, Prng prng, Time from);
  // Scheduled, in order of start, relative to `from`.
  Episodes(const std::array<ScheduledOutage, kScheduledOutagesMax>& scheduled, Time from);

  // The first episode that ends after `t`; it may have begun. Nothing when there is none.
  std::optional<Episode> next(Time t);
  // For display: whether `t`, which may lie before times already asked about, is inside the last or next episode.
  bool contains(Time t) const;

 private:
  void advance();

  EpisodeOptions options_;
  Prng prng_;
  std::array<Episode, kScheduledOutagesMax> scheduled_{};
  size_t scheduled_count_ = 0;
  size_t scheduled_index_ = 0;
  std::optional<Episode> previous_;
  std::optional<Episode> current_;
};

// A bounded random walk: a value in [0, max] that moves by at most max/8 each tick and is reflected at the bounds, so
// that its long-run distribution is uniform.
class Wander {
 public:
  Wander(Prng prng, Duration tick, Time from) : prng_(prng), tick_(tick), at_(from) {}
  int64_t value(Time t, int64_t max);

 private:
  Prng prng_;
  Duration tick_;
  Time at_;
  int64_t max_ = 0;
  int64_t value_ = 0;
};

}  // namespace farline::emulate
