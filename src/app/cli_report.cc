#include "app/cli_report.h"

#include <cstdio>

#include "app/chat_calls.h"
#include "voice/ladder.h"

namespace farline::app {
namespace {

using client::EndReason;
using client::EventKind;

const char* event_word(EventKind kind) {
  switch (kind) {
    case EventKind::attached:
      return "attached";
    case EventKind::detached:
      return "detached";
    case EventKind::refused:
      return "error";
    case EventKind::incoming:
      return "incoming";
    case EventKind::ringing:
      return "ringing";
    case EventKind::connected:
      return "connected";
    case EventKind::stalled:
      return "stalled";
    case EventKind::resumed:
      return "resumed";
    case EventKind::ended:
      return "ended";
    case EventKind::new_device:
      return "new-device";
    case EventKind::policy:
      return "policy";
    case EventKind::closing:
      return "closing";
    case EventKind::held:
      return "messages-held";
    case EventKind::released:
      return "messages-released";
    case EventKind::break_glass:
      return "break-glass";
  }
  return "error";
}

const char* codec_word(wire::VoiceCodec codec) {
  switch (codec) {
    case wire::VoiceCodec::codec2_700c:
      return "codec2-700c";
    case wire::VoiceCodec::codec2_1200:
      return "codec2-1200";
    case wire::VoiceCodec::codec2_1600:
      return "codec2-1600";
    case wire::VoiceCodec::codec2_2400:
      return "codec2-2400";
    case wire::VoiceCodec::codec2_3200:
      return "codec2-3200";
    case wire::VoiceCodec::opus_nb:
      return "opus-nb";
    case wire::VoiceCodec::opus_wb:
      return "opus-wb";
  }
  return "unknown";
}

// Outcomes that have an event of their own in front of "ended".
const char* outcome_word(EndReason reason) {
  if (reason == EndReason::busy) return "busy";
  if (reason == EndReason::declined) return "declined";
  if (reason == EndReason::no_answer) return "no-answer";
  return nullptr;
}

std::string minutes(Duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " min";
}

std::string sentence(const client::Event& event) {
  switch (event.kind) {
    case EventKind::attached:
      return "attached to the supernode " + event.peer;
    case EventKind::detached:
      return "supernode lost (" + std::string(event.text) + "); " +
             (event.peer.empty() ? "trying again" : "looking for another supernode: " + event.peer);
    case EventKind::refused:
      return std::string(event.text);
    case EventKind::incoming:
      return event.peer + " is calling";
    case EventKind::ringing:
      return "ringing at " + event.peer;
    case EventKind::connected:
      return "connected with " + event.peer;
    case EventKind::stalled:
      return "the link is silent; the call stays up";
    case EventKind::resumed:
      return "the link is back";
    case EventKind::new_device:
      return event.peer + " uses a device that is new to you";
    case EventKind::policy:
      return std::string(event.text);
    case EventKind::closing:
      return "this call closes in " + minutes(event.left) + ": " + event.verdict->words;
    case EventKind::held:
      return "messages wait here: " + event.verdict->words;
    case EventKind::released:
      return "messages go out again";
    case EventKind::break_glass:
      return event.peer.empty() ? "a break-glass code is open on this device"
                                : event.peer + " has opened their device with a break-glass code";
    case EventKind::ended:
      break;
  }
  const std::string words = "call ended: " + std::string(reason_word(event.reason));
  return event.verdict ? words + ". " + event.verdict->words : words;
}

void classes(JsonLine& json, const client::CallStats& s) {
  for (const auto& [name, bytes] :
       {std::pair{"voice_bytes_tx", s.voice_bytes_tx}, std::pair{"voice_bytes_rx", s.voice_bytes_rx},
        std::pair{"bulk_bytes_tx", s.bulk_bytes_tx}, std::pair{"bulk_bytes_rx", s.bulk_bytes_rx},
        std::pair{"bulk_acknowledged", uint64_t{s.bulk_acknowledged}},
        std::pair{"bulk_received", uint64_t{s.bulk_received}}})
    json.number(name, static_cast<int64_t>(bytes));
  if (!s.keys_heard.empty()) json.text("keys", s.keys_heard);
}

void cost(JsonLine& json, const client::CallStats& s) {
  if (s.cost) json.decimal("cost", s.cost->amount, 4).text("currency", s.cost->currency);
}

std::string loss_words(const client::CallStats& s) {
  return s.loss_kind == "none" ? std::string() : " (sending: " + std::string(s.loss_kind) + ")";
}

std::string cost_words(const client::CallStats& s) {
  if (!s.cost) return {};
  char text[60];
  std::snprintf(text, sizeof text, "  cost %.2f %s", s.cost->amount, s.cost->currency.c_str());
  return text;
}

}  // namespace

void add_verdict(JsonLine& json, const client::Verdict& verdict) {
  json.text("rule", policy::name_of(verdict.rule));
  if (verdict.until)
    json.text("until", policy::time_text(*verdict.until, verdict.utc_offset));
  else
    json.raw("until", "null");
  json.text("message", verdict.words);
}

std::string_view reason_word(EndReason reason) {
  switch (reason) {
    case EndReason::hung_up:
      return "hung-up";
    case EndReason::peer_hung_up:
      return "peer-hung-up";
    case EndReason::declined:
      return "declined";
    case EndReason::busy:
      return "busy";
    case EndReason::no_answer:
      return "no-answer";
    case EndReason::missed:
      return "missed";
    case EndReason::answered_elsewhere:
      return "answered-elsewhere";
    case EndReason::not_attached:
      return "not-attached";
    case EndReason::no_such_name:
      return "no-such-name";
    case EndReason::not_allowed:
      return "not-allowed";
    case EndReason::closed_by_policy:
      return "closed";
    case EndReason::unreachable:
      return "unreachable";
    case EndReason::failed:
      return "failed";
  }
  return "failed";
}

ExitCode exit_code(EndReason reason, bool was_connected) {
  switch (reason) {
    case EndReason::hung_up:
    case EndReason::peer_hung_up:
    case EndReason::answered_elsewhere:
      return ExitCode::ok;
    case EndReason::declined:
      return ExitCode::declined;
    case EndReason::busy:
      return ExitCode::busy;
    case EndReason::no_answer:
    case EndReason::missed:
      return ExitCode::no_answer;
    case EndReason::not_attached:
      return ExitCode::not_attached;
    case EndReason::no_such_name:
      return ExitCode::no_such_name;
    case EndReason::not_allowed:
    case EndReason::closed_by_policy:
      return ExitCode::refused;
    case EndReason::unreachable:
      return ExitCode::network;
    case EndReason::failed:
      return was_connected ? ExitCode::network : ExitCode::internal;
  }
  return ExitCode::internal;
}

void Report::event(Time now, const client::Event& event) {
  if (!json_) {
    line(sentence(event));
    return;
  }
  JsonLine json;
  json.text("event", event_word(event.kind)).decimal("t", since_start(now), 3);
  const bool is_of_node = event.kind == EventKind::attached || event.kind == EventKind::detached;
  if (!event.peer.empty()) json.text(is_of_node ? "supernode" : "peer", event.peer);
  if (event.kind == EventKind::refused) json.text("message", event.text).number("code", number(ExitCode::refused));
  if (event.kind == EventKind::detached || event.kind == EventKind::policy) json.text("message", event.text);
  if (event.kind == EventKind::closing)
    json.number("seconds", std::chrono::duration_cast<std::chrono::seconds>(event.left).count());
  if (event.verdict) add_verdict(json, *event.verdict);
  line(json.finish());
}

void Report::stats(Time now, const client::CallStats& s) {
  if (!json_ && s.is_stalled) {
    const auto seconds = static_cast<int>(to_seconds(s.stalled_for));
    char text[40];
    std::snprintf(text, sizeof text, "reconnecting %d:%02d", seconds / 60, seconds % 60);
    line(text);
    return;
  }
  if (!json_) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "%6.1f s  %s  sent %u bit/s  heard %u bit/s  lost %.1f %%%s  round trip %u ms  delay %u ms  %.1f kB",
                  to_seconds(s.connected_for), codec_word(s.codec), s.wire_tx_bps, s.wire_rx_bps, s.loss * 100,
                  loss_words(s).c_str(), s.rtt_ms, s.playout_delay_ms,
                  static_cast<double>(s.bytes_tx + s.bytes_rx) / 1000);
    line(text + cost_words(s));
    return;
  }
  JsonLine json;
  json.text("event", "stats").decimal("t", since_start(now), 3);
  json.text("rung", s.rung).text("codec", codec_word(s.codec));
  json.number("mode_bps", s.mode_bps).number("ptime_ms", s.ptime_ms).text("redundancy", s.redundancy);
  json.number("wire_tx_bps", s.wire_tx_bps).number("wire_rx_bps", s.wire_rx_bps);
  json.number("capacity_tx_bps", s.capacity_tx_bps).number("capacity_rx_bps", s.capacity_rx_bps);
  json.decimal("loss", s.loss, 4).decimal("peer_loss", s.peer_loss, 4);
  json.text("loss_kind", s.loss_kind).decimal("loss_burst", s.loss_burst, 1).number("rtt_ms", s.rtt_ms);
  json.number("playout_delay_ms", s.playout_delay_ms);
  json.number("recovered_ms", static_cast<int64_t>(s.recovered_ms));
  json.number("concealed_ms", static_cast<int64_t>(s.concealed_ms));
  json.text("path", s.is_direct ? "direct" : "relay").number("bytes_tx", static_cast<int64_t>(s.bytes_tx));
  json.number("bytes_rx", static_cast<int64_t>(s.bytes_rx));
  classes(json, s);
  json.number("mouth_to_ear_ms", s.mouth_to_ear_ms);
  cost(json, s);
  json.boolean("stalled", s.is_stalled).decimal("stalled_s", to_seconds(s.stalled_for), 1);
  line(json.finish());
}

