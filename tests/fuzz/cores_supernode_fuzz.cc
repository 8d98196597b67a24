// A supernode core with three members, two of them in a call, and a policy. The input is a script of what strangers and
// a member gone bad send it: genuine packets damaged, cut, repeated or made up, from any address; handshakes that say
// anything; records that say anything under the member's seal; media; and time. Strangers get nothing longer than they
// sent, and whatever happens, a member who did nothing wrong stays attached.
#include "policy/break_glass.h"
#include "support/supernode_world.h"

namespace farline::testing {
namespace {

constexpr unsigned kStepsMax = 300;
constexpr size_t kDatagramsKept = 64;
// The one answer that may be longer than what it answers: to a member's keepalive from a new address.
constexpr size_t kPathChallengeBytes = wire::kControlShortHeader + 1 + sizeof(wire::PathNonce) + crypto::kTagBytes;
constexpr Address kStranger = Address::v4(198, 51, 100, 9, 9);

class Attack {
 public:
  Attack() {
    token_ = world_.invite();
    bad_ = world_.member("Anna");
    peer_ = world_.member("Bela");
    bystander_ = world_.member("Chidi");
    const ByteVector noise(57, 0x11);
    const wire::Invite invite{.callee = peer_->id(), .call = 7, .rate_kbps = 3, .known_devices = 1, .noise = noise};
    world_.deliver(*bad_, keep(bad_->record(world_.now, invite)));
    const auto incoming = world_.take<wire::Incoming>(*peer_);
    INVARIANT(incoming);
    channel_ = incoming->channel;
    world_.send(*peer_, wire::RingingFromCallee{.channel = channel_, .noise = noise});
    const auto ringing = world_.take<wire::RingingToCaller>(*bad_);
    INVARIANT(ringing);
    for (const auto kind : {wire::SealedKind::confirm, wire::SealedKind::answer}) {
      MiniClient& from = kind == wire::SealedKind::confirm ? *bad_ : *peer_;
      const wire::Channel channel = kind == wire::SealedKind::confirm ? ringing->channel : channel_;
      world_.send(from, wire::SealedSignal{.kind = kind, .channel = channel, .sealed = noise});
    }
    channel_ = ringing->channel;
    INVARIANT(world_.node->take_policy(world_.now, world_.policy_file(policy(), {})));
    world_.drain();
    world_.sent.clear();
  }

  void run(Reader& in) {
    for (unsigned i = 0; i < kStepsMax && in.remaining() > 0; ++i) step(in);
    check_bystander();
  }

 private:
  // Half an hour is open, and not much of anything may be used.
  static policy::RootPolicy policy() {
    policy::RootPolicy out;
    out.organisation = {"Relief"};
    out.serial = 1;
    out.from = {20'000};
    out.until = {30'000};
    out.rules.contacts = {{"Chidi"}};
    policy::Schedule schedule;
    schedule.windows = {policy::Form<policy::Window>::parse("daily 09:00-09:30").value()};
    out.rules.hours = {schedule};
    out.rules.break_glass = {policy::glass_hash({{'g', 'l', 'a', 's', 's'}}, {})};
    out.rules.client_bps = 9600;
    out.rules.site_bps = 12'000;
    out.rules.quotas = {{.roles = {}, .voice_minutes_a_day = 3, .megabytes_a_month = 1}};
    return out;
  }

  void step(Reader& in) {
    const uint8_t op = in.u8() % 10;
    if (op == 0) return advance(in.u8() * 500ms);
    const Address from = address(in);
    const uint8_t number = in.u8();
    switch (op) {
      case 1:
        give(from, changed(kept(number), in));
        break;
      case 2: {
        ByteVector packet = kept(number);
        packet.resize(in.u8());
        give(from, packet);
        break;
      }
      case 3:
        give(from, rest(in, number * size_t{8}));
        break;  // as long as a socket gives
      case 4:
        give(from, keep(bad_->raw_record(world_.now, rest(in, number), number % 2 == 1)));
        break;
      case 5:
        give(from, MiniClient::media(channel_, 3U + number));
        break;
      case 6: {
        MiniClient stranger(100U + number, world_.asymmetric, world_.node_key());
        give(from, stranger.initiation_with_payload(rest(in, in.u8())));
        break;
      }
      case 7:
        give(from, keep(bad_->keepalive(number % 2 == 0)));
        break;
      case 8: {
        MiniClient stranger(1000U + number, world_.asymmetric, world_.node_key());
        give(from, keep(stranger.enrol_with(token_)));
        break;
      }
      case 9:
        give(from, keep(number % 2 == 0 ? bad_->attach_by_hash() : bad_->attach_with_certificate()));
        for (const Transmit& out : last_) (void)bad_->take_response(world_.now, out.datagram.bytes());
        break;
    }
  }

  Address address(Reader& in) {
    switch (in.u8() % 4) {
      case 0:
        return bad_->address;
      case 1:
        return bystander_->address;
      case 2:
        return peer_->address;
      default:
        return kStranger;
    }
  }
  static Bytes rest(Reader& in, size_t length) { return in.bytes(std::min(length, in.remaining())); }
  ByteVector kept(uint8_t at) const { return kept_[at % kept_.size()]; }
  static ByteVector changed(ByteVector packet, Reader& in) {
    const size_t at = in.u16();
    const uint8_t mask = in.u8();  // 0: repeated as it was
    if (!packet.empty()) packet[at % packet.size()] ^= mask;
    return packet;
  }
  ByteVector keep(ByteVector packet) {
    if (kept_.size() >= kDatagramsKept) kept_.pop_front();
    kept_.push_back(packet);
    return packet;
  }
  void give(const Address& from, Bytes datagram) {
    const ByteVector exact = to_vector(datagram);
    world_.deliver(from, exact);
    size_t answered = 0;
    for (const Transmit& out : world_.sent) {
      INVARIANT(out.datagram.size <= wire::kDatagramBytesMax);
      if (out.to == from) answered += out.datagram.size;
    }
    if (from == kStranger) INVARIANT(answered <= std::max(exact.size(), kPathChallengeBytes));
    last_.assign(world_.sent.begin(), world_.sent.end());
    world_.sent.clear();
  }
  void advance(Duration by) {
    while (by > Duration{}) {
      const Duration part = std::min<Duration>(by, wire::kKeepaliveEvery);
      world_.advance(part);
      world_.deliver(*bystander_, keep(bystander_->keepalive(false)));
      world_.sent.clear();
      by -= part;
    }
  }
  void check_bystander() {
    const auto answer = world_.deliver(*bystander_, bystander_->keepalive(true));
    session::OpenError error{};
    INVARIANT(answer && answer->to == bystander_->address);
    INVARIANT(bystander_->transport->open_keepalive(answer->datagram.bytes(), error));
  }

  SupernodeWorld world_;
  wire::Token token_{};
  std::unique_ptr<MiniClient> bad_;
  std::unique_ptr<MiniClient> peer_;
  std::unique_ptr<MiniClient> bystander_;
  wire::Channel channel_ = 0;
  std::deque<ByteVector> kept_;
  std::vector<Transmit> last_;
};

}  // namespace
}  // namespace farline::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  farline::Reader in({data, size});
  farline::testing::Attack().run(in);
  return 0;
}
