#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

using client::CallState;
using client::CallView;
using client::Quality;

constexpr float kSideHeight = 104;
constexpr float kRound = 48;  // of the buttons of a call

struct CallMessage {
  std::string words;
  Role role;
};

// What has to be said now, the gravest first.
std::vector<CallMessage> call_messages(Screen& s, const CallView& call) {
  std::vector<CallMessage> out;
  const auto say = [&](bool is_so, Key key, Role role) {
    if (is_so) out.push_back({s.words(key, {{"name", call.peer}}), role});
  };
  if (call.stats.is_stalled) {
    const std::string time = clock_text(s.words, call.stats.stalled_for);
    out.push_back(
        {s.words("call.state.stalled", {{"time", time}}) + " " + std::string(s.words("call.state.stalled.text")),
         Role::warn});
  } else {
    say(call.voice_cannot_pass, "call.state.voice_note", Role::warn);
  }
  if (call.closes_in && call.closing) {
    const std::string why = verdict_words(s.words, s.clock, *call.closing, policy::Class::voice);
    out.push_back({s.words("call.closes", {{"time", clock_text(s.words, *call.closes_in)}, {"why", why}}), Role::warn});
  }
  say(call.peer_changed_device, "call.new_device", Role::warn);
  say(call.is_on_hold, "call.state.held", Role::dim);
  say(call.is_held_there, "call.state.held_there", Role::dim);
  say(call.is_muted && !call.is_on_hold, "call.state.muted", Role::warn);
  say(call.is_deafened && !call.is_on_hold, "call.state.deafened", Role::warn);
  say(call.is_recording, "call.state.recording", Role::bad);
  say(call.is_recorded_there, "call.state.recorded", Role::bad);
  const auto keys = [&](Key key, const std::string& pressed) {
    if (!pressed.empty()) out.push_back({s.words(key, {{"name", call.peer}, {"keys", pressed}}), Role::dim});
  };
  keys("call.keys.pressed", call.keys_pressed);
  keys("call.keys.heard", call.stats.keys_heard);
  return out;
}

// Four bars, as many full as the quality is good.
void quality_bars(Kit& kit, Box box, Quality quality) {
  const int level = std::max(static_cast<int>(quality) - 1, 0);
  const Role role = level == 0 ? Role::dim : level == 1 ? Role::warn : Role::good;
  for (int i = 0; i < 4; ++i) {
    Box bar = box.cut_start(7);
    box.cut_start(3);
    bar = bar.cut_bottom(bar.h * (0.4F + 0.2F * static_cast<float>(i)));
    if (i < level)
      kit.fill(bar, role, 1);
    else
      kit.frame(bar, Role::dim, 1);
  }
}

struct QualitySide {
  std::string title;
  Quality quality;
  std::string figures;
};

void side_card(Screen& s, Box box, const QualitySide& side) {
  box = card(s.kit, box);
  s.kit.text(box.cut_top(20), side.title, {.size = Size::small, .role = Role::dim});
  Box line = box.cut_top(28);
  quality_bars(s.kit, line.cut_start(48).centred(40, 20), side.quality);
  s.kit.text(line, s.words(quality_words(side.quality)), {.bold = true});
  s.kit.text(box, side.figures, {.size = Size::small, .role = Role::dim});
}

void draw_sides(Screen& s, Box box, const CallView& call) {
  const auto& stats = call.stats;
  const auto figures = [&](Key key, uint32_t bps, double loss) {
    std::string out = s.words(key, {{"rate", rate_text(s.words, bps)}});
    if (loss >= 0.005) out += " · " + s.words("call.loss", {{"percent", percent_text(s.words, loss)}});
    return out;
  };
  const bool is_stacked = is_narrow(box);
  Box mine = is_stacked ? box.cut_top(kSideHeight) : box.cut_start((box.w - kGap) / 2);
  is_stacked ? box.cut_top(kGap) : box.cut_start(kGap);
  side_card(s, mine,
            {std::string(s.words("call.you")), call.mine, figures("call.sent", stats.wire_tx_bps, stats.peer_loss)});
  side_card(s, box,
            {s.words("call.them", {{"name", call.peer}}), call.theirs,
             figures("call.received", stats.wire_rx_bps, stats.loss)});
}

