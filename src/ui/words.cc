#include "ui/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "ui/words_built_in.h"

namespace farline::ui {
namespace {

constexpr std::string_view kPluralNames[kPlurals] = {"zero", "one", "two", "few", "many", "other"};
constexpr std::string_view kIsolate = "\u2068", kEndIsolate = "\u2069";  // first strong isolate, pop
constexpr std::string_view kRightToLeft = "\u2067";                      // isolate

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

std::optional<size_t> key_named(std::string_view name) {
  for (size_t i = 0; i < kWordKeyCount; ++i)
    if (kWordKeys[i] == name) return i;
  return {};
}

std::set<std::string_view> places_in(std::string_view text) {
  std::set<std::string_view> out;
  for (size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
    const size_t end = text.find('}', at);
    out.insert(end == text.npos ? text.substr(at) : text.substr(at, end - at + 1));
  }
  return out;
}

// The forms that whole numbers can take, found by asking.
std::set<size_t> forms_of(std::string_view language) {
  std::set<size_t> out;
  for (uint64_t n = 0; n < 200; ++n) out.insert(static_cast<size_t>(plural_of(language, n)));
  return out;
}

std::vector<std::string> characters(std::string_view utf8) {
  std::vector<std::string> out;
  for (const char c : utf8) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) out.emplace_back();
    if (!out.empty()) out.back() += c;
  }
  return out;
}

const Words& english() {
  static const Words words;
  return words;
}

}  // namespace

Plural plural_of(std::string_view language, uint64_t n) {
  const uint64_t tens = n % 100, ones = n % 10;
  if (language == "ar") {
    if (n <= 2) return n == 0 ? Plural::zero : n == 1 ? Plural::one : Plural::two;
    return tens >= 3 && tens <= 10 ? Plural::few : tens >= 11 ? Plural::many : Plural::other;
  }
  if (language == "ru") {
    if (ones == 1 && tens != 11) return Plural::one;
    return ones >= 2 && ones <= 4 && (tens < 12 || tens > 14) ? Plural::few : Plural::many;
  }
  if (language == "fr") return n <= 1 ? Plural::one : Plural::other;
  return n == 1 ? Plural::one : Plural::other;
}

Words::Words(std::string code) : code_(std::move(code)), entries_(kWordKeyCount), plural_like_(code_) {
  for (const BuiltInLanguage& file : language_files())
    if (file.code == code_) read(file.text);
}

bool Words::read(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.find("language.name") == text.npos) return false;
  broken_.clear();
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty() || one.starts_with('#')) continue;
    if (!read_line(one))
      broken_.push_back("line " + std::to_string(number) + " is not understood: " + std::string(one));
  }
  learn_numbers();
  return true;
}

bool Words::read_line(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == text.npos) return false;
  std::string_view name = trimmed(text.substr(0, equals));
  std::string value(trimmed(text.substr(equals + 1)));
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
  for (size_t at = value.find("\\n"); at != value.npos; at = value.find("\\n", at)) value.replace(at, 2, "\n");
  std::optional<size_t> form;
  if (name.ends_with(']')) {
    const size_t open = std::min(name.find('['), name.size() - 1);
    const auto* const found = std::ranges::find(kPluralNames, name.substr(open + 1, name.size() - open - 2));
    if (found == std::end(kPluralNames)) return false;
    form = static_cast<size_t>(found - std::begin(kPluralNames));
    name = name.substr(0, open);
  }
  const std::optional<size_t> key = key_named(name);
  if (!key) return false;
  Entry& entry = entries_[*key];
  if (!form) {
    entry.plain = std::move(value);
    return true;
  }
  entry.forms.resize(kPlurals);
  entry.forms[*form] = std::move(value);
  return true;
}

void Words::learn_numbers() {
  is_right_to_left_ = (*this)("language.direction") == "rtl";
  plural_like_ = (*this)("plural.like");
  digits_ = characters((*this)("number.digits"));
  if (digits_.size() != 10 || digits_[0] == "0") digits_.clear();
}

