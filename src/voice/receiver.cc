#include "voice/receiver.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "voice/time_scale.h"

namespace farline::voice {
namespace {

constexpr int64_t kUnit = static_cast<int64_t>(kUnitSamples);
constexpr int64_t samples(Duration duration) {
  return duration * int64_t{kSampleRate} / Duration{1s};
}

// Slack held in reserve: a device's callback (20 ms) and its like on the network.
constexpr int64_t kSlackWanted = samples(50ms);
constexpr int64_t kSlackBand = samples(30ms);  // no correction within this
constexpr int64_t kSlackFar = samples(250ms);  // beyond it, correct without waiting for a quiet moment
constexpr int64_t kSlackMax = samples(2s);     // packets later than that are a stall, not jitter
constexpr Duration kStallAccepted = 6s;        // a stall that lasts longer is the network's new delay
constexpr int64_t kBacklogMax = samples(2s);
constexpr int64_t kRestartUnits = 5s / 20ms;  // a newer packet that far in the past: the far end started anew
constexpr size_t kImpatienceMax = 25;         // frames
constexpr double kMatchGood = 0.8;            // a pitch period more or less goes unnoticed
constexpr size_t kPeriodFast = 120;           // removes 19 to 50 % of a frame
constexpr size_t kSwitchFade = 10 * kSampleRate / 1000;

}  // namespace

// The media time nearest to the newest packet's.
int64_t Receiver::unwrap(uint16_t media_time) const {
  if (state_ == State::idle) return media_time;
  return newest_ + static_cast<int16_t>(static_cast<uint16_t>(media_time - static_cast<uint16_t>(newest_)));
}

void Receiver::start_at(int64_t unit, const wire::VoicePayload& payload) {
  buffer_.clear();
  slack_.clear();
  position_ = unit;
  waited_units_ = 0;
  // The next packet comes a packet time later, give or take the jitter of a link that thin.
  const Duration ptime = payload.units() * 20ms;
  filling_left_ = static_cast<size_t>(samples(std::clamp<Duration>(ptime / 5, 40ms, 80ms)));
  state_ = State::filling;
  taken_ = false;
}

Result<wire::VoiceHeader> Receiver::handle_packet(Time now, uint64_t sequence, Bytes bytes) {
  const auto payload = wire::decode_voice_payload(bytes);
  if (!payload) {
    ++stats_.refused;
    return payload.error();
  }
  const bool is_newest = !loss_.highest() || sequence > *loss_.highest();
  loss_.add(now, sequence);
  ++stats_.packets;
  if (payload->frame_count > 0) take_speech(now, *payload, bytes, is_newest);
  return payload->header;
}

void Receiver::take_speech(Time now, const wire::VoicePayload& payload, Bytes bytes, bool is_newest) {
  stats_.codec = payload.header.codec;
  const int64_t unit = unwrap(payload.header.media_time);
  const int64_t end = unit + payload.units();
  const bool started_anew = is_newest && end + kRestartUnits < position_;
  const bool nobody_listens = state_ == State::filling && !taken_;  // yet: speech waits for no sound device to open
  if (state_ == State::idle || started_anew || nobody_listens) start_at(unit, payload);
  if (is_newest) newest_ = unit;
  if (end <= position_) {
    ++stats_.late;
    note_slack(now, unit * kUnit - playing());
    return;
  }
  use_wait_as_gap(unit);
  if (!buffer_.insert(unit, bytes)) {
    ++stats_.duplicates;
    return;
  }
  skip_backlog(payload);
  note_slack(now, unit * kUnit - playing());
  const auto delay = static_cast<double>(end * kUnit - playing());
  delay_samples_ += (delay - delay_samples_) / (stats_.packets == 1 ? 1 : 8);
}

void Receiver::note_slack(Time now, int64_t slack) {
  const int64_t value = slack - stretched_;
  const auto known = slack_.range();
  // A stall has ended when packets come as before it, not with the last of the late ones.
  if (known && value < (stall_since_ ? known->least - kSlackWanted : known->greatest - kSlackMax)) {
    if (!stall_since_) stall_since_ = now;
    if (now - *stall_since_ < kStallAccepted) return;
    slack_.clear();
  } else if (known && value > known->least + kSlackMax) {
    slack_.clear();  // what was the usual delay is over
  }
  stall_since_ = std::nullopt;
  slack_.add(now, value);
}

int64_t Receiver::slack_wanted() const {
  const auto known = slack_.range();
  if (!known) return kSlackWanted;
  return kSlackWanted + (known->greatest - known->least) / 4;
}

void Receiver::move_position(int64_t unit) {
  stretched_ -= (unit - position_) * kUnit;
  position_ = unit;
  buffer_.drop_before(unit);
}

// Speech up to `unit` is missing and the wait for it was long: that time has been concealed already.
void Receiver::use_wait_as_gap(int64_t unit) {
  if (unit > position_) move_position(position_ + std::min(unit - position_, waited_units_));
  waited_units_ = 0;
}

void Receiver::skip_backlog(const wire::VoicePayload& newest) {
  const auto known = slack_.range();
  const int64_t jitter = known ? known->greatest - known->least : 0;
  const int64_t usual = newest.units() * kUnit + slack_wanted() + jitter;
  if (buffer_.end() * kUnit - playing() <= usual + kBacklogMax) return;
  const int64_t target = buffer_.end() - (usual + kUnit - 1) / kUnit;
  stats_.skipped_ms += static_cast<uint64_t>(target - position_) * wire::kVoiceUnitMs;
  move_position(target);
}

void Receiver::take_pcm(std::span<int16_t, kUnitSamples> out) {
  taken_ = true;
  while (pending_.size() < kUnitSamples) produce();
  std::ranges::copy(std::span(pending_).first(kUnitSamples), out.begin());
  pending_.erase(pending_.begin(), pending_.begin() + kUnit);
}

void Receiver::produce() {
  if (state_ == State::filling && filling_left_ == 0) state_ = State::playing;
  if (state_ != State::playing) {
    pending_.insert(pending_.end(), kUnitSamples, int16_t{0});
    filling_left_ -= std::min(filling_left_, kUnitSamples);
    if (state_ == State::filling) stretched_ += kUnit;
    return;
  }
  const auto frame = buffer_.next(position_);
  if (frame && frame->unit == position_) {
    play(*frame);
    position_ += frame->payload->frame_units;
    buffer_.drop_before(position_);
    return;
  }
  conceal();
  if (frame) {
    ++position_;
  } else {
    ++waited_units_;
    stretched_ += kUnit;
  }
}

void Receiver::conceal() {
  std::array<int16_t, kUnitSamples> unit{};
  if (decoder_) decoder_->conceal(unit);
  concealment_.conceal(unit);
  pending_.insert(pending_.end(), unit.begin(), unit.end());
  stats_.concealed_ms += wire::kVoiceUnitMs;
}

void Receiver::play(const JitterBuffer::Frame& frame) {
  std::array<int16_t, kUnitSamples> tail{};  // of the codec that was, when it changes
  std::unique_ptr<FrameDecoder> before;
  if (!decoder_ || decoder_codec_ != frame.payload->header.codec) {
    decoder_codec_ = frame.payload->header.codec;
    before = std::exchange(decoder_, codecs_.decoder(decoder_codec_));
  }
  std::array<uint8_t, wire::kVoiceFrameBytesMax> bytes;
  std::array<int16_t, kFrameSamplesMax + kPeriodMax> room;
  const size_t length = frame.payload->frame_units * kUnitSamples;
  const auto pcm = std::span(room).first(length);
  decoder_->decode(frame.payload->frame(frame.index, bytes), pcm);
  if (before) {
    before->conceal(tail);
    cross_fade(std::span(tail).first(kSwitchFade), pcm.first(kSwitchFade), pcm.first(kSwitchFade));
  }
  concealment_.heard(pcm);
  const auto scaled = rescale(room, length);
  pending_.insert(pending_.end(), scaled.begin(), scaled.end());
}

// Takes a pitch period out of the frame, or repeats one, when the slack is not what is wanted.
std::span<const int16_t> Receiver::rescale(std::span<int16_t> pcm, size_t length) {
  const auto known = slack_.range();
  const int64_t excess = known ? known->least + stretched_ - slack_wanted() : 0;
  if (std::abs(excess) <= kSlackBand) {
    impatience_ = 0;
    return pcm.first(length);
  }
  const bool urgent = excess > kSlackFar;
  const Period period = best_period(pcm.first(length), urgent ? kPeriodFast : kPeriodMin);
  const bool unnoticed = period.match > kMatchGood || concealment_.is_background(pcm.first(length));
  if (!unnoticed && !urgent && ++impatience_ < kImpatienceMax) return pcm.first(length);
  impatience_ = 0;
  const size_t changed = excess > 0 ? shorten(pcm, length, period.samples) : lengthen(pcm, length, period.samples);
  stretched_ += static_cast<int64_t>(changed) - static_cast<int64_t>(length);
  return pcm.first(changed);
}

ReceiverStats Receiver::stats(Time now) const {
  ReceiverStats stats = stats_;
  stats.lost = loss_.lost();
  stats.loss_255 = loss_.recent_loss_255(now);
  stats.playout_delay_ms = static_cast<uint32_t>(std::max(0.0, delay_samples_ * 1000 / kSampleRate));
  return stats;
}

}  // namespace farline::voice
