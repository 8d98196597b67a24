#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

using client::Settings;

constexpr uint32_t kTextPercents[] = {100, 115, 130, 150, 175, 200};
constexpr uint32_t kLockMinutes[] = {0, 1, 5, 15, 60};
constexpr Duration kWipeHold = 3s;
constexpr float kTabAround = 56;  // of a tab: its icon and margins

struct SettingsTab {
  Key name;
  Icon icon;
};
constexpr SettingsTab kSettingsTabs[] = {{"settings.sound", Icon::speaker},
                                         {"settings.calls", Icon::phone},
                                         {"settings.look", Icon::eye},
                                         {"settings.lock", Icon::lock},
                                         {"settings.about", Icon::info}};

// A drop-down with its label; the new choice, when there is one.
struct Drop {
  std::string_view id;
  Key label;
  std::vector<std::string> items;
  size_t chosen;
};
std::optional<size_t> drop_down(Screen& s, Column& column, Drop choice) {
  column.label(s.words(choice.label));
  Box line = column.control();
  if (!s.kit.choice(choice.id, line.cut_start(360), choice.items, choice.chosen)) return {};
  return choice.chosen;
}

template <size_t N>
size_t place_of(const uint32_t (&values)[N], uint32_t value) {
  size_t out = 0;
  for (size_t i = 0; i < N; ++i)
    if (values[i] <= value) out = i;
  return out;
}

void flip(Screen& s, Column& column, Key label, bool Settings::*setting) {
  Settings settings = s.view.settings;
  column.gap(4);
  if (s.kit.toggle(s.words(label), column.control(), s.words(label), settings.*setting)) change(s, settings);
}

void draw_sound_page(Screen& s, Column& column) {
  Box pickers = column.take(kSoundHeight);
  sound_pickers(s, pickers.cut_start(440));
  column.gap(kMargin);
  hear_yourself(s, column, "sound.test", Role::dim);
}

void draw_talk_key(Screen& s, Column& column) {
  auto& state = s.state.settings;
  Settings settings = s.view.settings;
  column.label(s.words("settings.talk_key"));
  const uint32_t code = settings.talk_key == 0 ? key::space : settings.talk_key;
  const std::string name =
      state.is_choosing_key ? std::string(s.words("settings.talk_key.press")) : Kit::key_name(code);
  const uint32_t pressed = state.is_choosing_key ? s.kit.key_now() : 0;
  if (s.kit.button("settings.talk_key", column.control().cut_start(200), name, {.pressed_in = state.is_choosing_key}) &&
      pressed == 0)
    state.is_choosing_key = true;
  if (pressed != 0) {
    settings.talk_key = pressed == key::escape ? settings.talk_key : pressed;
    change(s, settings);
    state.is_choosing_key = false;
  }
  column.label(s.words("settings.key_up"));
  auto delay = static_cast<float>(settings.key_up_delay_ms);
  Box line = column.control();
  const Box slider = line.cut_start(280);
  line.cut_start(kGap);
  s.kit.text(line, seconds_text(s.words, settings.key_up_delay_ms / 1000.0));
  if (s.kit.slider("settings.key_up", slider, delay, 0, 1000, 100)) {
    settings.key_up_delay_ms = static_cast<uint32_t>(delay);
    change(s, settings);
  }
}

void draw_calls_page(Screen& s, Column& column) {
  Settings settings = s.view.settings;
  const std::vector<std::string> modes{std::string(s.words("settings.transmit.voice")),
                                       std::string(s.words("settings.transmit.ptt")),
                                       std::string(s.words("settings.transmit.always"))};
  if (const auto mode = drop_down(
          s, column, {"settings.transmit", "settings.transmit", modes, static_cast<size_t>(settings.transmit)})) {
    settings.transmit = static_cast<client::TransmitMode>(*mode);
    change(s, settings);
  }
  if (settings.transmit == client::TransmitMode::push_to_talk) draw_talk_key(s, column);
  column.gap();
  flip(s, column, "settings.dnd", &Settings::do_not_disturb);
  column.text(s.words("settings.dnd.text"), {.size = Size::small, .role = Role::dim});
  flip(s, column, "settings.minimised", &Settings::start_minimised);
  flip(s, column, "settings.hide_text", &Settings::hide_notification_text);
}

