#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

using client::Delivery;
using client::LineKind;
using client::LineView;

constexpr std::string_view kLines = "conversation.lines";
constexpr std::string_view kAgree = "✓";
constexpr float kSmallLine = 20;
constexpr float kPad = 10;
constexpr float kBubbleMax = 560;
constexpr float kFilePartWidth = 220;
constexpr float kVoiceWidth = 280;
constexpr float kMoreWithin = 300;  // of the window's edge, before it is reached

std::string words_of(Screen& s, const LineView& line) {
  switch (line.kind) {
    case LineKind::text:
      break;
    case LineKind::fine:
      return s.words("amount.joined", {{"a", s.words("messages.fine")}, {"b", line.text}});
    case LineKind::needs_help:
      return s.words("amount.joined", {{"a", s.words("messages.needs_help")}, {"b", line.text}});
    case LineKind::moving:
      return s.words("amount.joined", {{"a", s.words("messages.moving")}, {"b", line.text}});
    case LineKind::file:
    case LineKind::photo:
      break;  // its size is in the foot, in the direction of the page
    case LineKind::voice_note:
      return std::string(s.words("messages.voice_note"));
    case LineKind::missed_call:
      return s.words("messages.missed_call", {{"name", line.text}});
    case LineKind::deleted:
      return std::string(s.words("messages.deleted"));
  }
  return line.text;
}

Key delivery_words(Delivery delivery) {
  switch (delivery) {
    case Delivery::on_relay:
      return "messages.on_relay";
    case Delivery::on_device:
      return "messages.on_device";
    case Delivery::read:
      return "messages.read";
    case Delivery::theirs:
    case Delivery::queued:
      break;
  }
  return "messages.queued";
}

// What stands small below a message.
std::string foot_of(Screen& s, const LineView& line) {
  std::string out = moment_text(s.words, line.at, s.clock);
  if (line.is_edited) out += " · " + std::string(s.words("messages.edited"));
  if (line.is_forked) out += " · " + std::string(s.words("messages.forked"));
  if (line.held)
    out += " · " + verdict_words(s.words, s.clock, *line.held, policy::Class::messages);
  else if (line.delivery != Delivery::theirs)
    out += " · " + std::string(s.words(delivery_words(line.delivery)));
  if (const std::string file = file_state_words(s, line); !file.empty()) out += " · " + file;
  if (!line.reactions.empty()) out += " · " + line.reactions;
  return out;
}

struct Placed {
  const LineView* line = nullptr;
  float y = 0;  // from the top of all lines
  float h = 0;
  float text_h = 0;
  float bubble_w = 0;  // at most; what text_h was measured for
  bool names_author = false;
  bool is_first_unread = false;
  bool is_chosen = false;
};

float bubble_width(float width) {
  return std::min(width * 0.85F, kBubbleMax);
}

std::vector<Placed> place(Screen& s, const client::OpenChatView& open, float width) {
  std::vector<Placed> out;
  out.reserve(open.lines.size());
  const std::string* author = nullptr;
  float y = kGap;
  for (const LineView& line : open.lines) {
    Placed one{.line = &line, .y = y};
    one.is_first_unread = line.id == open.first_unread;
    one.names_author = !line.own && (!author || *author != line.author || one.is_first_unread);
    one.is_chosen = line.id == s.state.messages.chosen;
    one.bubble_w = bubble_width(width);
    one.text_h = line.kind == LineKind::voice_note
                     ? kControl
                     : s.kit.measure_paragraph(one.bubble_w - 2 * kPad, words_of(s, line));
    one.h = one.text_h + kSmallLine + 2 * kPad + (one.names_author ? kSmallLine : 0) + file_part_height(line) +
            (line.answers.empty() ? 0 : kSmallLine) + (one.is_first_unread ? kSmallLine + kGap : 0) +
            (one.is_chosen ? kControl + 4 : 0);
    y += one.h + 6;
    author = &line.author;
    out.push_back(one);
  }
  return out;
}

