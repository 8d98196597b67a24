#include "client/call_media.h"

#include <utility>

#include "client/open_counted.h"
#include "wire/packet.h"
#include "wire/voice_payload.h"

namespace farline::client {
namespace {

constexpr Duration kStallMin = 2s;
constexpr Duration kSlept = 2s;
constexpr Duration kFirstPacketMax = 10s;       // two satellite links, a long packet, and a repeated ANSWER
constexpr Duration kFirstAnswerSlack = 1500ms;  // a packet of theirs, and the sound devices' start
constexpr Duration kLoneReportSlack = 100ms;    // no packet of sound takes the news along
constexpr Duration kNotePatience = 2s;          // a packet of theirs may be in front
constexpr Duration kUnit = 1ms * wire::kVoiceUnitMs;
// Reports of their own keep a silent direction below 200 bit/s: 49 bytes each, IPv4 and UDP included.
constexpr Duration kLoneInSilenceEvery = 2400ms;
constexpr uint32_t kLoneInSilenceBurst = 3;
constexpr Duration kPolicedSpan = 10s;
constexpr double kPolicedLoss = 0.02;
constexpr Duration kDoubtEvery = 5s;
constexpr uint32_t kGapMarkedMs = 240;   // of speech missing: about a syllable
constexpr uint32_t kTurnMs = 1000;       // shorter ones are listening noises
constexpr Duration kTurnsAbove = 1s;     // ITU-T G.114: beyond 400 ms conversation suffers; by 1 s people collide
constexpr uint32_t kPieceOverhead = 84;  // of a control record around a piece: headers, tag, POLICY_PART's fields
constexpr uint32_t kPieceMin = 48;
constexpr uint32_t kPieceMax = policy::kPieceBytesMax;
constexpr Duration kPiecePatience = 6s;  // the answer waits for room as well
constexpr double kWorthAChange = 20;     // of quality, for other redundancy: a change of delay is heard as well

// The cheapest one above `bps` that would be chosen if the budget were its cost.
const voice::Rung* next_rung(uint32_t bps, uint32_t header_bytes, double loss) {
  const voice::Rung* next = nullptr;
  for (const voice::Rung& rung : voice::ladder()) {
    const uint32_t cost = voice::wire_bps(rung, header_bytes);
    if (cost <= bps || (next && cost >= voice::wire_bps(*next, header_bytes))) continue;
    if (&voice::choose_rung(cost, header_bytes, loss) == &rung) next = &rung;
  }
  return next;
}

// Reports come more often than the ladder reckons with, where there is room: 4 bytes each path::report_interval.
uint32_t with_reports(uint32_t bps) {
  return bps + bps / 64 + 1;
}
uint32_t without_reports(uint32_t bps) {
  return static_cast<uint32_t>(uint64_t{bps} * 64 / 65);
}

}  // namespace

CallMedia::CallMedia(Setup setup, Time now)
    : setup_(std::move(setup)),
      rung_(&voice::choose_rung(setup_.start_bps, setup_.header_bytes)),
      input_(setup_.speech_input),
      sender_(setup_.codecs, *rung_),
      receiver_(setup_.codecs, setup_.remembered.slack),
      control_({.start_bps = setup_.start_bps,
                .floor_bps = voice::wire_bps(voice::ladder().front(), setup_.header_bytes),
                .cap_bps = setup_.send_max_bps,
                .remembered_bps = setup_.remembered.send_bps,
                .hoped_bps = path::hoped_bps(setup_.round_trip),
                .first_answer = setup_.round_trip + kFirstAnswerSlack}),
      background_(setup_.header_bytes + voice::kPacketOverheadBytes),
      lone_in_silence_(kLoneInSilenceBurst, kLoneInSilenceEvery),
      doubts_(1, kDoubtEvery),
      last_arrival_(now) {}

// --- Out -------------------------------------------------------------------------------------------------------------

void CallMedia::push_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame) {
  // The machine slept: that nothing was answered meanwhile says nothing of the path.
  if (captured_ && now - *captured_ >= kSlept) measure_anew();
  captured_ = now;
  std::array<int16_t, voice::kUnitSamples> pcm;
  std::ranges::copy(frame, pcm.begin());
  bool active = input_.capture(pcm);  // also when muted: the echo of the room is learnt on
  if (muted_) {
    pcm.fill(0);
    active = false;
  }
  sender_.push_pcm(pcm, active);
}

