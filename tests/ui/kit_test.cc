// The kit by keys and clicks, and what is seen of it.
#include "ui/kit.h"

#include <doctest/doctest.h>

#include <vector>

#include "ui/canvas.h"
#include "ui/desktop.h"

using namespace farline;
using namespace farline::ui;
using test::Canvas;

namespace {

struct Page3 {  // three buttons beside each other, one disabled between
  int first = 0;
  int last = 0;
  std::vector<bool> focused{};

  void operator()(Kit& kit) {
    Box line = kit.page().inset(20).cut_top(kControl);
    if (kit.button("first", line.cut_start(100), "First")) ++first;
    kit.button("off", line.cut_start(100), "Off", {.enabled = false});
    if (kit.button("last", line.cut_start(100), "Last")) ++last;
    focused = {kit.is_focused("first"), kit.is_focused("off"), kit.is_focused("last")};
  }
};

}  // namespace

TEST_CASE("a language file beside the program counts, of a built-in language and of English too") {
  Canvas canvas(640, 400, system_fonts(""));
  for (const std::string code : {"en", "sw"}) {
    Desktop desktop(canvas.kit(),
                    {.wanted = {code}, .more = {{code, "language.name = Ours\nabout.licences = Theirs\n"}}});
    desktop.prepare({});
    CHECK(desktop.words()("language.name") == "Ours");
    CHECK(desktop.words()("about.licences") == "Theirs");
  }
}

TEST_CASE("Tab goes round what can be pressed, Enter and Space press it") {
  Canvas canvas(640, 400, system_fonts(""));
  Page3 page;
  const auto draw = [&](Kit& kit) { page(kit); };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  CHECK(page.focused == std::vector{true, false, false});
  canvas.key(draw, {key::enter});
  CHECK(page.first == 1);
  canvas.key(draw, {key::tab});
  CHECK(page.focused == std::vector{false, false, true});
  canvas.key(draw, {key::space});
  CHECK(page.last == 1);
  canvas.key(draw, {key::tab});
  CHECK(page.focused == std::vector{true, false, false});
  canvas.key(draw, {key::tab, false, true, false});
  CHECK(page.focused == std::vector{false, false, true});
  canvas.key(draw, {key::left});
  CHECK(page.focused == std::vector{true, false, false});
}

TEST_CASE("what cannot be pressed gets the focus to say why, and does nothing") {
  Canvas canvas(640, 400, system_fonts(""));
  bool on = false;
  bool is_focused = false;
  const auto draw = [&](Kit& kit) {
    Box line = kit.page().inset(20).cut_top(kControl);
    kit.toggle("managed", line, "Relay only", on,
               {.enabled = false, .padlock = true, .tooltip = "By your organisation"});
    is_focused = kit.is_focused("managed");
  };
  canvas.show(draw);
  const uint32_t before = canvas.pixel(22, 70);
  canvas.key(draw, {key::tab});
  canvas.key(draw, {key::space});
  canvas.click(draw, 40, 38);
  CHECK(is_focused);
  CHECK_FALSE(on);
  CHECK(canvas.pixel(22, 70) != before);  // the reason
}

TEST_CASE("a held Enter presses once") {
  Canvas canvas(640, 400, system_fonts(""));
  Page3 page;
  const auto draw = [&](Kit& kit) { page(kit); };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  for (int i = 0; i < 3; ++i) {
    canvas.show(draw, {.what = Input::What::key_down, .chord = {key::enter}, .text = {}, .is_repeat = i > 0});
  }
  CHECK(page.first == 1);
}

TEST_CASE("the focus is seen: pixels change where it goes, on both sides of a mirrored page") {
  for (const bool is_rtl : {false, true}) {
    Canvas canvas(640, 400, system_fonts(""));
    canvas.page.is_rtl = is_rtl;
    Page3 page;
    const auto draw = [&](Kit& kit) { page(kit); };
    canvas.show(draw);
    const int edge = is_rtl ? 640 - 19 : 18;  // beside the first button
    const uint32_t before = canvas.pixel(edge, 38);
    canvas.key(draw, {key::tab});
    CHECK(canvas.pixel(edge, 38) != before);
    canvas.click(draw, is_rtl ? 640.0F - 60 : 60.0F, 38);
    CHECK(page.first == 1);
    canvas.click(draw, is_rtl ? 60.0F : 640.0F - 60, 38);
    CHECK(page.first == 1);
  }
}

