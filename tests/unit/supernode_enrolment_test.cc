#include <doctest/doctest.h>

#include "support/supernode_world.h"

using namespace farline;
using namespace farline::testing;
using wire::EnrolStatus;

namespace {

// Opens an enrolment and asks for `name`.
EnrolStatus try_to_enrol(SupernodeWorld& world, const wire::Token& token, std::string_view name) {
  auto client = world.new_client();
  return world.enrol(*client, token, name);
}

bool opens(SupernodeWorld& world, MiniClient& client, const wire::Token& token) {
  const auto response = world.deliver(client, client.enrol_with(token));
  if (!response) return false;
  const auto payload = client.take_response(world.now, response->datagram.bytes());
  world.sent.clear();
  return payload && payload->status == wire::AttachStatus::enrolment_open;
}

}  // namespace

TEST_CASE("nobody enrols while the node's disk takes nothing, and the invitation holds afterwards") {
  SupernodeWorld world;
  const wire::Token token = world.invite({.uses = 1});
  world.node->set_store_full(true);
  CHECK_EQ(try_to_enrol(world, token, "Ann"), EnrolStatus::store_full);
  world.node->set_store_full(false);
  auto ann = world.new_client();
  CHECK_EQ(world.enrol(*ann, token, "Ann"), EnrolStatus::done);
  // Not even who has enrolled is told so again.
  world.node->set_store_full(true);
  world.send(*ann, ann->enrol_request("Ann"));
  const auto again = world.take<wire::Enrolled>(*ann);
  REQUIRE(again);
  CHECK_EQ(again->status, EnrolStatus::store_full);
}

TEST_CASE("an invitation becomes a certificate of the organisation, for a year, on the real keys") {
  SupernodeWorld world({.asymmetric = &crypto::real_asymmetric()});
  auto ann = world.new_client();
  const wire::Token token = world.invite({.uses = 1});
  REQUIRE(opens(world, *ann, token));
  world.send(*ann, ann->enrol_request("Ann Ö"));
  const auto answer = world.take<wire::Enrolled>(*ann);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, EnrolStatus::done);
  REQUIRE_EQ(answer->certificate_count, 2);
  CHECK(answer->root_key == world.root.public_key);
  const auto wall = WallTime{SupernodeWorld::kWall + 3600};
  const auto certificate = wire::verify_chain(
      std::span(answer->certificates).first(2),
      {.root_key = world.root.public_key, .role = wire::Role::device, .now = wall}, world.asymmetric);
  REQUIRE(certificate.has_value());
  CHECK_EQ(certificate->name, "Ann Ö");
  CHECK(certificate->static_key == ann->keys.public_key);
  CHECK(certificate->signing_key == ann->signing_keys.public_key);
  CHECK_EQ(certificate->expires.seconds, wall.seconds + 365 * 24 * 3600);
  ann->certificate = to_vector(answer->certificates[1]);
  CHECK(world.attach(*ann));
}

TEST_CASE("an invitation says the role of its people and how long their certificates live, also after a restart") {
  SupernodeWorld world;
  const wire::Token lead = world.invite({.uses = 300, .role = 2}), guest = world.invite({.role = 1, .days = 3});
  SUBCASE("") {}
  SUBCASE("restarted") {
    world.start();
  }
  const auto certificate_by = [&](const wire::Token& token, std::string_view name) {
    auto client = world.new_client();
    REQUIRE_EQ(world.enrol(*client, token, name), EnrolStatus::done);
    return wire::parse_certificate(client->certificate).value();
  };
  const auto ann = certificate_by(lead, "Ann"), bob = certificate_by(guest, "Bob");
  CHECK_EQ(ann.person_role, 2);
  CHECK_EQ(ann.expires.seconds - ann.issued.seconds, 365 * 24 * 3600);
  CHECK_EQ(bob.person_role, 1);
  CHECK_EQ(bob.expires.seconds - bob.issued.seconds, 3 * 24 * 3600);
  CHECK_FALSE(world.node->invite(world.now, {.role = wire::kPersonRoleMax + 1}).has_value());
  CHECK_FALSE(world.node->invite(world.now, {.days = 366}).has_value());
}