// What the chart shows: each by a shape of its own, not by its colour alone.
enum class Trace : uint8_t { line, thin_line, dots, bars };
struct HistoryCurve {
  Key name;
  uint32_t client::CallSample::*what;
  Trace trace;
  Role role;
};
constexpr HistoryCurve kSent{"call.history.rate", &client::CallSample::tx_bps, Trace::line, Role::accent};
constexpr HistoryCurve kCapacity{"call.history.capacity", &client::CallSample::capacity_bps, Trace::thin_line,
                                 Role::dim};
constexpr HistoryCurve kDelay{"call.history.delay", &client::CallSample::mouth_to_ear_ms, Trace::dots, Role::warn};
constexpr size_t kDotEvery = 4;  // seconds

void trace_legend(Screen& s, Box& line, std::string_view text, const HistoryCurve& curve) {
  Box sign = line.cut_start(18).centred(16, 16);
  const Box middle = sign.centred(16, curve.trace == Trace::line ? 3.0F : 1.0F);
  if (curve.trace == Trace::bars) s.kit.fill(sign.centred(6, 12), curve.role);
  if (curve.trace == Trace::dots)
    for (int i = 0; i < 3; ++i) s.kit.fill(sign.cut_start(5).centred(3, 3), curve.role);
  if (curve.trace == Trace::line || curve.trace == Trace::thin_line) s.kit.fill(middle, curve.role);
  line.cut_start(4);
  s.kit.text(line.cut_start(s.kit.measure(text, {.size = Size::small}) + 1), text,
             {.size = Size::small, .role = Role::dim});
  line.cut_start(12);
}

// Seconds from the left to now at the right edge; what is not known leaves a gap.
void draw_curve(Screen& s, Box box, const HistoryCurve& curve, uint32_t most) {
  const auto& history = s.view.call->history;
  std::vector<Kit::Point> points;
  const auto finish = [&] {
    if (points.size() > 1) s.kit.polyline(points, curve.role, curve.trace == Trace::line ? 2 : 1);
    points.clear();
  };
  for (size_t i = 0; i < history.size(); ++i) {
    const uint32_t value = history[i].*curve.what;
    if (value == 0 && curve.trace != Trace::line) {
      finish();
      continue;
    }
    const float place =
        static_cast<float>(client::kCallSamplesMax - history.size() + i) / (client::kCallSamplesMax - 1);
    const float part = std::min(static_cast<float>(value) / static_cast<float>(most), 1.0F);
    const Kit::Point point{box.x + place * box.w, box.bottom() - box.h * part};
    if (curve.trace != Trace::dots)
      points.push_back(point);
    else if (i % kDotEvery == 0)
      s.kit.fill({point.x - 1, point.y - 1, 3, 3}, curve.role);
  }
  finish();
}

void draw_losses(Screen& s, Box box) {
  const auto& history = s.view.call->history;
  const float step = box.w / client::kCallSamplesMax;
  for (size_t i = 0; i < history.size(); ++i) {
    const float x = box.x + step * static_cast<float>(client::kCallSamplesMax - history.size() + i);
    const float height = history[i].is_stalled ? box.h : box.h * std::min(history[i].loss, 1.0F);
    if (height >= 1)
      s.kit.fill({x, box.bottom() - height, std::max(step, 1.0F), height},
                 history[i].is_stalled ? Role::raised : Role::bad);
  }
}

void draw_history(Screen& s, Box box, const CallView& call) {
  uint32_t rate = 1, capacity = 0, delay = 1000;
  for (const auto& sample : call.history) {
    rate = std::max(rate, sample.tx_bps);
    capacity = std::max(capacity, sample.capacity_bps);
    delay = std::max(delay, sample.mouth_to_ear_ms);
  }
  rate = std::max(rate, std::min(capacity, 3 * rate));  // a link much wider than the call is off the chart
  box = card(s.kit, box);
  Box line = box.cut_top(20);
  trace_legend(s, line, s.words(kSent.name), kSent);
  trace_legend(s, line, s.words(kCapacity.name), kCapacity);
  trace_legend(s, line, s.words("call.history.loss"), {"call.history.loss", {}, Trace::bars, Role::bad});
  trace_legend(s, line, s.words(kDelay.name), kDelay);
  box.cut_top(4);
  Box below = box.cut_bottom(18);
  const std::string most = rate_text(s.words, rate);
  s.kit.text(box.cut_start(s.kit.measure(most, {.size = Size::small}) + 8).cut_top(16), most,
             {.size = Size::small, .role = Role::dim});
  s.kit.text(box.cut_end(48).cut_top(16), seconds_text(s.words, delay / 1000.0),
             {.size = Size::small, .role = Role::dim, .align = Align::end});
  s.kit.frame(box, Role::line);
  draw_losses(s, box);
  draw_curve(s, box, kCapacity, rate);
  draw_curve(s, box, kDelay, delay);
  draw_curve(s, box, kSent, rate);
  if (!call.stats.rung.empty())
    s.kit.text(below, s.words("call.history.rung", {{"rung", call.stats.rung}}),
               {.size = Size::small, .role = Role::dim, .align = Align::centre});
}

