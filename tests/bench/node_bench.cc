// What a supernode can carry: its core in this process, fed with the packets of many clients in virtual time. Sockets
// are not counted.
#include <malloc.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/bench.h"
#include "support/supernode_world.h"

namespace farline {
namespace {

using testing::MiniClient;
using testing::SupernodeWorld;

constexpr size_t kClients = 20'000;
constexpr Duration kBetweenAttaches = 25ms;  // 40 a second: below the rate at which the node asks for cookies
constexpr size_t kKeepaliveRound = 2'000;    // each client is heard of every 50 s

// Gives the node a datagram; what it wants to send is taken away, the last of it kept.
class Node {
 public:
  explicit Node(SupernodeWorld& world) : world_(world) {}
  bool deliver(const Address& from, Bytes datagram) {
    world_.node->handle_datagram(world_.now, from, datagram);
    for (SaveRecord record; world_.node->poll_save(record);) continue;
    bool answered = false;
    while (world_.node->poll_transmit(answer)) answered = true;
    return answered;
  }
  Transmit answer;

 private:
  SupernodeWorld& world_;
};

size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// What the node takes with it when it goes.
double node_bytes(SupernodeWorld& world) {
  const size_t before = heap_bytes();
  world.node.reset();
  return static_cast<double>(before - heap_bytes());
}

void print_memory() {
  bench::section("Memory (heap that the node's core frees at its end, less an empty one's; 20,000 attached, toy keys)");
  double empty = 0;
  {
    SupernodeWorld world;
    empty = node_bytes(world);
  }
  SupernodeWorld world;
  Node node(world);
  std::vector<std::unique_ptr<MiniClient>> clients;
  const auto attach = [&](size_t i) {
    auto client = world.new_client();
    client->certificate =
        world.certificate_by_root(*client, "Person " + std::to_string(i), SupernodeWorld::kWall + 86400);
    INVARIANT(node.deliver(client->address, client->attach_with_certificate()));
    INVARIANT(client->take_response(world.now, node.answer.datagram.bytes()));
    INVARIANT(node.deliver(client->address, client->keepalive()));
    clients.push_back(std::move(client));
  };
  for (size_t i = 0; i < kClients; ++i) {
    attach(i);
    for (size_t j = i % kKeepaliveRound; j < i; j += kKeepaliveRound)
      node.deliver(clients[j]->address, clients[j]->keepalive(false));
    world.advance(kBetweenAttaches);
  }
  INVARIANT(world.node->status().attached == kClients);
  size_t next = 0;
  const double keepalive = bench::cpu_seconds([&] {
    MiniClient& client = *clients[next++ % kClients];
    INVARIANT(node.deliver(client.address, client.keepalive()));
  });
  bench::print("memory per attached client", (node_bytes(world) - empty) / kClients, "B");
  bench::section("Processor (CPU time of the node's core in this process; a keepalive's includes making it)");
  bench::print("keepalive answered, 20,000 attached", keepalive * 1e6, "microseconds");
}

wire::Channel connect(SupernodeWorld& world, MiniClient& caller, MiniClient& callee) {
  const ByteVector sealed(57, 0x11);
  world.send(caller,
             wire::Invite{.callee = callee.id(), .call = 1, .rate_kbps = 255, .known_devices = 1, .noise = sealed});
  const wire::Channel at_callee = world.take<wire::Incoming>(callee)->channel;
  world.send(callee, wire::RingingFromCallee{.channel = at_callee, .noise = sealed});
  const wire::Channel at_caller = world.take<wire::RingingToCaller>(caller)->channel;
  world.send(caller, wire::SealedSignal{wire::SealedKind::confirm, at_caller, sealed});
  world.send(callee, wire::SealedSignal{wire::SealedKind::answer, at_callee, sealed});
  world.sent.clear();
  return at_caller;
}

void print_relay() {
  SupernodeWorld world;
  Node node(world);
  auto caller = world.member("Anna");
  auto callee = world.member("Bela");
  const ByteVector media = MiniClient::media(connect(world, *caller, *callee), 107);
  const double relay = bench::cpu_seconds([&] {
    world.now += 20ms;
    INVARIANT(node.deliver(caller->address, media));
  });
  bench::print("media packets relayed", 1 / relay, "a second");
  const ByteVector strange = MiniClient::media(40'000, 107);
  const double refused = bench::cpu_seconds([&] { node.deliver(caller->address, strange); });
  bench::print("media packets of no channel refused", 1 / refused, "a second");
}

void print_attach() {
  SupernodeWorld world({.asymmetric = &crypto::real_asymmetric()});
  Node node(world);
  auto client = world.member("Anna");
  std::vector<ByteVector> initiations;
  for (int i = 0; i < 400; ++i) initiations.push_back(client->attach_by_hash());
  size_t next = 0;
  const auto attach = [&] {
    world.now += 100ms;
    INVARIANT(node.deliver(client->address, initiations[next++]));
  };
  // cpu_seconds doubles its batches: at most 255 calls for half a second of handshakes that take 2 ms or more.
  const double seconds = bench::cpu_seconds(attach);
  bench::print("handshake answered (X25519, certificate known)", seconds * 1e6, "microseconds");

  ByteVector forged = initiations.back();
  forged.back() ^= 1;
  const double no_mac = bench::cpu_seconds([&] { INVARIANT(!node.deliver(client->address, forged)); });
  bench::print("handshake refused: mac1 is wrong", no_mac * 1e6, "microseconds");
  // In one instant: first the free ones, then cookies.
  const auto flood = world.new_client();
  const ByteVector valid = flood->initiation_with_payload(ByteVector(23));
  for (uint32_t i = 0; i < wire::kHandshakesPerSecondMax; ++i) node.deliver(flood->address, valid);
  const double cookie = bench::cpu_seconds([&] { node.deliver(flood->address, valid); });
  bench::print("handshake in a flood: a cookie or silence", cookie * 1e6, "microseconds");
  const auto shown = world.new_client();
  shown->certificate = client->certificate;
  INVARIANT(node.deliver(shown->address, shown->attach_by_hash()));
  const ByteVector with_cookie = shown->with_cookie(node.answer.datagram.bytes());
  for (uint32_t i = 0; i < 2 * wire::kHandshakesPerSecondMax; ++i) node.deliver(shown->address, with_cookie);
  const double busy = bench::cpu_seconds([&] { node.deliver(shown->address, with_cookie); });
  bench::print("handshake refused: busy, after a cookie", busy * 1e6, "microseconds");
  bench::print("share of a handshake that telling \"busy\" costs", busy / seconds * 100, "%");
}

}  // namespace
}  // namespace farline

int main() {
  INVARIANT(farline::crypto::init());
  farline::print_memory();
  farline::print_relay();
  farline::print_attach();
  return EXIT_SUCCESS;
}
