#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "ui/licences.h"

using namespace farline::ui;

TEST_CASE("every part names its terms, and every named text is there whole") {
  for (const Licence& part : licences()) {
    CHECK_FALSE(part.terms.empty());
    const bool is_free = part.terms.find("Public domain") == 0;
    CHECK((is_free || !part.texts[0].empty()));
    for (const std::string_view id : part.texts)
      if (!id.empty()) CHECK_MESSAGE(licence_text(id).size() > 500, id);
  }
  CHECK(licence_text("GPL-9").empty());
}

TEST_CASE("every text is some part's") {
  for (const LicenceText& text : licence_texts())
    CHECK_MESSAGE(std::ranges::any_of(
                      licences(),
                      [&](const Licence& part) { return std::ranges::find(part.texts, text.id) != part.texts.end(); }),
                  text.id);
}

TEST_CASE("the program's own licence is the one of its sources") {
  std::ifstream file(FARLINE_SOURCE_DIR "/LICENSE");
  std::stringstream own;
  own << file.rdbuf();
  CHECK(own.str() == licence_text("Apache-2.0"));
}

TEST_CASE("all of it for a terminal") {
  const std::string page = licences_page();
  CHECK(page.find("GNU FriBidi: GNU Lesser") != page.npos);
  CHECK(page.find("--- LGPL-2.1 ---\n\n                  GNU LESSER GENERAL PUBLIC LICENSE") != page.npos);
  CHECK(page.find("-relink.zip") != page.npos);
  CHECK(page.size() > 60'000);
}