void Report::ended(Time now, const client::Event& event, const client::CallStats& s) {
  const bool offers_note = event.outgoing && s.connected_for == Duration{} && is_untaken(event.reason);
  if (!json_) {
    char text[100];
    std::snprintf(text, sizeof text, "; %.1f s, %llu B sent, %llu B received", to_seconds(s.connected_for),
                  static_cast<unsigned long long>(s.bytes_tx), static_cast<unsigned long long>(s.bytes_rx));
    line(sentence(event) + text + cost_words(s));
    if (offers_note) line("`chat send-voice` leaves them a voice note, which they hear when they are back");
    return;
  }
  const auto begin = [&](const char* word) {
    JsonLine json;
    json.text("event", word).decimal("t", since_start(now), 3).text("peer", event.peer);
    return json;
  };
  if (const char* outcome = event.outgoing ? outcome_word(event.reason) : nullptr) line(begin(outcome).finish());
  JsonLine json = begin("ended");
  json.text("reason", reason_word(event.reason)).decimal("duration_s", to_seconds(s.connected_for), 3);
  if (offers_note) json.boolean("voice_note", true);
  if (event.verdict) add_verdict(json, *event.verdict);
  json.number("bytes_tx", static_cast<int64_t>(s.bytes_tx)).number("bytes_rx", static_cast<int64_t>(s.bytes_rx));
  json.number("concealed_ms", static_cast<int64_t>(s.concealed_ms));
  classes(json, s);
  cost(json, s);
  line(json.finish());
}

void Report::error(Time now, ExitCode code, std::string_view what) {
  if (!json_) {
    line("error: " + std::string(what));
    return;
  }
  JsonLine json;
  json.text("event", "error").decimal("t", since_start(now), 3).text("message", what).number("code", number(code));
  line(json.finish());
}

void Report::carrier(Time now, const NodeCarrier::Status& status) {
  if (json_) {
    JsonLine json;
    json.text("event", "carrier").decimal("t", since_start(now), 3).text("carrier", status.is_tls ? "tls" : "udp");
    if (!status.proxy.empty()) json.text("proxy", status.proxy);
    if (!status.trouble.empty()) json.text("message", status.trouble);
    line(json.finish());
  } else if (!status.trouble.empty()) {
    line("the supernode is not reached by TLS: " + std::string(status.trouble));
  } else if (status.is_tls) {
    line("the supernode is reached by TLS" + (status.proxy.empty() ? "" : " through the proxy " + status.proxy));
  } else if (status.proxy.empty()) {
    line("the supernode is reached by UDP");
  }
}

void Report::note(std::string_view text) {
  if (!json_) line(std::string(text));
}

}  // namespace farline::app
