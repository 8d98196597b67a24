// Draws pages that show every widget, for eyes: kit_pages FOLDER writes BMPs there.
#include <cstdio>

#include "ui/canvas.h"

namespace {
using namespace farline;
using namespace farline::ui;

struct Shown {
  bool on = true;
  bool off = false;
  size_t chosen = 1;
  size_t tab = 0;
  float level = 40;
  std::string name = "Amina بن علي";
  std::string secret = "secret";
  std::string note = "Two lines\nof a note, सन्देश";
};

void people(Kit& kit, Box page) {
  kit.fill(page, Role::surface, 6);
  Box list = page.inset(10);
  const char* names[] = {"Amina Yusuf",
                         "محمد الأمين",
                         "रमेश श्रेष्ठ",
                         "রহিমা খাতুন",
                         "සුනිල් පෙරේරා",
                         "முருகன்",
                         "ዳዊት ገብሬ",
                         "ⵉⴷⵉⵔ",
                         "Айгүл",
                         "မောင်မောင်",
                         "Zoë 👍🏽 😀 𝒳 \U0001F9FF"};
  for (const char* name : names) {
    kit.push_id(name);
    Box row = list.cut_top(34);
    kit.row("row", row, name == names[1]);
    kit.icon(row.cut_start(34).centred(20, 20), Icon::person, Role::dim);
    kit.text(row.cut_end(110), "12 min ago", {.size = Size::small, .role = Role::dim, .align = Align::end});
    kit.text(row, name);
    kit.pop_id();
  }
  list.cut_top(8);
  Box icons = list.cut_top(60);
  for (int i = 1; i <= static_cast<int>(Icon::eye); ++i) {
    const Box at{icons.x + static_cast<float>((i - 1) % 12) * 26, icons.y + static_cast<float>((i - 1) / 12) * 26, 20,
                 20};
    kit.icon(at, static_cast<Icon>(i), Role::text);
  }
}

void top_bar(Kit& kit, Box top, Shown& shown) {
  const Tab tabs[] = {{"People", Icon::people, 0},
                      {"Calls", Icon::phone, 3},
                      {"Link", Icon::link, 0},
                      {"Rules", Icon::rules, 0},
                      {"Settings", Icon::settings, 0}};
  kit.button("emergency", top.cut_end(150).inset(6), "Emergency", {.kind = Kind::emergency, .icon = Icon::emergency});
  kit.tabs("tabs", top, tabs, shown.tab);
}

void widgets(Kit& kit, Box left, Shown& shown) {
  kit.text(left.cut_top(34), "Everything a screen is made of", {.size = Size::title, .bold = true});
  const auto next = [&](float height = kControl) {
    left.cut_top(kGap);
    return left.cut_top(height);
  };
  Box line = next();
  kit.button("call", line.cut_start(150), "Call", {.kind = Kind::primary, .icon = Icon::phone, .shortcut = "Ctrl+D"});
  line.cut_start(kGap);
  kit.button("plain", line.cut_start(80), "Cancel");
  line.cut_start(kGap);
  kit.button("off", line, "Not now", {.enabled = false});
  line = next();
  kit.button("danger", line.cut_start(150), "Remove", {.kind = Kind::danger, .icon = Icon::trash});
  line.cut_start(kGap);
  kit.button("quiet", line.cut_start(80), "Quiet", {.kind = Kind::quiet});
  line.cut_start(kGap);
  kit.button("mute", line.cut_start(44), "", {.icon = Icon::microphone_off, .pressed_in = true, .tooltip = "Mute"});
  kit.toggle("t1", next(), "Do not disturb (emergency calls still ring)", shown.on);
  kit.toggle("t2", next(), "Relay only", shown.off, {.enabled = false, .padlock = true});
  const std::string items[] = {"System default", "USB headset", "Built-in microphone"};
  kit.choice("choice", next(), items, shown.chosen);
  kit.slider("slider", next(), shown.level, 0, 100, 5);
  kit.meter(next(20), shown.level / 100, {.min = 0.55F, .max = 0.8F});
  kit.input("name", next(), shown.name, {.hint = "Name"});
  kit.input("secret", next(), shown.secret, {.hint = "Passphrase", .password = true});
  std::string empty;
  kit.input("search", next(), empty, {.hint = "Search people", .icon = Icon::search});
  kit.input("note", next(70), shown.note, {.multiline = true});
}

struct Variant {
  const char* file;
  uint32_t percent;
  client::Theme theme;
  bool is_rtl;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Variant variants[] = {{"light", 100, client::Theme::light, false},
                              {"rtl", 100, client::Theme::light, true},
                              {"dark", 125, client::Theme::dark, false},
                              {"contrast", 200, client::Theme::contrast, true}};
  for (const Variant& variant : variants) {
    test::Canvas canvas(1024, 600, system_fonts(""));
    canvas.page.text_percent = variant.percent;
    canvas.page.theme = variant.theme;
    canvas.page.is_rtl = variant.is_rtl;
    Shown shown;
    const auto draw = [&](Kit& kit) {
      Box page = kit.page();
      top_bar(kit, page.cut_top(48), shown);
      page = page.inset(kMargin);
      widgets(kit, page.cut_start(330), shown);
      page.cut_start(kMargin);
      people(kit, page);
    };
    canvas.show(draw);
    for (int i = 0; i < 3; ++i) canvas.key(draw, {key::tab});
    if (!canvas.save(std::string(argv[1]) + "/" + variant.file + ".bmp")) return 1;
    for (int i = 0; i < 10; ++i) canvas.key(draw, {key::tab});  // to the choice
    canvas.key(draw, {key::enter});
    if (!canvas.save(std::string(argv[1]) + "/" + variant.file + "-choice.bmp")) return 1;
    std::printf("%s: %d frames\n", variant.file, canvas.frames());
  }
  return 0;
}
