#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr float kFormWidth = 460;

// The form in the middle, with the name of the program above it.
Box form(Screen& s, Box box) {
  Box title = box.cut_top(std::min(72.0F, box.h / 5));
  s.kit.text(title.cut_bottom(s.kit.line_height(Size::huge)), s.words("start.title"),
             {.size = is_narrow(box) ? Size::title : Size::huge, .align = Align::centre, .bold = true});
  s.kit.text(box.cut_top(28), s.words("start.lead"), {.role = Role::dim, .align = Align::centre});
  box.cut_top(kMargin);
  return box;
}

void start_problem(Screen& s, Column& column) {
  if (s.view.problem == client::Problem::none) return;
  const std::string_view words = problem_words(s.words, s.view.problem);
  column.gap();
  band(s, column.take(band_height(s, column.width(), words)), words, Role::bad);
}

void invitation_fields(Screen& s, Column& column) {
  auto& start = s.state.start;
  column.text(s.words("start.have"), {.size = Size::title, .bold = true});
  column.paragraph(s.words("start.have.text"), {.role = Role::dim});
  column.gap();
  focus_first(s, "invitation");
  const Edited edited = s.kit.input("start.invitation", column.take(84), start.invitation,
                                    {.hint = s.words("start.invitation.hint"), .multiline = true, .max_bytes = 4096});
  column.gap();
  Box buttons = column.control();
  const ButtonOptions paste{.icon = Icon::copy};
  if (s.kit.button_at_start("start.paste", buttons, s.words("button.paste"), paste)) start.invitation = s.kit.pasted();
  const ButtonOptions open{.kind = Kind::quiet, .icon = Icon::folder};
  if (s.kit.button_at_start("start.open", buttons, s.words("button.open_file"), open))
    choose_file(s, ChoosesFile::invitation);
  const ButtonOptions next{.kind = Kind::primary, .enabled = start.invitation.find("farline1-") != std::string::npos};
  const bool is_pressed = s.kit.button_at_end("start.next", buttons, s.words("button.next"), next);
  if (next.enabled && (is_pressed || edited.submitted)) start.step = 1;
}

void trial_fields(Screen& s, Column& column) {
  auto& start = s.state.start;
  column.text(s.words("start.try"), {.size = Size::title, .bold = true});
  column.paragraph(s.words("start.try.text"), {.role = Role::dim});
  if (s.view.trial.links.empty()) return;
  column.label(s.words("start.try.link"));
  start.link = std::min(start.link, s.view.trial.links.size() - 1);
  s.kit.choice("start.link", column.control(), s.view.trial.links, start.link, {.icon = Icon::wave});
  column.gap();
  Box line = column.control();
  const ButtonOptions go{.icon = Icon::play};
  if (s.kit.button_at_end("start.try", line, s.words("start.try.go"), go))
    s.ask.push_back(client::command::StartTrial{s.view.trial.links[start.link]});
}

void passphrase_fields(Screen& s, Column& column, bool differ) {
  auto& start = s.state.start;
  column.label(s.words("start.passphrase.label"));
  s.kit.input("start.passphrase", column.control(), start.passphrase, {.password = true, .icon = Icon::lock});
  if (!start.passphrase.empty()) {
    column.label(s.words("start.passphrase.again"));
    s.kit.input("start.again", column.control(), start.again, {.password = true, .icon = Icon::lock});
  }
  column.gap(4);
  if (differ) marked_line(s.kit, column.take(22), s.words("start.passphrase.differ"), Role::warn);
  column.paragraph(s.words("start.passphrase.text"), {.size = Size::small, .role = Role::dim});
}

void name_fields(Screen& s, Column& column) {
  auto& start = s.state.start;
  const bool is_joining = s.view.stage == client::Stage::enrolling;
  column.text(s.words("start.name.title"), {.size = Size::title, .bold = true});
  column.paragraph(s.words("start.name.text"), {.role = Role::dim});
  column.label(s.words("start.name.label"));
  focus_first(s, "name");
  const Edited name =
      s.kit.input("start.name", column.control(), start.name,
                  {.hint = s.words("start.name.hint"), .enabled = !is_joining, .max_bytes = 64, .icon = Icon::person});
  const bool differ = !start.passphrase.empty() && !start.again.empty() && start.passphrase != start.again;
  passphrase_fields(s, column, differ);
  column.gap();
  Box buttons = column.control();
  if (is_joining) return marked_line(s.kit, buttons, s.words("start.enrolling"), Role::accent);
  if (s.kit.button_at_start("start.back", buttons, s.words("button.back"), {.kind = Kind::quiet, .icon = Icon::back}) ||
      s.kit.pressed({key::escape}))
    start.step = 0;
  const bool is_complete = !start.name.empty() && (start.passphrase.empty() || start.passphrase == start.again);
  const ButtonOptions join{.kind = Kind::primary, .icon = Icon::check, .enabled = is_complete};
  const bool is_pressed = s.kit.button_at_end("start.join", buttons, s.words("start.join"), join);
  if (!is_complete || !(is_pressed || name.submitted)) return;
  s.ask.push_back(client::command::Enrol{start.invitation, start.name, start.passphrase});
  start.asks_audio = true;
}

}  // namespace

void draw_start(Screen& s, Box box) {
  const bool is_first = s.state.start.step == 0 && s.view.stage != client::Stage::enrolling;
  box = form(s, box.inset(kMargin));
  const bool is_wide = is_first && !is_narrow(box);
  box = box.centred(is_wide ? 2 * kFormWidth + kMargin : kFormWidth, box.h);
  Box trial = is_wide ? box.cut_end((box.w - kMargin) / 2) : Box{};
  if (is_wide) box.cut_end(kMargin);
  if (is_wide) {
    Column column(s, "start.trial", card_for(s, "start.trial", trial));
    trial_fields(s, column);
  }
  const std::string_view id = is_first ? "start.invitation" : "start.name";
  Column column(s, id, card_for(s, id, box));
  if (is_first)
    invitation_fields(s, column);
  else
    name_fields(s, column);
  start_problem(s, column);
  if (s.view.stage == client::Stage::enrolling)
    column.paragraph(s.words("start.enrolling.text"), {.size = Size::small, .role = Role::dim});
  if (!is_first || is_wide) return;
  column.gap(kMargin);
  trial_fields(s, column);
}

void draw_hearing(Screen& s, Box box) {
  box = box.inset(kMargin).centred(kFormWidth, 460);
  Column column(s, "hearing", card_for(s, "hearing", box));
  column.text(s.words("start.audio.title"), {.size = Size::title, .bold = true});
  column.paragraph(s.words("start.audio.text"), {.role = Role::dim});
  column.gap();
  sound_pickers(s, column.take(kSoundHeight));
  column.gap(kMargin);
  const bool is_on = s.view.sound.test != client::SoundTest::off;
  hear_yourself(s, column, "hearing.test", is_on ? Role::text : Role::dim);
  column.gap(kMargin);
  Box line = column.control();
  const ButtonOptions done{.kind = Kind::primary, .icon = Icon::check};
  focus_first(s, "hearing");
  if (s.kit.button_at_end("hearing.done", line, s.words("button.done"), done)) {
    if (is_on) s.ask.push_back(client::command::TestSound{false});
    s.state.start.asks_audio = false;
  }
}

}  // namespace farline::ui
