#include <algorithm>

#include "chat/fold.h"
#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr float kChatHeight = 60;

void draw_chat_row(Screen& s, Box box, const client::ChatView& chat) {
  const bool is_open = s.view.messages.open && s.view.messages.open->id == chat.id;
  s.kit.push_id(chat.id);
  if (s.kit.row("row", box, is_open) && !is_open) s.ask.push_back(client::command::OpenChat{chat.id});
  s.kit.pop_id();
  Box inner = box.inset(8, 8);
  avatar(s.kit, inner.cut_start(36).centred(36, 36), chat.title);
  inner.cut_start(10);
  Box top = inner.cut_top(22);
  if (chat.unread > 0) badge(s, top, chat.unread);
  s.kit.text(top, chat.title, {.bold = chat.unread > 0});
  std::string second = chat.newest;
  if (chat.has_draft) second = s.words("messages.draft");
  if (chat.newest_at.seconds != 0) second = moment_text(s.words, chat.newest_at, s.clock) + " · " + second;
  s.kit.text(inner, second, {.size = Size::small, .role = Role::dim});
}

void draw_chats(Screen& s, Box box) {
  auto& messages = s.state.messages;
  Box line = box.cut_top(kControl);
  const ButtonOptions add{.icon = Icon::plus, .tooltip = s.words("messages.new")};
  if (s.kit.button("messages.new", line.cut_end(44), {}, add)) messages.is_new_open = true;
  line.cut_end(kGap);
  s.kit.input("messages.search", line, messages.search,
              {.hint = s.words("people.search"), .max_bytes = 64, .icon = Icon::search});
  box.cut_top(kGap);
  const auto& chats = s.view.messages.chats;
  if (std::ranges::any_of(chats, [](const auto& chat) { return chat.unread > 0; })) {
    const ButtonOptions all{.kind = Kind::quiet, .icon = Icon::check};
    Box row = box.cut_top(kControl);
    if (s.kit.button_at_start("messages.all_read", row, s.words("messages.all_read"), all))
      s.ask.push_back(client::command::MarkRead{});
  }
  const auto wanted = chat::search_words(messages.search);
  Column column(s, "messages.chats", box);
  for (const auto& chat : chats) {
    if (!chat::has_words(chat::fold_text(chat.title), wanted)) continue;
    const Box row = column.take(kChatHeight);
    if (row.bottom() > box.y - box.h && row.y < box.bottom() + box.h) draw_chat_row(s, row, chat);
  }
  if (!chats.empty()) return;
  column.gap(kMargin);
  column.paragraph(s.words("messages.none"), {.role = Role::dim, .align = Align::centre});
}

// Everybody in the list of people, each to be ticked.
void draw_choice(Screen& s, Box box) {
  auto& members = s.state.messages.members;
  Column column(s, "messages.members", box);
  for (const auto& person : s.view.people) {
    const auto at = std::ranges::find(members, person.name);
    bool is_in = at != members.end();
    if (!s.kit.toggle(person.name, column.control(), person.name, is_in)) continue;
    if (is_in)
      members.push_back(person.name);
    else
      members.erase(at);
  }
  if (s.view.people.empty()) column.paragraph(s.words("people.nobody"), {.role = Role::dim});
}

void draw_new(Screen& s) {
  auto& messages = s.state.messages;
  if (!messages.is_new_open) return;
  Box box = s.kit.begin_modal("messages.making", 420, 480);
  s.kit.text(box.cut_top(28), s.words("messages.new"), {.size = Size::title, .bold = true});
  const InputOptions title{.hint = s.words("messages.title"), .max_bytes = 64, .icon = Icon::message};
  s.kit.input("messages.title", box.cut_top(kControl), messages.title, title);
  box.cut_top(kGap);
  const Box buttons = box.cut_bottom(kControl);
  box.cut_bottom(kGap);
  draw_choice(s, box);
  const ButtonOptions go{.kind = Kind::primary, .enabled = !messages.members.empty()};
  const DialogEnd end = end_dialog(s, "messages.new", buttons, s.words("messages.new.go"), go);
  if (end == DialogEnd::open) return;
  if (end == DialogEnd::done) s.ask.push_back(client::command::NewChat{messages.title, messages.members});
  messages.is_new_open = false;
  messages.title.clear();
  messages.members.clear();
}