// What can be done with the chosen message.
void draw_actions(Screen& s, Box box, const client::ChatView& chat, const LineView& line) {
  auto& messages = s.state.messages;
  const auto action = [&](std::string_view id, Key label) {
    const float width = s.kit.button_width(s.words(label), {.kind = Kind::quiet});
    const Box at = line.own ? box.cut_end(width) : box.cut_start(width);
    return s.kit.button(id, at, s.words(label), {.kind = Kind::quiet});
  };
  if (action("answer", "messages.answer")) {
    messages.answers = line.id;
    messages.edits.clear();
    messages.chosen.clear();
  }
  if (!line.own && action("agree", "messages.agree")) {
    s.ask.push_back(client::command::React{chat.id, line.id, std::string(kAgree)});
    messages.chosen.clear();
  }
  if (!line.own || line.kind != LineKind::text) return;
  if (action("edit", "messages.edit")) {
    messages.edits = line.id;
    messages.answers.clear();
    messages.text = line.text;
    messages.chosen.clear();
  }
  if (action("delete", "messages.delete")) {
    s.ask.push_back(client::command::EditText{chat.id, line.id, {}});
    messages.chosen.clear();
  }
}

void draw_line(Screen& s, Box box, const client::ChatView& chat, const Placed& placed) {
  const LineView& line = *placed.line;
  if (placed.is_first_unread) {
    Box divider = box.cut_top(kSmallLine + kGap).centred(box.w, kSmallLine);
    s.kit.fill({divider.x, divider.y + kSmallLine / 2, divider.w, 1}, Role::accent);
    const Style style{.size = Size::small, .role = Role::accent, .align = Align::centre, .bold = true};
    const Box words = divider.centred(s.kit.measure(s.words("messages.unread"), style) + 16, kSmallLine);
    s.kit.fill(words, Role::background);
    s.kit.text(words, s.words("messages.unread"), style);
  }
  s.kit.push_id(line.id);
  Box buttons = placed.is_chosen ? box.cut_bottom(kControl + 4) : Box{};
  if (s.kit.row("line", box, false)) s.state.messages.chosen = placed.is_chosen ? std::string() : line.id;
  const std::string text = words_of(s, line);
  const std::string foot = foot_of(s, line);
  const Style small{.size = Size::small, .role = Role::dim};
  const bool is_voice = line.kind == LineKind::voice_note;
  float wanted = std::max(is_voice ? kVoiceWidth : s.kit.measure(text), s.kit.measure(foot, small));
  if (placed.names_author) wanted = std::max(wanted, s.kit.measure(line.author, {.size = Size::small, .bold = true}));
  if (!line.answers.empty()) wanted = std::max(wanted, s.kit.measure(line.answers, small) + kPad);
  if (file_part_height(line) > 0) wanted = std::max(wanted, kFilePartWidth);
  const float width = std::min(wanted + 2 * kPad + 2, placed.bubble_w);
  const Box bubble = line.own ? box.cut_end(width) : box.cut_start(width);
  s.kit.fill(bubble, line.own ? Role::raised : Role::surface, 8);
  s.kit.frame(bubble, Role::line, 8);
  Box inner = bubble.inset(kPad, kPad);
  if (placed.names_author)
    s.kit.text(inner.cut_top(kSmallLine), line.author.empty() ? s.words("messages.somebody") : line.author,
               {.size = Size::small, .role = Role::accent, .bold = true});
  if (!line.answers.empty()) {
    Box quoted = inner.cut_top(kSmallLine);
    s.kit.fill(quoted.cut_start(3).inset(0, 2), Role::accent);
    quoted.cut_start(kPad - 3);
    s.kit.text(quoted, line.answers, small);
  }
  const bool is_dim = line.kind == LineKind::deleted;
  const Box body = inner.cut_top(placed.text_h);
  if (is_voice)
    draw_voice_line(s, body, chat.id, line);
  else
    s.kit.paragraph(body, text,
                    {.role = is_dim ? Role::dim : Role::text, .align = is_dim ? Align::start : Align::content});
  draw_file_part(s, inner.cut_bottom(file_part_height(line)), chat.id, line);
  s.kit.text(inner, foot, small);
  if (placed.is_chosen) draw_actions(s, buttons, chat, line);
  s.kit.pop_id();
}

// Keeps what is seen where it is, whatever comes or goes above it; at the end it follows what is new.
void hold_place(Screen& s, const std::vector<Placed>& lines, float height) {
  auto& messages = s.state.messages;
  if (messages.is_at_end) return s.kit.scroll_to(kLines, height);
  const auto anchor = std::ranges::find_if(lines, [&](const auto& one) { return one.line->id == messages.anchor; });
  if (anchor != lines.end() && !s.kit.is_by_hand()) s.kit.scroll_to(kLines, anchor->y - messages.anchor_at);
}

