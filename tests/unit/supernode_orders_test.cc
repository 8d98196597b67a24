#include <doctest/doctest.h>

#include "support/supernode_world.h"
#include "wire/order.h"

using namespace farline;
using namespace farline::testing;
using wire::EnrolStatus;

namespace {

constexpr uint64_t kHour = 3600;

struct OrderWorld : SupernodeWorld {
  explicit OrderWorld(const WorldOptions& options = {}) : SupernodeWorld(options) {}

  WallTime wall() const { return {kWall + static_cast<uint64_t>(now.time_since_epoch() / 1s)}; }
  wire::Order order() {
    wire::Order out;
    out.id[0] = ++orders_;
    out.issued = wall();
    out.nodes = {node_key()};
    return out;
  }
  wire::OrderedInvitation invitation(const wire::Token& token, const std::string& name, uint32_t uses = 1) const {
    return {.token = wire::token_hash_of(token), .uses = uses, .expires = {wall().seconds + kHour}, .name = name};
  }

 private:
  uint8_t orders_ = 0;
};

}  // namespace

TEST_CASE("an order's invitations open enrolments as the node's own do, once and also after a restart") {
  OrderWorld world;
  const wire::Token for_ann{1}, for_two{2};
  wire::Order order = world.order();
  order.invitations = {world.invitation(for_ann, "Ann"), world.invitation(for_two, "", 2)};
  order.invitations[0].role = 2;
  order.invitations[1].days = 3;
  const auto taken = world.take_order(order);
  REQUIRE(taken.has_value());
  CHECK_EQ(taken->invitations, 2);
  CHECK_EQ(taken->until.seconds, world.wall().seconds + kHour);
  SUBCASE("") {}
  SUBCASE("restarted") {
    world.start();
  }

  auto ann = world.new_client(), bob = world.new_client(), cy = world.new_client();
  CHECK_EQ(world.enrol(*bob, for_ann, "Bob"), EnrolStatus::name_not_allowed);
  CHECK_EQ(world.enrol(*ann, for_ann, "Ann"), EnrolStatus::done);
  CHECK_EQ(wire::parse_certificate(ann->certificate)->person_role, 2);
  CHECK_EQ(world.enrol(*cy, for_two, "Cy"), EnrolStatus::done);
  const auto certificate = wire::parse_certificate(cy->certificate).value();
  CHECK_EQ(certificate.expires.seconds - certificate.issued.seconds, 3 * 24 * kHour);
  CHECK_EQ(world.enrol(*world.new_client(), for_two, "Dee"), EnrolStatus::done);
  CHECK_EQ(world.node->status().invitations, 0);

  // Used up, and not to be had again.
  CHECK_EQ(world.take_order(order).error().code, Errc::denied);
  world.start();
  CHECK_EQ(world.take_order(order).error().code, Errc::denied);
  CHECK_EQ(world.node->status().invitations, 0);
}

TEST_CASE("what is not for this node, now, and of its site is not taken, and nothing of it") {
  OrderWorld world({.site = "goma"});
  wire::Order order = world.order();
  order.invitations = {world.invitation({1}, "Ann"), world.invitation({2}, "Bob@goma")};
  SUBCASE("another node") {
    order.nodes[0][0] ^= 1;
  }
  SUBCASE("over") {
    world.advance(1h);
  }
  SUBCASE("another site") {
    order.invitations[1].name = "Bob@beirut";
  }
  SUBCASE("written two days from now") {
    order.issued.seconds += 48 * kHour;
    for (auto& invitation : order.invitations) invitation.expires.seconds += 48 * kHour;
  }
  CHECK_EQ(world.take_order(order).error().code, Errc::denied);
  CHECK_EQ(world.node->status().invitations, 0);
}

TEST_CASE("only the root gives orders; a clock that is not set takes none") {
  OrderWorld world;
  wire::Order order = world.order();
  order.invitations = {world.invitation({1}, "Ann")};
  SeededRng rng(5);
  const auto stranger = world.asymmetric.generate_signing_key_pair(rng);
  CHECK_EQ(world.node->take_order(world.now, wire::encode_and_sign(order, stranger, world.asymmetric)).error().code,
           Errc::auth);
  world.node->set_wall_time(world.now, {});
  CHECK_EQ(world.take_order(order).error().code, Errc::denied);
  world.node->set_wall_time(world.now, world.wall());
  order.nodes.clear();  // for every node
  CHECK(world.take_order(order).has_value());
}
