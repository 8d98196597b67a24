#include <doctest/doctest.h>

#include "admin/known_nodes.h"

namespace farline::admin {
namespace {

Plan listing(std::vector<policy::Supernode> root, std::vector<policy::Supernode> site = {}) {
  Plan out;
  out.root.rules.supernodes = std::move(root);
  if (!site.empty()) out.sites.emplace_back().rules.supernodes = std::move(site);
  return out;
}

policy::Supernode at(const char* address, uint8_t key) {
  return {.key = {key}, .address = address, .roles = {}};
}

bool mentions(const std::vector<std::string>& lines, const std::string& words) {
  for (const std::string& line : lines)
    if (line.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("supernodes that are known, and those of a first policy, need no second look") {
  CHECK(doubtful_nodes(listing({at("a:1", 1)}), {}).empty());
  CHECK(doubtful_nodes(listing({}), {.previous = listing({at("a:1", 1)}), .certified = {{9}}}).empty());
  CHECK(doubtful_nodes(listing({at("b:2", 1)}), {.previous = listing({at("a:1", 1)}), .certified = {}}).empty());
  CHECK(doubtful_nodes(listing({at("a:1", 1)}), {.previous = {}, .certified = {{1}}}).empty());
  CHECK(doubtful_nodes(listing({at("a:1", 1)}), {.previous = listing({}, {at("a:1", 1)}), .certified = {}}).empty());
}

TEST_CASE("a supernode's key that nobody knows is named, with the one that stood there") {
  const KnownNodes known{.previous = listing({at("a:1", 1), at("b:1", 2)}), .certified = {{3}}};
  const auto one = doubtful_nodes(listing({at("a:1", 7), at("b:1", 2)}, {at("a:1", 7)}), known);
  REQUIRE(one.size() == 1);
  CHECK(mentions(one, "0700"));
  CHECK(mentions(one, "which has 0100"));
  const auto moved = doubtful_nodes(listing({at("c:1", 8), at("c:1", 3)}), known);
  REQUIRE(moved.size() == 1);
  CHECK_FALSE(mentions(moved, "which has"));
  const auto all = doubtful_nodes(listing({at("a:1", 7)}, {at("b:1", 8)}), known);
  CHECK(all.size() == 3);
  CHECK(mentions(all, "none of the keys is known"));
}

}  // namespace farline::admin