TEST_CASE("ENROL repeated gets the same answer and uses the invitation once") {
  SupernodeWorld world;
  auto ann = world.new_client();
  const wire::Token token = world.invite({.uses = 2});
  REQUIRE_EQ(world.enrol(*ann, token, "Ann"), EnrolStatus::done);
  const ByteVector certificate = ann->certificate;
  SUBCASE("in the session") {
    world.send(*ann, ann->enrol_request("Ann"));
    const auto again = world.take<wire::Enrolled>(*ann);
    REQUIRE(again.has_value());
    CHECK(equal(again->certificates[1], certificate));
  }
  SUBCASE("in a new session, even after the invitation is used up") {
    REQUIRE_EQ(try_to_enrol(world, token, "Bob"), EnrolStatus::done);
    CHECK_EQ(world.node->status().invitations, 0);
    CHECK_EQ(world.enrol(*ann, token, "Ann"), EnrolStatus::done);
    CHECK(equal(ann->certificate, certificate));
    CHECK_EQ(world.enrol(*ann, token, "Bob"), EnrolStatus::name_not_allowed);
  }
  CHECK_LE(world.node->status().devices, 2);
}

TEST_CASE("the session goes on as an attached one after enrolment, and is nothing before") {
  SupernodeWorld world;
  auto ann = world.new_client();
  REQUIRE(opens(world, *ann, world.invite()));
  world.send(*ann, wire::Lookup{.request = 1, .name = "Ann"});
  CHECK(world.sent.empty());
  CHECK_EQ(world.node->counters().refused, 1);
  world.send(*ann, ann->enrol_request("Ann"));
  REQUIRE(world.take<wire::Enrolled>(*ann).has_value());
  world.send(*ann, wire::Lookup{.request = 1, .name = "ann"});
  const auto result = world.take<wire::LookupResult>(*ann);
  REQUIRE(result.has_value());
  REQUIRE_EQ(result->device_count, 1);
  CHECK(result->devices[0].attached);
}

TEST_CASE("invitations are limited in uses and hours, and survive a restart") {
  SupernodeWorld world;
  const wire::Token token = world.invite({.uses = 2, .hours = 1});
  REQUIRE_EQ(try_to_enrol(world, token, "Ann"), EnrolStatus::done);
  world.start();
  auto late = world.new_client();
  SUBCASE("used up") {
    REQUIRE_EQ(try_to_enrol(world, token, "Bob"), EnrolStatus::done);
    CHECK_FALSE(opens(world, *late, token));
    world.start();
    CHECK_FALSE(opens(world, *late, token));
  }
  SUBCASE("used up between the handshake and ENROL") {
    REQUIRE(opens(world, *late, token));
    REQUIRE_EQ(try_to_enrol(world, token, "Bob"), EnrolStatus::done);
    world.send(*late, late->enrol_request("Cid"));
    const auto answer = world.take<wire::Enrolled>(*late);
    REQUIRE(answer.has_value());
    CHECK_EQ(answer->status, EnrolStatus::invitation_over);
  }
  SUBCASE("expired") {
    world.advance(1h);
    CHECK_FALSE(opens(world, *late, token));
  }
  SUBCASE("never given") {
    CHECK_FALSE(opens(world, *late, wire::Token{1, 2, 3}));
    CHECK_EQ(world.node->status().pending, 0);
  }
}

TEST_CASE("names: bad, taken, invited, joined") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const wire::Token open = world.invite();
  CHECK_EQ(try_to_enrol(world, open, "line\nbreak"), EnrolStatus::name_not_allowed);
  CHECK_EQ(try_to_enrol(world, open, "ANN"), EnrolStatus::name_taken);
  const wire::Token for_ann = world.invite({.uses = 10, .name = "ann"});
  CHECK_EQ(try_to_enrol(world, for_ann, "Bob"), EnrolStatus::name_not_allowed);
  for (size_t i = 1; i < wire::kDevicesPerPersonMax; ++i)
    CHECK_EQ(try_to_enrol(world, for_ann, "Ann"), EnrolStatus::done);
  CHECK_EQ(try_to_enrol(world, for_ann, "Ann"), EnrolStatus::name_taken);
  CHECK_EQ(world.node->status().people, 1);
  CHECK_EQ(world.node->status().devices, wire::kDevicesPerPersonMax);
}

TEST_CASE("a name refused may be tried again in the same session, but not for ever") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto late = world.new_client();
  REQUIRE(opens(world, *late, world.invite()));
  for (unsigned i = 0; i < wire::kEnrolAttemptsMax - 1; ++i) {
    world.send(*late, late->enrol_request("ann"));
    const auto answer = world.take<wire::Enrolled>(*late);
    REQUIRE(answer.has_value());
    CHECK_EQ(answer->status, EnrolStatus::name_taken);
  }
  SUBCASE("the last try") {
    world.send(*late, late->enrol_request("Annika"));
    const auto answer = world.take<wire::Enrolled>(*late);
    REQUIRE(answer.has_value());
    CHECK_EQ(answer->status, EnrolStatus::done);
  }
  SUBCASE("one too many") {
    world.send(*late, late->enrol_request("ann"));
    world.sent.clear();
    world.send(*late, late->enrol_request("Annika"));
    CHECK(world.sent.empty());
    CHECK_EQ(world.node->status().devices, 1);
  }
}

