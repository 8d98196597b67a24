// An enrolment with the node of its invitation, that anything may be sent to. The input is a script: genuine packets
// damaged, cut, repeated or made up (nobody needs a key for that), a node gone bad (handshakes and records that say
// anything, certificates for anybody), and time. Strangers cannot keep it from its end, nobody makes it somebody else.
#include "client/enrolment.h"
#include "support/fake_asymmetric.h"
#include "support/fake_node.h"
#include "wire/name.h"

namespace farline {
namespace {

constexpr Address kNode = Address::v4(192, 0, 2, 1, 4747);
constexpr WallTime kWall{1'800'000'000};
constexpr size_t kDatagramsKept = 32;
constexpr unsigned kStepsMax = 200;
constexpr Duration kHurry = 60s;  // with this much time gone there is none left to ask again

class Attack {
 public:
  Attack() {
    node_.response.status = wire::AttachStatus::enrolment_open;
    node_.response.time = kWall;
    core_.start(now_, kWall);
  }

  void run(Reader& in) {
    for (unsigned i = 0; i < kStepsMax && in.remaining() > 0; ++i) step(in);
    if (only_strangers_ && now_ - start_ < kHurry) {
      settle();
      certify("Ada", root_);
      settle();
      INVARIANT(core_.is_finished());
      must_succeed_ = true;
    }
    advance(client::Enrolment::kTimeout);
    INVARIANT(core_.is_finished() && !core_.next_timeout());
    check_outcome();
  }

 private:
  void step(Reader& in) {
    switch (in.u8() % 9) {
      case 0:
        advance(in.u8() * 100ms);
        break;
      case 1:
        settle();
        break;
      case 2: {
        ByteVector packet = kept(in);
        const size_t at = in.u16();
        const uint8_t mask = in.u8();  // 0: repeated as it was
        if (!packet.empty()) packet[at % packet.size()] ^= mask;
        attack(packet);
        break;
      }
      case 3: {
        ByteVector packet = kept(in);
        packet.resize(in.u8());
        attack(packet);
        break;
      }
      case 4:
        attack(to_vector(rest(in, in.u16() % 2049)));  // as long as a socket gives
        break;
      case 5:
        only_strangers_ = false;
        if (node_.transport) node_.send_raw(now_, rest(in, in.u16() % 1024));
        break;
      case 6:
        only_strangers_ = false;
        certify(as_text(rest(in, in.u8() % 80)), in.u8() % 4 == 0 ? other_root_ : root_);
        break;
      case 7:  // answers the next handshakes so
        only_strangers_ = false;
        node_.response.status = static_cast<wire::AttachStatus>(in.u8() % 6);
        node_.response.time = {in.u64()};
        node_.response.spread_seconds = in.u16();
        break;
      case 8:  // restarts
        only_strangers_ = false;
        node_.transport.reset();
        break;
    }
  }

  static Bytes rest(Reader& in, size_t length) { return in.bytes(std::min(length, in.remaining())); }
  ByteVector kept(Reader& in) const {
    const uint8_t at = in.u8();
    return kept_.empty() ? ByteVector() : kept_[at % kept_.size()];
  }
  // From the node's address, which is easily forged.
  void attack(const ByteVector& datagram) { core_.handle_datagram(now_, kNode, datagram); }

  // Answers the last request, if there was one.
  void certify(std::string_view name, const crypto::SigningKeyPair& by) {
    while (const auto request = node_.take<wire::Enrol>()) asked_ = request->signing_key;
    if (!asked_ || !node_.transport || !wire::check_name(name)) return;
    const wire::Certificate certificate{.role = wire::Role::device,
                                        .name = std::string(name),
                                        .static_key = node_.client_key,
                                        .signing_key = *asked_,
                                        .issued = {kWall.seconds - 10},
                                        .expires = {kWall.seconds + 1'000'000},
                                        .issuer = wire::key_id_of(by.public_key),
                                        .limits = {}};
    const ByteVector encoded = wire::encode_and_sign(certificate, by, asymmetric_);
    node_.send(now_, wire::Enrolled{.root_key = by.public_key, .certificates = {encoded}, .certificate_count = 1});
  }

  void advance(Duration by) {
    const Time until = now_ + by;
    for (unsigned turns = 0;; ++turns) {
      INVARIANT(turns < 10'000);  // a deadline that stays in the past
      settle();
      const auto next = core_.next_timeout();
      if (!next || *next > until) break;
      now_ = std::max(now_, *next);
      core_.handle_timeout(now_);
    }
    now_ = until;
  }

  // Everything said arrives at once, until nobody has anything to say.
  void settle() {
    while (drain()) {
      while (!node_.out.empty()) {
        const ByteVector datagram = std::move(node_.out.front());
        node_.out.pop_front();
        if (kept_.size() >= kDatagramsKept) kept_.pop_front();
        kept_.push_back(datagram);
        core_.handle_datagram(now_, kNode, datagram);
      }
    }
  }
  bool drain() {
    for (SaveRecord record; core_.poll_save(record);) continue;
    for (Transmit out; core_.poll_transmit(out);) {
      INVARIANT(out.datagram.size <= wire::kDatagramBytesMax && out.to == kNode);
      node_.handle(now_, out.datagram.bytes());
    }
    return !node_.out.empty();
  }

  void check_outcome() {
    const auto identity = core_.take_result();
    INVARIANT(identity || !must_succeed_);
    if (!identity) return;
    const auto folded = wire::fold_name(identity->name);
    INVARIANT(folded && (*folded == "ada" || folded->starts_with("ada@")));
    INVARIANT(identity->root_key == root_.public_key);
    const auto certificate = wire::parse_certificate(identity->certificate);
    INVARIANT(certificate && certificate->name == identity->name);
    INVARIANT(certificate->static_key == identity->static_keys.public_key);
    INVARIANT(certificate->signing_key == identity->signing_keys.public_key);
  }

  testing::SeededRng rng_{1};
  testing::FakeAsymmetric asymmetric_;
  crypto::SigningKeyPair root_ = asymmetric_.generate_signing_key_pair(rng_);
  crypto::SigningKeyPair other_root_ = asymmetric_.generate_signing_key_pair(rng_);
  testing::FakeNode node_{2, asymmetric_};
  client::Enrolment core_{{.invitation = {.root_key_hash = wire::root_key_hash_of(root_.public_key),
                                          .node_key = node_.keys.public_key,
                                          .token = {},
                                          .expires = {},
                                          .host = "192.0.2.1",
                                          .port = 4747},
                           .node_address = kNode,
                           .name = "Ada"},
                          rng_,
                          asymmetric_};
  const Time start_ = Time{} + 1h;
  Time now_ = start_;
  std::deque<ByteVector> kept_;
  std::optional<crypto::SigningPublicKey> asked_;
  bool only_strangers_ = true;
  bool must_succeed_ = false;
};

}  // namespace
}  // namespace farline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  farline::Reader in({data, size});
  farline::Attack().run(in);
  return 0;
}
