#include <doctest/doctest.h>

#include "admin/settings.h"

using namespace farline;

TEST_CASE("settings are names and values as on a command line, in the order of the file") {
  const auto settings = admin::read_settings(
      "# a comment\n"
      "listen = \"*:4747\"\n"
      "drain_seconds = 30\n"
      "quiet = true\n"
      "peer = [\"a:1\", \"b:2\"]\n");
  CHECK(settings.errors.empty());
  REQUIRE_EQ(settings.values.size(), 4);
  CHECK_EQ(settings.values[0].name, "listen");
  CHECK_EQ(settings.values[0].line, 2);
  CHECK_EQ(settings.values[0].values, std::vector<std::string>{"*:4747"});
  CHECK_EQ(settings.values[1].values, std::vector<std::string>{"30"});
  CHECK_EQ(settings.values[2].values, std::vector<std::string>{"true"});
  CHECK_EQ(settings.values[3].values, std::vector<std::string>{"a:1", "b:2"});
}

TEST_CASE("what no option can be is named with its line") {
  for (const char* text : {"a = \"b\"\n[table]\nc = 1\n", "a = 1\nb = 1.5\n", "a = 1\nb = [[1]]\n",
                           "a = 1\nb = 2026-11-24\n", "a = 1\nb = c\n", "a = 1\na = 2\n"}) {
    const auto settings = admin::read_settings(text);
    REQUIRE_EQ(settings.errors.size(), 1);
    CHECK_EQ(settings.errors.front().line, 2);
    CHECK_FALSE(settings.errors.front().what.empty());
  }
  CHECK_FALSE(admin::read_settings(std::string(admin::kSettingsBytesMax + 1, '#')).errors.empty());
}