bool is_with(const client::ChatView& chat, const std::string& name) {
  return chat.is_member && chat.members.size() == 1 && chat.members[0] == name;
}

// The chat that was asked for by a person's name is there now.
void follow_write_to(Screen& s) {
  std::string& name = s.state.messages.write_to;
  if (name.empty()) return;
  const auto& chats = s.view.messages.chats;
  const auto found = std::ranges::find_if(chats, [&](const auto& chat) { return is_with(chat, name); });
  if (found == chats.end()) return;
  s.ask.push_back(client::command::OpenChat{found->id});
  name.clear();
}

}  // namespace

void draw_alerts(Screen& s, const client::ChatView& chat) {
  auto& messages = s.state.messages;
  if (!messages.is_alerts_open) return;
  constexpr Key kChoices[] = {"messages.alerts.all", "messages.alerts.words", "messages.alerts.none"};
  Box box = s.kit.begin_modal("messages.alerts", 460, 270);
  s.kit.text(box.cut_top(28), s.words("messages.alerts"), {.size = Size::title, .bold = true});
  const Box buttons = box.cut_bottom(kControl);
  box.cut_bottom(kGap);
  {
    Column column(s, "messages.alerts.choices", box);
    for (size_t i = 0; i < std::size(kChoices); ++i) {
      bool is_on = static_cast<size_t>(messages.alerts.what) == i;
      if (s.kit.toggle(s.words(kChoices[i]), column.control(), s.words(kChoices[i]), is_on) && is_on)
        messages.alerts.what = static_cast<client::AlertsFor>(i);
    }
    column.gap();
    const InputOptions words{.hint = s.words("messages.alerts.hint"),
                             .enabled = messages.alerts.what == client::AlertsFor::words,
                             .max_bytes = 200};
    s.kit.input("messages.alerts.words", column.control(), messages.alerts.words, words);
  }
  const ButtonOptions go{.kind = Kind::primary};
  const DialogEnd end = end_dialog(s, "messages.alerts", buttons, s.words("button.save"), go);
  if (end == DialogEnd::done) s.ask.push_back(client::command::SetAlerts{chat.id, messages.alerts});
  if (end != DialogEnd::open) messages.is_alerts_open = false;
}

void write_to(Screen& s, const std::string& name) {
  s.state.room = Room::messages;
  s.state.messages.write_to = name;
  const auto& chats = s.view.messages.chats;
  if (std::ranges::none_of(chats, [&](const auto& chat) { return is_with(chat, name); }))
    s.ask.push_back(client::command::NewChat{{}, {name}});
  s.kit.redraw_in(0ms);
}

void draw_messages(Screen& s, Box box) {
  follow_write_to(s);
  const auto& open = s.view.messages.open;
  const auto& chats = s.view.messages.chats;
  const auto chat = open ? std::ranges::find(chats, open->id, &client::ChatView::id) : chats.end();
  const bool is_open = chat != chats.end();
  const bool is_one = is_narrow(box);
  if (!is_one || !is_open) {
    Box list = is_one ? box : box.cut_start(std::clamp(box.w * 0.38F, 240.0F, 340.0F));
    draw_chats(s, list.inset(kGap));
    if (!is_one) s.kit.fill(box.cut_start(1), Role::line);
  }
  if (is_open)
    draw_conversation(s, box, *chat);
  else if (!is_one)
    s.kit.text(box.centred(box.w - 2 * kMargin, 24), s.words("messages.choose"),
               {.role = Role::dim, .align = Align::centre});
  draw_new(s);
}

}  // namespace farline::ui