void note_place(Screen& s, const std::vector<Placed>& lines, float view_height, float height) {
  auto& messages = s.state.messages;
  const float at = s.kit.scrolled(kLines);
  messages.is_at_end = at + view_height >= height - 4 && !s.view.messages.open->has_newer;
  for (const Placed& one : lines) {
    messages.anchor = one.line->id;
    messages.anchor_at = one.y - at;
    if (one.y >= at) break;
  }
}

void ask_for_more(Screen& s, const client::OpenChatView& open, float at, float below) {
  std::string& asked = s.state.messages.asked;
  if (at < kMoreWithin && open.has_older && asked != open.lines.front().id) {
    asked = open.lines.front().id;
    s.ask.push_back(client::command::ShowLines{true});
  } else if (below < kMoreWithin && open.has_newer && asked != open.lines.back().id) {
    asked = open.lines.back().id;
    s.ask.push_back(client::command::ShowLines{false});
  }
}

// Seen is what stood there when the person did something.
void mark_seen(Screen& s, const client::ChatView& chat, const std::vector<Placed>& lines, float bottom) {
  if (chat.unread == 0 || !s.kit.is_by_hand()) return;
  const LineView* last = nullptr;
  for (const Placed& one : lines)
    if (one.y + one.h <= bottom) last = one.line;
  if (!last || last->id == s.state.messages.marked) return;
  s.state.messages.marked = last->id;
  s.ask.push_back(client::command::MarkRead{chat.id, last->id});
}

void draw_lines(Screen& s, Box box, const client::ChatView& chat) {
  const client::OpenChatView& open = *s.view.messages.open;
  const Box inner = box.inset(kMargin, 0);
  if (open.lines.empty()) {
    const Key words = chat.is_settled ? Key("messages.empty") : Key("messages.coming");
    s.kit.text(inner.centred(inner.w, 24), s.words(words), {.role = Role::dim, .align = Align::centre});
    return;
  }
  const auto lines = place(s, open, inner.w - kMargin);
  const float height = lines.back().y + lines.back().h + kGap;
  hold_place(s, lines, height);
  const Box all = s.kit.begin_scroll(kLines, inner, height);
  const float at = s.kit.scrolled(kLines);
  for (const Placed& one : lines)
    if (one.y + one.h > at - inner.h && one.y < at + 2 * inner.h)
      draw_line(s, {all.x, all.y + one.y, all.w - kMargin, one.h}, chat, one);
  s.kit.end_scroll();
  note_place(s, lines, inner.h, height);
  ask_for_more(s, open, at, height - at - inner.h);
  mark_seen(s, chat, lines, at + inner.h + kGap);
  if (s.state.messages.is_at_end) return;
  const ButtonOptions newest{.kind = Kind::primary, .icon = Icon::down, .tooltip = s.words("messages.newest")};
  if (!s.kit.button("conversation.newest", Box(box).cut_bottom(kControl + kGap).cut_end(60).cut_top(kControl), {},
                    newest))
    return;
  if (open.has_newer) s.ask.push_back(client::command::OpenChat{chat.id, std::string(client::kNewestLine)});
  s.state.messages.is_at_end = true;
  s.kit.redraw_in(0ms);
}

void send(Screen& s, const client::ChatView& chat) {
  auto& messages = s.state.messages;
  if (messages.text.empty()) return;
  if (messages.edits.empty())
    s.ask.push_back(client::command::SendText{chat.id, messages.text, messages.answers});
  else
    s.ask.push_back(client::command::EditText{chat.id, messages.edits, messages.text});
  messages.text.clear();
  messages.answers.clear();
  messages.edits.clear();
  messages.is_at_end = true;
}

