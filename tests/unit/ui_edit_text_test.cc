#include <doctest/doctest.h>

#include "ui/edit_text.h"

using namespace farline::ui;

TEST_CASE("what is typed replaces the selection and can be undone as one step") {
  EditText edit("", {.max_bytes = 100, .multiline = false});
  for (const char* letter : {"h", "e", "l", "l", "o"}) edit.insert(letter);
  CHECK(edit.text() == "hello");
  edit.select(1, 5);
  CHECK(edit.selected() == "ello");
  edit.insert("i");
  CHECK(edit.text() == "hi");
  edit.undo();
  CHECK(edit.text() == "hello");
  CHECK(edit.selected() == "ello");
  edit.undo();
  CHECK(edit.text().empty());
  edit.redo();
  edit.redo();
  CHECK(edit.text() == "hi");
  edit.redo();
  CHECK(edit.text() == "hi");
}

TEST_CASE("the limit cuts between characters") {
  EditText edit("abc", {.max_bytes = 6, .multiline = false});
  edit.insert("éé");  // two bytes each
  CHECK(edit.text() == "abcé");
  edit.insert("x");
  CHECK(edit.text() == "abcéx");
  edit.insert("y");
  CHECK(edit.text() == "abcéx");
}

TEST_CASE("controls do not get in, line feeds where there are lines, invalid bytes as U+FFFD") {
  EditText line("", {.max_bytes = 100, .multiline = false});
  line.insert("a\nb\tc\x01\x7F\xFFz");
  CHECK(line.text() == "a b c\xEF\xBF\xBDz");
  EditText lines("", {.max_bytes = 100, .multiline = true});
  lines.insert("a\nb");
  CHECK(lines.text() == "a\nb");
}

TEST_CASE("the caret is never inside a grapheme") {
  EditText edit("n\xCC\x83o", {.max_bytes = 100, .multiline = false});
  edit.move(1, false);
  CHECK(edit.caret() == 0);
  edit.move(2, false);
  CHECK(edit.caret() == 0);
  edit.move(3, false);
  CHECK(edit.caret() == 3);
  edit.move(99, true);
  CHECK(edit.selected() == "o");
  edit.erase(0);
  CHECK(edit.text() == "n\xCC\x83");
  edit.erase(0);
  CHECK(edit.text().empty());
}

TEST_CASE("a mark typed behind a letter joins it") {
  EditText edit("nx", {.max_bytes = 100, .multiline = false});
  edit.move(1, false);
  edit.insert("\xCC\x83");
  CHECK(edit.text() == "n\xCC\x83x");
  CHECK(edit.caret() == 3);
}