TEST_CASE("what lies below a modal neither hears nor sees; Esc closes it and the focus returns") {
  Canvas canvas(640, 400, system_fonts(""));
  bool is_open = false;
  int below = 0;
  int inside = 0;
  bool is_back = false;
  const auto draw = [&](Kit& kit) {
    Box line = kit.page().inset(20).cut_top(kControl);
    if (kit.button("open", line.cut_start(100), "Open")) is_open = true;
    if (kit.button("below", line.cut_start(100), "Below")) ++below;
    if (kit.pressed(ctrl('b'))) ++below;
    is_back = kit.is_focused("open");
    if (!is_open) return;
    Box box = kit.begin_modal("modal", 300, 200);
    if (kit.button("inside", box.cut_top(kControl), "Inside")) ++inside;
    if (kit.end_modal()) is_open = false;
  };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  canvas.key(draw, {key::enter});
  CHECK(is_open);
  canvas.key(draw, {key::enter});
  CHECK(inside == 1);
  canvas.key(draw, {key::tab});
  canvas.key(draw, {key::enter});
  CHECK(inside == 2);
  canvas.click(draw, 170, 38);
  canvas.key(draw, ctrl('b'));
  CHECK(below == 0);
  canvas.key(draw, {key::escape});
  CHECK_FALSE(is_open);
  CHECK(is_back);
  canvas.click(draw, 170, 38);
  CHECK(below == 1);
}

TEST_CASE("an input takes text, moves as it looks, cuts and pastes, keeps to its bytes") {
  Canvas canvas(640, 400, system_fonts(""));
  std::string text;
  bool submitted = false;
  const auto draw = [&](Kit& kit) {
    const Edited edited = kit.input("name", kit.page().inset(20).cut_top(kControl), text, {.max_bytes = 20});
    submitted = submitted || edited.submitted;
  };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  canvas.type(draw, "abc");
  canvas.key(draw, {key::left});
  canvas.type(draw, "X");
  CHECK(text == "abXc");
  canvas.key(draw, {key::home, false, true, false});
  canvas.key(draw, ctrl('x'));
  CHECK(text == "c");
  CHECK(canvas.clipboard == "abX");
  canvas.key(draw, ctrl('z'));
  CHECK(text == "abXc");
  canvas.key(draw, ctrl('a'));
  canvas.type(draw, "سلام");
  canvas.key(draw, {key::right});  // in Arabic, right is back
  canvas.type(draw, "ي");
  CHECK(text == "سلايم");
  canvas.key(draw, {key::backspace});
  CHECK(text == "سلام");
  canvas.clipboard = "0123456789\nabcdefghij";
  canvas.key(draw, ctrl('a'));
  canvas.key(draw, ctrl('v'));
  CHECK(text == "0123456789 abcdefghi");
  canvas.key(draw, {key::enter});
  CHECK(submitted);
}

TEST_CASE("what an input method composes is seen, and is not yet text") {
  Canvas canvas(640, 400, system_fonts(""));
  std::string text;
  const auto draw = [&](Kit& kit) { kit.input("name", kit.page().inset(20).cut_top(kControl), text); };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  REQUIRE(canvas.kit().text_entry());
  const float before = canvas.kit().text_entry()->x;
  canvas.show(draw, {.what = Input::What::composing, .chord = {}, .text = "ni", .is_repeat = false, .at = 2});
  CHECK(text.empty());
  CHECK(canvas.kit().text_entry()->x > before);
  canvas.key(draw, {key::backspace});  // the input method's, not ours
  canvas.type(draw, "你");
  CHECK(text == "你");
}

TEST_CASE("a password shows only dots and is not copied") {
  Canvas canvas(640, 400, system_fonts(""));
  std::string text = "secret";
  const auto draw = [&](Kit& kit) {
    kit.input("pass", kit.page().inset(20).cut_top(kControl), text, {.password = true});
  };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  canvas.key(draw, ctrl('a'));
  canvas.key(draw, ctrl('c'));
  canvas.key(draw, ctrl('x'));
  CHECK(canvas.clipboard.empty());
  CHECK(text == "secret");
}

