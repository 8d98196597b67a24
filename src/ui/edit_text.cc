#include "ui/edit_text.h"

#include <algorithm>
#include <utility>

#include "ui/unicode.h"

namespace farline::ui {
namespace {

constexpr size_t kStepsMax = 64;

}  // namespace

EditText::EditText(std::string text, Limits limits) : limits_(limits) {
  now_.text = std::move(text);
  now_.caret = now_.anchor = now_.text.size();
}

size_t EditText::selection_begin() const {
  return std::min(now_.caret, now_.anchor);
}
size_t EditText::selection_end() const {
  return std::max(now_.caret, now_.anchor);
}
std::string_view EditText::selected() const {
  return std::string_view(now_.text).substr(selection_begin(), selection_end() - selection_begin());
}

// The last one at or before `at`.
size_t EditText::boundary(size_t at) const {
  size_t last = 0;
  for (size_t next = 0; next <= at && next < now_.text.size(); next = next_grapheme(now_.text, next)) last = next;
  return at >= now_.text.size() ? now_.text.size() : last;
}

void EditText::remember(Act act) {
  after_.clear();
  if (act != Act::none && act == last_) return;
  last_ = act;
  if (before_.size() == kStepsMax) before_.erase(before_.begin());
  before_.push_back(now_);
}

void EditText::insert(std::string_view text) {
  std::string clean;
  for (size_t at = 0; at < text.size();) {
    const uint32_t code_point = decode(text, at);
    if (code_point == '\n' || code_point == '\t') {
      clean.push_back(code_point == '\n' && limits_.multiline ? '\n' : ' ');
    } else if (code_point >= 0x20 && code_point != 0x7F) {
      append_utf8(clean, code_point);
    }
  }
  const size_t kept = now_.text.size() - selected().size();
  const std::string_view fitting = whole_characters(clean, limits_.max_bytes - std::min(kept, limits_.max_bytes));
  if (fitting.empty() && selected().empty()) return;
  remember(selected().empty() && text != " " ? Act::typing : Act::none);
  const size_t begin = selection_begin();
  now_.text.replace(begin, selection_end() - begin, fitting);
  now_.caret = now_.anchor = boundary(begin + fitting.size());
}

void EditText::erase(size_t to) {
  if (selected().empty()) now_.anchor = boundary(to);
  if (selected().empty()) return;
  const size_t begin = selection_begin();
  const size_t end = selection_end();
  now_.anchor = now_.caret;
  remember(end - begin > 8 ? Act::none : Act::erasing);
  now_.text.erase(begin, end - begin);
  now_.caret = now_.anchor = boundary(begin);
}

void EditText::move(size_t to, bool extend) {
  last_ = Act::none;
  now_.caret = boundary(to);
  if (!extend) now_.anchor = now_.caret;
}

void EditText::select(size_t begin, size_t end) {
  last_ = Act::none;
  now_.anchor = boundary(begin);
  now_.caret = boundary(end);
}

void EditText::undo() {
  if (before_.empty()) return;
  last_ = Act::none;
  after_.push_back(std::exchange(now_, before_.back()));
  before_.pop_back();
}

void EditText::redo() {
  if (after_.empty()) return;
  last_ = Act::none;
  before_.push_back(std::exchange(now_, after_.back()));
  after_.pop_back();
}

}  // namespace farline::ui
