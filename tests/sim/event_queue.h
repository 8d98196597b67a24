// Virtual time: actions ordered by (time, order of being asked for). Time moves only by taking the next action, so a
// run is a function of its seed.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "base/check.h"
#include "base/time.h"

namespace farline::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  explicit EventQueue(Time start) : now_(start) {}

  Time now() const { return now_; }
  void at(Time when, Action action) {
    events_.push_back({std::max(when, now_), next_sequence_++, std::move(action)});
    std::push_heap(events_.begin(), events_.end(), later);
  }
  void after(Duration wait, Action action) { at(now_ + wait, std::move(action)); }

  // Runs the next action that is due by `end`; false when there is none, and then it is `end`.
  bool step(Time end) {
    if (events_.empty() || events_.front().when > end) {
      now_ = std::max(now_, end);
      return false;
    }
    std::pop_heap(events_.begin(), events_.end(), later);
    Event event = std::move(events_.back());
    events_.pop_back();
    INVARIANT(event.when >= now_);
    now_ = event.when;
    event.action();
    return true;
  }
  size_t size() const { return events_.size(); }

 private:
  struct Event {
    Time when;
    uint64_t sequence;
    Action action;
  };
  static bool later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
  }

  Time now_;
  uint64_t next_sequence_ = 0;
  std::vector<Event> events_;
};

}  // namespace farline::sim
