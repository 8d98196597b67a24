#include "path/rate_controller.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace farline::path {
namespace {

constexpr Duration kQueueMax = 250ms;  // above a packet's own time on the link: docs/ARCHITECTURE.md, budgets
constexpr int64_t kJitters = 5;        // most of the range of a wandering delay, in jitters: measured
constexpr double kSwingMemory = 180;   // seconds
constexpr Duration kSwingMax = 600ms;
constexpr double kDoubtDrained = 0.3;  // seconds
constexpr double kDoubtShare = 0.9;
constexpr double kDeliveredShare = 0.85;  // of what arrived: the rest lets the queue drain
constexpr double kPairShare = 0.9;        // of what pairs read
constexpr double kTrialShare = 1.25;      // of what is sure, when pairs disagree
constexpr uint32_t kHopelessPackets = 8;
constexpr double kLossTrouble = 0.04;  // more than before the trial
constexpr double kLossBelowPolicer = 0.008;
constexpr uint64_t kLostTrouble = 3;  // packets
constexpr Duration kLossSpan = 5s;
constexpr double kLossMemory = 40;     // seconds
constexpr double kLossyLink = 0.02;    // the news of a packet may be lost as well
constexpr double kLossCopied = 0.2;    // redundancy for more than that is not to be had
constexpr Duration kTrial = 10s;       // a policer's bucket may hide that long that a rung is too much
constexpr double kLossPolicer = 0.08;  // without a queue: try whether sending less helps
constexpr Duration kPolicerTest = 6s;
constexpr Duration kPolicerTestMax = 12s;
constexpr double kPolicerSure = 7;  // packets a bad link would have lost: a third by chance, once in a hundred
constexpr Duration kPolicerTestAgain = 60s;
constexpr uint32_t kPolicedMin = 6'000;  // nobody sells less
// A policer drops all the time, bad radio in bursts.
struct Steady {
  int spans;
  Duration span;
};
constexpr Steady kSteadyTest{4, 2500ms};
constexpr Steady kSteadyBelow{2, 5s};
constexpr Duration kSettle = 1s;
constexpr Duration kCeilingFirst = 20s;
constexpr Duration kCeilingPoliced = 30s;  // each try costs a burst of losses
constexpr Duration kCeilingMax = 120s;
constexpr Duration kNotOurs = 12s;        // at the floor, and the queue has not gone
constexpr Duration kAnswerSlack = 300ms;  // the far end's turn
constexpr Duration kLateFloor = 1s;
constexpr Duration kLateFloorThin = 3s;
constexpr Duration kLateStop = 2s;
constexpr Duration kLateStopThin = 5s;
constexpr uint32_t kThinBps = 3'000;
constexpr double kUsual = 15;           // seconds
constexpr Duration kRemember = 15s;     // then the link has shown itself
constexpr Duration kStallSpoken = 1s;   // what the link carried in that is risked: reports alone may be late
constexpr Duration kStallSure = 500ms;  // of what would be a stall, at least as much lies before the drop
constexpr Duration kProbeFirst = 1s;
constexpr Duration kProbeMax = 3s;
constexpr uint64_t kProbesHeld = 3'500;   // bytes: as often as the rate before carries so many, within 1 and 3 s
constexpr Duration kPatience = 6s;        // before climbing without knowing one
constexpr Duration kPatienceBlind = 12s;  // before climbing against what pairs read
constexpr Duration kBlinding = 30ms;      // jitter that makes pairs read low
constexpr double kLowShare = 1.1;
constexpr double kBlindShare = 1.5;  // of the rate
constexpr double kNearCeiling = 0.6;

bool is_thin(const RateController::Operating& operating) {
  return operating.bps < 4'000;
}

// Than chance explains.
bool is_more(const LinkEstimate::Loss& loss, double usual_share) {
  const double usual = usual_share * static_cast<double>(loss.packets);
  return loss.lost >= kLostTrouble && static_cast<double>(loss.lost) > usual + 2 * std::sqrt(usual);
}

// Losses in each of the last spans.
bool is_steady(Time now, const LinkEstimate& link, const Steady& steady) {
  uint64_t lost = 0;
  for (int span = 1; span <= steady.spans; ++span) {
    const uint64_t until_now = link.loss(now - span * steady.span).lost;
    if (until_now == lost) return false;
    lost = until_now;
  }
  return true;
}

Duration own_time_of(const LinkEstimate& link, const RateController::Operating& operating) {
  return serialisation_time(operating.packet_bytes, std::max(link.delivered_bps(), operating.bps));
}

// The newest packet reported on.
bool is_late(const LinkEstimate& link, const RateController::Operating& operating) {
  return link.newest().delay > own_time_of(link, operating) + kLateFloor + link.wander();
}

uint32_t share(double of, uint32_t bps) {
  return static_cast<uint32_t>(of * bps);
}

}  // namespace

