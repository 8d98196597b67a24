// Text that is being edited: the caret and the selection as bytes of UTF-8, never inside a grapheme; what was done can
// be undone. Knows nothing of pixels: where "right" is, caret_beside() of text.h says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace farline::ui {

class EditText {
 public:
  struct Limits {
    size_t max_bytes = 1024;
    bool multiline = false;
  };

  EditText() = default;
  EditText(std::string text, Limits limits);

  [[nodiscard]] const std::string& text() const { return now_.text; }
  [[nodiscard]] size_t caret() const { return now_.caret; }
  [[nodiscard]] size_t selection_begin() const;
  [[nodiscard]] size_t selection_end() const;
  [[nodiscard]] std::string_view selected() const;

  // In place of the selection: what fits, without control characters; a line feed is a space where there is one line.
  void insert(std::string_view text);
  // The selection, or as far as `to`.
  void erase(size_t to);
  // `extend`: the selection reaches from where it began to here.
  void move(size_t to, bool extend);
  void select(size_t begin, size_t end);
  void undo();
  void redo();

 private:
  struct Moment {
    std::string text{};
    size_t caret = 0;
    size_t anchor = 0;
  };
  enum class Act { none, typing, erasing };

  void remember(Act act);
  [[nodiscard]] size_t boundary(size_t at) const;

  Limits limits_{};
  Moment now_{};
  std::vector<Moment> before_{};
  std::vector<Moment> after_{};
  Act last_ = Act::none;  // a row of the same is one step back
};

}  // namespace farline::ui