std::optional<Datagram> CallMedia::poll_packet(Time now) {
  using Gate = path::RateController::Gate;
  using Pair = path::PairSchedule::Pair;
  switch (std::exchange(pair_, Pair::none)) {
    case Pair::none:
      break;
    case Pair::duplicate:
      wire::mark_as_pair(payload_);
      return seal(now, {.is_pair = true});
    case Pair::small: {
      const auto report = due_report(now);
      sender_.no_sound_payload(report, true, payload_);
      return seal(now, {.with_report = report.has_value(), .is_pair = true});
    }
  }
  const auto report = due_report(now);
  if (!sender_.poll_packet(now, report, payload_)) {
    const bool long_wait = last_sent_ && now - *last_sent_ >= 1ms * rung_->ptime_ms + kLoneReportSlack;
    if (long_wait && arrivals_.is_urgent(now))
      if (const auto lone = lone_report(now)) return lone;
    if (const auto note = poll_note(now)) return note;
    if (const auto keys = poll_keys(now)) return keys;
    if (const auto policy = poll_policy(now)) return policy;
    return poll_background(now, report);
  }
  if (sender_.is_silent()) (void)lone_in_silence_.take(now);  // as good as a report of its own
  const Gate gate = control_.gate(now, link_, operating(now));
  choose_rung();
  switch (gate) {
    case Gate::open:
      break;
    case Gate::closed:
      return arrivals_.has_news() ? lone_report(now) : std::nullopt;
    case Gate::probe:
      if (++probes_ % 2 != 0) return probe(now);
      break;  // long enough for a node to answer that the channel is gone: answers are no longer than questions
  }
  if (gate == Gate::open && pair_fits(now)) pair_ = control_.wants_pair(now, link_, operating(now));
  return seal(now, {.with_report = report.has_value(), .of = sender_.is_silent() ? Class::control : Class::voice});
}

// Behind voice, and only while the link answers.
std::optional<Datagram> CallMedia::poll_background(Time now, const std::optional<wire::VoiceReport>& report) {
  if (control_.is_closed()) return std::nullopt;
  if (!background_.poll_payload(now, link_, beside(), report, payload_)) return std::nullopt;
  return seal(now, {.with_report = report.has_value(), .of = Class::bulk});
}

std::optional<PolicyTraffic::Pace> CallMedia::policy_room(Time now) const {
  const Background::Voice voice = beside();
  const bool has_just_left = last_voice_ && now - *last_voice_ < voice.rate.packet_time / 2;
  if (control_.is_closed() || (!has_just_left && !voice.is_silent)) return std::nullopt;
  const uint32_t most = std::clamp(voice.packet_bytes / 2, kPieceOverhead + kPieceMin, kPieceOverhead + kPieceMax);
  return PolicyTraffic::Pace{.most = static_cast<uint16_t>(most - kPieceOverhead),
                             .every = 8 * serialisation_time(most, std::max(1U, voice.rate.bps)),
                             .patience = 2 * link_.round_trip().value_or(setup_.round_trip) + kPiecePatience};
}

std::optional<Datagram> CallMedia::poll_note(Time now) {
  if (!setup_.takes_notes || control_.is_closed()) return std::nullopt;
  const auto note = notes_.poll(now, note_patience());
  if (!note) return std::nullopt;
  const auto bytes = wire::encode_note(*note);
  payload_.assign(bytes.begin(), bytes.end());
  return seal(now, {});
}

Duration CallMedia::note_patience() const {
  return 2 * link_.round_trip().value_or(setup_.round_trip) + kNotePatience;
}

bool CallMedia::press_key(char key) {
  if (!setup_.takes_keys || !keypad_.press(key)) return false;
  keypad_tones_.add({&key, 1});
  return true;
}

std::optional<Datagram> CallMedia::poll_keys(Time now) {
  if (!setup_.takes_keys || control_.is_closed()) return std::nullopt;
  const auto keys = keypad_.poll(now, note_patience());
  if (!keys) return std::nullopt;
  const auto bytes = wire::encode_keys(*keys);
  payload_.assign(bytes.begin(), bytes.end());
  return seal(now, {});
}

std::optional<Datagram> CallMedia::poll_policy(Time now) {
  const auto room = setup_.policies ? policy_room(now) : std::nullopt;
  if (!room || !setup_.policies->poll_payload(now, *room, payload_)) return std::nullopt;
  return seal(now, {});
}

