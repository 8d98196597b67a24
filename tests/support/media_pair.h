// Two ends of a connected call over an emulated link, in virtual time: real CallMedia, seal and payloads, a scripted
// codec. Ticks of 20 ms, as sound devices turn.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "client/call_media.h"
#include "emulate/in_flight.h"
#include "emulate/link.h"
#include "emulate/profiles.h"
#include "support/scripted_codec.h"
#include "voice/ladder.h"
#include "wire/packet.h"

namespace farline::testing {

class MediaPair {
 public:
  using Unit = std::array<int16_t, voice::kUnitSamples>;
  struct Options {
    uint32_t start_bps = 0;
    uint32_t send_max_bps = 0;
    client::Network remembered{};
    bool pauses = false;
    voice::CodecFactory* codecs = nullptr;                      // else a scripted one
    std::optional<voice::SpeechInput::Options> speech_input{};  // else none of it but pauses
    std::array<client::PolicyTraffic*, 2> policies{};
  };
  // A packet as the link met it.
  struct Passed {
    Time sent;
    std::optional<Time> arrived;
    uint32_t wire_bytes;
    bool is_voice;
    bool is_bulk;
  };

  MediaPair(const emulate::LinkSpec& spec, uint64_t seed, const Options& options)
      : link(spec, seed, Time{}),
        ends{client::CallMedia(setup(session::CallSide::caller, spec, options), Time{}),
             client::CallMedia(setup(session::CallSide::callee, spec, options), Time{})} {}

  // That side's machine sleeps from now on: what comes to it is lost. Nothing: both are awake.
  void let_sleep(std::optional<size_t> side) { asleep_ = side; }
  // `say` gives what a side's microphone hears; nothing: a counting voice that never pauses.
  void run(Duration length, const std::function<Unit(size_t side, int64_t unit)>& say = {}) {
    for (const Time until = now + length; now < until; now += 20ms, ++unit_) {
      deliver();
      for (size_t side = 0; side < 2; ++side) {
        if (side == asleep_) continue;
        (void)ends[side].poll_change(now);
        ends[side].push_pcm(now, say ? say(side, unit_) : counting_unit(unit_));
        while (const auto datagram = poll(side)) offer(side, *datagram);
        ends[side].take_pcm(heard_[side]);
      }
    }
  }
  // What that side played last.
  const Unit& heard(size_t side) const { return heard_[side]; }
  client::CallStats stats(size_t side) const {
    client::CallStats stats;
    ends[side].fill_stats(now, stats);
    return stats;
  }
  // Packets of a side sent since then, of which `which` holds.
  std::vector<Passed> passed(size_t side, Time since, const std::function<bool(const Passed&)>& which) const {
    std::vector<Passed> out;
    for (const Passed& packet : sent_[side])
      if (packet.sent >= since && which(packet)) out.push_back(packet);
    return out;
  }
  double bits_per_second(size_t side, Time since) const {
    uint64_t bytes = 0;
    for (const Passed& packet : sent_[side]) bytes += packet.sent >= since ? packet.wire_bytes : 0;
    return static_cast<double>(8 * bytes) / to_seconds(now - since);
  }

  Time now{};
  emulate::Link link;
  ScriptedCodecs codecs;
  std::array<client::CallMedia, 2> ends;
  client::Counters counters;

 private:
  client::CallMedia::Setup setup(session::CallSide side, const emulate::LinkSpec& spec, const Options& options) {
    return {.channel = 1,
            .seal = session::MediaSeal(side, session::SealUse::media, crypto::Secret<32>{}),
            .codecs = options.codecs != nullptr ? *options.codecs : codecs,
            .start_bps = options.start_bps,
            .send_max_bps = options.send_max_bps,
            .remembered = options.remembered,
            .round_trip = spec.up.delay + spec.down.delay,
            .speech_input = options.speech_input.value_or(voice::SpeechInput::Options{.pauses = options.pauses}),
            .policies = options.policies[side == session::CallSide::caller ? 0 : 1]};
  }
  std::optional<Datagram> poll(size_t side) {
    before_ = stats(side);
    return ends[side].poll_packet(now);
  }
  void offer(size_t side, const Datagram& datagram) {
    const client::CallStats after = stats(side);
    const uint32_t wire_bytes = datagram.size + voice::kIpv4UdpBytes;
    const auto fate = link[side == 0 ? emulate::Way::up : emulate::Way::down].offer(now, wire_bytes);
    sent_[side].push_back({.sent = now,
                           .arrived = fate.copies > 0 ? std::optional(fate.deliver[0]) : std::nullopt,
                           .wire_bytes = wire_bytes,
                           .is_voice = after.voice_bytes_tx > before_.voice_bytes_tx,
                           .is_bulk = after.bulk_bytes_tx > before_.bulk_bytes_tx});
    if (fate.copies > 0) flight_.push(fate.deliver[0], 1 - side, datagram.bytes());
  }
  void deliver() {
    while (const auto packet = flight_.pop(now)) {
      if (packet->to == asleep_) continue;
      const Bytes bytes(packet->bytes);
      (void)ends[packet->to].handle_packet(packet->due, bytes.subspan(wire::kMediaHeader),
                                           bytes.size() + voice::kIpv4UdpBytes, counters);
    }
  }

  int64_t unit_ = 0;
  std::optional<size_t> asleep_;
  std::array<Unit, 2> heard_{};
  client::CallStats before_;
  std::array<std::vector<Passed>, 2> sent_;
  emulate::InFlight<size_t> flight_;
};

}  // namespace farline::testing