void draw_composer(Screen& s, Box box, const client::ChatView& chat) {
  auto& messages = s.state.messages;
  Box line = box.cut_bottom(kControl);
  box.cut_bottom(4);
  if (!messages.answers.empty() || !messages.edits.empty()) {
    const std::string_view words =
        s.words(messages.edits.empty() ? Key("messages.answering") : Key("messages.editing"));
    const ButtonOptions stop{.kind = Kind::quiet};
    const std::string_view cancel = s.words("button.cancel");
    if (s.kit.button_at_end("conversation.cancel", box, cancel, stop) || s.kit.pressed({key::escape})) {
      if (!messages.edits.empty()) messages.text.clear();
      messages.answers.clear();
      messages.edits.clear();
    }
    s.kit.text(box, words, {.role = Role::accent});
  }
  const std::string_view label = s.words("messages.send");
  const ButtonOptions go{.kind = Kind::primary, .enabled = !messages.text.empty()};
  const bool is_pressed = s.kit.button_at_end("conversation.send", line, label, go);
  const ButtonOptions fine{.icon = Icon::check, .tooltip = s.words("messages.fine.hint")};
  if (s.kit.button("conversation.fine", line.cut_end(44), {}, fine)) s.ask.push_back(client::command::CheckIn{chat.id});
  const ButtonOptions attach{.icon = Icon::attach, .tooltip = s.words("messages.attach")};
  line.cut_end(4);
  if (s.kit.button("conversation.attach", line.cut_end(44), {}, attach) || s.kit.pressed(ctrl('o')))
    choose_file(s, ChoosesFile::to_send, chat.id);
  line.cut_end(4);
  const ButtonOptions note{.icon = Icon::microphone, .tooltip = s.words("note.record")};
  if (s.kit.button("conversation.note", line.cut_end(44), {}, note))
    s.ask.push_back(client::command::RecordNote{chat.id, {}});
  line.cut_end(kGap);
  focus_first(s, "conversation " + chat.id);
  const Edited edited =
      s.kit.input("conversation.text", line, messages.text, {.hint = s.words("messages.hint"), .max_bytes = 800});
  if (edited.changed && messages.edits.empty()) s.ask.push_back(client::command::KeepDraft{chat.id, messages.text});
  if (is_pressed || edited.submitted) send(s, chat);
}

void draw_found(Screen& s, Box box, const client::ChatView& chat) {
  const client::OpenChatView& open = *s.view.messages.open;
  Column column(s, "conversation.found", box);
  for (const LineView& line : open.found) {
    s.kit.push_id(line.id);
    Box row = column.take(52);
    if (s.kit.row("found", row, false)) {
      s.ask.push_back(client::command::OpenChat{chat.id, line.id});
      s.state.messages.anchor = s.state.messages.chosen = line.id;
      s.state.messages.anchor_at = 60;
      s.state.messages.is_at_end = s.state.messages.is_find_open = false;
    }
    Box inner = row.inset(8, 4);
    s.kit.text(inner.cut_top(22), words_of(s, line), {.align = Align::content});
    s.kit.text(inner, line.author + " · " + foot_of(s, line), {.size = Size::small, .role = Role::dim});
    s.kit.pop_id();
  }
  if (!open.found.empty() || open.searched.empty()) return;
  column.gap(kMargin);
  column.paragraph(s.words(open.is_searching ? Key("messages.searching") : Key("messages.none_found")),
                   {.role = Role::dim, .align = Align::centre});
}

void draw_find(Screen& s, Box& box, const client::ChatView& chat) {
  auto& messages = s.state.messages;
  focus_first(s, "find " + chat.id);
  const Edited edited = s.kit.input("conversation.find", box.cut_top(kControl), messages.find,
                                    {.hint = s.words("people.search"), .max_bytes = 64, .icon = Icon::search});
  box.cut_top(kGap);
  if (edited.submitted) s.ask.push_back(client::command::SearchChat{chat.id, messages.find});
}

void close_find(Screen& s, const client::ChatView& chat) {
  s.state.messages.is_find_open = false;
  s.state.messages.find.clear();
  s.ask.push_back(client::command::SearchChat{chat.id, {}});
}

void draw_head(Screen& s, Box box, const client::ChatView& chat, bool is_one) {
  auto& messages = s.state.messages;
  const ButtonOptions back{.kind = Kind::quiet, .icon = Icon::back, .tooltip = s.words("button.back")};
  if (is_one && s.kit.button("conversation.back", box.cut_start(44).centred(40, kControl), {}, back))
    s.ask.push_back(client::command::OpenChat{});
  const auto tool = [&](std::string_view id, Icon icon, Key words, bool is_on) {
    const ButtonOptions options{.kind = Kind::quiet, .icon = icon, .pressed_in = is_on, .tooltip = s.words(words)};
    return s.kit.button(id, box.cut_end(44).centred(40, kControl), {}, options);
  };
  if (tool("conversation.leave", Icon::trash, "messages.leave", false)) messages.is_leave_open = true;
  if (chat.is_member && tool("conversation.invite", Icon::people, "messages.invite", false))
    messages.is_invite_open = true;
  if (tool("conversation.alerts", Icon::bell, "messages.alerts", chat.alerts.what != client::AlertsFor::all)) {
    messages.is_alerts_open = true;
    messages.alerts = chat.alerts;
  }
  if (tool("conversation.search", Icon::search, "people.search", messages.is_find_open)) {
    if (messages.is_find_open)
      close_find(s, chat);
    else
      messages.is_find_open = true;
  }
  if (chat.is_member && chat.members.size() == 1 && tool("conversation.call", Icon::phone, "people.call", false))
    s.ask.push_back(client::command::StartCall{chat.members.front()});
  box.cut_start(kGap);
  s.kit.text(box.cut_top(26), chat.title, {.size = Size::title, .bold = true});
  std::string members;
  for (const std::string& name : chat.members) members += (members.empty() ? "" : " · ") + name;
  s.kit.text(box, chat.is_member ? members : std::string(s.words("messages.not_member")),
             {.size = Size::small, .role = Role::dim});
}

