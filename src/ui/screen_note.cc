// Voice notes: the one that is being recorded, and how one looks in a conversation.
#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

using client::LineView;

constexpr float kNoteButton = 40;
constexpr float kNoteTime = 44;

bool is_note_here(const LineView& line) {
  return line.size > 0 && line.here >= line.size;
}

std::string note_length(Screen& s, uint32_t tenths) {
  return clock_text(s.words, std::chrono::seconds((tenths + 5) / 10));
}

// From the first to the last, in the direction of reading; those that were heard are filled in another colour.
void draw_bars(Screen& s, Box box, const LineView& line, size_t heard) {
  const float step = box.w / static_cast<float>(client::kNoteBars);
  for (size_t i = 0; i < client::kNoteBars; ++i) {
    const Box at = box.cut_start(step);
    const float part = static_cast<float>(line.bars[i] + 1) / (client::kNoteBarMax + 1);
    const Role role = !is_note_here(line) ? Role::line : i < heard ? Role::accent : Role::dim;
    s.kit.fill(at.centred(std::max(step * 0.55F, 2.0F), std::max(at.h * part, 3.0F)), role, 1);
  }
}

}  // namespace

void draw_voice_line(Screen& s, Box box, const std::string& chat, const LineView& line) {
  const auto& note = s.view.note;
  const bool is_heard = note && !note->is_recording && note->line == line.id;
  const std::string_view hint = s.words(is_heard             ? Key("note.stop")
                                        : is_note_here(line) ? Key("note.play")
                                                             : Key("note.coming"));
  const ButtonOptions options{.kind = is_heard ? Kind::primary : Kind::normal,
                              .icon = is_heard             ? Icon::stop
                                      : is_note_here(line) ? Icon::play
                                                           : Icon::down,
                              .tooltip = hint};
  if (s.kit.button("note.play", box.cut_start(kNoteButton), {}, options))
    s.ask.push_back(client::command::PlayNote{chat, line.id});
  box.cut_start(kGap);
  s.kit.text(box.cut_end(kNoteTime), note_length(s, line.tenths), {.align = Align::end});
  box.cut_end(kGap);
  draw_bars(s, box, line, is_heard ? note->bar : 0);
}

void draw_note_offer(Screen& s, Box& row, std::string_view id, const std::string& person) {
  if (s.kit.button_at_end(id, row, s.words("note.leave"), {.icon = Icon::microphone}))
    s.ask.push_back(client::command::RecordNote{{}, person});
}

void draw_note(Screen& s) {
  const client::NoteView& note = *s.view.note;
  std::string to = note.to;
  for (const client::ChatView& chat : s.view.messages.chats)
    if (chat.id == note.chat) to = chat.title;
  Box box = s.kit.begin_modal("note", 420, 216);
  Box head = box.cut_top(44);
  s.kit.icon(head.cut_start(28).cut_top(20).centred(20, 20), Icon::record, Role::bad);
  s.kit.paragraph(head, s.words("note.to", {{"name", to}}), {.bold = true});
  box.cut_top(kGap);
  Box line = box.cut_top(28);
  s.kit.text(line.cut_end(64), clock_text(s.words, note.lasted), {.align = Align::end, .bold = true});
  line.cut_end(kGap);
  s.kit.meter(line.centred(line.w, 12), static_cast<float>(note.bar) / client::kNoteBarMax, {0.5F, 0.9F});
  const Key words = note.is_full              ? Key("note.full")
                    : !s.view.sound.has_input ? Key("problem.no_microphone")
                                              : Key("note.speak");
  Box buttons = box.cut_bottom(kControl);
  s.kit.paragraph(box, s.words(words), {.role = note.is_full ? Role::warn : Role::dim});
  focus_first(s, "note " + to);
  const bool is_sent =
      s.kit.button_at_end("note.send", buttons, s.words("messages.send"), {.kind = Kind::primary, .icon = Icon::check});
  const bool is_cancelled =
      s.kit.button_at_end("note.cancel", buttons, s.words("button.cancel"), {.kind = Kind::quiet});
  const bool is_closed = s.kit.end_modal();
  if (is_sent) s.state.messages.is_at_end = true;
  if (is_sent || is_cancelled || is_closed) s.ask.push_back(client::command::EndNote{is_sent});
}

}  // namespace farline::ui