void draw_look_page(Screen& s, Column& column) {
  Settings settings = s.view.settings;
  std::vector<std::string> names{std::string(s.words("settings.language.system"))};
  size_t chosen = 0;
  for (const Language& language : s.languages) {
    if (language.code == settings.language) chosen = names.size();
    names.push_back(language.name);
  }
  if (const auto choice = drop_down(s, column, {"settings.language", "settings.language", names, chosen})) {
    settings.language = *choice == 0 ? std::string() : s.languages[*choice - 1].code;
    change(s, settings);
  }
  const std::vector<std::string> themes{std::string(s.words("settings.theme.light")),
                                        std::string(s.words("settings.theme.dark")),
                                        std::string(s.words("settings.theme.contrast"))};
  if (const auto choice =
          drop_down(s, column, {"settings.theme", "settings.theme", themes, static_cast<size_t>(settings.theme)})) {
    settings.theme = static_cast<client::Theme>(*choice);
    change(s, settings);
  }
  std::vector<std::string> sizes;
  for (const uint32_t percent : kTextPercents) sizes.push_back(percent_text(s.words, percent / 100.0));
  if (const auto choice = drop_down(
          s, column,
          {"settings.text_size", "settings.text_size", sizes, place_of(kTextPercents, settings.text_percent)})) {
    settings.text_percent = kTextPercents[*choice];
    change(s, settings);
  }
}

void draw_passphrase(Screen& s) {
  auto& state = s.state.settings;
  if (!state.is_passphrase_open) return;
  Box box = s.kit.begin_modal("settings.passphrase", 420, s.view.has_passphrase ? 330 : 270);
  const Box buttons = box.cut_bottom(kControl);
  box.cut_bottom(kGap);
  {
    Column column(s, "passphrase.fields", box);
    const Key title = s.view.has_passphrase ? Key("settings.passphrase.change") : Key("settings.passphrase.set");
    column.text(s.words(title), {.size = Size::title, .bold = true});
    const auto field = [&](std::string_view id, Key label, std::string& text) {
      column.label(s.words(label));
      s.kit.input(id, column.control(), text, {.password = true, .icon = Icon::lock});
    };
    if (s.view.has_passphrase) field("passphrase.from", "settings.passphrase.old", state.from);
    field("passphrase.to", "settings.passphrase.new", state.to);
    field("passphrase.again", "start.passphrase.again", state.again);
    const bool differ = !state.again.empty() && state.to != state.again;
    if (differ) marked_line(s.kit, column.take(24), s.words("start.passphrase.differ"), Role::warn);
  }
  const ButtonOptions save{.kind = Kind::primary, .enabled = !state.to.empty() && state.to == state.again};
  const DialogEnd end = end_dialog(s, "passphrase", buttons, s.words("button.save"), save);
  if (end == DialogEnd::open) return;
  if (end == DialogEnd::done) s.ask.push_back(client::command::ChangePassphrase{state.from, state.to});
  state.is_passphrase_open = false;
  state.from.clear();
  state.to.clear();
  state.again.clear();
}

// The word typed, then the button held: no accident does both.
void draw_wipe(Screen& s) {
  auto& state = s.state.settings;
  if (!state.is_wipe_open) return;
  const std::string_view word = s.words("wipe.word");
  Box box = s.kit.begin_modal("wipe", 440, 300);
  Box buttons = box.cut_bottom(kControl + 4);
  box.cut_bottom(kGap);
  {
    Column column(s, "wipe.text", box);
    column.text(s.words("wipe.title"), {.size = Size::title, .role = Role::bad, .bold = true});
    column.paragraph(s.words("wipe.text"));
    column.gap();
    column.paragraph(s.words("wipe.type", {{"word", word}}), {.bold = true});
    column.gap();
    s.kit.input("wipe.word", column.control(), state.wipe_word, {.max_bytes = 64});
  }
  const bool is_typed = state.wipe_word == word;
  const Duration held = state.hold_since ? s.now - *state.hold_since : 0s;
  const std::string label = state.hold_since
                                ? s.words("wipe.holding", {{"time", clock_text(s.words, kWipeHold - held + 999ms)}})
                                : std::string(s.words("wipe.hold"));
  s.kit.button("wipe.hold", buttons.cut_end(std::min(230.0F, buttons.w * 0.6F)), label,
               {.kind = Kind::danger, .icon = Icon::trash, .enabled = is_typed});
  const bool is_held = is_typed && s.kit.is_held("wipe.hold");
  buttons.cut_end(kGap);
  const bool is_cancelled =
      s.kit.button_at_end("wipe.cancel", buttons, s.words("button.cancel"), {.kind = Kind::quiet});
  if (!is_held) state.hold_since.reset();
  if (is_held && !state.hold_since) state.hold_since = s.now;
  if (is_held) s.kit.redraw_in(250ms);
  const bool is_done = is_held && held >= kWipeHold;
  if (is_done) s.ask.push_back(client::command::Wipe{});
  if (!s.kit.end_modal() && !is_cancelled && !is_done) return;
  state.is_wipe_open = false;
  state.hold_since.reset();
  state.wipe_word.clear();
}

