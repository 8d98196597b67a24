#include "ui/screen.h"

namespace farline::ui {

void draw_unlock(Screen& s, Box box) {
  auto& unlock = s.state.unlock;
  if (s.view.problem != client::Problem::none) unlock.is_asked = false;
  Column column(s, "unlock", card_for(s, "unlock", box.inset(kMargin).centred(400, 300)));
  Box icon = column.take(44);
  s.kit.icon(icon.centred(36, 36), Icon::lock, Role::accent);
  column.text(s.words("unlock.title"), {.size = Size::title, .align = Align::centre, .bold = true});
  if (!s.view.name.empty())
    column.text(s.words("unlock.text", {{"name", s.view.name}}), {.role = Role::dim, .align = Align::centre});
  column.label(s.words("unlock.label"));
  if (unlock.passphrase.empty() && !s.kit.is_focused("unlock.go")) s.kit.focus_next();
  const Edited edited =
      s.kit.input("unlock.passphrase", column.control(), unlock.passphrase, {.password = true, .icon = Icon::lock});
  column.gap();
  Box line = column.control();
  const ButtonOptions go{.kind = Kind::primary, .enabled = !unlock.passphrase.empty() && !unlock.is_asked};
  const std::string_view label = s.words(unlock.is_asked ? Key("unlock.opening") : Key("unlock.go"));
  const bool is_pressed = s.kit.button_at_end("unlock.go", line, label, go);
  if (go.enabled && (is_pressed || edited.submitted)) {
    s.ask.push_back(client::command::Unlock{unlock.passphrase});
    unlock.passphrase.clear();
    unlock.is_asked = true;
  }
  if (s.view.problem == client::Problem::none) return;
  const std::string_view words = problem_words(s.words, s.view.problem);
  column.gap();
  band(s, column.take(band_height(s, column.width(), words)), words, Role::bad);
}

void draw_broken(Screen& s, Box box) {
  Column column(s, "broken", card_for(s, "broken", box.inset(kMargin).centred(520, 320)));
  if (s.view.stage == client::Stage::wiped) {
    column.text(s.words("wiped.title"), {.size = Size::title, .bold = true});
    column.gap();
    column.paragraph(s.words("wiped.text"));
  } else {
    column.text(s.words("broken.title"), {.size = Size::title, .bold = true});
    column.gap();
    const std::string_view words = broken_words(s.words, s.view.problem);
    band(s, column.take(band_height(s, column.width(), words)), words, Role::bad);
    column.gap();
    column.paragraph(s.words("broken.where", {{"path", s.view.profile}}), {.role = Role::dim});
    if (!s.view.detail.empty())
      column.paragraph(s.words("broken.detail", {{"detail", s.view.detail}}), {.role = Role::dim});
    column.paragraph(s.words("broken.kept"));
  }
  column.gap(kMargin);
  Box line = column.control();
  const std::string_view label = s.words("wiped.quit");
  if (s.kit.button_at_end("broken.quit", line, label, {.kind = Kind::primary}))
    s.ask.push_back(client::command::Quit{});
}

}  // namespace farline::ui