// What the delay does while we use a small part of the link is none of our queue.
void RateController::learn_swing(Time now, const LinkEstimate& link, const Operating& operating) {
  const double age = to_seconds(now - swing_noted_);
  swing_noted_ = now;
  swing_ -= std::min(swing_, Duration{static_cast<int64_t>(age / kSwingMemory * static_cast<double>(swing_.count()))});
  const auto capacity = link.capacity(now);
  if (!capacity || draining_ || capacity->bps < 2 * std::max(operating.bps, operating.background_bps)) return;
  const Duration swing = link.queue() - serialisation_time(operating.packet_bytes, capacity->bps);
  if (swing < kSwingMax) swing_ = std::max(swing_, swing);  // longer: a stall
}

// What was sent is what arrived, so we may not be the cause of the long delay: by now it would be shorter.
bool RateController::end_doubt(Time now, const LinkEstimate& link, const Operating& operating) {
  const double drained = to_seconds(link.reported_until() - changed_) *
                         (1 - std::min(1.0, static_cast<double>(operating.bps) / doubt_->delivered_bps));
  if (drained < kDoubtDrained) return false;
  const Doubt doubt = *std::exchange(doubt_, std::nullopt);
  if (to_seconds(link.queue()) < to_seconds(doubt.queue) - drained / 4) return false;
  swing_ = std::min<Duration>(std::max(swing_, std::max(link.queue(), doubt.queue)), kSwingMax);
  if (ceiling_bps_ == doubt.bps) ceiling_bps_ = 0;
  budget_bps_ = doubt.bps;
  changed_ = now;
  draining_ = false;
  return true;
}

// Packets that left well after the change have been reported on.
bool RateController::has_settled(const LinkEstimate& link, const Operating& operating) const {
  return link.reported_until() >= changed_ + std::max<Duration>(kSettle, 2 * operating.packet_time);
}

void RateController::note_loss(Time now, const LinkEstimate::Loss& loss) {
  // Up at once, down slowly: redundancy that goes too early is missed at the next burst. Few losses prove little.
  const double part = std::min(1.0, to_seconds(now - loss_noted_) / kLossMemory);
  const double lost = std::min(loss.share(), kLossCopied);
  const bool is_sure = loss.lost >= kLostTrouble && lost > link_loss_;
  link_loss_ += (lost - link_loss_) * (is_sure ? 0.5 : part);
  loss_noted_ = now;
}

// Those so far were a policer's.
void RateController::forgive_losses(Time now) {
  link_loss_ = std::min(link_loss_, usual_loss_);
  losses_from_ = now + kSettle;
}

void RateController::note_rate(Time now, const Operating& operating) {
  if (!answers_since_) answers_since_ = last_answer_ = now;
  usual_bps_ += (operating.bps - usual_bps_) * std::min(0.1, to_seconds(now - last_answer_) / kUsual);
  last_answer_ = now;
  if (now - *answers_since_ > kRemember) config_.remembered_bps = config_.hoped_bps = 0;
}