void draw_protection(Screen& s, Column& column) {
  auto& state = s.state.settings;
  Settings settings = s.view.settings;
  const std::string_view label =
      s.words(s.view.has_passphrase ? Key("settings.passphrase.change") : Key("settings.passphrase.set"));
  Box line = column.control();
  const ButtonOptions lock{.icon = Icon::lock};
  if (s.kit.button_at_start("settings.passphrase", line, label, lock)) state.is_passphrase_open = true;
  if (s.view.has_passphrase &&
      s.kit.button_at_start("settings.lock", line, s.words("settings.lock_now"), {.tooltip = "Ctrl+L"}))
    s.ask.push_back(client::command::Lock{});
  if (s.view.has_passphrase) {
    std::vector<std::string> items{std::string(s.words("settings.lock_after.never"))};
    for (const uint32_t minutes : kLockMinutes)
      if (minutes > 0) items.push_back(s.words.count("settings.lock_after.minutes", minutes));
    if (const auto choice = drop_down(s, column,
                                      {"settings.lock_after", "settings.lock_after", items,
                                       place_of(kLockMinutes, settings.lock_after_minutes)})) {
      settings.lock_after_minutes = kLockMinutes[*choice];
      change(s, settings);
    }
  }
  column.heading(s.words("wipe.title"));
  const bool is_forbidden = s.view.rules.forbids_wipe;
  column.paragraph(s.words(is_forbidden ? Key("wipe.forbidden") : Key("wipe.text")), {.role = Role::dim});
  column.gap();
  const ButtonOptions wipe{
      .kind = Kind::danger, .icon = Icon::trash, .enabled = !is_forbidden, .padlock = is_forbidden};
  Box foot = column.control();
  if (s.kit.button_at_start("settings.wipe", foot, s.words("wipe.title"), wipe)) state.is_wipe_open = true;
}

}  // namespace

void draw_settings(Screen& s, Box box) {
  auto& state = s.state.settings;
  box = box.inset(kMargin, 12);
  Box line = box.cut_top(kControl);
  std::vector<Tab> tabs;
  std::vector<std::string> names;
  float width = 0;
  for (const SettingsTab& tab : kSettingsTabs) {
    tabs.push_back({s.words(tab.name), tab.icon, 0});
    names.emplace_back(s.words(tab.name));
    width = std::max(width, s.kit.measure(names.back()) + kTabAround);
  }
  width *= static_cast<float>(tabs.size());
  if (width <= line.w)
    s.kit.tabs("settings.pages", line.cut_start(std::max(width, std::min(line.w, 640.0F))), tabs, state.page);
  else
    s.kit.choice("settings.pages", line, names, state.page);
  box.cut_top(kMargin);
  box = {box.x, box.y, std::min(box.w, 640.0F), box.h};
  constexpr void (*kPages[])(Screen&, Column&) = {draw_sound_page, draw_calls_page, draw_look_page, draw_protection,
                                                  draw_about};
  {
    Column column(s, "settings." + std::to_string(state.page), box);
    kPages[state.page](s, column);
  }
  draw_passphrase(s);
  draw_wipe(s);
  draw_licence(s);
}

}  // namespace farline::ui