struct CallSwitch {
  std::string_view id;
  Key off;
  Key on;
  Icon icon_off;
  Icon icon_on;
  char letter;
};
constexpr CallSwitch kMute{"call.mute", "call.mute", "call.unmute", Icon::microphone, Icon::microphone_off, 'm'};
constexpr CallSwitch kDeafen{"call.deafen", "call.deafen", "call.undeafen", Icon::speaker, Icon::speaker_off, 'd'};
constexpr CallSwitch kHold{"call.hold", "call.hold", "call.unhold", Icon::hold, Icon::play, 'h'};
constexpr CallSwitch kRecord{"call.record", "call.record", "call.record.stop", Icon::record, Icon::stop, 'r'};

bool switched(Screen& s, Box box, const CallSwitch& what, bool is_on, bool enabled = true) {
  const std::string_view label = s.words(is_on ? what.on : what.off);
  const std::string shortcut = std::string("Ctrl+") + static_cast<char>(what.letter - 'a' + 'A');
  const ButtonOptions options{.icon = is_on ? what.icon_on : what.icon_off,
                              .enabled = enabled,
                              .padlock = !enabled,
                              .pressed_in = is_on,
                              .tooltip = shortcut};
  return s.kit.button(what.id, box, label, options) || (enabled && s.kit.pressed(ctrl(what.letter)));
}

constexpr int kControls = 6;

// As many in a row as have room for their words, switched on or off.
int control_columns(Screen& s, float width) {
  float widest = 0;
  for (const CallSwitch& one : {kMute, kDeafen, kHold, kRecord})
    for (const Key label : {one.off, one.on})
      widest = std::max(widest, s.kit.button_width(s.words(label), {.icon = one.icon_on}));
  if (s.view.rules.forbids_recording) widest += 20;  // a padlock
  for (const Key label : {Key("call.devices"), Key("call.hang_up")})
    widest = std::max(widest, s.kit.button_width(s.words(label), {.icon = Icon::hang_up}));
  const int most = static_cast<int>((width + kGap) / (widest + kGap));
  return most >= kControls ? kControls : most >= 3 ? 3 : 2;
}