void draw_leave(Screen& s, const client::ChatView& chat) {
  auto& messages = s.state.messages;
  if (!messages.is_leave_open) return;
  Box box = s.kit.begin_modal("conversation.leaving", 420, 170);
  s.kit.paragraph(box, s.words("messages.leave.sure", {{"name", chat.title}}));
  const DialogEnd end =
      end_dialog(s, "leave", box.cut_bottom(kControl), s.words("messages.leave"), {.kind = Kind::danger});
  if (end == DialogEnd::done) s.ask.push_back(client::command::LeaveChat{chat.id});
  messages.is_leave_open = end == DialogEnd::open;
}

void draw_invite(Screen& s, const client::ChatView& chat) {
  auto& messages = s.state.messages;
  if (!messages.is_invite_open) return;
  Box box = s.kit.begin_modal("conversation.inviting", 400, 420);
  s.kit.text(box.cut_top(28), s.words("messages.invite"), {.size = Size::title, .bold = true});
  Box buttons = box.cut_bottom(kControl);
  box.cut_bottom(kGap);
  bool is_done = false;
  {
    Column column(s, "conversation.people", box);
    for (const auto& person : s.view.people) {
      if (std::ranges::find(chat.members, person.name) != chat.members.end()) continue;
      const Box row = column.take(kControl + 4);
      if (s.kit.row(person.name, row, false)) {
        s.ask.push_back(client::command::InviteToChat{chat.id, person.name});
        is_done = true;
      }
      s.kit.text(row.inset(kGap, 6), person.name);
    }
  }
  const std::string_view cancel = s.words("button.cancel");
  is_done |= s.kit.button_at_end("invite.cancel", buttons, cancel, {.kind = Kind::quiet});
  is_done |= s.kit.end_modal();
  if (is_done) messages.is_invite_open = false;
}

// Another chat than in the last frame: its own draft, its own place.
void turn_to(Screen& s, const client::OpenChatView& open) {
  auto& messages = s.state.messages;
  if (messages.chat == open.id) return;
  messages.chat = open.id;
  messages.text = open.draft;
  for (std::string* field :
       {&messages.answers, &messages.edits, &messages.chosen, &messages.find, &messages.asked, &messages.marked})
    field->clear();
  messages.is_find_open = false;
  messages.is_at_end = open.first_unread.empty();
  messages.anchor = open.first_unread;
  messages.anchor_at = kMargin;
  const auto& lines = open.lines;
  const auto anchor = std::ranges::find(lines, open.first_unread, &LineView::id);
  if (anchor == lines.end()) messages.is_at_end = true;
  s.kit.redraw_in(0ms);  // by then not by hand: the place is taken
}

}  // namespace

void draw_conversation(Screen& s, Box box, const client::ChatView& chat) {
  const client::OpenChatView& open = *s.view.messages.open;
  turn_to(s, open);
  box = box.inset(0, kGap);
  draw_head(s, box.cut_top(48).inset(kGap, 0), chat, is_narrow(s.kit.page()));
  s.kit.fill(box.cut_top(1), Role::line);
  if (s.state.messages.is_find_open) {
    Box area = box.inset(kGap);
    draw_find(s, area, chat);
    if (s.kit.pressed({key::escape})) close_find(s, chat);
    draw_found(s, area, chat);
  } else {
    const bool is_two = !s.state.messages.answers.empty() || !s.state.messages.edits.empty();
    if (chat.is_member) draw_composer(s, box.cut_bottom(is_two ? 2 * kControl + 8 : kControl + 4).inset(kGap, 0), chat);
    draw_lines(s, box, chat);
  }
  draw_alerts(s, chat);
  draw_leave(s, chat);
  draw_invite(s, chat);
}

}  // namespace farline::ui
