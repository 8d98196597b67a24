#include "app/lan.h"

namespace farline::app {
namespace {

// A network in the room answers in milliseconds; a question lost on its radio is asked again.
constexpr Duration kAskEvery = 150ms;
constexpr unsigned kAsks = 3;
constexpr unsigned kStandInAsks = 2;  // behind those
// A network that comes up later is joined then. A house full of laptops that wake at once asks less often than this.
constexpr Duration kJoinEvery = 10s;
constexpr unsigned kAnswersMax = 1000;

}  // namespace

LanFinder::LanFinder(host::Loop& loop, Rng& rng, Found found)
    : loop_(loop), rng_(rng), found_(std::move(found)), timer_(loop, [this] { ask(); }) {}

void LanFinder::find(const crypto::PublicKey& node, bool asks_stand_ins) {
  INVARIANT(!is_running());
  node_ = node;
  question_ = wire::make_lan_question(node, rng_);
  stand_in_question_ = wire::make_stand_in_question(node, rng_);
  asks_ = kAsks + (asks_stand_ins ? kStandInAsks : 0);
  asked_ = 0;
  answers_ = {};
  const auto take = [this](const Address& from, Bytes datagram) { received(from, datagram); };
  if (auto socket = host::UdpSocket::open(loop_, Address::v4(0, 0, 0, 0, 0), take)) socket_ = std::move(*socket);
  timer_.start(0ms);
}

void LanFinder::received(const Address& from, Bytes datagram) {
  if (const auto port = wire::read_lan_answer(node_, question_, datagram); port && !answers_.node) {
    answers_.node = Address{from.ip, *port};
    timer_.start(0ms);  // a socket may not end inside its own callback
  }
  auto stand_in = wire::read_stand_in_answer(node_, stand_in_question_, datagram);
  if (!stand_in || answers_.stand_ins.size() >= kStandInsMax) return;
  const auto is_it = [&](const LanFound::StandIn& known) { return known.certificate == stand_in->certificate; };
  if (std::ranges::none_of(answers_.stand_ins, is_it))
    answers_.stand_ins.push_back({{from.ip, stand_in->port}, std::move(stand_in->certificate)});
}

void LanFinder::ask() {
  if (!socket_ || answers_.node || asked_ == asks_) return finish();
  if (asked_++ < kAsks)
    socket_->send_to_group(wire::kLanGroup, question_);
  else
    socket_->send_to_group(wire::kLanGroup, stand_in_question_);
  timer_.start(kAskEvery);
}

void LanFinder::finish() {
  socket_.reset();
  // All who ask find the same first.
  std::ranges::sort(answers_.stand_ins, {}, &LanFound::StandIn::certificate);
  found_(std::exchange(answers_, {}));
}

LanDoor::LanDoor(host::Loop& loop, Answer answer) : answer_(std::move(answer)), timer_(loop, [this] { join(); }) {}

Result<std::unique_ptr<LanDoor>> LanDoor::open(host::Loop& loop, Answer answer) {
  std::unique_ptr<LanDoor> door(new LanDoor(loop, std::move(answer)));
  auto socket = host::UdpSocket::open(
      loop, wire::kLanGroup, [&it = *door](const Address& from, Bytes datagram) { it.received(from, datagram); });
  if (!socket) return socket.error();
  door->socket_ = std::move(*socket);
  door->join();
  return door;
}

Result<std::unique_ptr<LanDoor>> LanDoor::open(host::Loop& loop, const NodeIdentity& identity, uint16_t port,
                                               Rng& rng) {
  return open(loop, [&identity, port, &rng](Bytes question) {
    const auto answer_for = [&](const crypto::PublicKey& key) {
      if (!wire::is_lan_question(key, question)) return ByteVector();
      return to_vector(wire::make_lan_answer(key, question, port, rng));
    };
    ByteVector answer = answer_for(identity.static_keys.public_key);
    for (const supernode::FormerKey& former : identity.former_keys)
      if (answer.empty()) answer = answer_for(former.keys.public_key);
    return answer;
  });
}

void LanDoor::join() {
  socket_->join(wire::kLanGroup);
  left_ = kAnswersMax;
  timer_.start(kJoinEvery);
}

void LanDoor::received(const Address& from, Bytes datagram) {
  if (left_ == 0) return;
  const ByteVector answer = answer_(datagram);
  if (answer.empty()) return;
  --left_;
  socket_->send(from, answer);
}

}  // namespace farline::app