Box control_cell(Box box, int i, int columns) {
  const float width = (box.w - kGap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  const auto row = static_cast<float>(i / columns), column = static_cast<float>(i % columns);
  return {box.x + column * (width + kGap), box.y + row * (kRound + kGap), width, kRound};
}

void draw_talk(Screen& s, Box box, const CallView& call) {
  const uint32_t code = s.view.settings.talk_key == 0 ? key::space : s.view.settings.talk_key;
  const std::string label = call.is_talking ? std::string(s.words("call.talking"))
                                            : std::string(s.words("call.talk")) + " (" + Kit::key_name(code) + ")";
  s.kit.button("call.talk", box, label,
               {.kind = Kind::primary, .icon = Icon::microphone, .pressed_in = call.is_talking});
  const bool is_down = s.kit.is_held("call.talk") || s.kit.is_down(code);
  if (is_down != s.state.is_talk_down) s.ask.push_back(client::command::Talk{is_down});
  s.state.is_talk_down = is_down;
}

void draw_controls(Screen& s, Box box, const CallView& call, int columns) {
  if (switched(s, control_cell(box, 0, columns), kMute, call.is_muted))
    s.ask.push_back(client::command::Mute{!call.is_muted});
  if (switched(s, control_cell(box, 1, columns), kDeafen, call.is_deafened))
    s.ask.push_back(client::command::Deafen{!call.is_deafened});
  if (switched(s, control_cell(box, 2, columns), kHold, call.is_on_hold))
    s.ask.push_back(client::command::Hold{!call.is_on_hold});
  if (switched(s, control_cell(box, 3, columns), kRecord, call.is_recording, !s.view.rules.forbids_recording))
    s.ask.push_back(client::command::Record{!call.is_recording});
  if (s.kit.button("call.devices", control_cell(box, 4, columns), s.words("call.devices"), {.icon = Icon::settings}))
    s.state.is_sound_open = true;
  if (s.kit.button("call.hang_up", control_cell(box, 5, columns), s.words("call.hang_up"),
                   {.kind = Kind::danger, .icon = Icon::hang_up, .tooltip = "Ctrl+Shift+H"}))
    s.ask.push_back(client::command::HangUp{});
}

void draw_call_sound(Screen& s) {
  if (!s.state.is_sound_open) return;
  Box box = s.kit.begin_modal("call.sound", 420, kSoundHeight + 2 * kMargin + kControl + kGap);
  sound_pickers(s, box.cut_top(kSoundHeight));
  box.cut_top(kGap);
  const std::string_view label = s.words("button.close");
  const bool is_closed =
      s.kit.button("call.sound.close", box.cut_end(s.kit.button_width(label)).cut_top(kControl), label);
  if (s.kit.end_modal() || is_closed) s.state.is_sound_open = false;
}

// Of a call that is not yet one.
void draw_waiting(Screen& s, Box box, const CallView& call) {
  box = box.centred(420, 260);
  avatar(s.kit, box.cut_top(96).centred(96, 96), call.peer);
  box.cut_top(kMargin);
  s.kit.text(box.cut_top(34), call_words(s.words, call), {.size = Size::title, .align = Align::centre, .bold = true});
  s.kit.text(box.cut_top(28), clock_text(s.words, call.in_state_for), {.role = Role::dim, .align = Align::centre});
  box.cut_top(kMargin);
  if (s.kit.button("call.cancel", box.cut_top(kRound).centred(200, kRound), s.words("call.cancel"),
                   {.kind = Kind::danger, .icon = Icon::hang_up, .tooltip = "Ctrl+Shift+H"}))
    s.ask.push_back(client::command::HangUp{});
}

std::string cost_words(Screen& s, const CallView& call) {
  const auto& stats = call.stats;
  std::string out = s.words("call.used", {{"bytes", bytes_text(s.words, stats.bytes_tx + stats.bytes_rx)}});
  if (stats.cost) out += " · " + s.words("call.cost", {{"cost", money_text(s.words, *stats.cost)}});
  if (stats.mouth_to_ear_ms > 0)
    out += " · " + s.words("call.delay", {{"time", seconds_text(s.words, stats.mouth_to_ear_ms / 1000.0)}});
  return out;
}

void draw_call_head(Screen& s, Column& column, const CallView& call) {
  Box top = column.take(64);
  avatar(s.kit, top.cut_start(56).centred(56, 56), call.peer);
  top.cut_start(kMargin);
  const std::string time = clock_text(s.words, call.stats.connected_for);
  s.kit.text(top.cut_end(s.kit.measure(time, {.size = Size::huge, .bold = true}) + 4), time,
             {.size = Size::huge, .align = Align::end, .bold = true});
  top.cut_end(kGap);
  draw_keypad_button(s, top);
  s.kit.text(top.cut_top(34), call_words(s.words, call), {.size = Size::title, .bold = true});
  Box line = top.cut_top(24);
  s.kit.icon(line.cut_start(18).centred(14, 14), Icon::lock, Role::good);
  const Key path = call.stats.is_direct ? Key("call.direct") : Key("call.relayed");
  s.kit.text(line, std::string(s.words("call.secured")) + " · " + std::string(s.words(path)), {.role = Role::dim});
}

}  // namespace

std::string call_words(const Words& words, const CallView& call) {
  switch (call.state) {
    case CallState::idle:
    case CallState::looking_up:
      return words("call.looking_up", {{"name", call.peer}});
    case CallState::calling:
      return words("call.calling", {{"name", call.peer}});
    case CallState::ringing_there:
      return words("call.ringing", {{"name", call.peer}});
    case CallState::ringing_here:
      return words("call.incoming", {{"name", call.peer}});
    case CallState::answering:
      return std::string(words("call.answering"));
    case CallState::connected:
      break;
  }
  return words("call.with", {{"name", call.peer}});
}

