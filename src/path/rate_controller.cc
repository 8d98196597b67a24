#include "path/rate_controller.h"

#include <algorithm>

namespace farline::path {
namespace {

constexpr Duration kQueueMax = 250ms;       // above a packet's own time on the link: docs/ARCHITECTURE.md, budgets
constexpr Duration kUsualQueueMax = 250ms;  // jitter that may pass for a queue
constexpr double kDeliveredShare = 0.85;    // of what arrived: the rest lets the queue drain
constexpr double kPairShare = 0.9;          // packet pairs read high on links with jitter
constexpr double kConfirmedShare = 0.8;
constexpr double kLossTrouble = 0.04;  // more than before the trial
constexpr double kLossBelowPolicer = 0.008;
constexpr uint64_t kLostTrouble = 3;  // packets
constexpr Duration kLossSpan = 5s;
constexpr Duration kTrial = 10s;       // a policer's bucket may hide that long that a rung is too much
constexpr double kLossPolicer = 0.08;  // without a queue: try whether sending less helps
constexpr Duration kPolicerTest = 6s;  // the loss reported on is then that of the lower rate
constexpr Duration kPolicerTestAgain = 60s;
constexpr Duration kSettleMin = 1500ms;
constexpr Duration kCeilingFirst = 10s;
constexpr Duration kCeilingPoliced = 60s;  // each try costs a burst of losses
constexpr Duration kCeilingMax = 120s;
constexpr Duration kNotOurs = 12s;        // at the floor, and the queue has not gone
constexpr Duration kAnswerSlack = 300ms;  // the far end's turn, and jitter
constexpr Duration kAnswerSlackMax = 1s;
constexpr Duration kLateFloor = 1s;
constexpr Duration kLateFloorThin = 3s;
constexpr Duration kLateStop = 2s;
constexpr Duration kLateStopThin = 5s;
constexpr uint32_t kThinBps = 3'000;
constexpr Duration kProbeFirst = 1s;
constexpr Duration kProbeMax = 3s;
constexpr uint64_t kPairBytes = 50;
constexpr uint64_t kPairShareOfRate = 60;  // pairs take one part in so many
constexpr Duration kPairPatience = 12s;    // before climbing without knowing one
constexpr double kSurprise = 1.6;          // times the next rung
constexpr Duration kSurpriseWait = 20s;
constexpr Duration kSurpriseWaitMax = 160s;
constexpr Duration kDuplicateWait = 1500ms;
constexpr Duration kPairWaitMin = 1s;
constexpr Duration kPairWaitMax = 9s;

bool is_thin(const RateController::Operating& operating) {
  return operating.bps < 4'000;
}

uint64_t bytes_in(uint32_t bps, Duration time) {
  return uint64_t{bps} * static_cast<uint64_t>(to_milliseconds(time)) / 8000;
}

uint32_t share(double of, uint32_t bps) {
  return static_cast<uint32_t>(of * bps);
}

}  // namespace

bool RateController::has_settled(Time now, const LinkEstimate& link, const Operating& operating) const {
  const Duration round_trip = std::min(link.round_trip().value_or(1s), link.least_round_trip().value_or(1s) + 1s);
  const Duration wait = round_trip + 2 * operating.packet_time + link.report_interval();
  return now - changed_ >= std::max<Duration>(kSettleMin, wait);
}

void RateController::note_loss(double loss) {
  // Up at once, down slowly: redundancy that goes too early is missed at the next burst.
  link_loss_ = loss > link_loss_ ? (link_loss_ + loss) / 2 : link_loss_ + (loss - link_loss_) / 32;
}

void RateController::handle_report(Time now, LinkEstimate& link, const Operating& operating) {
  closed_since_.reset();
  if (operating.is_silent) return;
  if (operating.background_bps != 0 && link.queue() > kQueueMax) return;  // it yields at once: path/background_rate.h
  const Duration own_time = serialisation_time(operating.packet_bytes, std::max(link.delivered_bps(), operating.bps));
  const Duration queue = link.queue() - accepted_queue_;
  const bool long_queue = queue > kQueueMax + own_time + std::min<Duration>(usual_queue_ * 3 / 2, kUsualQueueMax);
  const bool settled = has_settled(now, link, operating);

  if (long_queue) {
    if (draining_ && !settled) return;
    if (operating.bps <= config_.floor_bps) {
      if (!at_floor_since_) at_floor_since_ = now;
      if (now - *at_floor_since_ > kNotOurs) accepted_queue_ = link.queue();
      return;
    }
    const uint32_t delivered = link.delivered_bps();
    if (const auto pairs = link.pairs(now); pairs && delivered < pairs->sure / 2) link.forget_pairs();
    const uint32_t below = operating.bps - 1;
    take_trouble(now, operating, delivered == 0 ? below : std::min(below, share(kDeliveredShare, delivered)), false);
    return;
  }
  at_floor_since_.reset();
  draining_ = false;

  // Of what was sent since the last change only.
  const LinkEstimate::Loss loss = link.loss(std::max(now - kLossSpan, changed_ + link.round_trip().value_or(1s)));
  if (trial_) {
    if (loss.lost >= kLostTrouble && loss.share() > trial_->loss_before + kLossTrouble) {
      take_trouble(now, operating, trial_->from_bps, true);
      return;
    }
    if (now - changed_ >= kTrial) {
      trial_.reset();
      proven_bps_ = std::max(proven_bps_, operating.bps);
      surprise_wait_ = Duration::zero();
      if (operating.bps >= ceiling_bps_) {
        ceiling_bps_ = 0;
        ceiling_for_ = Duration::zero();
      }
    }
  }
  // A rung just above a policer's rate loses little, and for ever.
  if (policed_ && !below_policer_ && now < ceiling_until_) {
    const LinkEstimate::Loss lately =
        link.loss(std::max(now - 2 * kLossSpan, changed_ + link.round_trip().value_or(1s)));
    if (lately.lost >= kLostTrouble && lately.share() > kLossBelowPolicer) {
      below_policer_ = true;
      ceiling_bps_ = operating.bps;
      budget_bps_ = std::max(config_.floor_bps, operating.bps - 1);
      changed_ = now;
      return;
    }
  }
  if (!settled || is_testing_policer(now, loss, operating)) return;
  note_loss(link.loss(now - kLossSpan).share());
  if (!trial_) usual_queue_ += (link.queue() - usual_queue_) / 16;
  climb(now, link, operating);
}

// Sends less for a while: a policer then drops less, a bad radio link does not care.
bool RateController::is_testing_policer(Time now, const LinkEstimate::Loss& loss, const Operating& operating) {
  if (policer_test_) {
    if (now - changed_ < kPolicerTest) return true;
    if (loss.share() < policer_test_->loss / 2) {
      set_ceiling(now, policer_test_->bps, true);
    } else {
      budget_bps_ = policer_test_->bps;
      policer_next_ = now + kPolicerTestAgain;
      changed_ = now;
    }
    policer_test_.reset();
    return false;
  }
  if (loss.lost < kLostTrouble || loss.share() < kLossPolicer || now < policer_next_) return false;
  if (operating.bps <= config_.floor_bps) return false;
  policer_test_ = {operating.bps, loss.share()};
  budget_bps_ = std::max(config_.floor_bps, share((1 - loss.share()) * kDeliveredShare, operating.bps));
  changed_ = now;
  return true;
}

void RateController::set_ceiling(Time now, uint32_t bps, bool policed) {
  policed_ = policed;
  below_policer_ = false;
  ceiling_bps_ = bps;
  ceiling_for_ = std::clamp<Duration>(2 * ceiling_for_, policed ? kCeilingPoliced : kCeilingFirst, kCeilingMax);
  ceiling_until_ = now + ceiling_for_;
}

void RateController::take_trouble(Time now, const Operating& operating, uint32_t target, bool by_loss) {
  if (trial_) {
    target = std::min(target, trial_->from_bps);
    set_ceiling(now, operating.bps, by_loss);
    trial_.reset();
  }
  proven_bps_ = std::min(proven_bps_, operating.bps - 1);
  before_stall_bps_ = std::min(before_stall_bps_, proven_bps_);
  budget_bps_ = std::max(config_.floor_bps, target);
  changed_ = now;
  draining_ = true;
}

// The rate to try next; 0: stay.
uint32_t RateController::climb_target(Time now, const LinkEstimate& link, const Operating& operating) const {
  const uint32_t next = operating.next_bps;
  if (next == 0 || (config_.cap_bps != 0 && next > config_.cap_bps)) return 0;
  const bool proven = next <= std::max(proven_bps_, config_.start_bps);  // a ceiling still stands against it
  const auto pairs = link.pairs(now);
  const auto confirmed = link.confirmed_bps(now);
  uint32_t surely = 0;
  uint32_t probably = 0;
  if (is_thin(operating)) {
    // A wrong step up costs seconds of delay here: only what two large pairs agree on.
    surely = probably = confirmed ? share(kConfirmedShare, *confirmed) : 0;
    if (!proven && surely < next) return 0;
  } else {
    if (pairs) surely = share(kPairShare, pairs->sure);
    if (pairs) probably = share(kPairShare, pairs->median);
    if (!proven && (pairs ? probably < next : now - changed_ < kPairPatience)) return 0;
  }
  // A link that became another one is worth a try before the time is up.
  const bool ceiling_stands = ceiling_bps_ != 0 && now < ceiling_until_ && (surely < 2 * ceiling_bps_ || policed_);
  if (ceiling_stands && next >= ceiling_bps_) return 0;
  uint32_t target = std::max({next, std::min(surely, 3 * operating.bps), std::min(probably, before_stall_bps_)});
  if (ceiling_stands) target = std::min(target, ceiling_bps_ - 1);
  if (config_.cap_bps != 0) target = std::min(target, config_.cap_bps);
  return target;
}

void RateController::climb(Time now, const LinkEstimate& link, const Operating& operating) {
  const uint32_t target = climb_target(now, link, operating);
  if (target == 0) return;
  trial_ = {operating.bps, link.loss(now - kLossSpan).share()};
  budget_bps_ = target;
  changed_ = now;
}

void RateController::path_changed(Time now) {
  *this = RateController(config_);
  changed_ = now;
}

RateController::Gate RateController::gate(Time now, LinkEstimate& link, const Operating& operating) {
  const auto last = link.last_report();
  const Duration round_trip = link.least_round_trip().value_or(config_.first_answer);
  const Duration interval = std::max(link.report_interval(), operating.answer_every);
  const Duration slack = std::clamp<Duration>(2 * link.round_trip_variation(), kAnswerSlack, kAnswerSlackMax);
  const Duration answer = round_trip + interval + slack;
  const Duration late = link.unanswered_for(now) - answer;
  const bool thin = operating.bps < kThinBps;
  if (late >= (thin ? kLateFloorThin : kLateFloor) && budget_bps_ > config_.floor_bps) {
    if (trial_) set_ceiling(now, operating.bps, false);
    before_stall_bps_ = trial_ ? trial_->from_bps : operating.bps;
    proven_bps_ = std::min(proven_bps_, config_.start_bps);
    budget_bps_ = config_.floor_bps;
    changed_ = now;
    draining_ = true;
    trial_.reset();
    policer_test_.reset();
    link.forget_pairs();  // it may come back as another link
  }
  if ((last ? std::min(late, now - *last - interval) : late) >= (thin ? kLateStopThin : kLateStop))
    return probe_or_nothing(now);
  const uint64_t allowed =
      bytes_in(std::max(budget_bps_, operating.background_bps), answer) + 2 * operating.packet_bytes;
  return link.bytes_in_flight() > allowed ? Gate::closed : Gate::open;
}

RateController::Gate RateController::probe_or_nothing(Time now) {
  if (!closed_since_) {
    closed_since_ = now;
    probe_wait_ = kProbeFirst;
    probe_due_ = now;
  }
  if (now < probe_due_) return Gate::closed;
  probe_due_ = now + probe_wait_;
  probe_wait_ = std::min<Duration>(probe_wait_ + 1s, kProbeMax);
  return Gate::probe;
}

RateController::Pair RateController::wants_pair(Time now, const LinkEstimate& link, const Operating& operating) {
  if (operating.next_bps == 0 || operating.is_silent || is_closed() || draining_) return Pair::none;
  if (config_.cap_bps != 0 && operating.next_bps > config_.cap_bps) return Pair::none;
  // Some at the start, and some soon after a surprise; when those do not bear it out it was jitter. On a thin link each
  // waits until the one before has drained.
  const bool thin = is_thin(operating);
  if (link.pair_count() == 0 && (pairs_seen_ != 0 || !pair_sent_) && !thin) pairs_at_once_ = 3;
  if (link.pair_count() != pairs_seen_ && link.newest_pair_bps() > share(kSurprise, operating.next_bps) &&
      now >= surprise_after_) {
    pairs_at_once_ = thin ? 2 : 3;
    surprise_wait_ = std::clamp<Duration>(2 * surprise_wait_, kSurpriseWait, kSurpriseWaitMax);
    surprise_after_ = now + surprise_wait_;
  }
  pairs_seen_ = link.pair_count();
  const Duration wait = std::clamp<Duration>(serialisation_time(kPairBytes * kPairShareOfRate, operating.bps),
                                             kPairWaitMin, kPairWaitMax);
  const Duration since = pair_sent_ ? now - *pair_sent_ : wait;
  const bool at_once = pairs_at_once_ > 0 && (!thin || (link.pair_count() > 0 && since >= kDuplicateWait));
  if (since < wait && !at_once) return Pair::none;
  if (at_once) --pairs_at_once_;
  pair_sent_ = now;
  return thin && at_once ? Pair::duplicate : Pair::small;
}

}  // namespace farline::path
