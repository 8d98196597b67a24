// TLS that carries datagrams, over loopback. A stalled test ends after ten seconds instead of never.
#include <doctest/doctest.h>

#include "host/address_text.h"
#include "host/tls_client.h"
#include "host/tls_server.h"

using namespace farline;
using namespace farline::host;

namespace {

// A server that answers each datagram with its bytes.
struct TlsWorld {
  TlsWorld() : guard(loop, [this] { loop.stop(); }) {
    guard.start(10s);
    auto listening = TlsServer::listen(loop, {.address = Address::v4(127, 0, 0, 1, 0),
                                              .identity = crypto::TlsIdentity::make(),
                                              .may_be_lost = [](Bytes) { return false; },
                                              .received =
                                                  [this](const Address& from, Bytes datagram) {
                                                    seen_from = from;
                                                    Transmit out;
                                                    out.to = from;
                                                    out.datagram.assign(datagram);
                                                    server->send(out);
                                                  }});
    REQUIRE(listening);
    server = std::move(*listening);
  }
  std::unique_ptr<TlsClient> connect(const HostAndPort& to) {
    return std::make_unique<TlsClient>(loop, TlsClient::Way{.to = to},
                                       TlsConnection::Hooks{.ready =
                                                                [this] {
                                                                  is_ready = true;
                                                                  if (on_ready) on_ready();
                                                                },
                                                            .received =
                                                                [this](Bytes datagram) {
                                                                  received.emplace_back(as_text(datagram));
                                                                  if (received.size() == wanted) loop.stop();
                                                                },
                                                            .failed =
                                                                [this] {
                                                                  has_failed = true;
                                                                  loop.stop();
                                                                }});
  }
  HostAndPort place() const { return split_address(to_text(server->local_address())).value(); }

  Loop loop;
  Timer guard;
  std::unique_ptr<TlsServer> server;
  std::function<void()> on_ready;
  std::vector<std::string> received;
  size_t wanted = 0;
  Address seen_from{};
  bool is_ready = false;
  bool has_failed = false;
};

}  // namespace

TEST_CASE("datagrams go both ways in one TLS connection, whole and in order") {
  TlsWorld world;
  std::unique_ptr<TlsClient> client;
  const std::string longest(kFramedBytesMax, 'x');
  const std::vector<std::string> datagrams{"one", longest, "three"};
  world.wanted = datagrams.size();
  world.on_ready = [&] {
    for (const std::string& datagram : datagrams) client->send(as_bytes(datagram), false);
  };
  client = world.connect(world.place());
  world.loop.run();
  CHECK(world.is_ready);
  CHECK_FALSE(world.has_failed);
  CHECK_EQ(world.received, datagrams);
  CHECK(world.seen_from.is_stream());
  CHECK_EQ(world.seen_from.header_bytes(), Address::kStreamHeaderBytes);
  CHECK_EQ(world.server->way_of({.to = world.seen_from, .datagram = {}}), SideCarrier::Way::side);
  CHECK_EQ(world.server->clients(), 1U);

  // Who goes is forgotten, and what is sent there then is a loss.
  client.reset();
  Timer look(world.loop, [&] {
    if (world.server->clients() == 0)
      world.loop.stop();
    else
      look.start(1ms);
  });
  look.start(1ms);
  world.loop.run();
  CHECK_EQ(world.server->clients(), 0U);
  world.server->send({.to = world.seen_from, .datagram = {}});
}

TEST_CASE("where nobody listens the connection fails, and says nothing of a proxy") {
  TlsWorld world;
  const HostAndPort place = world.place();
  world.server.reset();
  const auto client = world.connect(place);
  world.loop.run();
  CHECK(world.has_failed);
  CHECK_FALSE(world.is_ready);
  CHECK(client->trouble().empty());
}