TEST_CASE("without a clipboard an input keeps its text") {
  Canvas canvas(640, 400, system_fonts(""));
  Kit kit(canvas.text(), {});
  std::string text = "kept";
  bool is_focused = false;
  for (const Chord& chord : {Chord{key::tab}, ctrl('a'), ctrl('v'), ctrl('c'), ctrl('x')}) {
    kit.begin(canvas.page, {.what = Input::What::key_down, .chord = chord});
    kit.input("name", kit.page().inset(20).cut_top(kControl), text);
    is_focused = kit.is_focused("name");
    kit.end();
  }
  CHECK(is_focused);
  CHECK(text == "kept");
}

TEST_CASE("the focus scrolls into view") {
  Canvas canvas(640, 400, system_fonts(""));
  float top = 0;
  const auto draw = [&](Kit& kit) {
    const Box content = kit.begin_scroll("list", kit.page(), 50 * kControl);
    for (int i = 0; i < 50; ++i) {
      kit.row(std::to_string(i), {content.x, content.y + static_cast<float>(i) * kControl, content.w, kControl}, false);
    }
    top = content.y;
    kit.end_scroll();
  };
  canvas.show(draw);
  CHECK(top == 0);
  for (int i = 0; i < 20; ++i) canvas.key(draw, {key::down});
  CHECK(top < -8 * kControl);
  for (int i = 0; i < 20; ++i) canvas.key(draw, {key::up});
  CHECK(top == 0);
  canvas.show(draw,
              {.what = Input::What::mouse_move, .chord = {}, .text = {}, .is_repeat = false, .at = 0, .x = 9, .y = 9});
  canvas.show(draw,
              {.what = Input::What::wheel, .chord = {}, .text = {}, .is_repeat = false, .at = 0, .x = 0, .y = -2});
  CHECK(top < 0);
}

TEST_CASE("a choice opens, is walked by arrows and chosen by Enter") {
  Canvas canvas(640, 400, system_fonts(""));
  const std::string items[] = {"one", "two", "three", "four"};
  size_t chosen = 1;
  const auto draw = [&](Kit& kit) { kit.choice("choice", kit.page().inset(20).cut_top(kControl), items, chosen); };
  canvas.show(draw);
  canvas.key(draw, {key::tab});
  canvas.key(draw, {key::down});  // closed: the next one
  CHECK(chosen == 2);
  canvas.key(draw, {key::enter});
  canvas.key(draw, {key::up});
  canvas.key(draw, {key::up});
  canvas.key(draw, {key::enter});
  CHECK(chosen == 0);
  canvas.key(draw, {key::enter});
  canvas.key(draw, {key::escape});
  CHECK(chosen == 0);
}

TEST_CASE("a double click selects a word") {
  Canvas canvas(640, 400, system_fonts(""));
  std::string text = "one two three";
  float x = 0;
  const auto draw = [&](Kit& kit) {
    kit.input("name", kit.page().inset(20).cut_top(kControl), text);
    x = 30 + kit.measure("one tw");
  };
  canvas.show(draw);
  canvas.click(draw, x, 38);
  Input again{.what = Input::What::mouse_down, .chord = {}, .text = {}, .is_repeat = false, .at = 0, .x = x, .y = 38};
  again.clicks = 2;
  canvas.show(draw, again);
  again.what = Input::What::mouse_up;
  canvas.show(draw, again);
  canvas.type(draw, "2");
  CHECK(text == "one 2 three");
}

TEST_CASE("a shortcut is heard beside an input, a bare letter is not") {
  Canvas canvas(640, 400, system_fonts(""));
  std::string text;
  int muted = 0;
  int bare = 0;
  const auto draw = [&](Kit& kit) {
    if (kit.pressed(ctrl('m'))) ++muted;
    if (kit.pressed({key::a + 12})) ++bare;
    kit.input("name", kit.page().inset(20).cut_top(kControl), text);
  };
  canvas.show(draw);
  canvas.key(draw, {key::a + 12});
  CHECK(bare == 1);
  canvas.key(draw, {key::tab});
  canvas.key(draw, {key::a + 12});
  canvas.key(draw, ctrl('m'));
  CHECK(bare == 1);
  CHECK(muted == 1);
}
