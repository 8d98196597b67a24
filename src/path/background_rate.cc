#include "path/background_rate.h"

#include <algorithm>

namespace farline::path {
namespace {

constexpr double kQueueMaxMs = 10;       // above the usual: what reports show, on average,
constexpr double kQueueMaxShare = 0.15;  // and this much of voice's packet time
constexpr double kQueueYieldMs = 250;    // above that: docs/ARCHITECTURE.md, budgets
constexpr double kUsualMaxMs = 250;
constexpr double kStartStep = 1.2;
constexpr double kSteadyStep = 1.01;
constexpr double kBelow = 0.97;           // of what was delivered,
constexpr double kDrainMs = 2000;         // less what the queue needs to be gone in that time,
constexpr double kDrainMax = 0.2;         // or that
constexpr double kBeyondDelivered = 1.3;  // what was not tried is not known
constexpr uint64_t kLostMin = 3;
constexpr double kLossMax = 0.03;
constexpr Duration kDropSpan = 4s;
constexpr Duration kCeilingFor = 60s;
constexpr uint32_t kCapMargin = 256;  // so that a minute cut anywhere stays under the cap
constexpr Duration kStepMin = 700ms;
constexpr Duration kReplySlack = 400ms;
constexpr uint32_t kStartBps = 1'200;
constexpr Duration kPacketTimeMax = 30ms;
constexpr uint32_t kPacketBytesMin = 160;  // of which the headers are a third
constexpr uint32_t kPacketBytesMax = 1100;

constexpr Duration kRefillMax = 1s;
constexpr Duration kTurnMax = 40ms;  // between two chances to send

}  // namespace

void BackgroundRate::start(Time now, const LinkEstimate& link, const Voice& voice) {
  if (is_running()) return;
  queue_ms_ = 0;
  starting_ = true;
  yielding_ = false;
  credit_ = 0;
  refilled_ = now;
  const auto pairs = link.capacity(now);
  const uint64_t likely = pairs ? uint64_t{pairs->sure_bps} * 3 / 4 : 0;
  set_total(now, std::max({uint64_t{voice.bps} * 5 / 4, likely, uint64_t{kStartBps}}), voice);
}

void BackgroundRate::path_changed(Time now) {
  ceiling_bps_ = 0;
  if (!is_running()) return;
  starting_ = true;
  total_bps_ = kStartBps;
  changed_ = now;
}

void BackgroundRate::set_total(Time now, uint64_t bps, const Voice& voice) {
  if (voice.cap_bps != 0) bps = std::min<uint64_t>(bps, voice.cap_bps - voice.cap_bps / kCapMargin);
  if (ceiling_bps_ != 0 && now < ceiling_until_) bps = std::min<uint64_t>(bps, ceiling_bps_);
  total_bps_ = static_cast<uint32_t>(std::max<uint64_t>({bps, voice.bps, kStartBps}));
  changed_ = now;
}

// What the packet waited that the newest report is about, without its own time on the link: queue and jitter.
double BackgroundRate::waited_ms(const LinkEstimate& link, uint32_t link_bps) const {
  const auto reported = link.newest();
  const Duration waited = reported.delay - serialisation_time(reported.bytes, std::max(link_bps, kStartBps));
  return static_cast<double>(std::max<int64_t>(0, to_milliseconds(waited)));
}

// Loss that stays when less is sent is the link's own.
bool BackgroundRate::drops_too_much(const LinkEstimate::Loss& loss) {
  if (loss.lost < kLostMin || loss.share() <= own_loss_ + kLossMax) return false;
  if (loss_before_ > 0 && loss.share() > loss_before_ / 2) {
    own_loss_ = loss.share();
    loss_before_ = 0;
    ceiling_bps_ = 0;
    return false;
  }
  loss_before_ = loss.share();
  return true;
}

void BackgroundRate::handle_report(Time now, const LinkEstimate& link, const Voice& voice) {
  const uint32_t delivered = link.delivered_bps();
  if (!is_running()) {
    const double usual = std::min(kUsualMaxMs, waited_ms(link, std::max(delivered, voice.bps)));
    usual_ms_ += (usual - usual_ms_) / 8;
    return;
  }
  queue_ms_ += (waited_ms(link, total_bps_) - queue_ms_) / 3;
  usual_ms_ = std::min(usual_ms_, queue_ms_);
  const double queue = queue_ms_ - usual_ms_;
  const double queue_max = kQueueMaxMs + static_cast<double>(to_milliseconds(voice.packet_time)) * kQueueMaxShare;
  yielding_ = queue > (yielding_ ? queue_max : kQueueYieldMs);
  const Duration round_trip = link.round_trip().value_or(1s);
  if (now - changed_ < std::max<Duration>(kStepMin, round_trip + link.report_interval())) return;
  const bool drops = drops_too_much(link.loss(std::max(now - kDropSpan, changed_ + round_trip)));
  if (queue > queue_max || drops) {
    starting_ = false;
    const double carried = delivered == 0 ? total_bps_ : std::min(delivered, total_bps_);
    if (drops && queue <= queue_max) {
      ceiling_bps_ = std::max(kStartBps, static_cast<uint32_t>(carried * kBelow));
      ceiling_until_ = now + kCeilingFor;
    }
    set_total(now, static_cast<uint64_t>(carried * (kBelow - std::min(kDrainMax, queue / kDrainMs))), voice);
  } else if (queue < queue_max / 2) {
    const auto higher = static_cast<uint64_t>((starting_ ? kStartStep : kSteadyStep) * total_bps_);
    const auto known = static_cast<uint64_t>(kBeyondDelivered * std::max(delivered, voice.bps));
    if (higher <= known) set_total(now, higher, voice);
  }
}

void BackgroundRate::refill(Time now) {
  refilled_ = std::max(refilled_, now - kRefillMax);
  const auto gained =
      static_cast<uint64_t>(total_bps_) * static_cast<uint64_t>((now - refilled_).count()) / 8'000'000'000;
  if (gained == 0) return;
  const auto most = std::max<int64_t>(kPacketBytesMax, static_cast<int64_t>(bytes_in(total_bps_, kTurnMax)));
  credit_ = std::min(credit_ + static_cast<int64_t>(gained), most);
  refilled_ += serialisation_time(gained, total_bps_);
}

void BackgroundRate::sent(Time now, uint32_t wire_bytes, bool is_background) {
  if (is_background) last_sent_ = now;
  if (!is_running()) return;
  refill(now);
  credit_ = std::max<int64_t>(credit_ - wire_bytes, -int64_t{kPacketBytesMax});
}

bool BackgroundRate::may_send(Time now, const LinkEstimate& link, const Voice& voice, uint32_t wire_bytes) {
  if (!is_running() || yielding_) return false;
  refill(now);
  if (credit_ < wire_bytes) return false;
  const Duration answer =
      link.least_round_trip().value_or(1s) + std::max(link.report_interval(), voice.answer_every) + kReplySlack;
  return link.bytes_in_flight() + wire_bytes <= bytes_in(total_bps_, answer);
}

uint32_t BackgroundRate::packet_bytes(uint32_t voice_packet_bytes) const {
  const auto quick = static_cast<uint32_t>(bytes_in(total_bps_, kPacketTimeMax));
  return std::clamp(std::min(quick, voice_packet_bytes), kPacketBytesMin, kPacketBytesMax);
}

}  // namespace farline::path
