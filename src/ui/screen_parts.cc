#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr float kMeterFloorDbfs = -60;
float level_of(float dbfs) {
  return std::clamp((dbfs - kMeterFloorDbfs) / -kMeterFloorDbfs, 0.0F, 1.0F);
}

Icon sign_of(Role role) {
  switch (role) {
    case Role::good:
      return Icon::check;
    case Role::warn:
    case Role::bad:
      return Icon::emergency;
    case Role::background:
    case Role::surface:
    case Role::raised:
    case Role::line:
    case Role::text:
    case Role::dim:
    case Role::accent:
    case Role::on_accent:
    case Role::focus:
      return Icon::info;
  }
  return Icon::none;
}

struct Picker {
  std::string_view id;
  Key label;
  const std::vector<std::string>& devices;
  std::string client::Settings::*setting;
  float dbfs;
  bool is_input;
};

void picker(Screen& s, Box box, const Picker& p) {
  s.kit.text(box.cut_top(20), s.words(p.label), {.size = Size::small, .role = Role::dim});
  std::vector<std::string> items{std::string(s.words("sound.system"))};
  items.insert(items.end(), p.devices.begin(), p.devices.end());
  client::Settings settings = s.view.settings;
  const auto found = std::ranges::find(items, settings.*p.setting);
  size_t chosen = found == items.end() ? 0 : static_cast<size_t>(found - items.begin());
  if (s.kit.choice(p.id, box.cut_top(kControl), items, chosen,
                   {.icon = p.is_input ? Icon::microphone : Icon::speaker})) {
    settings.*p.setting = chosen == 0 ? std::string() : items[chosen];
    change(s, settings);
  }
  box.cut_top(kGap);
  const Kit::Zone zone{level_of(client::kTargetDbfsMin), level_of(client::kTargetDbfsMax)};
  s.kit.meter(box.cut_top(14), level_of(p.dbfs), p.is_input ? zone : Kit::Zone{0, 1},
              p.is_input && s.view.sound.is_clipped);
}

}  // namespace

Column::Column(Screen& s, std::string_view id, Box box) : s_(s), id_(id), rest_(box), top_(0) {
  const auto known = s_.state.heights.find(id);
  rest_ = s_.kit.begin_scroll(id, box, known == s_.state.heights.end() ? box.h : known->second);
  rest_.h = 1e6F;
  top_ = rest_.y;
}

Column::~Column() {
  const float height = rest_.y - top_;
  float& known = s_.state.heights[id_];
  if (known != height) s_.kit.redraw_in(0ms);
  known = height;
  s_.kit.end_scroll();
}

Box Column::take(float height) {
  return rest_.cut_top(height);
}

void Column::text(std::string_view text, const Style& style) {
  s_.kit.text(take(s_.kit.line_height(style.size)), text, style);
}

void Column::paragraph(std::string_view text, const Style& style) {
  rest_.cut_top(s_.kit.paragraph(rest_, text, style));
}

void Column::heading(std::string_view words) {
  gap(kMargin);
  text(words, {.bold = true});
  gap();
}

void Column::label(std::string_view words) {
  gap();
  text(words, {.size = Size::small, .role = Role::dim});
}

Box card(Kit& kit, Box box) {
  kit.fill(box, Role::surface, 8);
  kit.frame(box, Role::line, 8);
  return box.inset(kMargin, 12);
}

Box card_for(Screen& s, std::string_view id, Box box) {
  const auto known = s.state.heights.find(id);
  if (known != s.state.heights.end()) box.h = std::min(box.h, known->second + 24);
  return card(s.kit, box);
}

void marked_line(Kit& kit, Box box, std::string_view text, Role role) {
  kit.icon(box.cut_start(20).centred(16, 16), sign_of(role), role);
  box.cut_start(6);
  kit.text(box, text, {.role = role == Role::dim ? Role::dim : Role::text});
}

float band_height(Screen& s, float width, std::string_view text) {
  return s.kit.measure_paragraph(width - 52, text) + 20;
}

void band(Screen& s, Box box, std::string_view text, Role role) {
  s.kit.fill(box, Role::raised, 6);
  Box side = box;
  s.kit.fill(side.cut_start(4), role, 2);
  box = box.inset(12, 10);
  s.kit.icon(box.cut_start(20).cut_top(20), sign_of(role), role);
  box.cut_start(8);
  s.kit.paragraph(box, text);
}

