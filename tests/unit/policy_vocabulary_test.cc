#include <doctest/doctest.h>

#include "policy/vocabulary.h"

using namespace farline;
using namespace farline::policy;

namespace {

template <typename T>
std::string again(std::string_view text) {
  const auto parsed = Form<T>::parse(text);
  if (!parsed) return "none";
  const auto made = Form<T>::make(Form<T>::numbers(*parsed));
  return made && *made == *parsed ? Form<T>::text(*made) : "lost";
}

}  // namespace

TEST_CASE("forms are read and written back") {
  for (const char* text : {"1970-01-01", "2026-12-25", "2028-02-29", "2149-06-06"}) CHECK(again<Day>(text) == text);
  for (const char* text : {"+00:00", "-12:00", "+05:45", "+14:00"}) CHECK(again<UtcOffset>(text) == text);
  for (const char* text : {"08:00-18:00", "22:15-02:00", "00:00-24:00", "08:00-08:00"})
    CHECK(again<Span>(text) == text);
  for (const char* text :
       {"Mon-Fri 08:00-18:00", "daily 00:00-24:00", "Sat,Sun 22:00-02:00", "Mon,Wed-Fri 00:15-00:30"})
    CHECK(again<Window>(text) == text);
  CHECK(again<Window>("Sat-Mon 08:00-09:00") == "Mon,Sat,Sun 08:00-09:00");
  for (const char* text : {"0.0.0", "0.4.2", "1023.1023.1023"}) CHECK(again<Version>(text) == text);
  CHECK(again<Quarter>("2027-03-28T01:00Z") == "2027-03-28T01:00Z");
  CHECK(again<Quarter>("2027-03-28T01:00:00+02:00") == "2027-03-27T23:00Z");
}

TEST_CASE("what is nearly a form is none") {
  for (const char* text : {"", "2026-13-01", "2026-02-29", "2026-1-1", "2149-06-07", "1969-12-31", "2026-12-25 "})
    CHECK(again<Day>(text) == "none");
  for (const char* text : {"", "02:00", "+2:00", "+14:15", "+02:10", "+02:00x"})
    CHECK(again<UtcOffset>(text) == "none");
  for (const char* text : {"", "08:00", "08:00-18:10", "08:00-24:15", "24:00-08:00", "8:00-18:00", "08:00-18:00 "})
    CHECK(again<Span>(text) == "none");
  for (const char* text : {"", "08:00-18:00", "Mon  08:00-18:00", "Mon, 08:00-18:00", "mon 08:00-18:00", "Mon-"})
    CHECK(again<Window>(text) == "none");
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "1.2.1024", "1..3", "-1.2.3", "1.2.3a"})
    CHECK(again<Version>(text) == "none");
  CHECK(again<Quarter>("2027-03-28T01:10Z") == "none");
}

TEST_CASE("times") {
  CHECK(time_from_text("2026-11-23T19:30+02:00")->seconds == 1'795'455'000);
  CHECK(time_from_text("2026-11-23T17:30:00Z") == time_from_text("2026-11-23T19:30+02:00"));
  CHECK(time_text({1'795'455'000}, {8}) == "2026-11-23T19:30+02:00");
  CHECK(time_text({1'795'455'001}, {}) == "2026-11-23T17:30:01Z");
  CHECK_FALSE(time_from_text("2026-11-23T19:30").has_value());
  CHECK_FALSE(time_from_text("1970-01-01T00:00+01:00").has_value());
  CHECK(Day{0}.weekday() == Weekday::thu);
  CHECK(Form<Day>::parse("2026-11-23")->weekday() == Weekday::mon);
}
