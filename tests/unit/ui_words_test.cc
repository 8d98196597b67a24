#include <doctest/doctest.h>

#include "ui/amounts.h"
#include "ui/words.h"

namespace farline::ui {
namespace {

TEST_CASE("every built-in language says everything that English says") {
  const auto languages = built_in_languages();
  CHECK(languages.size() == 6);
  for (const Language& language : languages) {
    CAPTURE(language.code);
    for (const std::string& trouble : Words(language.code).troubles()) FAIL_CHECK(trouble);
    CHECK_FALSE(language.name.empty());
  }
}

TEST_CASE("no text of another language is English") {
  // Names, signs and words that are the same in both.
  const auto is_same_by_right = [](std::string_view text) {
    return text.size() < 5 || text.find('{') != text.npos || text == "Direct" || text == "Minutes";
  };
  const Words english;
  for (const Language& language : built_in_languages()) {
    if (language.code == "en") continue;
    const Words words(language.code);
    size_t same = 0;
    for (size_t i = 0; i < kWordKeyCount; ++i) {
      const Key key = Key::at(i);
      same += !is_same_by_right(english(key)) && words(key) == english(key) ? 1U : 0U;
    }
    CAPTURE(language.code);
    CHECK(same <= 12);  // "Messages", "Microphone", "Passphrase" are French too
  }
}

TEST_CASE("a broken language file is told line by line, and what it lacks is said in English") {
  Words words("xx");
  CHECK_FALSE(words.read("people.search = Sök\n"));
  CHECK(
      words.read("\xef\xbb\xbf# a comment\nlanguage.name = X\npeople.search = \"Sök\"\nno.such.key = 1\n"
                 "call.with = mit {nam}\nrubbish\npeople.missed[many] = {n}\npeople.missed[none] = x\n"));
  CHECK(words("people.search") == "Sök");
  CHECK(words("nav.people") == "People");
  CHECK(words.count("people.missed", 2) == "2 missed calls");
  const auto troubles = words.troubles();
  const auto says = [&](std::string_view text) {
    for (const std::string& trouble : troubles)
      if (trouble.find(text) != trouble.npos) return true;
    return false;
  };
  CHECK(says("line 4 is not understood: no.such.key"));
  CHECK(says("line 6 is not understood: rubbish"));
  CHECK(says("line 8 is not understood"));
  CHECK(says("call.with: {nam} has no value"));
  CHECK(says("call.with: {name} does not appear"));
  CHECK(says("people.missed[many]: no such form"));
  CHECK(says("nav.people is missing"));
}

TEST_CASE("counted as the language counts") {
  const auto forms = [](std::string_view language, std::initializer_list<uint64_t> numbers) {
    std::string out;
    for (const uint64_t n : numbers) out += "z12fmo"[static_cast<size_t>(plural_of(language, n))];
    return out;
  };
  CHECK(forms("en", {0, 1, 2, 11, 21}) == "o1ooo");
  CHECK(forms("sw", {0, 1, 2}) == "o1o");
  CHECK(forms("es", {0, 1, 2}) == "o1o");
  CHECK(forms("fr", {0, 1, 2}) == "11o");
  CHECK(forms("ru", {0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 101, 111}) == "m1ffmmmm1fm1m");
  CHECK(forms("ar", {0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111}) == "z12ffmmoofm");
  CHECK(Words("ru").count("people.missed", 3) == "3 пропущенных звонка");
}

TEST_CASE("amounts") {
  const Words en, fr("fr"), ar("ar");
  CHECK(bytes_text(en, 999) == "999 B");
  CHECK(bytes_text(en, 36'400) == "36 kB");
  CHECK(bytes_text(en, 1'260'000) == "1.3 MB");
  CHECK(rate_text(en, 2'400) == "2.4 kbit/s");
  CHECK(rate_text(fr, 2'400) == "2,4 kbit/s");
  CHECK(en.number(9'999) == "9999");
  CHECK(en.number(1'234'567) == "1,234,567");
  CHECK(ar.number(1'234'567) == "١٬٢٣٤٬٥٦٧");
  CHECK(clock_text(en, 12s) == "0:12");
  CHECK(clock_text(en, 3723s) == "1:02:03");
  CHECK(clock_text(ar, 72s) == "١:١٢");
  CHECK(length_text(en, 332s) == "5 min 32 s");
  CHECK(length_text(en, 7500s) == "2 h 5 min");
  CHECK(length_text(en, 3 * 24 * 3600s) == "3 days");
  CHECK(percent_text(en, 0.123) == "12%");
  CHECK(money_text(en, {.amount = 1.449, .currency = "USD"}) == "1.45 USD");
}

TEST_CASE("moments, near and far") {
  const Words en;
  const WallTime at{1'795'507'800};  // 2026-11-24T08:10Z, a Tuesday
  const Clock site{WallTime{at.seconds - 3600}, 120};
  CHECK(moment_text(en, at, site) == "today at 10:10");
  CHECK(moment_text(en, at, {WallTime{at.seconds - 24 * 3600}, 120}) == "tomorrow at 10:10");
  CHECK(moment_text(en, at, {WallTime{at.seconds + 24 * 3600}, 120}) == "yesterday at 10:10");
  CHECK(moment_text(en, at, {WallTime{}, -600}) == "Mon 23 Nov at 22:10");
}

TEST_CASE("names of the other direction are isolated, plain ones are left alone") {
  const Words en, ar("ar");
  CHECK(en("call.with", {{"name", "anna"}}) == "Call with anna");
  CHECK(en("call.with", {{"name", "سارة"}}) == "Call with \u2068سارة\u2069");
  CHECK(ar("call.with", {{"name", "anna"}}).find("\u2068anna\u2069") != std::string::npos);
  const std::string date = ar("date", {{"day", "الخميس"}, {"date", "١٥"}, {"month", "أكتوبر"}});
  CHECK(ar("rule.opens", {{"moment", date}}).find("\u2067" + date + "\u2069") != std::string::npos);
}

TEST_CASE("the system's language, where there is one of ours") {
  const auto known = built_in_languages();
  const auto choose = [&](std::vector<std::string> wanted) { return choose_language(wanted, known); };
  CHECK(choose({"ar_SD.UTF-8"}) == "ar");
  CHECK(choose({"so_SO", "fr-FR"}) == "fr");
  CHECK(choose({"ru"}) == "ru");
  CHECK(choose({"C", ""}) == "en");
}

}  // namespace
}  // namespace farline::ui
