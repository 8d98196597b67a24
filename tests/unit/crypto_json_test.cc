// The reader of published vectors is itself held to the grammar: a lax one would skip tests silently.
#include <doctest/doctest.h>

#include "support/json.h"

using farline::testing::Json;

TEST_CASE("the JSON reader gives a tree") {
  const auto json =
      Json::parse(R"( {"a": [1, -2.5e3, true, null, {}], "b": "x\"\n\u00e9", "n": 18446744073709551615} )");
  REQUIRE(json);
  CHECK_EQ((*json)["a"].items.size(), 5);
  CHECK_EQ((*json)["a"].items[1].text, "-2.5e3");
  CHECK_EQ((*json)["b"].text, "x\"\n\xC3\xA9");
  CHECK_EQ((*json)["n"].u64(), UINT64_MAX);
  CHECK_EQ(json->find("c"), nullptr);
}

TEST_CASE("the JSON reader refuses what is not JSON") {
  for (const char* bad : {"", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "+1", "tru", "\"\\x\"", "\"a",
                          "1 2", "{a:1}", "'a'", "\"\\ud800\"", "\"\\u12\"", "[1 2]", "nul", "-"}) {
    CAPTURE(bad);
    CHECK_FALSE(Json::parse(bad));
  }
  CHECK_FALSE(Json::parse(std::string(100, '[') + std::string(100, ']')));
}
