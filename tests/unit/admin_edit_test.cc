#include <doctest/doctest.h>

#include <algorithm>

#include "admin/edit.h"
#include "admin/source.h"

using namespace farline;
using namespace farline::admin;

namespace {

constexpr wire::DeviceId kDevice{{1, 2, 3, 4, 5, 6, 7, 8}};
constexpr const char* kHead =
    "organisation = \"Relief\"  # ours\ngeneration = 1\nserial  =  0x7 # raise it\nfrom = 2026-11-01\nuntil = "
    "2027-10-31\n";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out(1);
  for (const char c : text) c == '\n' ? static_cast<void>(out.emplace_back()) : out.back().push_back(c);
  return out;
}

}  // namespace

TEST_CASE("every example makes a policy of one's own") {
  CHECK(examples().size() == 5);
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    const std::string text = new_source({example.text,
                                         "M\xc3\xa9"
                                         "decins \"x\"",
                                         "goma",
                                         {20'780}});
    const Source source = read_source(text);
    for (const Problem& wrong : source.errors) FAIL_CHECK(wrong.line << " " << wrong.key << " " << wrong.what);
    CHECK(source.root.organisation.text ==
          "M\xc3\xa9"
          "decins \"x\"");
    CHECK(source.root.serial == 1);
    CHECK(source.root.from.number == 20'780);
    CHECK(source.root.until.number > 20'780);
    CHECK(source.root.rules.supernodes.empty());  // none that are not theirs
    CHECK(source.root.rules.revoked.empty());
    REQUIRE_FALSE(source.sites.empty());
    CHECK(source.sites[0].name.text == "goma");
    CHECK(text.find("# example") == std::string::npos);
    CHECK(text.find("kalemie") == std::string::npos);
  }
}

TEST_CASE("edits leave every other line as it was") {
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    const Source before = read_source(example.text);
    const policy::ShortHash hash{0xab};
    for (const Edit& edit : {add_site(example.text, {"new", {-14}}), revoke(example.text, kDevice),
                             add_break_glass(example.text, {hash, hash})}) {
      REQUIRE(edit.text.has_value());
      CHECK(read_source(*edit.text).root.serial == before.root.serial + 1);
      std::vector<std::string> after = lines_of(*edit.text);
      size_t lost = 0;
      for (const std::string& line : lines_of(example.text)) {
        const auto same = std::ranges::find(after, line);
        if (same == after.end()) ++lost;
      }
      CHECK(lost <= 2);  // the serial, and a list that had elements
    }
  }
}

TEST_CASE("a source that is written in an unusual way") {
  const std::string spaced = std::string(kHead) + "revoked = [ # lost\n  \"0000000000000001\", # Ann's\n]\n";
  const Edit edit = revoke(spaced, kDevice);
  REQUIRE(edit.text.has_value());
  CHECK(read_source(*edit.text).root.rules.revoked.size() == 2);
  CHECK(edit.text->find("# Ann's") != std::string::npos);
  CHECK(edit.text->find("serial  =  8 # raise it") != std::string::npos);

  const Edit empty = revoke(std::string(kHead) + "revoked = [  ]\n", kDevice);
  CHECK(empty.text.has_value());
  // What follows the last table belongs to it, and a list is no place for tables: told, not guessed.
  const std::string inline_sites = "site = [{name = \"a\", serial = 1}]\n" + std::string(kHead);
  const Edit by_hand = add_site(inline_sites, {"b", {}});
  CHECK_FALSE(by_hand.text.has_value());
  CHECK(by_hand.by_hand.find("serial = 8\n") == 0);
  CHECK(by_hand.by_hand.find("[[site]]\nname = \"b\"") != std::string::npos);
}