void RateController::handle_report(Time now, LinkEstimate& link, const Operating& operating) {
  if (is_closed()) losses_from_ = now;
  closed_since_.reset();
  if (operating.is_silent) return;
  note_rate(now, operating);
  if (operating.background_bps != 0 && link.queue() > kQueueMax) return;  // it yields at once: path/background_rate.h
  const Duration own_time = own_time_of(link, operating);
  learn_swing(now, link, operating);
  const Duration queue = link.queue() - accepted_queue_;
  const bool long_queue = queue > own_time + std::max<Duration>({kQueueMax, kJitters * link.jitter(), swing_});
  const bool settled = has_settled(link, operating);
  if (stall_) note_stall(now, link, is_late(link, operating));

  if (doubt_ && settled && end_doubt(now, link, operating)) return;
  if (long_queue) {
    if (draining_ && !settled) return;
    if (operating.bps <= config_.floor_bps) {
      if (!at_floor_since_) at_floor_since_ = now;
      if (now - *at_floor_since_ > kNotOurs) accepted_queue_ = link.queue();
      return;
    }
    const uint32_t delivered = link.delivered_bps();
    if (const auto pairs = link.capacity(now); pairs && delivered < pairs->sure_bps / 2) link.forget_pairs();
    const uint32_t below = operating.bps - 1;
    if (!doubt_ && delivered >= share(kDoubtShare, operating.bps))
      doubt_ = {.queue = link.queue(), .bps = operating.bps, .delivered_bps = delivered};
    take_trouble(now, operating, delivered == 0 ? below : std::min(below, share(kDeliveredShare, delivered)), false);
    return;
  }
  at_floor_since_.reset();
  draining_ = false;
  if (stall_ && stall_->bps <= budget_bps_) stall_.reset();
  if (stall_ && accepted_queue_ == Duration::zero() && end_stall(now, link)) return;

  // Of what was sent since the last change only.
  const LinkEstimate::Loss loss = link.loss(std::max(now - kLossSpan, changed_ + link.round_trip().value_or(1s)));
  if (trial_) {
    if (is_more(loss, trial_->loss_before) && loss.share() > trial_->loss_before + kLossTrouble) {
      take_trouble(now, operating, trial_->from_bps, true);
      forgive_losses(now);
      return;
    }
    if (now - changed_ >= kTrial) {
      trial_.reset();
      proven_bps_ = std::max(proven_bps_, operating.bps);
      pairs_.went_well();
      if (operating.bps >= ceiling_bps_) {
        ceiling_bps_ = 0;
        ceiling_for_ = Duration::zero();
      }
    }
  }
  if (!settled || steps_below_policer(now, link, operating) || is_testing_policer(now, link, operating)) return;
  // What a stall or a rate too high lost is not the link's way.
  note_loss(now, link.loss(std::max(now - kLossSpan, losses_from_ + 1ns)));
  climb(now, link, operating);
}

// What a stall held comes at once when it ends; what waits before a link that has become thin comes one by one.
void RateController::note_stall(Time now, const LinkEstimate& link, bool is_late) {
  stall_->is_sure = stall_->is_sure || is_late;
  if (link.reported_until() > stall_->at) return;
  if (!stall_->answered) stall_->answered = now;
  if (now - *stall_->answered >= kStallSure) stall_->may_speak = false;
  if (is_late) stall_->carried_bps = std::max(stall_->carried_bps, link.newest_bps(stall_->at));
}

// A packet sent since then had nothing to wait for: at once the rate that was, if none met a stall, else half of it.
bool RateController::end_stall(Time now, const LinkEstimate& link) {
  if (link.reported_until() <= stall_->at - kStallSure) return false;
  const bool met_one = stall_->is_sure || link.loss(stall_->at).lost > 0;
  if (stall_->carried_bps != 0) stall_->bps = std::min(stall_->bps, share(kDeliveredShare, stall_->carried_bps));
  const uint32_t target = met_one ? stall_->bps / 2 : stall_->bps;
  if (target <= budget_bps_) return false;
  budget_bps_ = target;
  changed_ = now;
  if (!met_one) stall_.reset();
  return true;
}

// A rung just above a policer's rate loses little, and for ever.
bool RateController::steps_below_policer(Time now, const LinkEstimate& link, const Operating& operating) {
  if (!policed_ || below_policer_ || now >= ceiling_until_) return false;
  const LinkEstimate::Loss lately = link.loss(std::max(now - 2 * kLossSpan, changed_ + link.round_trip().value_or(1s)));
  if (!is_more(lately, usual_loss_) || lately.share() <= kLossBelowPolicer) return false;
  if (!is_steady(now, link, kSteadyBelow)) return false;
  below_policer_ = true;
  forgive_losses(now);
  ceiling_bps_ = operating.bps;
  budget_bps_ = std::max(config_.floor_bps, operating.bps - 1);
  changed_ = now;
  return true;
}

// Sends less for a while: a policer then drops less, a bad radio link does not care.
bool RateController::is_testing_policer(Time now, const LinkEstimate& link, const Operating& operating) {
  if (policer_test_) {
    const LinkEstimate::Loss tested = link.loss(changed_ + link.round_trip().value_or(1s));
    const double expected = policer_test_->loss * static_cast<double>(tested.packets);
    const Duration tested_for = now - changed_;
    if (tested_for < kPolicerTest || (expected < kPolicerSure && tested_for < kPolicerTestMax)) return true;
    if (expected >= kPolicerSure && static_cast<double>(tested.lost) <= expected / 3) {
      usual_loss_ = tested.share();
      forgive_losses(now);
      set_ceiling(now, policer_test_->bps, true);
    } else {
      budget_bps_ = policer_test_->bps;
      policer_next_ = now + kPolicerTestAgain;
      changed_ = now;
    }
    policer_test_.reset();
    return false;
  }
  if (!is_steady(now, link, kSteadyTest)) return false;
  const LinkEstimate::Loss all = link.loss(now - kSteadyTest.spans * kSteadyTest.span);
  if (all.lost < 2 * kLostTrouble || all.share() < kLossPolicer) return false;
  if (now < policer_next_ || now - changed_ < 2 * kLossSpan || operating.bps < kPolicedMin) return false;
  policer_test_ = {operating.bps, all.share()};
  budget_bps_ = std::max(config_.floor_bps, share((1 - all.share()) * kDeliveredShare, operating.bps));
  changed_ = now;
  return true;
}

