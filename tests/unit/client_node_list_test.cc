#include <doctest/doctest.h>

#include "client/node_list.h"

namespace farline::client {
namespace {

policy::Supernode node(uint8_t key, const char* address, policy::Set<policy::NodeRole> roles = {}) {
  return {.key = {key}, .address = address, .roles = roles};
}

crypto::PublicKey key(uint8_t first) {
  return {first};
}

TEST_CASE("a device stays where it is and takes the first key that is listed there") {
  const std::vector<policy::Supernode> listed{node(9, "far:1"), node(3, "near:1"), node(2, "near:1")};
  CHECK(choose_node(listed, "near:1", key(2)) == &listed[1]);
  CHECK(choose_node(listed, "near:1", key(1)) == &listed[1]);  // its own is listed no more
  CHECK(choose_node(listed, "near:1", key(3)) == &listed[1]);
  CHECK(choose_node(listed, "moved:1", key(2)) == &listed[1]);  // the node has another address now
  CHECK(choose_node(listed, "gone:1", key(7)) == &listed[0]);
  CHECK(choose_node({}, "near:1", key(2)) == nullptr);
}

TEST_CASE("a supernode that keeps no directory is no place to attach to") {
  policy::Set<policy::NodeRole> relay, both;
  relay.add(policy::NodeRole::relay);
  both.add(policy::NodeRole::relay);
  both.add(policy::NodeRole::directory);
  const std::vector<policy::Supernode> listed{node(1, "a:1", relay), node(2, "a:1", both)};
  CHECK(choose_node(listed, "a:1", key(1)) == &listed[1]);
  CHECK(choose_node(std::span(listed).first(1), "a:1", key(1)) == nullptr);
}

}  // namespace
}  // namespace farline::client
