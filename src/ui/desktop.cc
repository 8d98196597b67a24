#include "ui/desktop.h"

#include <algorithm>

namespace farline::ui {
namespace {

using client::Stage;

constexpr float kRoomHeight = 40;

bool is_ringing_here(const client::View& view) {
  return view.call && view.call->state == client::CallState::ringing_here;
}
bool has_call(const client::View& view) {
  return view.call && !is_ringing_here(view);
}

void open_room(Screen& s, Room room) {
  s.state.room = room;
  s.state.is_call_shown = false;
}

struct RoomButton {
  Room room;
  Key label;
  Icon icon;
};
constexpr RoomButton kRooms[] = {{Room::people, "nav.people", Icon::people},
                                 {Room::messages, "nav.messages", Icon::message},
                                 {Room::link, "nav.link", Icon::link},
                                 {Room::rules, "nav.rules", Icon::rules},
                                 {Room::settings, "nav.settings", Icon::settings},
                                 {Room::help, "nav.help", Icon::help}};

const client::ChatView* open_chat(const client::View& view) {
  const auto& messages = view.messages;
  if (!messages.open) return nullptr;
  const auto chat = std::ranges::find(messages.chats, messages.open->id, &client::ChatView::id);
  return chat == messages.chats.end() ? nullptr : &*chat;
}

// How many messages nobody has looked at, at the end of a line.
void draw_unread(Screen& s, Box& line) {
  uint32_t count = 0;
  for (const auto& chat : s.view.messages.chats) count += chat.unread;
  if (count > 0) badge(s, line, count);
}

void draw_rooms(Screen& s, Box& box, bool is_small) {
  uint32_t number = 0;
  for (const RoomButton& room : kRooms) {
    const bool is_here = s.state.room == room.room && !(has_call(s.view) && s.state.is_call_shown);
    const std::string_view label = s.words(room.label);
    const Chord chord{key::digit_1 + number++, true, false, false};
    const bool is_key = s.kit.pressed(room.room == Room::help ? Chord{key::f1} : chord);
    Box line = box.cut_top(kRoomHeight);
    if (s.kit.row(label, line, is_here) || is_key) open_room(s, room.room);
    if (is_small) s.kit.tooltip(line, label);
    const Role role = is_here ? Role::accent : Role::text;
    if (room.room == Room::messages && !is_small) draw_unread(s, line);
    s.kit.icon((is_small ? line : line.cut_start(40)).centred(20, 20), room.icon, role);
    Box corner = line.inset(0, 2).cut_top(20);  // above the icon, not beside it
    if (room.room == Room::messages && is_small) draw_unread(s, corner);
    if (!is_small) s.kit.text(line, label, {.role = role, .bold = is_here});
    box.cut_top(2);
  }
}

// Who one is and how the link stands.
void draw_standing(Screen& s, Box box) {
  const auto& link = s.view.link;
  const std::string trying = s.words("state.trying", {{"time", clock_text(s.words, link.trying_for)}});
  s.kit.text(box.cut_top(20), s.view.name, {.size = Size::small, .bold = true});
  Box sign = box.cut_start(16).centred(12, 12);
  if (link.is_attached)
    s.kit.fill(sign.inset(1), Role::good, 5);
  else
    s.kit.frame(sign.inset(2), Role::warn, 4, 2);
  const std::string_view here = s.words(s.view.settings.do_not_disturb ? Key("state.dnd") : Key("state.attached"));
  s.kit.text(box, link.is_attached ? here : std::string_view(trying), {.size = Size::small, .role = Role::dim});
}

void draw_side(Screen& s, Box box, bool is_small) {
  s.kit.fill(box, Role::surface);
  Box edge = box;
  s.kit.fill(edge.cut_end(1), Role::line);
  box = box.inset(is_small ? 4 : kGap, kGap);
  const ButtonOptions emergency{.kind = Kind::emergency,
                                .icon = Icon::emergency,
                                .tooltip = is_small ? s.words("emergency.button") : std::string_view("Ctrl+E")};
  const Box alarm = box.cut_bottom(44);
  box.cut_bottom(kGap);
  const Box standing = box.cut_bottom(is_small ? 0 : 44);
  draw_rooms(s, box, is_small);
  if (!is_small) draw_standing(s, standing.inset(kGap, 0));
  const std::string_view label = is_small ? std::string_view() : s.words("emergency.button");
  if (s.kit.button("emergency", alarm, label, emergency) || s.kit.pressed(ctrl('e'))) s.state.is_emergency_open = true;
}

// A line above the screen, with one thing to do about it.
struct News {
  std::string_view id;
  std::string words;
  Role role;
  std::string_view action;
};
bool draw_news(Screen& s, Box& box, const News& news) {
  const float button = news.action.empty() ? 0 : s.kit.button_width(news.action) + kGap;
  const float height = std::max(kControl + 8, s.kit.measure_paragraph(box.w - button - 60, news.words) + 16);
  Box line = box.cut_top(height);
  s.kit.fill(line, Role::surface);
  s.kit.fill(Box(line).cut_bottom(1), Role::line);
  s.kit.fill(line.cut_start(4), news.role);
  line = line.inset(12, 4);
  bool is_pressed = false;
  if (!news.action.empty())
    is_pressed = s.kit.button(news.id, line.cut_end(button - kGap).centred(button - kGap, kControl), news.action);
  s.kit.icon(line.cut_start(20).centred(18, 18), news.role == Role::good ? Icon::phone : Icon::info, news.role);
  line.cut_start(kGap);
  const float text = s.kit.measure_paragraph(line.w, news.words);
  s.kit.paragraph(line.centred(line.w, text), news.words);
  return is_pressed;
}

void draw_call_bar(Screen& s, Box& box) {
  const client::CallView& call = *s.view.call;
  const std::string words = s.words("call.with", {{"name", call.peer}}) + " · " +
                            clock_text(s.words, call.stats.connected_for) + " · " +
                            std::string(s.words(quality_words(call.theirs)));
  if (draw_news(s, box, {"call.back", words, Role::good, s.words("call.back")})) s.state.is_call_shown = true;
}

float outcome_buttons_width(Screen& s) {
  float width = s.kit.button_width(s.words("note.leave"), {.icon = Icon::microphone});
  for (const Key label : {Key("ended.again"), Key("button.close")}) width += kGap + s.kit.button_width(s.words(label));
  return width;
}

// What became of the last call, or of the wish to make one.
void draw_outcome(Screen& s, Box& box) {
  const bool is_ended = s.view.ended.has_value();
  const auto& verdict = is_ended ? s.view.ended->verdict : s.view.refused;
  std::string words = outcome_words(s.words, s.clock, s.view);
  if (verdict && !verdict->allowed) words += " " + whom_to_ask(s);
  std::string figures;
  if (is_ended && s.view.ended->lasted > 0s) {
    figures = length_text(s.words, s.view.ended->lasted) + " · " +
              s.words("call.used", {{"bytes", bytes_text(s.words, s.view.ended->bytes)}});
    if (s.view.ended->cost)
      figures += " · " + s.words("call.cost", {{"cost", money_text(s.words, *s.view.ended->cost)}});
  }
  const bool can_call = is_ended && !verdict && !s.view.call;
  const bool offers_note = is_ended && s.view.ended->offers_note && !s.view.call;
  const bool is_note_alone = offers_note && outcome_buttons_width(s) > box.w - 24;  // in a row of its own
  const float height = s.kit.measure_paragraph(box.w - 60, words) + (figures.empty() ? 0 : 22) + kControl + 32 +
                       (is_note_alone ? kControl + kGap : 0);
  Box line = box.cut_top(height);
  s.kit.fill(line, Role::surface);
  s.kit.fill(Box(line).cut_bottom(1), Role::line);
  s.kit.fill(line.cut_start(4), verdict ? Role::warn : Role::accent);
  line = line.inset(12, 8);
  Box buttons = line.cut_bottom(kControl);
  line.cut_bottom(kGap);
  Box note_row = is_note_alone ? line.cut_bottom(kControl) : Box{};
  if (is_note_alone) line.cut_bottom(kGap);
  s.kit.icon(line.cut_start(20).cut_top(20), verdict ? Icon::rules : Icon::phone, verdict ? Role::warn : Role::dim);
  line.cut_start(kGap);
  line.cut_top(s.kit.paragraph(line, words, {.bold = true}));
  if (!figures.empty()) s.kit.text(line, figures, {.size = Size::small, .role = Role::dim});
  const std::string_view close = s.words("button.close");
  const bool is_closed = s.kit.button_at_end("outcome.close", buttons, close);
  const std::string_view action = s.words(verdict ? Key("refused.why") : Key("ended.again"));
  const bool has_action = verdict || can_call;
  const bool is_pressed = has_action && s.kit.button_at_end("outcome.action", buttons, action);
  if (offers_note) draw_note_offer(s, is_note_alone ? note_row : buttons, "outcome.note", s.view.ended->peer);
  if (is_closed || is_pressed) s.ask.push_back(client::command::ForgetEnded{});
  if (is_pressed && verdict) open_room(s, Room::rules);
  if (is_pressed && !verdict) s.ask.push_back(client::command::StartCall{s.view.ended->peer});
}

// To what the person did just now, and no state: it can be put away.
bool is_answer(client::Problem problem) {
  using client::Problem;
  return problem == Problem::bad_name || problem == Problem::bad_policy_file || problem == Problem::bad_code ||
         problem == Problem::unreadable_file || problem == Problem::large_file || problem == Problem::not_saved;
}

void draw_all_news(Screen& s, Box& box) {
  const auto& view = s.view;
  if (view.trial.is_running && draw_news(s, box,
                                         {"trial.end", s.words("state.trial", {{"link", view.trial.link}}),
                                          Role::accent, s.words("state.trial.end")}))
    s.ask.push_back(client::command::StopTrial{});
  if (view.problem != client::Problem::none) {
    const bool can_retry = view.problem == client::Problem::no_network || view.problem == client::Problem::no_answer;
    const std::string_view action = can_retry                 ? s.words("link.retry")
                                    : is_answer(view.problem) ? s.words("button.close")
                                                              : std::string_view();
    if (draw_news(s, box, {"problem", std::string(problem_words(s.words, view.problem)), Role::bad, action})) {
      if (can_retry)
        s.ask.push_back(client::command::RetryNow{});
      else
        s.ask.push_back(client::command::ForgetEnded{});
    }
  }
  if (s.state.files.is_drop_refused &&
      draw_news(s, box, {"drop", std::string(s.words("files.drop.chat")), Role::accent, s.words("button.close")}))
    s.state.files.is_drop_refused = false;
  if (view.interrupted && !view.call) {
    const std::string time = length_text(s.words, view.interrupted->ago);
    const std::string words = s.words("interrupted.title", {{"name", view.interrupted->peer}, {"time", time}});
    if (draw_news(s, box, {"interrupted", words, Role::good, s.words("interrupted.take_up")}))
      s.ask.push_back(client::command::TakeUp{});
  }
  if (view.ended || view.refused) draw_outcome(s, box);
}

void draw_room(Screen& s, Box box) {
  switch (s.state.room) {
    case Room::people:
      return draw_people(s, box);
    case Room::messages:
      return draw_messages(s, box);
    case Room::link:
      return draw_link(s, box);
    case Room::rules:
      return draw_rules(s, box);
    case Room::settings:
      return draw_settings(s, box);
    case Room::help:
      return draw_help(s, box);
  }
}

void resize_text(Screen& s) {
  constexpr uint32_t kMinus = 45, kEquals = 46, kStep = 15, kLeast = 100, kMost = 200;
  client::Settings settings = s.view.settings;
  if (s.kit.pressed({kEquals, true}) || s.kit.pressed({kEquals, true, true})) settings.text_percent += kStep;
  if (s.kit.pressed({kMinus, true})) settings.text_percent -= std::min(kStep, settings.text_percent);
  settings.text_percent = std::clamp(settings.text_percent, kLeast, kMost);
  if (settings.text_percent != s.view.settings.text_percent) change(s, settings);
}

void draw_keys(Screen& s) {
  if (s.kit.pressed(ctrl('f'))) {
    open_room(s, Room::people);
    s.state.people.chosen.clear();
    s.state.people.wants_search = true;
    s.kit.redraw_in(0ms);
  }
  if (s.view.has_passphrase && s.kit.pressed(ctrl('l'))) s.ask.push_back(client::command::Lock{});
  if (has_call(s.view) && s.state.is_call_shown && s.kit.pressed({key::escape})) s.state.is_call_shown = false;
  resize_text(s);
}

void draw_ready(Screen& s, Box box) {
  if (s.state.start.asks_audio && !s.view.call) return draw_hearing(s, box);
  const bool is_small = box.w < 760;
  draw_side(s, box.cut_start(is_small ? 52 : 176), is_small);
  const client::CallId call = has_call(s.view) ? s.view.call->id : 0;
  if (call != 0 && call != s.state.call_shown) {
    s.state.is_call_shown = true;
    s.state.is_keypad_open = false;
  }
  s.state.call_shown = call;
  const bool is_call = call != 0 && s.state.is_call_shown;
  draw_all_news(s, box);
  if (call != 0 && !is_call) draw_call_bar(s, box);
  if (is_call)
    draw_call(s, box);
  else
    draw_room(s, box);
  const bool is_ringing = is_ringing_here(s.view);
  if (!is_ringing && s.view.note && s.view.note->is_recording) draw_note(s);
  if (is_ringing) draw_incoming(s);
  if (s.state.is_emergency_open) draw_emergency(s);
  draw_keys(s);
}

}  // namespace

Desktop::Desktop(Kit& kit, Options options)
    : kit_(kit), options_(std::move(options)), languages_(built_in_languages()) {
  for (const auto& [code, text] : options_.more) {
    Words words(code);
    if (!words.read(text)) continue;
    const auto known = std::ranges::find(languages_, code, &Language::code);
    const std::string name(words("language.name"));
    if (known == languages_.end())
      languages_.push_back({code, name});
    else
      known->name = name;
  }
}

void Desktop::load(const std::string& code) {
  if (code == loaded_) return;
  loaded_ = code;
  words_ = Words(code);
  for (const auto& [other, text] : options_.more)
    if (other == code) words_.read(text);
  state_.heights.clear();
}

void Desktop::prepare(const client::View& view) {
  const std::string& wish = view.settings.language;
  load(wish.empty() ? choose_language(options_.wanted, languages_) : choose_language({&wish, 1}, languages_));
}

void Desktop::draw(const client::View& engine_view, const Times& times, std::vector<client::Command>& ask) {
  // A second change before the View shows the first is one of what is wished, not of what was.
  std::optional<client::View> wished;
  if (engine_view.settings_number != state_.wish_number) {
    wished = engine_view;
    wished->settings = state_.wished;
  }
  const client::View& view = wished ? *wished : engine_view;
  Screen s{kit_, view, words_, times.wall, times.now, languages_, options_.outside, state_, ask};
  const Box page = kit_.page();
  clock_ = times.wall;
  kit_.fill(page, Role::background);
  state_.wants_levels = false;
  switch (view.stage) {
    case Stage::starting:
      kit_.text(page.centred(page.w, 30), words_("starting.text"), {.role = Role::dim, .align = Align::centre});
      break;
    case Stage::no_profile:
    case Stage::enrolling:
      draw_start(s, page);
      break;
    case Stage::locked:
      draw_unlock(s, page);
      break;
    case Stage::broken:
    case Stage::wiped:
      draw_broken(s, page);
      break;
    case Stage::ready:
      draw_ready(s, page);
      break;
  }
  draw_files(s);
  if (state_.wants_levels != state_.had_levels) ask.push_back(client::command::WatchLevels{state_.wants_levels});
  state_.had_levels = state_.wants_levels;
}

std::string Desktop::title(const client::View& view) const {
  // What is wrong is said here too: a window that is not looked at shows nothing else.
  const auto titled = [&](std::string_view text) {
    std::string out(text);
    if (view.problem != client::Problem::none)
      out.append(": ").append(view.stage == Stage::broken ? broken_words(words_, view.problem)
                                                          : problem_words(words_, view.problem));
    return out + " – Farline";
  };
  switch (view.stage) {
    case Stage::starting:
      return "Farline";
    case Stage::no_profile:
    case Stage::enrolling:
      return titled(words_(state_.start.step == 0 ? Key("start.have") : Key("start.name.title")));
    case Stage::locked:
      return titled(words_("unlock.title"));
    case Stage::broken:
      return titled(words_("broken.title"));
    case Stage::wiped:
      return titled(words_("wiped.title"));
    case Stage::ready:
      break;
  }
  if (view.call && (is_ringing_here(view) || state_.is_call_shown)) return titled(call_words(words_, *view.call));
  if (state_.start.asks_audio) return titled(words_("start.audio.title"));
  if (view.ended || view.refused) return titled(outcome_words(words_, clock_, view));
  if (state_.files.what == ChoosesFile::to_send) return titled(words_("messages.attach"));
  if (const client::ChatView* chat = state_.room == Room::messages ? open_chat(view) : nullptr)
    return titled(chat->title);
  return titled(words_(kRooms[static_cast<size_t>(state_.room)].label));
}

void Desktop::dropped(const std::string& path, const client::View& view, std::vector<client::Command>& ask) {
  auto& files = state_.files;
  const Outside& outside = options_.outside;
  const bool is_ready = view.stage == Stage::ready;
  if (const client::ChatView* chat = is_ready && state_.room == Room::messages ? open_chat(view) : nullptr;
      chat != nullptr && chat->is_member) {
    const auto file = outside.look_at ? outside.look_at(path) : std::nullopt;
    if (!files.is_dropped || files.chat != chat->id) files.chosen.clear();
    files.what = ChoosesFile::to_send;
    files.chat = chat->id;
    files.is_dropped = files.wants_focus = true;
    files.chosen.push_back(file.value_or(FileEntry{.name = path, .path = path}));
    return;
  }
  const auto text = outside.read_file ? outside.read_file(path) : std::nullopt;
  const size_t start = text ? text->find("farline1-") : std::string::npos;
  if (!is_ready && start != std::string::npos) {
    state_.start.invitation = text->substr(start);
  } else if (is_ready && outside.is_policy && outside.is_policy(path)) {
    ask.push_back(client::command::ImportPolicy{path});
    state_.room = Room::rules;
  } else if (is_ready) {
    files.is_drop_refused = true;
  }
}

}  // namespace farline::ui