void RateController::set_ceiling(Time now, uint32_t bps, bool policed) {
  policed_ = policed;
  below_policer_ = false;
  if (2 * bps < ceiling_bps_) ceiling_for_ = Duration::zero();  // another link
  ceiling_bps_ = bps;
  ceiling_for_ = policed ? std::clamp<Duration>(4 * ceiling_for_, kCeilingPoliced, kCeilingMax)
                         : std::clamp<Duration>(2 * ceiling_for_, kCeilingFirst, kCeilingMax);
  ceiling_until_ = now + ceiling_for_;
}

void RateController::take_trouble(Time now, const Operating& operating, uint32_t target, bool by_loss) {
  if (trial_) {
    if (by_loss) target = std::min(target, trial_->from_bps);
    usual_loss_ = trial_->loss_before;
    set_ceiling(now, trial_->first_bps == 0 ? operating.bps : trial_->first_bps, by_loss);
    trial_.reset();
  }
  proven_bps_ = std::min(proven_bps_, operating.bps - 1);
  if (stall_) stall_->bps = std::min(stall_->bps, proven_bps_);
  budget_bps_ = std::max(config_.floor_bps, target);
  changed_ = now;
  draining_ = true;
  config_.remembered_bps = config_.hoped_bps = 0;  // it was another link
}

// The rate to try next; 0: stay.
uint32_t RateController::climb_target(Time now, const LinkEstimate& link, const Operating& operating) const {
  const uint32_t next = operating.next_bps;
  if (next == 0 || (config_.cap_bps != 0 && next > config_.cap_bps)) return 0;
  const bool as_before = stall_ && stall_->bps > operating.bps && accepted_queue_ == Duration::zero();
  const bool proven =
      as_before || next <= std::max(proven_bps_, config_.start_bps);  // a ceiling still stands against it
  const auto capacity = link.capacity(now);
  const uint32_t surely = capacity ? share(kPairShare, capacity->sure_bps) : 0;
  const uint32_t probably = capacity ? share(kPairShare, capacity->bps) : 0;
  if (!proven) {
    // A wrong step up costs seconds of delay on a thin link. What pairs cannot tell, because of jitter, is tried.
    const bool thin = is_thin(operating);
    const bool is_clear = capacity && capacity->is_clear;
    const bool is_hopeless = capacity && capacity->clear_bytes > kHopelessPackets * operating.packet_bytes;
    const bool try_it = (is_hopeless || share(kTrialShare, surely) >= next) && now - changed_ >= kPatience;
    // Pairs that read no more than what went well are drawn apart by jitter.
    const bool is_low = capacity && link.jitter() >= kBlinding && capacity->bps <= share(kLowShare, operating.bps);
    const bool try_blindly = !thin && is_low && operating.background_bps == 0 && now - changed_ >= kPatienceBlind &&
                             next <= share(kBlindShare, operating.bps);
    if ((thin || !is_clear ? surely : probably) < next && !try_it && !try_blindly) return 0;
  }
  // A link that became another one is worth a try before the time is up. Near a rate that failed: one rung at a time.
  const bool has_ceiling = ceiling_bps_ != 0 && (surely < 2 * ceiling_bps_ || policed_);
  if (has_ceiling && now < ceiling_until_ && next >= ceiling_bps_) return 0;
  uint32_t target = std::min(surely, 3 * operating.bps);
  if (has_ceiling) target = std::min(target, share(kNearCeiling, ceiling_bps_));
  // After a stall it is the link it was, unless pairs read less than a third.
  const bool is_old = as_before && (!capacity || stall_->bps <= 3 * probably);
  const bool to_old = is_old && !(has_ceiling && stall_->bps >= ceiling_bps_);
  const bool as_ever = config_.remembered_bps <= 2 * probably && !has_ceiling;
  const bool as_hoped = 2 * config_.hoped_bps <= surely && !has_ceiling;
  target = std::max(
      {next, target, to_old ? stall_->bps : 0, as_ever ? config_.remembered_bps : 0, as_hoped ? config_.hoped_bps : 0});
  return config_.cap_bps == 0 ? target : std::min(target, config_.cap_bps);
}

