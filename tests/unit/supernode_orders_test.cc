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

namespace {

// Asks to be renewed in its session; takes what it is given.
wire::Certificate renewed(OrderWorld& world, MiniClient& client) {
  world.send(client, wire::Renew{});
  const auto answer = world.take<wire::Enrolled>(client);
  REQUIRE(answer.has_value());
  REQUIRE_EQ(answer->status, EnrolStatus::done);
  client.certificate = to_vector(answer->certificates[answer->certificate_count - 1]);
  return wire::verify_chain(std::span(answer->certificates).first(answer->certificate_count),
                            {world.root.public_key, wire::Role::device, {}}, world.asymmetric)
      .value();
}

}  // namespace

TEST_CASE("a certificate is renewed in its last sixth, with its name, keys, role and life") {
  OrderWorld world;
  auto ann = world.new_client();
  REQUIRE_EQ(world.enrol(*ann, world.invite({.role = 2, .days = 60}), "Ann"), EnrolStatus::done);
  const auto first = wire::parse_certificate(ann->certificate).value();
  world.advance(24h * 49);
  REQUIRE(world.attach(*ann));
  CHECK(renewed(world, *ann).issued == first.issued);  // not yet
  world.advance(24h * 1 + 1h);
  REQUIRE(world.attach(*ann));
  const auto second = renewed(world, *ann);
  CHECK(second.issued == world.wall());
  CHECK_EQ(second.expires.seconds - second.issued.seconds, 60 * 24 * kHour);
  CHECK_EQ(second.name, "Ann");
  CHECK_EQ(second.person_role, 2);
  CHECK(second.static_key == first.static_key);
  CHECK(second.signing_key == first.signing_key);
  CHECK(renewed(world, *ann).issued == second.issued);  // asked again: the same one
  CHECK(world.attach(*ann));
  CHECK_EQ(world.node->status().devices, 1);
}

TEST_CASE("a device that lost the answer to RENEW still comes in with its old certificate, and is told") {
  OrderWorld world;
  auto ann = world.new_client();
  REQUIRE_EQ(world.enrol(*ann, world.invite({.days = 60}), "Ann"), EnrolStatus::done);
  const ByteVector old = ann->certificate;
  world.advance(24h * 51);
  REQUIRE(world.attach(*ann));
  const auto fresh = renewed(world, *ann);
  ann->certificate = old;
  world.advance(24h * 20);  // it has expired since
  CHECK_FALSE(world.attach(*ann));
  const auto response = world.deliver(*ann, ann->attach_with_certificate());
  REQUIRE(response.has_value());
  const auto payload = ann->take_response(world.now, response->datagram.bytes());
  REQUIRE(payload.has_value());
  CHECK_EQ(payload->status, wire::AttachStatus::attached);
  CHECK_EQ(payload->capabilities & wire::kNodeHasCertificate, wire::kNodeHasCertificate);
  CHECK(renewed(world, *ann).issued == fresh.issued);
}

TEST_CASE("guests and expired certificates are renewed by order only, once") {
  OrderWorld world;
  auto gil = world.new_client();
  REQUIRE_EQ(world.enrol(*gil, world.invite({.role = 1, .days = 6}), "Gil"), EnrolStatus::done);
  const auto first = wire::parse_certificate(gil->certificate).value();
  world.advance(24h * 5 + 1h);
  REQUIRE(world.attach(*gil));
  CHECK(renewed(world, *gil).issued == first.issued);
  world.advance(24h);
  CHECK_FALSE(world.attach(*gil));
  CHECK_FALSE(world.attach(*gil, true));

  wire::Order order = world.order();
  order.renewals = {{.device = gil->id(), .expires = {world.wall().seconds + kHour}, .role = 0, .days = 9}};
  REQUIRE(world.take_order(order).has_value());
  SUBCASE("in time") {
    SUBCASE("") {}
    SUBCASE("restarted") {
      world.start();
    }
    REQUIRE(world.attach(*gil, true));
    const auto second = renewed(world, *gil);
    CHECK_EQ(second.person_role, 0);
    CHECK_EQ(second.expires.seconds - second.issued.seconds, 9 * 24 * kHour);
    world.advance(24h * 10);
    CHECK_FALSE(world.attach(*gil, true));
  }
  SUBCASE("too late") {
    world.advance(1h);
    CHECK_FALSE(world.attach(*gil, true));
  }
}