std::vector<std::string> Words::troubles() const {
  std::vector<std::string> out = broken_;
  const std::set<size_t> forms = forms_of(plural_like_);
  for (size_t i = 0; i < kWordKeyCount; ++i) {
    const std::string key(kWordKeys[i]);
    const Entry &mine = entries_[i], &measure = english().entries_[i];
    const auto check = [&](const std::string& name, const std::string& text, const std::string& like, bool may_omit) {
      if (text.empty() && !like.empty()) return out.push_back(name + " is missing");
      const auto places = places_in(text), wanted = places_in(like);
      for (const auto place : places)
        if (!wanted.contains(place)) out.push_back(name + ": " + std::string(place) + " has no value");
      for (const auto place : wanted)
        if (!places.contains(place) && !(may_omit && place == "{n}"))
          out.push_back(name + ": " + std::string(place) + " does not appear");
    };
    if (measure.forms.empty()) {
      check(key, mine.plain, measure.plain, false);
      if (!mine.forms.empty()) out.push_back(key + " is not counted");
      continue;
    }
    if (mine.forms.empty()) {
      out.push_back(key + " is missing");
      continue;
    }
    for (size_t form = 0; form < kPlurals; ++form) {
      const std::string name = key + "[" + std::string(kPluralNames[form]) + "]";
      const bool has_one_number = form <= static_cast<size_t>(Plural::two);  // "a call", "two calls": no digit wanted
      if (forms.contains(form)) check(name, mine.forms[form], measure.forms.back(), has_one_number);
      if (!forms.contains(form) && !mine.forms[form].empty()) out.push_back(name + ": no such form in this language");
    }
  }
  return out;
}

std::string_view Words::line(size_t index) const {
  const std::string& mine = entries_[index].plain;
  return mine.empty() && code_ != "en" ? std::string_view(english().entries_[index].plain) : mine;
}

std::string Words::fill(std::string_view text, std::span<const Value> fields) const {
  std::string out;
  while (!text.empty()) {
    const size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const size_t close = text.find('}');
    if (close == text.npos) break;
    const std::string_view name = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    for (const Value& field : fields) {
      if (field.name != name) continue;
      const bool is_plain = !is_right_to_left_ &&
                            std::ranges::all_of(field.value, [](char c) { return static_cast<signed char>(c) >= 0; });
      // What is in isolates of its own has no strong letter left to go by: it was filled, so it runs as this text does.
      const bool is_filled = is_right_to_left_ && field.value.find(kEndIsolate) != field.value.npos;
      if (!is_plain) out += is_filled ? kRightToLeft : kIsolate;
      out += field.value;
      if (!is_plain) out += kEndIsolate;
    }
  }
  return out + std::string(text);
}

std::string Words::operator()(Key key, std::initializer_list<Value> fields) const {
  return fill(line(key.index()), fields);
}

std::string Words::count(Key key, uint64_t n, std::initializer_list<Value> fields) const {
  const auto form_in = [&](const Words& words) -> std::string_view {
    const auto& forms = words.entries_[key.index()].forms;
    return forms.empty() ? std::string_view() : forms[static_cast<size_t>(plural_of(words.plural_like_, n))];
  };
  std::string_view text = form_in(*this);
  if (text.empty()) text = form_in(english());
  const std::string written = number(n);
  std::vector<Value> all(fields);
  all.push_back({"n", written});
  return fill(text, all);
}

std::string Words::digits(std::string_view ascii) const {
  if (digits_.empty()) return std::string(ascii);
  std::string out;
  for (const char c : ascii) c >= '0' && c <= '9' ? out += digits_[static_cast<size_t>(c - '0')] : out += c;
  return out;
}

std::string Words::number(uint64_t n) const {
  std::string out = std::to_string(n);
  const std::string_view group = (*this)("number.group");
  if (n < 10'000) return digits(out);
  for (size_t at = out.size(); at > 3;) out.insert(at -= 3, group);
  return digits(out);
}

std::string Words::decimal(double x, int places) const {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, std::isfinite(x) ? x : 0.0, std::chars_format::fixed, places);
  std::string out(text, end.ec == std::errc() ? end.ptr : text);
  if (const size_t point = out.find('.'); point != out.npos) out.replace(point, 1, (*this)("number.decimal"));
  return digits(out);
}

std::vector<Language> built_in_languages() {
  std::vector<Language> out;
  for (const BuiltInLanguage& file : language_files())
    out.push_back({std::string(file.code), std::string(Words(std::string(file.code))("language.name"))});
  return out;
}

std::string choose_language(std::span<const std::string> wanted, std::span<const Language> known) {
  for (const std::string& locale : wanted) {
    const std::string_view code = std::string_view(locale).substr(0, locale.find_first_of("_-.@"));
    for (const Language& language : known)
      if (language.code == code) return language.code;
  }
  return "en";
}

}  // namespace farline::ui