void draw_call(Screen& s, Box box) {
  const CallView& call = *s.view.call;
  if (s.kit.pressed({key::a + ('h' - 'a'), true, true, false})) s.ask.push_back(client::command::HangUp{});
  if (call.state != CallState::connected) return draw_waiting(s, box, call);
  box = box.inset(kMargin, 12);
  const bool is_low = box.h < 420;
  const int columns = control_columns(s, box.w);
  const auto draw_foot = [&](Box foot) {
    if (call.push_to_talk) draw_talk(s, foot.cut_top(kRound), call);
    if (call.push_to_talk) foot.cut_top(kGap);
    draw_controls(s, foot, call, columns);
  };
  const int rows = kControls / columns + (call.push_to_talk ? 1 : 0);
  const float foot = static_cast<float>(rows) * (kRound + kGap);
  Box below = is_low ? Box{} : box.cut_bottom(foot);
  {
    Column column(s, "call", box);
    draw_call_head(s, column, call);
    if (is_low) draw_foot(column.take(foot));
    for (const CallMessage& message : call_messages(s, call)) {
      band(s, column.take(band_height(s, column.width(), message.words)), message.words, message.role);
      column.gap(6);
    }
    if (call.voice_cannot_pass) {
      Box row = column.control();
      draw_note_offer(s, row, "call.note", call.peer);
    }
    column.gap();
    draw_sides(s, column.take(is_narrow(box) ? 2 * kSideHeight + kGap : kSideHeight), call);
    column.gap();
    column.text(cost_words(s, call), {.role = Role::dim});
    column.gap();
    draw_history(s, column.take(std::clamp(box.h - column.used(), 150.0F, 320.0F)), call);
  }
  if (!is_low) {
    below.cut_top(kGap);
    draw_foot(below);
  }
  draw_call_sound(s);
  draw_keypad(s);
}

void draw_incoming(Screen& s) {
  const CallView& call = *s.view.call;
  Box box = s.kit.begin_modal("incoming", 420, 240);
  avatar(s.kit, box.cut_top(80).centred(72, 72), call.peer);
  box.cut_top(kGap);
  const Key key = call.is_emergency ? Key("call.incoming.emergency") : Key("call.incoming");
  s.kit.text(
      box.cut_top(34), s.words(key, {{"name", call.peer}}),
      {.size = Size::title, .role = call.is_emergency ? Role::bad : Role::text, .align = Align::centre, .bold = true});
  s.kit.text(box.cut_top(24), clock_text(s.words, call.in_state_for), {.role = Role::dim, .align = Align::centre});
  Box buttons = box.cut_bottom(kRound);
  Box answer = buttons.cut_start((buttons.w - kMargin) / 2);
  buttons.cut_start(kMargin);
  if (s.state.call_seen != call.id) s.kit.focus_next();
  s.state.call_seen = call.id;
  if (s.kit.button("incoming.answer", answer, s.words("call.answer"), {.kind = Kind::primary, .icon = Icon::phone}))
    s.ask.push_back(client::command::Answer{});
  const bool is_declined = s.kit.button("incoming.decline", buttons, s.words("call.decline"),
                                        {.kind = Kind::danger, .icon = Icon::hang_up, .shortcut = "Esc"});
  if (s.kit.end_modal() || is_declined) s.ask.push_back(client::command::HangUp{});
}

void draw_emergency(Screen& s) {
  const auto& contacts = s.view.rules.emergency_contacts;
  const float rows = static_cast<float>(std::clamp<size_t>(contacts.size(), 1, 5)) * (kRound + kGap);
  Box box = s.kit.begin_modal("emergency", 440, rows + 160);
  s.kit.text(box.cut_top(34), s.words("emergency.title"), {.size = Size::title, .role = Role::bad, .bold = true});
  box.cut_top(s.kit.paragraph(box, s.words(contacts.empty() ? Key("emergency.none") : Key("emergency.text"))) + kGap);
  Box foot = box.cut_bottom(kControl);
  const std::string_view label = s.words("button.close");
  const bool is_closed = s.kit.button_at_end("emergency.close", foot, label);
  box.cut_bottom(kGap);
  {
    Column column(s, "emergency.contacts", box);
    for (const std::string& name : contacts) {
      const std::string call = s.words("emergency.call", {{"name", name}});
      if (s.kit.button("emergency.call." + name, column.take(kRound), call,
                       {.kind = Kind::emergency, .icon = Icon::phone})) {
        s.ask.push_back(client::command::StartCall{name});
        s.state.is_emergency_open = false;
      }
      column.gap();
    }
  }
  if (s.kit.end_modal() || is_closed) s.state.is_emergency_open = false;
}

}  // namespace farline::ui
