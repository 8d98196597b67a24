// Settings changed faster than the View follows.
#include <doctest/doctest.h>

#include "ui/canvas.h"
#include "ui/desktop.h"
#include "ui/sample_views.h"

using namespace farline;
using namespace farline::ui;
using client::command::ChangeSettings;

namespace {

constexpr Chord kLarger{46, true}, kSmaller{45, true};

struct SettingsRoom {
  test::Canvas canvas{1024, 600, system_fonts("")};
  Desktop desktop{canvas.kit(), {}};
  client::View view = test::ready_view();
  std::vector<client::Command> asked{};

  SettingsRoom() {
    desktop.prepare(view);
    show();
  }
  void draw() { desktop.draw(view, {{test::kSampleNow, 0}, Time{}}, asked); }
  void show() {
    canvas.show([this](Kit&) { draw(); });
  }
  void key(const Chord& chord) {
    canvas.key([this](Kit&) { draw(); }, chord);
  }
  void follow(const ChangeSettings& change) {  // as the engine does
    view.settings = change.settings;
    view.settings_number = change.number;
    show();
  }
  std::vector<ChangeSettings> changes() const {
    std::vector<ChangeSettings> out;
    for (const client::Command& command : asked)
      if (const auto* change = std::get_if<ChangeSettings>(&command)) out.push_back(*change);
    return out;
  }
  uint32_t percent() const { return changes().back().settings.text_percent; }
};

}  // namespace

TEST_CASE("a change before the View shows the last one goes on from that one") {
  SettingsRoom room;
  room.key(kLarger);
  room.key(kLarger);
  REQUIRE(room.changes().size() == 2);
  CHECK(room.percent() == 130);
  room.follow(room.changes()[0]);
  room.key(kLarger);
  CHECK(room.percent() == 145);
  room.follow(room.changes()[1]);
  room.follow(room.changes()[2]);
  room.key(kSmaller);
  CHECK(room.percent() == 130);
}

TEST_CASE("what the engine says afterwards is shown again") {
  SettingsRoom room;
  room.key(kLarger);
  room.follow(room.changes()[0]);
  room.view.settings.text_percent = 175;  // another profile was opened
  room.key(kLarger);
  CHECK(room.percent() == 190);
}

TEST_CASE("a proxy is taken when Enter is pressed, and what is none is not") {
  SettingsRoom room;
  const auto type = [&](const std::string& text) { room.canvas.type([&](Kit&) { room.draw(); }, text); };
  room.key({key::digit_1 + 2, true});  // Link
  room.canvas.click([&](Kit&) { room.draw(); }, 300, 443);
  type("ftp://10.0.0.1:21");
  room.key({key::enter});
  CHECK(room.changes().empty());
  room.key({key::a, true});
  type("socks5://10.0.0.1:1080");
  room.key({key::enter});
  REQUIRE(room.changes().size() == 1);
  CHECK(room.changes()[0].settings.proxy == "socks5://10.0.0.1:1080");
}

TEST_CASE("asking the local network is chosen under Link") {
  SettingsRoom room;
  room.key({key::digit_1 + 2, true});
  room.canvas.click([&](Kit&) { room.draw(); }, 220, 509);
  REQUIRE(room.changes().size() == 1);
  CHECK(room.changes()[0].settings.asks_lan);
}
