#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "client/node_list.h"
#include "wire/certificate.h"

namespace farline::client {
namespace {

policy::Supernode node(uint8_t key, const char* address, policy::Set<policy::NodeRole> roles = {}) {
  return {.key = {key}, .address = address, .roles = roles};
}
NodeTarget known(uint8_t key, const char* place) {
  return {Address::v4(192, 0, 2, key, 1), {key}, place};
}
policy::Set<policy::NodeRole> only(policy::NodeRole role) {
  policy::Set<policy::NodeRole> out;
  out.add(role);
  return out;
}

struct List {
  explicit List(NodeTarget first, NodeList::Choice choice = NodeList::Choice::any)
      : nodes(std::move(first), choice, {77}, out) {}
  void follow(const std::vector<policy::Supernode>& listed, const std::vector<wire::DeviceId>& revoked = {}) {
    nodes.follow(listed, revoked);
  }
  void attach(const NodeTarget& node, uint64_t wall) { nodes.attached(nodes.index_of(node), WallTime{wall}); }
  std::vector<unsigned> keys() const {
    std::vector<unsigned> all;
    for (size_t i = 0; i < nodes.candidates().total(); ++i) all.push_back(nodes.at(i).static_key[0]);
    return all;
  }
  bool has(uint8_t key) const { return std::ranges::count(keys(), key) != 0; }
  uint8_t key_for(const NodeTarget& node) const { return nodes.at(nodes.index_of(node)).static_key[0]; }
  // A later run.
  void load_saves_of(const List& before) {
    std::map<ByteVector, SaveRecord> newest;
    for (const SaveRecord& r : before.out.saves) newest[r.key] = r;
    for (const auto& [key, r] : newest)
      if (!r.value.empty()) nodes.load(r);
  }
  Outputs out;
  NodeList nodes;
};

TEST_CASE("a device stays where it is and takes the first key that is listed there") {
  List list(known(1, "first:1"));
  list.follow({node(9, "far:1"), node(3, "near:1"), node(2, "near:1")});
  CHECK(list.key_for(known(2, "near:1")) == 3);
  CHECK(list.key_for(known(1, "near:1")) == 3);   // its own is listed no more
  CHECK(list.key_for(known(9, "moved:1")) == 9);  // the node has another address now
  CHECK_FALSE(list.has(2));
}

TEST_CASE("a list with a wrong key locks nobody out: the former key is there until the listed one has answered") {
  List list(known(1, "a:1"));
  list.follow({node(1, "a:1"), node(2, "b:1")});
  list.attach(known(1, "a:1"), 1);
  list.attach(known(2, "b:1"), 1);
  list.follow({node(9, "a:1"), node(8, "b:1"), node(4, "d:1", only(policy::NodeRole::dedicated))});
  CHECK(list.keys().size() == 5);
  CHECK(list.key_for(known(1, "a:1")) == 9);  // first what is signed
  CHECK(list.nodes.candidates().ordinary == 4);
  CHECK(list.keys().back() == 4);
  List later(known(9, "a:1"));
  later.load_saves_of(list);
  later.follow({node(9, "a:1"), node(8, "b:1")});
  REQUIRE(later.keys().size() == 4);
  size_t former = 0;
  while (later.nodes.at(former).static_key[0] != 1) ++former;
  CHECK(former >= 2);
  CHECK_FALSE(later.nodes.attached(former, WallTime{3}));  // it does not become more than it is
  CHECK(later.keys().size() == 4);

  later.attach(known(8, "b:1"), 4);  // right for b; for a nobody knows yet
  CHECK(later.has(1));
  CHECK_FALSE(later.has(2));
  later.attach(known(9, "a:1"), 5);
  CHECK_FALSE(later.has(1));
  List last(known(9, "a:1"));
  last.load_saves_of(later);
  last.follow({node(9, "a:1"), node(8, "b:1")});
  CHECK(last.keys().size() == 2);
}

TEST_CASE("a right list after a wrong one: the former key is the listed one again") {
  List list(known(1, "a:1"));
  list.follow({node(1, "a:1")});
  list.attach(known(1, "a:1"), 1);
  list.follow({node(9, "a:1")});
  list.follow({node(1, "a:1")});
  CHECK(list.keys().front() == 1);
  list.attach(known(1, "a:1"), 2);
  CHECK(list.keys() == std::vector<unsigned>{1});
}

TEST_CASE("a former key that is revoked, or where only listed ones will do, is no candidate") {
  List list(known(1, "a:1"));
  list.follow({node(1, "a:1")});
  list.attach(known(1, "a:1"), 1);
  list.follow({node(9, "a:1")}, {wire::device_id_of({1})});
  CHECK(list.keys() == std::vector<unsigned>{9});
  List strict(known(1, "a:1"), NodeList::Choice::listed);
  strict.follow({node(1, "a:1")});
  strict.attach(known(1, "a:1"), 1);
  strict.follow({node(9, "a:1")});
  CHECK(strict.keys() == std::vector<unsigned>{9});
}

TEST_CASE("a supernode that keeps no directory is no place to attach to, a dedicated one comes last") {
  List list(known(1, "a:1"));
  list.follow({node(4, "d:1", only(policy::NodeRole::dedicated)), node(2, "b:1", only(policy::NodeRole::relay)),
               node(3, "c:1")});
  CHECK(list.keys() == std::vector<unsigned>{3, 1, 4});
  CHECK(list.nodes.candidates().ordinary == 2);
  CHECK(list.nodes.candidates().dedicated == 1);
}

TEST_CASE(
    "what a policy lists no more is forgotten when another has answered, what none has listed is kept for the worst "
    "day") {
  List list(known(1, "invitation:1"));
  list.follow({});
  list.nodes.attached(0, WallTime{1});
  list.follow({node(2, "b:1"), node(3, "c:1")});
  CHECK(list.keys().back() == 1);
  list.nodes.found("b:1", Address::v4(192, 0, 2, 2, 1));
  list.nodes.attached(list.nodes.index_of(known(2, "b:1")), WallTime{2});
  list.follow({node(3, "c:1")});
  CHECK(list.keys() == std::vector<unsigned>{3, 1, 2});
  list.attach(known(3, "c:1"), 3);
  CHECK(list.keys() == std::vector<unsigned>{3, 1});
  list.follow({node(4, "invitation:1")});
  CHECK(list.keys().front() == 4);
  list.attach(known(4, "invitation:1"), 4);
  CHECK(list.keys() == std::vector<unsigned>{4});

  List later(known(4, "invitation:1"));
  later.load_saves_of(list);
  later.follow({});
  CHECK(later.keys() == std::vector<unsigned>{4});
}

TEST_CASE("without a policy's list the nodes of earlier runs are there, with the addresses where they answered") {
  List list(known(1, "a:1"));
  list.follow({node(2, "b:1")});
  list.nodes.found("b:1", Address::v4(192, 0, 2, 2, 1));
  list.nodes.attached(0, WallTime{5});
  List later({{}, {2}, "b:1"});
  later.load_saves_of(list);
  later.follow({node(2, "b:1")});
  REQUIRE(later.nodes.at(0).static_key[0] == 2);
  CHECK_FALSE(later.nodes.needs_address(0));
  later.nodes.was_silent(0);
  CHECK(later.nodes.needs_address(0));
  later.nodes.found("b:1", std::nullopt);  // DNS does not answer either: the old one is all there is
  CHECK(later.nodes.at(0).address == Address::v4(192, 0, 2, 2, 1));
}

TEST_CASE("a note of an earlier run with another key takes no node away, nor its address") {
  const NodeTarget own = known(1, "a:1");
  List list(own);
  const auto note = [&](const NodeTarget& node) {
    List earlier(node);
    earlier.nodes.attached(0, WallTime{9});
    list.load_saves_of(earlier);
  };
  note({own.address, {7}, own.place});
  note({Address::v4(192, 0, 2, 66, 6), own.static_key, own.place});
  list.follow({});
  CHECK(list.nodes.at(list.nodes.index_of(own)).static_key[0] == 1);
  CHECK(list.nodes.at(list.nodes.index_of(own)).address == own.address);
  CHECK(list.keys().size() == 2);  // the other is tried when this one is silent
  CHECK(list.has(7));
  list.follow({node(1, "a:1")});  // signed: it is known which one is right
  CHECK(list.keys() == std::vector<unsigned>{1, 7});
  list.attach(known(1, "a:1"), 10);
  CHECK(list.keys() == std::vector<unsigned>{1});
}

TEST_CASE("a note of this node at another place does not send the device there") {
  const NodeTarget own = known(1, "a:1");
  List moved({{}, {1}, "b:1"});
  moved.nodes.attached(0, WallTime{9});
  List list(own);
  list.load_saves_of(moved);
  list.follow({});
  CHECK(list.nodes.at(list.nodes.index_of(own)).place == "a:1");
}

TEST_CASE("devices of one dead node do not all go to the same next one") {
  std::vector<policy::Supernode> listed;
  const std::array<const char*, 4> places{"a:1", "b:1", "c:1", "d:1"};
  for (uint8_t i = 0; i < 4; ++i) listed.push_back(node(i, places[i]));
  std::array<unsigned, 4> next{};
  for (uint8_t device = 0; device < 100; ++device) {
    Outputs out;
    NodeList nodes(known(0, "a:1"), NodeList::Choice::any, {device}, out);
    nodes.follow(listed, {});
    const size_t at = nodes.index_of(known(0, "a:1"));
    ++next[nodes.at((at + 1) % 4).static_key[0]];
  }
  for (size_t i = 1; i < 4; ++i) CHECK(next[i] > 20);
}

TEST_CASE("a node that is fixed stays, and its key follows the list") {
  List list(known(1, "a:1"), NodeList::Choice::fixed);
  list.follow({node(5, "a:1"), node(2, "b:1")});
  CHECK(list.keys() == std::vector<unsigned>{5});
  CHECK(list.nodes.at(0).address == Address::v4(192, 0, 2, 1, 1));
}

TEST_CASE("records that this did not save are skipped") {
  List list(known(1, "a:1"));
  for (const ByteVector& value : {ByteVector{}, ByteVector(5), ByteVector(27 + NodeList::kPlaceBytesMax + 1)})
    list.nodes.load(make_record(RecordKind::node, ByteVector(32, 9), value));
  list.nodes.load(make_record(RecordKind::node, ByteVector(31, 9), ByteVector(40)));
  list.follow({});
  CHECK(list.keys() == std::vector<unsigned>{1});
}

}  // namespace
}  // namespace farline::client
