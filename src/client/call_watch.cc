#include "client/call_watch.h"

#include <algorithm>

namespace farline::client {

CallWatch::Outcome CallWatch::look(Time now, const Subject& subject, Admission& admission) {
  if (call_ != subject.call) {
    const uint64_t all_bytes = all_bytes_;
    *this = CallWatch();
    call_ = subject.call;
    all_bytes_ = all_bytes;
  }
  if (due_ && now < *due_) return {};
  due_ = now + kLookEvery;
  emergency_ = admission.decide(now, {.peer = subject.peer, .is_running = true}).rule == policy::Rule::emergency;
  count(now, subject, admission);
  Outcome outcome = judge(now, subject, admission);
  if (stop_at_) due_ = std::min(*due_, *stop_at_);
  return outcome;
}

void CallWatch::finish(Time now, const Subject& subject, Admission& admission) {
  count(now, subject, admission);
  if (call_ != 0 && admission.is_in_force()) admission.keep(now);
  call_ = 0;
  due_.reset();
}

void CallWatch::count_idle(Time now, uint64_t all_bytes, Admission& admission) {
  if (call_ != 0) return;
  admission.count(now, {.spoken = {}, .bytes = {}, .other_bytes = all_bytes - std::exchange(all_bytes_, all_bytes)});
}

void CallWatch::count(Time now, const Subject& subject, Admission& admission) {
  UsageMeter::Share share{.emergency = emergency_};
  if (call_ != 0) {
    const uint64_t voice = subject.stats.voice_bytes_tx + subject.stats.voice_bytes_rx;
    const uint64_t bulk = subject.stats.bulk_bytes_tx + subject.stats.bulk_bytes_rx;
    share.spoken = subject.stats.connected_for - spoken_;
    share.bytes[static_cast<size_t>(policy::Class::voice)] = voice - voice_bytes_;
    share.bytes[static_cast<size_t>(policy::Class::files)] = bulk - bulk_bytes_;
    spoken_ = subject.stats.connected_for;
    voice_bytes_ = voice;
    bulk_bytes_ = bulk;
  }
  const uint64_t counted = share.bytes[0] + share.bytes[1] + share.bytes[2] + share.bytes[3];
  const uint64_t all = subject.all_bytes - all_bytes_;
  share.other_bytes = all - std::min(all, counted);
  all_bytes_ = subject.all_bytes;
  admission.count(now, share);
}

CallWatch::Outcome CallWatch::judge(Time now, const Subject& subject, const Admission& admission) {
  const Admission::Question question{.peer = subject.peer, .is_running = true};
  const Verdict verdict = admission.decide(now, question);
  const bool is_about_us = verdict.rule == policy::Rule::revoked || verdict.rule == policy::Rule::build;
  if (!subject.outgoing && !is_about_us) return {};
  if (!verdict.allowed) {
    if (verdict.rule == policy::Rule::quota) return close(now, admission.call_grace(), verdict);
    if (verdict.rule == policy::Rule::hours && !grace_told_) return close(now, kShortNotice, verdict);
    return close(now, 0s, verdict);
  }
  if (verdict.rule == policy::Rule::hours) {  // its grace runs
    if (std::exchange(grace_told_, true)) return {};
    return {Step::closing, admission.closes_in(now, question, verdict).value_or(0s), verdict};
  }
  stop_at_.reset();
  const auto left = admission.closes_in(now, question, verdict);
  if (!left) return {};
  for (const Duration warning : {kLastWarning, kFirstWarning}) {
    if (*left > warning || warned_at_ <= warning) continue;
    warned_at_ = warning;
    return {Step::closing, *left, verdict};
  }
  return {};
}

CallWatch::Outcome CallWatch::close(Time now, Duration grace, Verdict verdict) {
  const bool is_new = !stop_at_;
  if (is_new) stop_at_ = now + grace;
  if (now >= *stop_at_) return {Step::stop, {}, std::move(verdict)};
  grace_told_ = true;
  return {is_new ? Step::closing : Step::go_on, *stop_at_ - now, std::move(verdict)};
}

}  // namespace farline::client
