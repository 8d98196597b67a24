// The screen of a call by keys and pointer: what it asks for.
#include <doctest/doctest.h>

#include "ui/canvas.h"
#include "ui/desktop.h"
#include "ui/sample_views.h"

using namespace farline;
using namespace farline::ui;
using client::command::PressKey;
using test::Canvas;

namespace {

struct CallRoom {
  Canvas canvas{1024, 600, system_fonts("")};
  Desktop desktop{canvas.kit(), {}};
  client::View view = test::call_view();
  std::vector<client::Command> asked{};

  explicit CallRoom(const std::string& language = "en") {
    view.settings.language = language;
    desktop.prepare(view);
    canvas.page.is_rtl = desktop.words().is_right_to_left();
    show();
  }
  void draw(Kit&) { desktop.draw(view, {{test::kSampleNow, 0}, Time{}}, asked); }
  void show() {
    canvas.show([this](Kit& kit) { draw(kit); });
  }
  void key(const Chord& chord) {
    canvas.key([this](Kit& kit) { draw(kit); }, chord);
  }
  void click(float x, float y) {
    canvas.click([this](Kit& kit) { draw(kit); }, x, y);
  }
  std::string keys() const {
    std::string out;
    for (const client::Command& command : asked)
      if (const auto* press = std::get_if<PressKey>(&command)) out += press->key;
    return out;
  }
};

constexpr Chord kOne{key::digit_1}, kNine{key::digit_1 + 8}, kZero{39}, kStar{key::digit_1 + 7, false, true},
    kHashKey{key::digit_1 + 2, false, true};

template <typename T>
const T* found(const std::vector<client::Command>& asked) {
  for (const client::Command& command : asked)
    if (const auto* one = std::get_if<T>(&command)) return one;
  return nullptr;
}

}  // namespace

TEST_CASE("where speech cannot pass a voice note is a few keys away, and nothing is sent that was not meant to be") {
  using client::command::EndNote;
  using client::command::RecordNote;
  for (const char* language : {"en", "ar"}) {
    CallRoom room(language);
    const auto reach = [&](std::string_view id) {  // as Tab comes to it
      bool is_there = false;
      const auto look = [&](Kit& kit) {
        room.draw(kit);
        is_there = kit.is_focused(id);
      };
      for (int i = 0; i < 40 && !is_there; ++i) room.canvas.key(look, {key::tab});
      return is_there;
    };
    CHECK_FALSE(reach("call.note"));
    room.view.call->voice_cannot_pass = true;
    REQUIRE(reach("call.note"));
    room.key({key::enter});
    REQUIRE(found<RecordNote>(room.asked) != nullptr);
    CHECK(found<RecordNote>(room.asked)->person == room.view.call->peer);
    room.asked.clear();
    room.view.call.reset();
    room.view.ended = client::EndedView{.peer = "budi", .outgoing = true, .offers_note = true};
    REQUIRE(reach("outcome.note"));
    room.key({key::enter});
    REQUIRE(found<RecordNote>(room.asked) != nullptr);
    CHECK(found<RecordNote>(room.asked)->person == "budi");
    room.asked.clear();
    room.view.note = client::NoteView{.is_recording = true, .to = "budi"};
    room.show();
    CHECK(found<EndNote>(room.asked) == nullptr);
    room.key({key::escape});
    REQUIRE(found<EndNote>(room.asked) != nullptr);
    CHECK_FALSE(found<EndNote>(room.asked)->send);
    room.asked.clear();
    room.key({key::enter});
    REQUIRE(found<EndNote>(room.asked) != nullptr);
    CHECK(found<EndNote>(room.asked)->send);
  }
}

TEST_CASE("digits typed in a call are keys of the keypad, one each") {
  CallRoom room;
  for (const Chord& chord : {kOne, kNine, kZero, kStar, kHashKey, Chord{89}, Chord{98}, Chord{85}}) room.key(chord);
  CHECK(room.keys() == "190*#10*");
  room.key({key::digit_1, true});  // Ctrl+1 is a room
  CHECK(room.keys() == "190*#10*");
  CHECK(room.desktop.state().room == Room::people);
  CHECK_FALSE(room.desktop.state().is_call_shown);
  room.key(kOne);  // what is typed there is not for the call
  CHECK(room.keys() == "190*#10*");
}

TEST_CASE("a digit that is the key to talk is not pressed") {
  CallRoom room;
  room.view.call->push_to_talk = true;
  room.view.settings.talk_key = key::digit_1;
  room.key(kOne);
  room.key(kNine);
  CHECK(room.keys() == "9");
}

TEST_CASE("where the other end takes no keys there is no keypad") {
  CallRoom room;
  room.desktop.state().is_keypad_open = true;
  room.view.call->stats.takes_keys = false;
  room.show();
  CHECK_FALSE(room.desktop.state().is_keypad_open);
  room.key(kOne);
  CHECK(room.keys().empty());
}

TEST_CASE("the drawn keypad: by pointer, by Enter, and closed by Esc with the call still shown") {
  CallRoom room;
  room.desktop.state().is_keypad_open = true;
  room.show();
  room.show();
  room.key({key::enter});
  room.key({key::tab});
  room.key({key::enter});
  CHECK(room.keys() == "12");
  room.key(kNine);
  CHECK(room.keys() == "129");
  room.key({key::escape});
  CHECK_FALSE(room.desktop.state().is_keypad_open);
  CHECK(room.desktop.state().is_call_shown);
}

TEST_CASE("1 is on the left in every language") {
  for (const char* code : {"en", "ar"}) {
    CallRoom room(code);
    room.desktop.state().is_keypad_open = true;
    room.show();
    room.show();
    room.click(512 - 90, 205);
    room.click(512, 205);
    room.click(512 + 90, 205);
    CHECK(room.keys() == "123");
  }
}
