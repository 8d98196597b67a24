#include "voice/receiver.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "voice/time_scale.h"

namespace farline::voice {
namespace {

constexpr int64_t kUnit = static_cast<int64_t>(kUnitSamples);
constexpr int64_t samples(Duration duration) {
  return duration * int64_t{kSampleRate} / Duration{1s};
}

// Slack held in reserve: a device's callback (20 ms) and its like on the network.
constexpr int64_t kSlackWanted = samples(50ms);
constexpr Duration kStartSlackMax = 2s;
constexpr int64_t kSlackBand = samples(30ms);   // no correction within this
constexpr int64_t kSlackMuch = samples(80ms);   // too much by more than that: shrinks
constexpr int64_t kSlackFar = samples(1s);      // by more than that: speech is played faster,
constexpr int64_t kSlackNear = samples(150ms);  // down to that
constexpr int64_t kSlackMax = samples(2s);      // packets later than that are a stall, not jitter,
constexpr int64_t kSlackWander = samples(6s);   // but where the delay comes and goes by as much,
constexpr Duration kWanderMemory = 60s;         // kCrossings times in that (NB-IoT)
constexpr int64_t kPause = samples(200ms);      // quiet for so long: this is not inside a word
// Outside pauses, a pitch period goes or comes each 2.5 s for 100 ms too much or too little, in proportion up to twice
// as often: nobody hears it, sound clocks 500 ppm apart are outrun, and who never pauses is not late for ever.
constexpr int64_t kCreep = samples(2500ms) * samples(100ms);
constexpr int64_t kCreepMost = samples(200ms);
constexpr Duration kStallAccepted = 6s;  // a stall that lasts longer is the network's new delay
constexpr int64_t kBacklogMax = samples(2s);
constexpr int64_t kRestartUnits = 5s / 20ms;  // a newer packet that far in the past: the far end started anew
constexpr double kMatchGood = 0.8;            // a pitch period more or less goes unnoticed
constexpr int64_t kCopyWarmUpUnits = 2;       // the frame before what a copy is for
constexpr int64_t kCopyWaitMax = 1s / 20ms;   // nobody waits longer for a copy
constexpr Duration kLossMemory = 30s;         // packets were lost lately: the buffer holds what copies take

Duration duration(int64_t samples) {
  return Duration{1s} * samples / int64_t{kSampleRate};
}

// Jitter not met yet.
constexpr int64_t reserve(int64_t jitter) {
  return kSlackWanted + jitter / 8;
}

}  // namespace

// A usual packet comes in the middle of what jitter does.
Receiver::Receiver(CodecFactory& codecs, Duration start_slack)
    : start_jitter_(
          std::max<int64_t>(0, samples(std::clamp<Duration>(start_slack, 0s, kStartSlackMax)) - kSlackWanted) * 8 / 5),
      decoders_(codecs) {}

Duration Receiver::wanted_slack() const {
  const auto known = slack_.range();
  const int64_t jitter = known ? known->greatest - known->least : start_jitter_;
  return duration(reserve(jitter) + jitter / 2);
}

// The media time nearest to the newest packet's.
int64_t Receiver::unwrap(uint16_t media_time) const {
  if (state_ == State::idle) return media_time;
  return newest_ + static_cast<int16_t>(static_cast<uint16_t>(media_time - static_cast<uint16_t>(newest_)));
}

void Receiver::start_at(Time now, int64_t unit, const wire::VoicePayload& payload) {
  buffer_.clear();
  slack_.clear();
  position_ = unit;
  heard_until_ = unit;
  waited_units_ = 0;
  // The next packet comes a packet time later, give or take the jitter of a link that thin.
  const Duration ptime = payload.units() * 20ms;
  filling_left_ = static_cast<size_t>(samples(std::clamp<Duration>(ptime / 5, 40ms, 80ms)));
  if (start_jitter_ > 0) {
    filling_left_ = static_cast<size_t>(reserve(start_jitter_) + start_jitter_ / 2);
    const int64_t value = unit * kUnit - playing() - stretched_;
    slack_.add(now, value - start_jitter_ / 2);
    slack_.add(now, value + start_jitter_ / 2);
  }
  state_ = State::filling;
  taken_ = false;
}

void Receiver::note_packet(Time now, uint64_t sequence) {
  if (loss_.highest() && sequence > *loss_.highest() + 1) lost_last_ = now;
  loses_packets_ = lost_last_ && now - *lost_last_ < kLossMemory;
  loss_.add(now, sequence);
}

Result<Receiver::Packet> Receiver::handle_packet(Time now, uint64_t sequence, Bytes bytes) {
  const auto payload = wire::decode_voice_payload(bytes);
  if (!payload) {
    ++stats_.refused;
    return payload.error();
  }
  const bool is_newest = !loss_.highest() || sequence > *loss_.highest();
  note_packet(now, sequence);
  ++stats_.packets;
  const Arrived packet{*payload, bytes, is_newest};
  if (payload->frame_count > 0) take_speech(now, packet);
  if (payload->header.silence) take_silence(now, packet);
  return Packet{payload->header, payload->units()};
}

// The packet's media time, after which the position is where it can be played.
int64_t Receiver::place(Time now, const Arrived& packet) {
  const int64_t unit = unwrap(packet.payload.header.media_time);
  const bool started_anew = packet.is_newest && unit + packet.payload.units() + kRestartUnits < position_;
  const bool nobody_listens = state_ == State::filling && !taken_;  // yet: speech waits for no sound device to open
  if (state_ == State::idle || started_anew || nobody_listens) start_at(now, unit, packet.payload);
  if (packet.is_newest) newest_ = unit;
  return unit;
}

void Receiver::take_silence(Time now, const Arrived& packet) {
  const int64_t unit = place(now, packet);
  if (unit < heard_until_ || !buffer_.insert(unit, packet.bytes)) return;
  end_wait();
}

void Receiver::take_speech(Time now, const Arrived& packet) {
  const wire::VoicePayload& payload = packet.payload;
  stats_.codec = payload.header.codec;
  const int64_t unit = place(now, packet);
  const int64_t end = unit + payload.units();
  if (payload.copy)
    copy_wait_units_ = std::clamp<int64_t>(payload.copy->units_back - kCopyWarmUpUnits, 0, kCopyWaitMax);
  else if (!payload.header.spurt_start)
    copy_wait_units_ = 0;
  if (unit < position_ && buffer_.silence(unit) && buffer_.silence(position_)) move_position(unit);
  if (end <= position_) {
    ++stats_.late;
    note_slack(now, unit * kUnit - playing());
    return;
  }
  if (!buffer_.insert(unit, packet.bytes)) {
    ++stats_.duplicates;
    return;
  }
  end_wait();
  skip_backlog(payload);
  // The first packets of a talk spurt hold what was said before it began, and are late for it.
  if (!payload.header.spurt_start || !slack_.range()) note_slack(now, unit * kUnit - playing());
  const auto delay = static_cast<double>(end * kUnit - playing());
  delay_samples_ += (delay - delay_samples_) / (stats_.packets == 1 ? 1 : 8);
}

void Receiver::note_slack(Time now, int64_t slack) {
  const int64_t value = slack - stretched_;
  const auto known = slack_.range();
  const bool wander = wanders(now);
  const int64_t most = wander ? kSlackWander : kSlackMax;
  // A stall has ended when packets come as before it, not with the last of the late ones.
  if (known && value < (stall_since_ && !wander ? known->least - kSlackWanted : known->greatest - most)) {
    if (!stall_since_) stall_since_ = now;
    if (now - *stall_since_ < kStallAccepted) return;
    crossed(now);
    slack_.clear();
  } else if (known && value > known->least + most) {
    crossed(now);
    slack_.clear();  // what was the usual delay is over
  } else if (stall_since_) {
    crossed(now);
  }
  stall_since_ = std::nullopt;
  slack_.add(now, value);
}

// Packets came far later than before, or came in time again.
void Receiver::crossed(Time now) {
  crossings_[crossing_count_++ % kCrossings] = now;
}

bool Receiver::wanders(Time now) const {
  const auto known = slack_.range();
  if (known && known->greatest - known->least > kSlackMax) return true;  // still, and nothing crosses that
  return crossing_count_ >= kCrossings && now - crossings_[crossing_count_ % kCrossings] < kWanderMemory;
}

int64_t Receiver::slack_wanted() const {
  const auto known = slack_.range();
  return reserve(known ? known->greatest - known->least : 0) + (loses_packets_ ? copy_wait_units_ * kUnit : 0);
}

int64_t Receiver::slack_excess() const {
  const auto known = slack_.range();
  return known ? known->least + stretched_ - slack_wanted() : 0;
}

void Receiver::move_position(int64_t unit) {
  stretched_ -= (unit - position_) * kUnit;
  position_ = unit;
  buffer_.drop_before(unit);
}

// Whether the packet that has the copy of what is missing now, up to `known`, may still be on its way.
bool Receiver::copy_may_come(int64_t known) const {
  return waited_units_ < copy_wait_units_ && newest_ < position_ + copy_wait_units_ && !buffer_.silence(known);
}

// The wait for missing speech is over when something behind it has come. It counts as the gap: that time has been
// concealed already.
void Receiver::end_wait() {
  if (waited_units_ == 0) return;
  const auto known = buffer_.known_from(position_);
  if (!known || (*known > position_ && copy_may_come(*known))) return;
  move_position(position_ + std::min(*known - position_, waited_units_));
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
  end_wait();
  const auto frame = buffer_.next(position_);
  if (gap_ms_ > 0 && frame && frame->unit == position_ && slack_excess() < -kSlackBand) {
    stretched_ += kUnit;  // one gap, a little longer, rather than the next one soon
    return conceal();
  }
  if (frame && frame->unit == position_) return play(*frame);
  if (const auto copied = buffer_.copied(position_)) return play(*copied);
  if (const auto level = buffer_.silence(position_)) return play_comfort(*level);
  conceal();
  const auto known = buffer_.known_from(position_);
  if (known && !copy_may_come(*known)) {
    ++position_;
  } else {
    ++waited_units_;
    stretched_ += kUnit;
  }
}

void Receiver::conceal() {
  std::array<int16_t, kUnitSamples> unit{};
  decoders_.conceal(unit);
  concealment_.conceal(unit);
  pending_.insert(pending_.end(), unit.begin(), unit.end());
  stats_.concealed_ms += wire::kVoiceUnitMs;
  gap_ms_ += wire::kVoiceUnitMs;
}

void Receiver::play_comfort(uint8_t level) {
  silence_ = true;
  gap_ms_ = 0;
  std::array<int16_t, kUnitSamples> unit{};
  if (!concealment_.has_faded()) decoders_.conceal(unit);
  concealment_.comfort(unit, 32768 * std::pow(10, -level / 20.0));
  pending_.insert(pending_.end(), unit.begin(), unit.end());
  const int64_t excess = slack_excess();
  int64_t units = 1;
  if (excess < -kSlackBand) units = 0;
  if (excess > kSlackBand && buffer_.silence(position_ + 1)) units = 2;
  position_ += units;
  stretched_ -= (units - 1) * kUnit;
  buffer_.drop_before(position_);
}

void Receiver::play(const JitterBuffer::Frame& frame) {
  std::array<int16_t, kFrameSamplesMax + kPeriodMax> room;
  const size_t length = frame.payload->frame_units * kUnitSamples;
  decoders_.decode(frame, std::span(room).first(length));
  position_ += frame.payload->frame_units;
  take_decoded(room, length);
}

// The part of the copy that is missing: from the position to the frame's end or the next packet.
void Receiver::play(const JitterBuffer::CopiedFrame& frame) {
  std::array<int16_t, kFrameSamplesMax + kPeriodMax> room;
  const int64_t frame_units = wire::codec2_frame(frame.copy->codec).units;
  decoders_.decode(frame, std::span(room).first(static_cast<size_t>(frame_units) * kUnitSamples));
  int64_t end = frame.unit + frame_units;
  if (const auto next = buffer_.next(position_)) end = std::min(end, next->unit);
  const size_t length = static_cast<size_t>(end - position_) * kUnitSamples;
  std::copy_n(room.begin() + (position_ - frame.unit) * kUnit, length, room.begin());
  stats_.recovered_ms += static_cast<uint64_t>(end - position_) * wire::kVoiceUnitMs;
  position_ = end;
  take_decoded(room, length);
}

// `length` samples at the start of `room`, up to the new position, are to be heard next.
void Receiver::take_decoded(std::span<int16_t> room, size_t length) {
  concealment_.heard(room.first(length));
  const auto scaled = rescale(room, length);
  pending_.insert(pending_.end(), scaled.begin(), scaled.end());
  heard_until_ = position_;
  waited_units_ = 0;
  silence_ = false;
  gap_ms_ = 0;
  buffer_.drop_before(position_);
}

// Takes a pitch period out of the frame, or repeats one, when the slack is not what is wanted: in pauses, or far
// behind, from each frame, else now and then.
std::span<const int16_t> Receiver::rescale(std::span<int16_t> pcm, size_t length) {
  const auto frame = pcm.first(length);
  const int64_t excess = slack_excess();
  quiet_ = concealment_.is_quiet(frame) ? quiet_ + static_cast<int64_t>(length) : 0;
  unchanged_ += static_cast<int64_t>(length);
  is_slow_ = excess > (is_slow_ ? 0 : kSlackMuch);
  is_far_behind_ = excess > (is_far_behind_ ? kSlackNear : kSlackFar);
  if (!is_slow_ && excess >= -kSlackBand) return frame;
  const bool fast = is_far_behind_ || quiet_ >= kPause;
  const int64_t patience = unchanged_ * std::min(std::abs(excess), kCreepMost);
  if (!fast && patience < kCreep) return frame;
  const Period period = best_period(frame);
  if (!fast && period.match <= kMatchGood && patience < 2 * kCreep) return frame;
  unchanged_ = 0;
  const size_t changed = excess > 0 ? shorten(pcm, length, period.samples) : lengthen(pcm, length, period.samples);
  stretched_ += static_cast<int64_t>(changed) - static_cast<int64_t>(length);
  return pcm.first(changed);
}

ReceiverStats Receiver::stats(Time now) const {
  ReceiverStats stats = stats_;
  stats.lost = loss_.lost();
  stats.loss_255 = loss_.recent_loss_255(now);
  stats.playout_delay_ms = static_cast<uint32_t>(to_milliseconds(playout_delay()));
  return stats;
}

Duration Receiver::playout_delay() const {
  return 1us * static_cast<int64_t>(std::max(0.0, delay_samples_ * 1e6 / kSampleRate));
}

}  // namespace farline::voice
