// What the program says, in the reader's language. The texts are plain files, src/ui/words/<language>.txt, built into
// the program; a file of the same form that is handed in at run time adds a language or replaces one, so that anybody
// can mend a translation with an editor.
//
//   # a comment
//   people.search = Search people
//   call.with = Call with {name}              {name} is a place for a value; every translation has the same ones
//   people.missed[one] = {n} missed call      counted: one line for each form that the language has
//   people.missed[other] = {n} missed calls
//
// English is the measure: a key is one that en.txt has, which the compiler checks at each use. What another language
// lacks is said in English. Forms of number are CLDR's for whole numbers; `plural.like` names the language to count as.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace farline::ui {

inline constexpr std::string_view kWordKeys[] = {
#include "ui/words_keys.inc"
};
inline constexpr size_t kWordKeyCount = std::size(kWordKeys);

// A key of en.txt. A name that is none does not compile: no_such_word() is not constexpr.
class Key {
 public:
  // NOLINTNEXTLINE: a literal is meant to become one by itself
  consteval Key(const char* name) : index_(find(name)) {}
  static constexpr Key at(size_t index) { return Key(index); }  // in the order of en.txt
  constexpr size_t index() const { return index_; }

 private:
  constexpr explicit Key(size_t index) : index_(index) {}
  static size_t no_such_word();
  static consteval size_t find(std::string_view name) {
    for (size_t i = 0; i < kWordKeyCount; ++i)
      if (kWordKeys[i] == name) return i;
    return no_such_word();
  }
  size_t index_;
};

enum class Plural : uint8_t { zero, one, two, few, many, other };
inline constexpr size_t kPlurals = 6;
// As people count in `language` ("ar"); an unknown one counts as English.
Plural plural_of(std::string_view language, uint64_t n);

struct Value {
  std::string_view name;
  std::string_view value;
};

class Words {
 public:
  explicit Words(std::string code = "en");  // of a built-in language, else empty until read

  // Takes a file's text over what is there. False: it is no language file (no `language.name`); nothing is changed.
  bool read(std::string_view text);
  // Of the texts read last, one line each: unknown keys, broken lines, missing forms, other places for values than
  // English has. For translators and the tests; the program runs with what it understood.
  std::vector<std::string> troubles() const;

  const std::string& code() const { return code_; }
  bool is_right_to_left() const { return is_right_to_left_; }

  std::string_view operator()(Key key) const { return line(key.index()); }
  // Values stand for themselves in text of either direction (UAX #9 isolates).
  std::string operator()(Key key, std::initializer_list<Value> fields) const;
  // The form for n; {n} is n as it is written here.
  std::string count(Key key, uint64_t n, std::initializer_list<Value> fields = {}) const;

  // --- Amounts, as they are written here ---
  std::string number(uint64_t n) const;
  std::string decimal(double x, int places) const;
  std::string digits(std::string_view ascii) const;  // 0 to 9 become the language's, all else stays

 private:
  struct Entry {
    std::string plain;
    std::vector<std::string> forms;  // empty, or one for each Plural
  };
  std::string_view line(size_t index) const;
  bool read_line(std::string_view text);
  std::string fill(std::string_view text, std::span<const Value> fields) const;
  void learn_numbers();

  std::string code_;
  std::vector<Entry> entries_;
  std::vector<std::string> broken_;
  std::string plural_like_;
  std::vector<std::string> digits_;  // ten, when they are not 0 to 9
  bool is_right_to_left_ = false;
};

struct Language {
  std::string code;
  std::string name;  // as its speakers call it
};
std::vector<Language> built_in_languages();
// The first of the wanted ones ("ar_SD.UTF-8", "fr-FR") that is among the known; "en" when none is.
std::string choose_language(std::span<const std::string> wanted, std::span<const Language> known);

}  // namespace farline::ui