TEST_CASE("a trial organisation lets a second device join a name") {
  SupernodeWorld world({.is_trial = true});
  const wire::Token token = world.invite();
  CHECK_EQ(try_to_enrol(world, token, "Ann"), EnrolStatus::done);
  CHECK_EQ(try_to_enrol(world, token, "ann"), EnrolStatus::done);
  CHECK_EQ(world.node->status().people, 1);
  CHECK_EQ(world.node->status().devices, 2);
}

TEST_CASE("a node of a site enrols names of that site, and finds them without it") {
  SupernodeWorld world({.site = "goma"});
  const wire::Token token = world.invite();
  auto ann = world.new_client();
  REQUIRE_EQ(world.enrol(*ann, token, "Ann"), EnrolStatus::done);
  CHECK_EQ(wire::parse_certificate(ann->certificate)->name, "Ann@goma");
  CHECK_EQ(try_to_enrol(world, token, "Ann@bukavu"), EnrolStatus::name_not_allowed);
  CHECK_EQ(try_to_enrol(world, token, std::string(62, 'x')), EnrolStatus::name_not_allowed);
  for (const std::string_view name : {"ann", "ANN@goma"}) {
    world.send(*ann, wire::Lookup{.request = 3, .name = name});
    const auto result = world.take<wire::LookupResult>(*ann);
    REQUIRE(result.has_value());
    CHECK_EQ(result->device_count, 1);
  }
}

TEST_CASE("a request signed with another key, for another name or in another session is refused") {
  SupernodeWorld world({.asymmetric = &crypto::real_asymmetric()});
  auto ann = world.new_client();
  const wire::Token token = world.invite();
  REQUIRE(opens(world, *ann, token));
  wire::Enrol request = ann->enrol_request("Ann");
  SUBCASE("signature changed") {
    request.signature[5] ^= 1;
  }
  SUBCASE("another key") {
    request.signing_key = world.new_client()->signing_keys.public_key;
  }
  SUBCASE("no key") {
    request.signing_key = {};
  }
  SUBCASE("another name") {
    request.name = "Bob";
  }
  SUBCASE("another session") {
    REQUIRE(opens(world, *ann, token));
  }
  world.send(*ann, request);
  const auto answer = world.take<wire::Enrolled>(*ann);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, EnrolStatus::signature_wrong);
  CHECK_EQ(world.node->status().devices, 0);
}

TEST_CASE("without a clock nothing is issued") {
  SupernodeWorld world;
  const wire::Token token = world.invite();
  auto ann = world.new_client();
  SUBCASE("not known at the handshake") {
    world.node->set_wall_time(world.now, {});
    CHECK_FALSE(opens(world, *ann, token));
    CHECK_FALSE(world.node->invite(world.now, {}).has_value());
  }
  SUBCASE("lost after it") {
    REQUIRE(opens(world, *ann, token));
    world.node->set_wall_time(world.now, {});
    world.send(*ann, ann->enrol_request("Ann"));
    CHECK(world.sent.empty());
  }
  SUBCASE("before the issuer's time") {
    world.node->set_wall_time(world.now, {1000});
    CHECK_FALSE(opens(world, *ann, token));
  }
  CHECK_EQ(world.node->status().devices, 0);
}

TEST_CASE("orders for invitations are checked") {
  SupernodeWorld world;
  CHECK_FALSE(world.node->invite(world.now, {.uses = 0}).has_value());
  CHECK_FALSE(world.node->invite(world.now, {.uses = wire::kInvitationUsesMax + 1}).has_value());
  CHECK_FALSE(world.node->invite(world.now, {.hours = 0}).has_value());
  CHECK_FALSE(world.node->invite(world.now, {.name = "a@b@c"}).has_value());
  for (size_t i = 0; i < wire::kInvitationsMax; ++i) world.invite({.hours = 1});
  CHECK_FALSE(world.node->invite(world.now, {}).has_value());
  world.advance(1h);
  CHECK(world.node->invite(world.now, {}).has_value());
  CHECK_EQ(world.node->status().invitations, 1);
}

TEST_CASE("an old enrolment initiation disturbs nothing") {
  SupernodeWorld world;
  const wire::Token token = world.invite();
  auto ann = world.new_client();
  const ByteVector old = ann->enrol_with(token);
  REQUIRE(opens(world, *ann, token));
  CHECK_FALSE(world.deliver(*ann, old).has_value());  // pending
  world.send(*ann, ann->enrol_request("Ann"));
  REQUIRE(world.take<wire::Enrolled>(*ann).has_value());
  CHECK_FALSE(world.deliver(*ann, old).has_value());  // enrolled
  CHECK_EQ(world.node->counters().replayed, 2);
}
