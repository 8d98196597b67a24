#include "client/background.h"

#include <algorithm>

namespace farline::client {
namespace {

// An acknowledgement is some 60 bytes on the wire, and takes a fiftieth of what the voice takes.
constexpr uint64_t kAckBytes = 60;
constexpr uint64_t kAckShare = 50;
constexpr Duration kAckEveryMin = 500ms;
constexpr Duration kAckEveryMax = 10s;
constexpr Duration kAckEveryInSilence = 1s;  // nothing else of ours is on the link

Duration ack_interval(const Background::Voice& voice) {
  if (voice.is_silent) return kAckEveryInSilence;
  return std::clamp<Duration>(serialisation_time(kAckBytes * kAckShare, std::max(1U, voice.rate.bps)), kAckEveryMin,
                              kAckEveryMax);
}

}  // namespace

bool Background::poll_ack(Time now, const Voice& voice, wire::StreamPayload& payload) {
  if (!in_.has_news() || (acknowledged_at_ && now - *acknowledged_at_ < ack_interval(voice))) return false;
  acknowledged_at_ = now;
  payload.ack = in_.ack();
  return true;
}

bool Background::poll_payload(Time now, const path::LinkEstimate& link, const Voice& voice,
                              const std::optional<wire::VoiceReport>& report, ByteVector& out) {
  wire::StreamPayload payload{.report = report, .ack = {}, .piece = {}};
  if (!poll_ack(now, voice, payload)) {
    if (!out_ || out_->is_done()) {
      rate_.stop();
      return false;
    }
    out_->set_patience(2 * link.round_trip().value_or(1s) + kAckEveryMax + 2s);
    if (!out_->wants_to_send(now)) return false;
    rate_.start(now, link, voice.rate);
    const uint32_t wire_bytes = rate_.packet_bytes(voice.packet_bytes);
    if (!rate_.may_send(now, link, voice.rate, wire_bytes)) return false;
    payload.piece = out_->next(now, wire_bytes - overhead_bytes_ - wire::kStreamPieceOverhead);
  }
  out.resize(wire::kVoicePayloadBytesMax);
  out.resize(wire::encode_stream_payload(payload, out));
  return true;
}

void Background::handle(Time now, const wire::StreamPayload& payload) {
  if (!payload.ack)
    in_.handle(payload.piece);
  else if (out_)
    out_->handle_ack(now, *payload.ack);
}

}  // namespace farline::client
