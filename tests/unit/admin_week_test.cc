#include <doctest/doctest.h>

#include <algorithm>

#include "admin/differences.h"
#include "admin/source.h"
#include "admin/week_sheet.h"

using namespace farline;
using namespace farline::admin;

namespace {

constexpr const char* kHead =
    "organisation = \"Relief\"\ngeneration = 1\nserial = 7\nfrom = 2026-11-01\nuntil = 2027-10-31\n";

Plan plan(const std::string& lines) {
  const Source source = read_source(kHead + lines);
  REQUIRE(source.errors.empty());
  return {source.root, source.sites};
}
std::string words(const std::string& windows) {
  const Plan made = plan("[[hours]]\nwindows = [" + windows + "]\n");
  return words_for(ordinary_week(merge(made.root, nullptr), {}));
}
// Differences, joined.
std::string changes(const std::string& before, const std::string& after) {
  Plan next = plan(after);
  ++next.root.serial;
  std::string out;
  for (const std::string& line : differences(plan(before), next)) out += line + "\n";
  return out;
}

}  // namespace

TEST_CASE("a week in words is the windows that make it") {
  for (const char* text : {"Mon-Fri 07:30-18:00, Sat 08:00-13:00", "Mon-Thu 22:00-06:00", "Sun 22:00-02:00",
                           "Mon,Wed 08:00-12:00, Mon,Wed 13:00-17:00", "Mon-Fri 00:00-24:00"}) {
    std::string quoted = "\"";
    for (const char c : std::string_view(text)) quoted += c;
    size_t at = 0;
    while ((at = quoted.find(", ", at)) != std::string::npos) quoted.replace(at, 2, "\", \""), at += 4;
    CHECK(words(quoted + "\"") == text);
  }
  CHECK(words("") == "never");
  CHECK(words("\"daily 00:00-24:00\"") == "always");
  CHECK(words("\"Mon-Fri 08:00-12:00\", \"Mon-Fri 11:00-18:00\"") == "Mon-Fri 08:00-18:00");
  CHECK(words("\"Fri 18:00-06:00\", \"Sat,Sun 00:00-24:00\"") == "Fri 18:00-24:00, Sat,Sun 00:00-24:00");
}

TEST_CASE("differences say for whom hours change, and what else") {
  CHECK(changes("contacts = [\"a\"]", "contacts = [\"a\"]") == "");
  CHECK(changes("[[hours]]\nroles = [\"staff\"]\nclasses = [\"voice\"]\nwindows = [\"Mon-Fri 08:00-18:00\"]",
                "[[hours]]\nroles = [\"staff\"]\nclasses = [\"voice\"]\nwindows = [\"Mon-Fri 08:00-17:00\"]") ==
        "  hours, staff: voice: Mon-Fri 08:00-18:00 -> Mon-Fri 08:00-17:00 (5 hours a week less)\n");
  CHECK(changes("forbid = [\"video\"]", "").find("  hours, everyone: video: never -> always (168 hours a week more)") !=
        std::string::npos);
  CHECK(changes("contacts = [\"a\", \"b\"]", "contacts = [\"b\", \"c\"]").find("    - a\n    + c\n") !=
        std::string::npos);
  CHECK(changes("client_bps = 24000", "client_bps = 16000").find(": 24000 -> 16000\n") != std::string::npos);
  CHECK(changes("", "client_bps = 16000").find(": not set -> 16000\n") != std::string::npos);
  CHECK(changes("[[builds]]\naction = \"allow\"\n[[builds]]\naction = \"update\"",
                "[[builds]]\naction = \"update\"\n[[builds]]\naction = \"allow\"")
            .find("the same in another order") != std::string::npos);
  const std::string site = "[[site]]\nname = \"x\"\nserial = 1\n";
  CHECK(changes(site, site + "[[site]]\nname = \"y\"\nserial = 1\n") ==
        "site y is new; beside the organisation's rules:\nnothing of its own changes at: x\n");
}

TEST_CASE("differences warn of what no device would take") {
  const std::string line = differences(plan(""), plan("client_bps = 16000")).at(0);
  CHECK(line.find("no device will take it: generation 1, serial 7 is not above") == 0);
}

TEST_CASE("the sheet has every kind of use once, its windows and its holidays") {
  const Plan made = plan(
      "utc_offset = \"+02:00\"\ncontacts = [\"<radio> & co\"]\nforbid = [\"guests\"]\n[[hours]]\nclasses = "
      "[\"voice\"]\n"
      "windows = [\"Mon-Fri 08:15-18:00\"]\n[[holidays]]\ndate = 2026-12-25\nwindows = [\"10:00-12:00\"]\n");
  const WeekSheet sheet = make_week_sheet(made, nullptr, policy::Form<policy::Day>::parse("2026-12-21").value());
  CHECK(sheet.lines.size() == 3);  // voice; the rest; guests
  CHECK(sheet.zone == "UTC+02:00");
  const std::string text = to_text(sheet);
  CHECK(text.find("Thu 24  |................+###################............| 08:15-18:00\n") != std::string::npos);
  CHECK(text.find("Fri 25  |....................####........................| 10:00-12:00 (holiday)\n") !=
        std::string::npos);
  CHECK(text.find("guest: everything\n  never\n") != std::string::npos);
  const std::string svg = to_svg(sheet);
  CHECK(svg.find(">08:15-18:00<") != std::string::npos);
  CHECK(svg.find("&lt;radio&gt; &amp; co") != std::string::npos);
  CHECK(svg.find("http", svg.find("2000/svg")) == std::string::npos);  // nothing from elsewhere
  CHECK(to_html(sheet).find(svg) != std::string::npos);
}