Background::Voice CallMedia::beside() const {
  const uint32_t bps = voice::wire_bps(*rung_, setup_.header_bytes);
  return {.rate = {.bps = bps,
                   .packet_time = 1ms * rung_->ptime_ms,
                   .cap_bps = setup_.send_max_bps,
                   .answer_every = they_are_silent_ ? Duration{voice::Sender::kSilenceRepeat} : Duration::zero()},
          .packet_bytes = bps * rung_->ptime_ms / 8000,
          .is_silent = sender_.is_silent()};
}

// Under the cap, as if a duplicate were all of a second's.
bool CallMedia::pair_fits(Time now) const {
  const size_t bytes = payload_.size() + voice::kPacketOverheadBytes + setup_.header_bytes;
  const uint64_t with_pair = sent_.bits_per_second(now) + 8 * bytes;
  return setup_.send_max_bps == 0 || with_pair < setup_.send_max_bps;
}

// Whatever can be said without sound: does anything come through?
Datagram CallMedia::probe(Time now) {
  const auto report = arrivals_.report(now);
  sender_.no_sound_payload(report, !report, payload_);
  return seal(now, {.with_report = report.has_value(), .is_pair = !report});
}

std::optional<Datagram> CallMedia::lone_report(Time now) {
  const auto report = arrivals_.report(now);
  if (!report || (sender_.is_silent() && !lone_in_silence_.take(now))) return std::nullopt;
  sender_.no_sound_payload(report, false, payload_);
  return seal(now, {.with_report = true});
}

std::optional<wire::VoiceReport> CallMedia::due_report(Time now) const {
  const Duration interval = path::report_interval(voice::wire_bps(*rung_, setup_.header_bytes));
  if (reported_ && now - *reported_ < interval && !arrivals_.is_urgent(now)) return std::nullopt;
  return arrivals_.report(now);
}

Datagram CallMedia::seal(Time now, Carried carried) {
  if (carried.with_report) {
    arrivals_.was_reported(now);
    reported_ = now;
  }
  Datagram d;
  Writer w(d.data);
  wire::encode_media_header({setup_.channel}, w);
  setup_.seal.seal(payload_, w);
  d.size = static_cast<uint16_t>(w.size());
  const uint32_t wire_bytes = d.size + setup_.header_bytes;
  link_.sent(now, wire_bytes, carried.is_pair);
  sent_.add(now, wire_bytes);
  background_.sent(now, wire_bytes, carried.of == Class::bulk);
  if (carried.of == Class::voice) last_voice_ = now;
  if (carried.of == Class::voice) class_sent_.voice += wire_bytes;
  if (carried.of == Class::bulk) class_sent_.bulk += wire_bytes;
  last_sent_ = now;
  return d;
}

path::RateController::Operating CallMedia::operating(Time now) const {
  const Background::Voice voice = beside();
  const voice::Rung* next = next_rung(voice.rate.bps, setup_.header_bytes, control_.link_loss());
  return {.bps = voice.rate.bps,
          .next_bps = next ? with_reports(voice::wire_bps(*next, setup_.header_bytes)) : 0,
          .packet_bytes = voice.packet_bytes,
          .packet_time = voice.rate.packet_time,
          .answer_every = voice.rate.answer_every,
          .background_bps = background_.total_bps(now),
          .is_silent = voice.is_silent};
}

void CallMedia::choose_rung() {
  const uint32_t budget = without_reports(control_.budget_bps());
  const double loss = control_.link_loss();
  const voice::Rung& rung = voice::choose_rung(budget, setup_.header_bytes, loss);
  const bool is_worth_it = voice::quality_permille(rung, loss) >= voice::quality_permille(*rung_, loss) + kWorthAChange;
  if (&rung == rung_ || (budget == chosen_for_bps_ && !is_worth_it)) return;
  chosen_for_bps_ = budget;
  rung_ = &rung;
  sender_.set_rung(rung);
}

// --- In --------------------------------------------------------------------------------------------------------------

