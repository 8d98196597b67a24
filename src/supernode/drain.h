// Sending the clients of a node that goes away elsewhere, at a pace that the next nodes can take. The ones in a call go
// last: it may end meanwhile, and its other end has moved by then.
// Timer: next   start: begin()   every each_   effect: one client is told; it ends with the last one
#pragma once

#include <algorithm>

#include "supernode/calls.h"
#include "supernode/sessions.h"

namespace farline::supernode {

class Drain {
 public:
  Drain(Sessions& sessions, Calls& calls) : sessions_(sessions), calls_(calls) {}

  void begin(Time now, Duration within) {
    const auto clients = static_cast<int64_t>(std::max<size_t>(sessions_.committed_count(), 1));
    each_ = std::clamp(within / clients, Duration{1us}, Duration{1s} / wire::kHandshakesPerSecondFree);
    next_ = now;
  }

  void handle_timeout(Time now) {
    while (next_ && *next_ <= now) {
      Session* session = next_one();
      if (session == nullptr) {
        next_.reset();
        return;
      }
      sessions_.send(now, *session, wire::Detach{wire::DetachReason::shutting_down});
      sessions_.remove(session->index);
      *next_ += each_;
    }
  }
  std::optional<Time> next_timeout() const { return next_; }

 private:
  Session* next_one() {
    for (; !calls_too_; calls_too_ = true) {
      Session* session = sessions_.after(last_);
      for (; session != nullptr && calls_.is_in_call(session->device); session = sessions_.after(last_))
        last_ = session->device;
      if (session != nullptr) return session;
    }
    return sessions_.first();
  }

  Sessions& sessions_;
  Calls& calls_;
  std::optional<Time> next_{};
  Duration each_{};
  std::optional<wire::DeviceId> last_{};  // those up to it are in calls
  bool calls_too_ = false;
};

}  // namespace farline::supernode
