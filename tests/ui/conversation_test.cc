// A conversation by keys and wheel: what it asks for, and that what is read stays where it is.
#include <doctest/doctest.h>

#include <algorithm>

#include "ui/canvas.h"
#include "ui/desktop.h"
#include "ui/sample_views.h"

using namespace farline;
using namespace farline::ui;
using client::command::MarkRead;
using client::command::PlayNote;
using client::command::SendText;
using client::command::ShowLines;
using test::Canvas;

namespace {

// A history of any length, of which the view holds a window that moves when it is asked to.
struct Room100k {
  Canvas canvas{1024, 600, system_fonts("")};
  Desktop desktop{canvas.kit(), {}};
  client::View view = test::ready_view();
  std::vector<client::Command> asked{};
  size_t total = 0;
  size_t first = 0;
  size_t count = 0;

  explicit Room100k(size_t lines) : total(lines) {
    view.settings.language = "en";
    view.messages.chats[0].unread = 3;
    view.messages.open = client::OpenChatView{.id = "a"};
    look_at(lines - std::min<size_t>(lines, 60), std::min<size_t>(lines, 60));
    desktop.prepare(view);
    desktop.state().room = Room::messages;
    show();
  }

  void look_at(size_t from, size_t lines) {
    first = from;
    count = lines;
    auto& open = *view.messages.open;
    open.lines.clear();
    for (size_t i = first; i < first + count; ++i)
      open.lines.push_back({.id = std::to_string(i),
                            .author = "amina.yusuf@goma",
                            .at = test::kSampleNow,
                            .text = i % 7 == 0 ? std::string(300, 'w') : "line " + std::to_string(i)});
    open.has_older = first > 0;
    open.has_newer = first + count < total;
  }

  void draw(Kit&) { desktop.draw(view, {{test::kSampleNow, 0}, Time{}}, asked); }
  void show(const Input& input = {}) {
    canvas.show([this](Kit& kit) { draw(kit); }, input);
  }
  void wheel(float lines) {
    show({.what = Input::What::mouse_move, .x = 700, .y = 300});
    show({.what = Input::What::wheel, .x = 0, .y = lines});
  }
  void follow() {  // as the engine does
    for (const client::Command& command : std::exchange(asked, {})) {
      const auto* show_lines = std::get_if<ShowLines>(&command);
      if (!show_lines) continue;
      if (show_lines->older) {
        const size_t more = std::min<size_t>(first, 60);
        look_at(first - more, std::min(count + more, client::kLinesShownMax));
      } else {
        const size_t more = std::min<size_t>(total - first - count, 60);
        const size_t kept = std::min(count + more, client::kLinesShownMax);
        look_at(first + count + more - kept, kept);
      }
    }
    show();
  }
  template <typename T>
  const T* last() const {
    for (auto one = asked.rbegin(); one != asked.rend(); ++one)
      if (const auto* found = std::get_if<T>(&*one)) return found;
    return nullptr;
  }
  const std::string& anchor() { return desktop.state().messages.anchor; }
};

}  // namespace

TEST_CASE("it opens at the end, and follows what is new there") {
  Room100k room(1000);
  CHECK(room.desktop.state().messages.is_at_end);
  room.total = 1001;
  room.look_at(941, 60);
  room.show();
  CHECK(room.desktop.state().messages.is_at_end);
}

TEST_CASE("older lines are asked for once, before the edge is reached, and what is read stays where it is") {
  Room100k room(1000);
  room.wheel(1000);  // to the edge of the window
  CHECK_FALSE(room.desktop.state().messages.is_at_end);
  REQUIRE(room.last<ShowLines>());
  CHECK(room.last<ShowLines>()->older);
  CHECK(std::ranges::count_if(room.asked, [](const auto& c) { return std::holds_alternative<ShowLines>(c); }) == 1);
  const std::string seen = room.anchor();
  CHECK(seen == "940");
  room.follow();
  CHECK(room.first == 880);
  CHECK(room.anchor() == seen);
  room.wheel(2);
  CHECK(std::stoul(room.anchor()) < 940);
}

TEST_CASE("a history of 100,000 lines is walked through by the wheel in windows") {
  Room100k room(100'000);
  unsigned long before = 100'000;
  for (int i = 0; i < 60; ++i) {
    room.wheel(60);
    room.follow();
    CHECK(std::stoul(room.anchor()) <= before);
    CHECK(room.view.messages.open->lines.size() <= client::kLinesShownMax);
    before = std::stoul(room.anchor());
  }
  CHECK(before < 99'000);
  for (int i = 0; i < 200 && !room.desktop.state().messages.is_at_end; ++i) {
    room.wheel(-60);
    room.follow();
  }
  CHECK(room.desktop.state().messages.is_at_end);
  CHECK(room.first + room.count == room.total);
}

TEST_CASE("read is what stood there when the person did something") {
  Room100k room(20);
  CHECK_FALSE(room.last<MarkRead>());  // drawn, but nobody was there
  room.show({.what = Input::What::mouse_move, .x = 700, .y = 300});
  REQUIRE(room.last<MarkRead>());
  CHECK(room.last<MarkRead>()->line == "19");
}

TEST_CASE("Enter sends what was typed, and the field is empty again") {
  Room100k room(20);
  const auto draw = [&](Kit& kit) { room.draw(kit); };
  room.canvas.type(draw, "سلام 12");
  CHECK(room.desktop.state().messages.text == "سلام 12");
  room.canvas.key(draw, {key::enter});
  REQUIRE(room.last<SendText>());
  CHECK(room.last<SendText>()->text == "سلام 12");
  CHECK(room.last<SendText>()->chat == "a");
  CHECK(room.desktop.state().messages.text.empty());
}

TEST_CASE("a voice note is heard and stopped by keys") {
  Room100k room(1);
  const auto draw = [&](Kit& kit) { room.draw(kit); };
  client::LineView& line = room.view.messages.open->lines[0];
  line.kind = client::LineKind::voice_note;
  line.size = line.here = 900;
  line.tenths = 100;
  room.show();
  room.canvas.key(draw, {key::tab});  // from the text to the line, to its button
  room.canvas.key(draw, {key::tab});
  room.canvas.key(draw, {key::enter});
  REQUIRE(room.last<PlayNote>());
  CHECK(room.last<PlayNote>()->chat == "a");
  CHECK(room.last<PlayNote>()->line == "0");
  room.asked.clear();
  room.view.note = client::NoteView{.chat = "a", .line = "0", .bar = 12};
  room.show();
  room.canvas.key(draw, {key::enter});
  REQUIRE(room.last<PlayNote>());
  CHECK(room.last<PlayNote>()->line == "0");  // again: it stops
}
