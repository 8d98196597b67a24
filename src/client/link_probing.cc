#include "client/link_probing.h"

namespace farline::client {
namespace {

constexpr uint16_t kLong = 240;  // zeros: more than most of what voice sends
constexpr uint16_t kShortAnswer = wire::kLinkAnswerBytes;
constexpr uint16_t kLongAnswer = wire::kLinkProbeBytes + kLong;

struct Numbers {
  uint8_t first = 0;
  uint8_t last = 0;
};

uint32_t rate(size_t bytes, int64_t milliseconds) {
  return static_cast<uint32_t>(bytes * 8000 / static_cast<uint64_t>(std::max<int64_t>(milliseconds, 1)));
}

}  // namespace

void LinkProbing::start(Time now, Attachment& attachment) {
  if (figures_.is_running) return;
  *this = {};
  figures_.is_running = true;
  ask(now, attachment);
}

void LinkProbing::ask(Time now, Attachment& attachment) {
  const Numbers numbers = step_ == Step::first ? Numbers{0, 0} : step_ == Step::up ? Numbers{1, 2} : Numbers{3, 4};
  const uint16_t zeros = step_ == Step::first ? wire::kLinkProbeZerosMin : kLong;
  const uint16_t wanted = step_ == Step::down ? kLongAnswer : kShortAnswer;
  for (uint8_t i = numbers.first; i <= numbers.last; ++i)
    questions_[i] = {
        .sent = now,
        .wire_bytes = attachment.send(now, wire::LinkProbe{.number = i, .wanted = wanted, .zeros = zeros})};
  due_ = now + kPatience;
}

bool LinkProbing::handle(Time now, const wire::LinkAnswer& answer, Attachment& attachment) {
  if (!figures_.is_running || answer.number >= questions_.size()) return false;
  Question& question = questions_[answer.number];
  if (question.sent == Time{} || question.answered) return false;
  question.answered = now;
  question.arrived_ms = answer.arrived_ms;
  ++figures_.answers;
  if (answer.number == 0) figures_.rtt_ms = static_cast<uint32_t>(to_milliseconds(now - question.sent));
  const size_t last = step_ == Step::first ? 0 : step_ == Step::up ? 2 : 4;
  if (answer.number == last) next(now, attachment);
  return true;
}

void LinkProbing::handle_timeout(Time now, Attachment& attachment) {
  if (due_ && now >= *due_) next(now, attachment);
}

void LinkProbing::next(Time now, Attachment& attachment) {
  due_.reset();
  const bool is_over = step_ == Step::down || figures_.answers == 0;
  if (!is_over) {
    step_ = step_ == Step::first ? Step::up : Step::down;
    ask(now, attachment);
    return;
  }
  measure();
  figures_.is_running = false;
  figures_.is_done = true;
}

void LinkProbing::measure() {
  if (questions_[1].answered && questions_[2].answered)
    figures_.up_bps =
        rate(questions_[2].wire_bytes, static_cast<int32_t>(questions_[2].arrived_ms - questions_[1].arrived_ms));
  if (questions_[3].answered && questions_[4].answered)
    figures_.down_bps =
        rate(questions_[4].wire_bytes, to_milliseconds(*questions_[4].answered - *questions_[3].answered));
}

}  // namespace farline::client
