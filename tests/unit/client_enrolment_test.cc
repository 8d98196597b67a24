#include <doctest/doctest.h>

#include "client/enrolment.h"
#include "support/fake_asymmetric.h"
#include "support/fake_node.h"
#include "wire/invitation.h"

using namespace farline;
using namespace farline::testing;

namespace {

const Address kNodeAddress = Address::v4(192, 0, 2, 1, 4747);
constexpr WallTime kWall{1'700'000'000};

struct Office {
  explicit Office(wire::AttachStatus status = wire::AttachStatus::enrolment_open) {
    node.response.status = status;
    node.response.time = kWall;
    core.start(now, kWall);
    settle();
  }
  void settle() {
    Transmit sent;
    while (core.poll_transmit(sent)) node.handle(now, sent.datagram.bytes());
    while (!node.out.empty()) {
      const ByteVector datagram = std::move(node.out.front());
      node.out.pop_front();
      core.handle_datagram(now, kNodeAddress, datagram);
      while (core.poll_transmit(sent)) node.handle(now, sent.datagram.bytes());
    }
  }
  // Certifies the keys that asked, under this name and signed by this root.
  void certify(const std::string& name, const crypto::SigningKeyPair& by) {
    const auto request = node.take<wire::Enrol>();
    REQUIRE(request);
    const wire::Certificate certificate{.role = wire::Role::device,
                                        .name = name,
                                        .static_key = node.client_key,
                                        .signing_key = request->signing_key,
                                        .issued = {kWall.seconds - 10},
                                        .expires = {kWall.seconds + 1'000'000},
                                        .issuer = wire::key_id_of(by.public_key),
                                        .limits = {}};
    const ByteVector encoded = wire::encode_and_sign(certificate, by, asymmetric);
    node.send(now, wire::Enrolled{.root_key = by.public_key, .certificates = {encoded}, .certificate_count = 1});
    settle();
  }

  SeededRng rng{1};
  FakeAsymmetric asymmetric;
  crypto::SigningKeyPair root = asymmetric.generate_signing_key_pair(rng);
  FakeNode node{2, asymmetric};
  client::Enrolment core{{.invitation = {.root_key_hash = wire::root_key_hash_of(root.public_key),
                                         .node_key = node.keys.public_key,
                                         .token = {},
                                         .expires = {},
                                         .host = "192.0.2.1",
                                         .port = 4747},
                          .node_address = kNodeAddress,
                          .name = "Ada"},
                         rng,
                         asymmetric};
  Time now{};
};

}  // namespace

TEST_CASE("an invitation becomes an identity, with the site's name when it has one") {
  for (const char* name : {"Ada", "ada", "Ada@ship"}) {
    Office office;
    office.certify(name, office.root);
    REQUIRE(office.core.is_finished());
    const auto identity = office.core.take_result();
    REQUIRE(identity);
    CHECK_EQ(identity->name, name);
    CHECK_EQ(identity->static_keys.public_key, office.node.client_key);
  }
}

TEST_CASE("another name than asked for, and another organisation, are refused") {
  for (const char* name : {"Mallory", "Adam", "Mallory@ship"}) {
    Office office;
    office.certify(name, office.root);
    REQUIRE(office.core.is_finished());
    CHECK_FALSE(office.core.take_result());
  }
  Office office;
  office.certify("Ada", office.asymmetric.generate_signing_key_pair(office.rng));
  REQUIRE(office.core.is_finished());
  CHECK_FALSE(office.core.take_result());
}

TEST_CASE("a supernode that may not enrol says so, and nobody waits") {
  Office office(wire::AttachStatus::enrolment_closed);
  REQUIRE(office.core.is_finished());
  const auto identity = office.core.take_result();
  REQUIRE_FALSE(identity);
  CHECK_EQ(identity.error().code, Errc::denied);
  CHECK(identity.error().what.find("another one") != std::string_view::npos);
}

TEST_CASE("the request is repeated, over a new session when the node has forgotten the first, and given up at last") {
  Office office;
  REQUIRE(office.node.take<wire::Enrol>());
  office.node.transport.reset();  // it restarted
  const auto pass = [&](Duration duration) {
    const Time until = office.now + duration;
    while (office.core.next_timeout() && *office.core.next_timeout() <= until) {
      office.now = *office.core.next_timeout();
      office.core.handle_timeout(office.now);
      office.settle();
    }
    office.now = until;
  };
  pass(90s);
  CHECK_EQ(office.node.handshakes, 2);
  CHECK(office.node.take<wire::Enrol>());
  pass(client::Enrolment::kTimeout);
  REQUIRE(office.core.is_finished());
  CHECK_EQ(office.core.take_result().error().code, Errc::io);
}
