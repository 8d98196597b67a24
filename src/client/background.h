// What a call carries behind its voice: one data stream each way. Decides what leaves when voice has nothing to send;
// path/background_rate.h decides how much that may be.
#pragma once

#include <functional>
#include <optional>

#include "client/events.h"
#include "path/background_rate.h"
#include "stream/stream_receiver.h"
#include "stream/stream_sender.h"

namespace farline::client {

class Background {
 public:
  // What the voice of the call does at the moment.
  struct Voice {
    path::BackgroundRate::Voice rate;
    uint32_t packet_bytes = 0;  // on the wire
    bool is_silent = false;
  };

  explicit Background(uint32_t overhead_bytes) : overhead_bytes_(overhead_bytes) {}

  void send(Stream stream) { out_.emplace(stream.length, std::move(stream.source)); }

  // A payload that may leave now, with `report` in it when there is one.
  bool poll_payload(Time now, const path::LinkEstimate& link, const Voice& voice,
                    const std::optional<wire::VoiceReport>& report, ByteVector& out);
  // A packet of the call, of whatever class, has left.
  void sent(Time now, uint32_t wire_bytes, bool is_background) { rate_.sent(now, wire_bytes, is_background); }
  void handle(Time now, const wire::StreamPayload& payload);
  void handle_report(Time now, const path::LinkEstimate& link, const Voice& voice) {
    rate_.handle_report(now, link, voice.rate);
  }
  void path_changed(Time now) { rate_.path_changed(now); }

  // Of all we send; 0: background has nothing to send.
  uint32_t total_bps(Time now) const { return rate_.total_bps(now); }
  uint32_t acknowledged() const { return out_ ? out_->acknowledged() : 0; }
  uint32_t received() const { return in_.received(); }

 private:
  bool poll_ack(Time now, const Voice& voice, wire::StreamPayload& payload);

  uint32_t overhead_bytes_;  // of a packet, around the payload
  path::BackgroundRate rate_;
  std::optional<stream::StreamSender> out_;
  stream::StreamReceiver in_{[](uint32_t, Bytes) {}};  // what it is for comes with files
  std::optional<Time> acknowledged_at_;
};

}  // namespace farline::client
