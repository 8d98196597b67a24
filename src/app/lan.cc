#include "app/lan.h"

namespace farline::app {
namespace {

// A network in the room answers in milliseconds; a question lost on its radio is asked again.
constexpr Duration kAskEvery = 150ms;
constexpr unsigned kAsks = 3;
// A network that comes up later is joined then. A house full of laptops that wake at once asks less often than this.
constexpr Duration kJoinEvery = 10s;
constexpr unsigned kAnswersMax = 1000;

}  // namespace

LanFinder::LanFinder(host::Loop& loop, Rng& rng, Found found)
    : loop_(loop), rng_(rng), found_(std::move(found)), timer_(loop, [this] { ask(); }) {}

void LanFinder::find(const crypto::PublicKey& node) {
  INVARIANT(!is_running());
  node_ = node;
  question_ = wire::make_lan_question(node, rng_);
  asked_ = 0;
  answer_.reset();
  const auto received = [this](const Address& from, Bytes datagram) {
    const auto port = wire::read_lan_answer(node_, question_, datagram);
    if (!port || answer_) return;
    answer_ = Address{from.ip, *port};
    timer_.start(0ms);  // a socket may not end inside its own callback
  };
  if (auto socket = host::UdpSocket::open(loop_, Address::v4(0, 0, 0, 0, 0), received)) socket_ = std::move(*socket);
  timer_.start(0ms);
}

void LanFinder::ask() {
  if (!socket_ || answer_ || asked_ == kAsks) return finish(answer_);
  ++asked_;
  socket_->send_to_group(wire::kLanGroup, question_);
  timer_.start(kAskEvery);
}

void LanFinder::finish(const std::optional<Address>& address) {
  socket_.reset();
  found_(address);
}

LanDoor::LanDoor(host::Loop& loop, const NodeIdentity& identity, uint16_t port, Rng& rng)
    : identity_(identity), port_(port), rng_(rng), timer_(loop, [this] { join(); }) {}

Result<std::unique_ptr<LanDoor>> LanDoor::open(host::Loop& loop, const NodeIdentity& identity, uint16_t port,
                                               Rng& rng) {
  std::unique_ptr<LanDoor> door(new LanDoor(loop, identity, port, rng));
  auto socket = host::UdpSocket::open(
      loop, wire::kLanGroup, [&it = *door](const Address& from, Bytes datagram) { it.received(from, datagram); });
  if (!socket) return socket.error();
  door->socket_ = std::move(*socket);
  door->join();
  return door;
}

void LanDoor::join() {
  socket_->join(wire::kLanGroup);
  left_ = kAnswersMax;
  timer_.start(kJoinEvery);
}

void LanDoor::received(const Address& from, Bytes datagram) {
  const auto answer_for = [&](const crypto::PublicKey& key) {
    if (left_ == 0 || !wire::is_lan_question(key, datagram)) return;
    --left_;
    socket_->send(from, wire::make_lan_answer(key, datagram, port_, rng_));
  };
  answer_for(identity_.static_keys.public_key);
  for (const supernode::FormerKey& former : identity_.former_keys) answer_for(former.keys.public_key);
}

}  // namespace farline::app