bool CallMedia::handle_packet(Time now, Bytes sframe, size_t wire_bytes, Counters& counters) {
  std::array<uint8_t, 1280> plaintext;
  const auto opened = open_counted(setup_.seal, sframe, plaintext, counters);
  if (!opened) return false;
  // Both directions were dead and one is back: the other need not wait for a probe's answer.
  if (control_.is_closed() && now - last_arrival_ >= kStallMin) link_.path_changed();
  arrived_.add(now, wire_bytes);
  last_arrival_ = now;
  received_ = true;
  path::Arrival arrival{.counter = opened->counter, .wire_bytes = static_cast<uint32_t>(wire_bytes)};
  const auto report = wire::is_stream_payload(opened->payload)   ? take_stream(now, *opened, arrival)
                      : wire::is_policy_payload(opened->payload) ? take_policy(now, *opened, arrival)
                      : wire::is_note_payload(opened->payload)   ? take_note(now, *opened, arrival)
                      : wire::is_key_payload(opened->payload)    ? take_keys(now, *opened, arrival)
                                                                 : take_voice(now, *opened, arrival);
  if (!report) {
    ++counters.malformed;
    return true;
  }
  arrivals_.add(now, arrival);
  if (*report && link_.handle_report(now, **report)) {
    sender_.set_copy_offset(link_.loss_pattern().kind() == path::LossKind::bursts ? 2 : 1);
    background_.handle_report(now, link_, beside());
    control_.handle_report(now, link_, operating(now));
    choose_rung();
  }
  return true;
}

Result<std::optional<wire::VoiceReport>> CallMedia::take_voice(Time now, const session::MediaSeal::Opened& opened,
                                                               path::Arrival& arrival) {
  const auto packet = receiver_.handle_packet(now, opened.counter, opened.payload);
  if (!packet) return packet.error();
  const wire::VoiceHeader& header = packet->header;
  if (packet->units > 0) their_packet_time_ = packet->units * kUnit;
  if (header.silence) their_packet_time_ = voice::Sender::kSilenceRepeat;
  if (packet->units > 0 || header.silence) they_are_silent_ = header.silence.has_value();
  if (packet->units > 0) {
    class_arrived_.voice += arrival.wire_bytes;
    heard_ = header.codec;
  }
  arrival.is_pair = header.pair;
  arrival.sent_at = media_clock(header.media_time) + packet->units * kUnit;
  arrival.packet_time = their_packet_time_;
  return header.report;
}

Result<std::optional<wire::VoiceReport>> CallMedia::take_stream(Time now, const session::MediaSeal::Opened& opened,
                                                                path::Arrival& arrival) {
  const auto payload = wire::decode_stream_payload(opened.payload);
  if (!payload) return payload.error();
  class_arrived_.bulk += arrival.wire_bytes;
  arrival.is_timed = false;
  receiver_.note_packet(now, opened.counter);
  background_.handle(now, *payload);
  return payload->report;
}

Result<std::optional<wire::VoiceReport>> CallMedia::take_note(Time now, const session::MediaSeal::Opened& opened,
                                                              path::Arrival& arrival) {
  const auto note = wire::decode_note(opened.payload);
  if (!note) return note.error();
  notes_.handle(*note);
  arrival.is_timed = false;
  receiver_.note_packet(now, opened.counter);
  return std::optional<wire::VoiceReport>{};
}

Result<std::optional<wire::VoiceReport>> CallMedia::take_keys(Time now, const session::MediaSeal::Opened& opened,
                                                              path::Arrival& arrival) {
  const auto payload = wire::decode_keys(opened.payload);
  if (!payload) return payload.error();
  const std::string keys = keypad_.handle(*payload);
  keypad_tones_.add(keys);
  keys_heard_ += keys;
  if (keys_heard_.size() > kKeysShown) keys_heard_.erase(0, keys_heard_.size() - kKeysShown);
  arrival.is_timed = false;
  receiver_.note_packet(now, opened.counter);
  return std::optional<wire::VoiceReport>{};
}

Result<std::optional<wire::VoiceReport>> CallMedia::take_policy(Time now, const session::MediaSeal::Opened& opened,
                                                                path::Arrival& arrival) {
  if (setup_.policies)
    if (const auto taken = setup_.policies->handle_payload(now, opened.payload); !taken) return taken.error();
  arrival.is_timed = false;
  receiver_.note_packet(now, opened.counter);
  return std::optional<wire::VoiceReport>{};
}

void CallMedia::take_pcm(std::span<int16_t, voice::kUnitSamples> frame) {
  receiver_.take_pcm(frame);
  mark_what_is_heard();
  tones_.mix(frame);
  keypad_tones_.mix(frame);
  input_.play(frame);
}