void RateController::climb(Time now, const LinkEstimate& link, const Operating& operating) {
  const uint32_t target = climb_target(now, link, operating);
  if (target == 0) return;
  const double loss = std::max(link.loss(now - kLossSpan).share(), link_loss_);
  if (trial_ && policed_) {  // its bucket may hide that the rung before was too much already
    trial_ = {trial_->from_bps, trial_->first_bps == 0 ? operating.bps : trial_->first_bps, loss};
  } else {
    trial_ = {operating.bps, 0, loss};
  }
  budget_bps_ = target;
  changed_ = now;
}

void RateController::path_changed(Time now, uint32_t remembered_bps) {
  config_.remembered_bps = remembered_bps;
  *this = RateController(config_);
  changed_ = now;
}

RateController::Gate RateController::gate(Time now, LinkEstimate& link, const Operating& operating) {
  const auto last = link.last_report();
  const Duration round_trip = link.least_round_trip().value_or(config_.first_answer);
  const Duration interval = std::max(link.report_interval(), operating.answer_every);
  const Duration answer = round_trip + interval + kAnswerSlack + std::max(kJitters * link.jitter(), 2 * link.wander());
  const Duration lost_report = link_loss_ > kLossyLink ? interval : Duration::zero();
  const Duration late = link.unanswered_for(now) - answer - lost_report;
  const Duration silent = last ? now - *last - interval : late;
  const uint64_t allowed =
      bytes_in(std::max(budget_bps_, operating.background_bps), answer) + 2 * operating.packet_bytes;
  const bool too_much = link.bytes_in_flight() > allowed;
  const bool answers = last && silent < answer - round_trip;
  const bool may_speak = stall_ && stall_->may_speak && budget_bps_ <= config_.floor_bps &&
                         link.bytes_in_flight() < stall_->in_flight + bytes_in(stall_->bps, kStallSpoken);
  if (too_much && answers && !may_speak) return Gate::closed;

  const bool thin = (stall_ ? stall_->bps : operating.bps) < kThinBps;
  if ((too_much || late >= (thin ? kLateFloorThin : kLateFloor)) && budget_bps_ > config_.floor_bps)
    drop_to_floor(now, link, operating);
  const bool stops = std::min(late, silent) >= (thin ? kLateStopThin : kLateStop) && !may_speak;
  return stops ? probe_or_nothing(now) : Gate::open;
}

void RateController::drop_to_floor(Time now, LinkEstimate& link, const Operating& operating) {
  const uint32_t before = trial_ && !has_settled(link, operating) ? trial_->from_bps : operating.bps;
  if (stall_) {  // again, on the way back to what it was: only a rate near that can be the cause
    const bool is_near = operating.bps >= stall_->bps / 2;
    stall_ = {.at = now, .bps = std::max(before, is_near ? stall_->bps / 2 : stall_->bps)};
  } else {
    if (trial_ && !has_settled(link, operating)) set_ceiling(now, operating.bps, false);
    stall_ = {.at = now, .bps = before};
  }
  stall_->in_flight = link.bytes_in_flight();
  stall_->may_speak = !is_late(link, operating);
  proven_bps_ = std::min(proven_bps_, config_.start_bps);
  budget_bps_ = config_.floor_bps;
  changed_ = now;
  draining_ = true;
  trial_.reset();
  doubt_.reset();
  policer_test_.reset();
  link.forget_pairs();  // it may come back as another link
}

RateController::Gate RateController::probe_or_nothing(Time now) {
  if (!closed_since_) {
    closed_since_ = now;
    probe_wait_ = kProbeFirst;
    probe_due_ = now;
  }
  if (now < probe_due_) return Gate::closed;
  probe_due_ = now + probe_wait_;
  const Duration longest = serialisation_time(kProbesHeld, stall_ ? stall_->bps : budget_bps_);
  probe_wait_ = std::clamp<Duration>(longest, kProbeFirst, std::min<Duration>(probe_wait_ + 1s, kProbeMax));
  return Gate::probe;
}

PairSchedule::Pair RateController::wants_pair(Time now, const LinkEstimate& link, const Operating& operating) {
  if (operating.next_bps == 0 || operating.is_silent || is_closed() || draining_) return PairSchedule::Pair::none;
  if (config_.cap_bps != 0 && operating.next_bps > config_.cap_bps) return PairSchedule::Pair::none;
  return pairs_.next(now, link,
                     {.bps = operating.bps,
                      .next_bps = operating.next_bps,
                      .packet_bytes = operating.packet_bytes,
                      .expected_bps = std::max({stall_ ? stall_->bps : 0, config_.remembered_bps, config_.hoped_bps}),
                      .is_thin = is_thin(operating)});
}

}  // namespace farline::path
