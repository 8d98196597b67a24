#include "sim/mallory.h"

#include "wire/limits.h"
#include "wire/packet.h"

namespace farline::sim {
namespace {

constexpr size_t kRecordedMax = 64;
constexpr size_t kInitiationsMax = 8;
constexpr uint8_t kTypes[] = {0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x20, 0x00, 0xff};

}  // namespace

Mallory::Mallory(World& world, const Options& options)
    : world_(world), options_(options), prng_(options.seed, 0x3a110) {
  world.network().set_tap([this](Packet& packet) { return !active_ || tap(packet); });
}

bool Mallory::tap(Packet& packet) {
  record(packet);
  if (prng_.chance(options_.forge)) forge(packet);
  if (prng_.chance(options_.replay)) {
    const Duration wait_max = prng_.chance(200'000) ? Duration{30min} : Duration{20s};
    inject_after(prng_.up_to(wait_max), stolen(packet));
  }
  if (prng_.chance(options_.reflect)) {
    Packet back = stolen(packet);
    std::swap(back.from, back.to);
    inject_after(prng_.up_to(Duration{2s}), back);
  }
  if (prng_.chance(options_.move)) {
    Packet moved = stolen(packet);
    moved.from = address();
    inject_after(prng_.up_to(Duration{10s}), moved);
    return false;
  }
  if (prng_.chance(options_.damage)) damage(packet);
  if (prng_.chance(options_.cut)) cut(packet);
  return true;
}

void Mallory::record(const Packet& packet) {
  auto& into = wire::packet_type(packet.bytes) == wire::PacketType::handshake_initiation ? initiations_ : recorded_;
  const size_t room = &into == &initiations_ ? kInitiationsMax : kRecordedMax;
  if (into.size() < room)
    into.push_back(stolen(packet));
  else
    into[prng_.next() % room] = stolen(packet);
}

void Mallory::damage(Packet& packet) {
  packet.intact = false;
  if (packet.bytes.empty()) return;
  for (int64_t i = prng_.up_to(int64_t{3}); i >= 0; --i)
    packet.bytes[prng_.next() % packet.bytes.size()] ^= static_cast<uint8_t>(1 + prng_.next() % 255);
}

void Mallory::cut(Packet& packet) {
  packet.intact = false;
  const size_t longer = prng_.next() % 8;
  packet.bytes.resize(prng_.chance(300'000) ? std::min(packet.bytes.size() + longer, wire::kDatagramBytesMax)
                                            : prng_.next() % (packet.bytes.size() + 1));
}

void Mallory::forge(const Packet& seen) {
  Packet made = stolen(seen);
  if (prng_.chance(300'000) && !recorded_.empty()) {
    made.bytes = recorded_[prng_.next() % recorded_.size()].bytes;  // somebody else's, in their name
  } else {
    made.bytes.resize(prng_.next() % 200);
    for (uint8_t& byte : made.bytes) byte = static_cast<uint8_t>(prng_.next());
    if (!made.bytes.empty()) made.bytes[0] = kTypes[prng_.next() % std::size(kTypes)];
  }
  if (prng_.chance(500'000)) made.from = address();
  if (prng_.chance(300'000)) std::swap(made.from, made.to);
  inject_after(prng_.up_to(Duration{1s}), made);
}

void Mallory::flood(unsigned count) {
  if (!active_ || initiations_.empty()) return;
  for (unsigned i = 0; i < count; ++i) {
    Packet packet = initiations_[prng_.next() % initiations_.size()];
    if (prng_.chance(500'000)) packet.from = address();
    inject_after(prng_.up_to(Duration{1s}), packet);
  }
}

void Mallory::inject_after(Duration wait, Packet packet) {
  world_.after(wait, [this, p = std::move(packet)] {
    if (active_) world_.network().inject(p);
  });
}

Packet Mallory::stolen(const Packet& packet) const {
  Packet out = packet;
  out.origin = kNobody;
  out.intact = false;
  return out;
}

}  // namespace farline::sim
