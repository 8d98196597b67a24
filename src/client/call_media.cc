#include "client/call_media.h"

#include "wire/packet.h"
#include "wire/voice_payload.h"

namespace farline::client {
namespace {

constexpr Duration kStallMin = 2s;
constexpr Duration kFirstPacketMax = 10s;  // two satellite links, a long packet, and a repeated ANSWER
constexpr Duration kReportAgeMax = 60s;  // a report about a packet older than this cannot be told from a wrapped one

}  // namespace

CallMedia::CallMedia(Setup setup, Time now)
    : setup_(std::move(setup)), sender_(setup_.codecs, setup_.rung), receiver_(setup_.codecs), last_arrival_(now) {}

std::optional<Datagram> CallMedia::push_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame) {
  static constexpr std::array<int16_t, voice::kUnitSamples> kSilence{};
  sender_.push_pcm(muted_ ? std::span(kSilence) : frame);
  std::optional<wire::VoiceReport> report;
  if (sender_.report_due(now)) report = make_report(now);
  if (!sender_.poll_packet(now, report, payload_)) return std::nullopt;

  Datagram d;
  Writer w(d.data);
  wire::encode_media_header({setup_.channel}, w);
  const uint64_t counter = setup_.seal.seal(payload_, w);
  d.size = static_cast<uint16_t>(w.size());
  sent_at_[counter & 0xff] = now;
  sent_count_ = counter + 1;
  sent_.add(now, d.size + setup_.header_bytes);
  return d;
}

bool CallMedia::handle_packet(Time now, Bytes sframe, size_t wire_bytes, Counters& counters) {
  std::array<uint8_t, 1280> plaintext;
  session::MediaSeal::Failure failure{};
  const auto opened = setup_.seal.open(sframe, plaintext, failure);
  if (!opened) {
    switch (failure) {
      case session::MediaSeal::Failure::malformed: ++counters.malformed; break;
      case session::MediaSeal::Failure::replayed: ++counters.replayed; break;
      case session::MediaSeal::Failure::unauthentic: ++counters.unauthentic; break;
    }
    return false;
  }
  arrived_.add(now, wire_bytes);
  last_arrival_ = now;
  received_ = true;
  if (!highest_arrived_ || opened->counter > highest_arrived_->counter) highest_arrived_ = {opened->counter, now};
  ++arrived_count_;
  const auto header = receiver_.handle_packet(now, opened->counter, opened->payload);
  if (!header) ++counters.malformed;
  if (header && header->report) take_report(now, *header->report);
  return true;
}

std::optional<wire::VoiceReport> CallMedia::make_report(Time now) const {
  if (!highest_arrived_) return std::nullopt;
  constexpr Duration kUnit = 1ms * wire::kReportUnitMs;
  const auto held = std::min<int64_t>((now - highest_arrived_->at) / kUnit, wire::kReportHeldMax);
  const int64_t arrival = highest_arrived_->at.time_since_epoch() / kUnit;
  return wire::VoiceReport{.highest_counter = static_cast<uint8_t>(highest_arrived_->counter),
                           .held_units = static_cast<uint8_t>(held),
                           .received_mod32 = static_cast<uint8_t>(arrived_count_ % 32),
                           .arrival_units = static_cast<uint8_t>(arrival & 127),
                           .capacity_level = 0};
}

void CallMedia::take_report(Time now, const wire::VoiceReport& report) {
  const uint64_t behind = static_cast<uint8_t>(sent_count_ - 1 - report.highest_counter);
  if (sent_count_ == 0 || behind >= sent_count_ || report.held_units == wire::kReportHeldMax) return;
  const Duration since = now - sent_at_[report.highest_counter];
  const Duration held = report.held_units * 1ms * wire::kReportUnitMs;
  if (since > held && since < kReportAgeMax) round_trip_.sample(since - held);
}

Time CallMedia::stall_deadline() const {
  if (!received_) return last_arrival_ + kFirstPacketMax;
  const Duration packets = 4 * std::chrono::milliseconds(setup_.rung.ptime_ms);
  return last_arrival_ + std::max<Duration>(kStallMin, packets);
}

std::optional<Time> CallMedia::change_due() const {
  if (stalled_) return std::nullopt;
  return stall_deadline();
}

CallMedia::Change CallMedia::poll_change(Time now) {
  const bool stalled = now >= stall_deadline();
  if (stalled == stalled_) return Change::none;
  stalled_ = stalled;
  return stalled ? Change::stalled : Change::resumed;
}

void CallMedia::fill_stats(Time now, CallStats& stats) const {
  const voice::Rung& rung = sender_.rung();
  const voice::ReceiverStats receiver = receiver_.stats(now);
  stats.codec = rung.codec;
  stats.mode_bps = rung.codec_bps;
  stats.ptime_ms = rung.ptime_ms;
  stats.wire_tx_bps = sent_.bits_per_second(now);
  stats.wire_rx_bps = arrived_.bits_per_second(now);
  stats.capacity_tx_bps = setup_.send_max_bps;
  stats.capacity_rx_bps = setup_.receive_max_bps;
  stats.loss = receiver.loss_255 / 255.0;
  stats.rtt_ms = static_cast<uint32_t>(to_milliseconds(round_trip_.smoothed().value_or(0ms)));
  stats.playout_delay_ms = receiver.playout_delay_ms;
  stats.recovered_ms = receiver.recovered_ms;
  stats.concealed_ms = receiver.concealed_ms;
  stats.bytes_tx += sent_.total();
  stats.bytes_rx += arrived_.total();
  stats.is_stalled = stalled_;
}

}  // namespace farline::client