void CallMedia::mark_what_is_heard() {
  tones_.set_held(stalled_);
  if (receiver_.gap_ms() == kGapMarkedMs && received_ && !stalled_) tones_.start(voice::Tones::Kind::missing);
  if (receiver_.is_silence()) {
    const bool takes_turns = setup_.turn_taking == TurnTaking::on ||
                             (setup_.turn_taking == TurnTaking::automatic && mouth_to_ear() > kTurnsAbove);
    if (turn_ms_ >= kTurnMs && takes_turns) tones_.start(voice::Tones::Kind::end_of_turn);
    turn_ms_ = 0;
  } else if (received_ && receiver_.gap_ms() == 0) {
    turn_ms_ += wire::kVoiceUnitMs;
  }
}

Duration CallMedia::mouth_to_ear() const {
  const auto round_trip = link_.round_trip();
  return round_trip ? *round_trip / 2 + receiver_.playout_delay() : Duration::zero();
}

// Media time on from its last value, over the wraps.
Duration CallMedia::media_clock(uint16_t media_time) {
  media_units_ += static_cast<int16_t>(static_cast<uint16_t>(media_time - static_cast<uint16_t>(media_units_)));
  return media_units_ * kUnit;
}

Time CallMedia::stall_deadline() const {
  if (!received_) return last_arrival_ + kFirstPacketMax;
  return last_arrival_ + std::max<Duration>(kStallMin, 4 * their_packet_time_);
}

std::optional<Time> CallMedia::change_due() const {
  if (stalled_) return std::nullopt;
  return stall_deadline();
}

bool CallMedia::poll_doubt(Time now) {
  return sender_.is_silent() && arrivals_.is_overdue(now) && doubts_.take(now);
}

CallMedia::Change CallMedia::poll_change(Time now) {
  const bool stalled = now >= stall_deadline();
  if (stalled == stalled_) return Change::none;
  stalled_ = stalled;
  return stalled ? Change::stalled : Change::resumed;
}

// Losses that did not go with the rate were not a policer's after all.
path::LossKind CallMedia::loss_kind(Time now) const {
  const bool policed = control_.is_policed(now) && link_.loss(now - kPolicedSpan).share() < kPolicedLoss;
  return policed ? path::LossKind::policer : link_.loss_pattern().kind();
}

void CallMedia::fill_stats(Time now, CallStats& stats) const {
  const voice::Rung& rung = sender_.rung();
  const voice::ReceiverStats receiver = receiver_.stats(now);
  stats.rung = rung.name;
  stats.codec = rung.codec;
  stats.mode_bps = rung.codec_bps;
  stats.ptime_ms = rung.ptime_ms;
  stats.redundancy = rung.copy ? "copy" : "none";
  stats.wire_tx_bps = sent_.bits_per_second(now);
  stats.wire_rx_bps = arrived_.bits_per_second(now);
  const auto capacity = link_.capacity(now);
  stats.capacity_tx_bps = capacity ? capacity->bps : 0;
  stats.capacity_rx_bps = arrivals_.capacity_bps();
  stats.loss = receiver.loss_255 / 255.0;
  stats.peer_loss = link_.loss(now - 5s).share();
  stats.loss_kind = word(loss_kind(now));
  stats.loss_burst = link_.loss_pattern().mean_burst();
  stats.rtt_ms = static_cast<uint32_t>(to_milliseconds(link_.round_trip().value_or(0ms)));
  stats.playout_delay_ms = receiver.playout_delay_ms;
  stats.recovered_ms = receiver.recovered_ms;
  stats.concealed_ms = receiver.concealed_ms;
  stats.bytes_tx += sent_.total();
  stats.bytes_rx += arrived_.total();
  stats.voice_bytes_tx = class_sent_.voice;
  stats.voice_bytes_rx = class_arrived_.voice;
  stats.bulk_bytes_tx = class_sent_.bulk;
  stats.bulk_bytes_rx = class_arrived_.bulk;
  stats.bulk_acknowledged = background_.acknowledged();
  stats.bulk_received = background_.received();
  stats.heard = heard_;
  stats.takes_notes = setup_.takes_notes;
  stats.takes_keys = setup_.takes_keys;
  stats.keys_heard = keys_heard_;
  stats.is_held_there = notes_.theirs().holds;
  stats.is_recorded_there = notes_.theirs().records;
  stats.is_stalled = stalled_;
  stats.stalled_for = stalled_ ? now - last_arrival_ : Duration::zero();
  stats.mouth_to_ear_ms = static_cast<uint32_t>(to_milliseconds(mouth_to_ear()));
}

}  // namespace farline::client
