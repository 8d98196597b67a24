// Who is who: asks the node for the devices of people, one name after the other (LOOKUP), outside of any call.
//
// Timer: question   start: a name is asked for   3 round trips + 1.5 s, doubling to 16 s   effect: asked again, 4 times
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/rng.h"
#include "client/attachment.h"
#include "client/call_leg.h"

namespace farline::client {

struct FoundDevice {
  bool is_attached = false;
  ByteVector certificate;             // not verified
  std::vector<ByteVector> issuers{};  // above it, as far as they are known; the highest first
};
struct FoundPerson {
  std::string name;
  std::vector<FoundDevice> devices;  // none: no such person, or nobody answers
};

class Finder {
 public:
  static constexpr size_t kWaitingMax = 64;

  Finder(Attachment& attachment, Rng& rng) : attachment_(attachment), rng_(rng) {}

  // A good name; nothing happens when too many wait.
  void find(std::string name);
  // True: it was the answer to a question of this.
  bool handle(const wire::ControlMessage& message);
  bool poll(FoundPerson& out) { return Outputs::poll(found_, out); }
  void send_due(Time now);
  std::optional<Time> next_timeout() const;

 private:
  static constexpr unsigned kTries = 4;

  Attachment& attachment_;
  Rng& rng_;
  std::deque<std::string> waiting_;
  uint8_t request_ = 0;  // 0: none is under way
  Repeat repeat_;
  std::deque<FoundPerson> found_;
};

}  // namespace farline::client
