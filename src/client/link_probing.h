// "What can my link carry?": a measurement with the supernode for about 1.8 kB, while no call runs. First whether it
// answers and how fast; then two long questions close together, which the node sees as far apart as the way there
// carries them; then two long answers for the way back (packet pairs: Keshav, SIGCOMM 1991).
//
// Timer: step  start: questions sent   kPatience   effect: what has not come is lost; the next step
#pragma once

#include <array>
#include <optional>

#include "client/attachment.h"

namespace farline::client {

struct LinkFigures {
  bool is_running = false;
  bool is_done = false;
  unsigned answers = 0;   // of kQuestions
  uint32_t up_bps = 0;    // on the wire, headers included; 0: not measured
  uint32_t down_bps = 0;  // of the slower of both ways, when that is the way there
  uint32_t rtt_ms = 0;
  static constexpr unsigned kQuestions = 5;
};

class LinkProbing {
 public:
  static constexpr Duration kPatience = 12s;

  void start(Time now, Attachment& attachment);
  // True when it was an answer to this.
  bool handle(Time now, const wire::LinkAnswer& answer, Attachment& attachment);
  void handle_timeout(Time now, Attachment& attachment);
  // A call begins: it has the link to itself.
  void stop() { *this = {}; }
  std::optional<Time> next_timeout() const { return due_; }
  const LinkFigures& figures() const { return figures_; }

 private:
  enum class Step : uint8_t { first, up, down };
  void ask(Time now, Attachment& attachment);
  void next(Time now, Attachment& attachment);
  void measure();

  struct Question {
    Time sent{};
    size_t wire_bytes = 0;
    std::optional<Time> answered{};
    uint32_t arrived_ms = 0;
  };
  LinkFigures figures_;
  Step step_ = Step::first;
  std::array<Question, LinkFigures::kQuestions> questions_{};
  std::optional<Time> due_;
};

}  // namespace farline::client