void badge(Screen& s, Box& box, uint32_t count) {
  const Style style{.size = Size::small, .role = Role::on_accent, .align = Align::centre, .bold = true};
  const std::string text = s.words.number(count);
  const float width = std::max(s.kit.measure(text, style) + 12, 22.0F);
  const Box at = box.cut_end(width + 4).centred(width, 20);
  s.kit.fill(at, Role::accent, 10);
  s.kit.text(at, text, style);
}

void avatar(Kit& kit, Box box, std::string_view name) {
  size_t bytes = std::min<size_t>(1, name.size());
  while (bytes < name.size() && (static_cast<unsigned char>(name[bytes]) & 0xc0) == 0x80) ++bytes;
  std::string first(name.substr(0, bytes));
  if (bytes == 1 && first[0] >= 'a' && first[0] <= 'z') first[0] = static_cast<char>(first[0] - 'a' + 'A');
  kit.fill(box, Role::accent, box.h / 2);
  kit.text(
      box, first,
      {.size = box.h >= 48 ? Size::title : Size::body, .role = Role::on_accent, .align = Align::centre, .bold = true});
}

DialogEnd end_dialog(Screen& s, std::string_view id, Box buttons, std::string_view label, const ButtonOptions& done) {
  const std::string name(id);
  const bool is_done = s.kit.button_at_end(name + ".go", buttons, label, done);
  const bool is_cancelled =
      s.kit.button_at_end(name + ".cancel", buttons, s.words("button.cancel"), {.kind = Kind::quiet});
  const bool is_left = s.kit.end_modal();
  if (is_done) return DialogEnd::done;
  return is_cancelled || is_left ? DialogEnd::cancelled : DialogEnd::open;
}

void fact(Screen& s, Box box, std::string_view what, std::string_view value) {
  const float width = std::min(s.kit.measure(what, {.role = Role::dim}) + 12, box.w / 2);
  s.kit.text(box.cut_start(std::max(width, box.w * 0.4F)), what, {.role = Role::dim});
  s.kit.text(box, value);
}

void sound_pickers(Screen& s, Box box) {
  s.state.wants_levels = true;
  const auto& sound = s.view.sound;
  picker(s, box.cut_top(20 + kControl + kGap + 14),
         {"sound.input", "sound.input", sound.inputs, &client::Settings::input, sound.input_dbfs, true});
  box.cut_top(4);
  const bool is_bad = !sound.has_input || sound.is_clipped;
  s.kit.text(box.cut_top(20), sound.has_input ? level_words(s) : s.words("sound.no_input"),
             {.size = Size::small, .role = is_bad ? Role::bad : Role::dim});
  picker(s, box.cut_top(20 + kControl + kGap + 14),
         {"sound.output", "sound.output", sound.outputs, &client::Settings::output, sound.output_dbfs, false});
  if (!sound.has_output) s.kit.text(box, s.words("sound.no_output"), {.size = Size::small, .role = Role::bad});
}

void hear_yourself(Screen& s, Column& column, std::string_view id, Role words) {
  const auto test = s.view.sound.test;
  const bool is_on = test != client::SoundTest::off;
  Box line = column.control();
  const std::string_view label = s.words(is_on ? Key("sound.test.stop") : Key("sound.test"));
  const ButtonOptions options{.icon = is_on ? Icon::stop : Icon::play, .enabled = s.view.sound.has_input};
  if (s.kit.button_at_start(id, line, label, options)) s.ask.push_back(client::command::TestSound{!is_on});
  column.gap(4);
  column.paragraph(s.words(test == client::SoundTest::listening ? Key("sound.test.listening")
                           : is_on                              ? Key("sound.test.playing")
                                                                : Key("sound.test.text")),
                   {.role = words});
}

std::string_view level_words(Screen& s) {
  const auto& sound = s.view.sound;
  if (sound.is_clipped) return s.words("sound.level.clipped");
  if (sound.input_dbfs < -50) return s.words("sound.level.silent");
  if (sound.input_dbfs < client::kTargetDbfsMin) return s.words("sound.level.quiet");
  return s.words(sound.input_dbfs <= client::kTargetDbfsMax ? Key("sound.level.good") : Key("sound.level.loud"));
}

bool is_managed(const client::View& view, client::Setting setting) {
  return std::ranges::find(view.managed, setting) != view.managed.end();
}

void focus_first(Screen& s, std::string_view screen) {
  if (s.state.focused_screen == screen) return;
  s.state.focused_screen = screen;
  s.kit.focus_next();
}

void change(Screen& s, const client::Settings& settings) {
  s.state.wished = settings;
  s.ask.push_back(client::command::ChangeSettings{settings, ++s.state.wish_number});
}

}  // namespace farline::ui
