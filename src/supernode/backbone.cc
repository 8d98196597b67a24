#include "supernode/backbone.h"

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace farline::supernode {
namespace {

constexpr size_t kFramesWaitingMax = 4096;  // of one turn; what is more is lost, as on any network

}  // namespace

Backbone::Backbone(const Parts& parts)
    : parts_(parts), own_id_(wire::device_id_of(parts.config.keys.static_keys.public_key)) {
  parts_.environment.rng.fill(incarnation_);
}

void Backbone::set_up(Time now, bool is_up) {
  if (is_up_ == is_up) return;
  is_up_ = is_up;
  parts_.environment.log.write(now, LogLevel::notice, is_up ? "backbone_up" : "backbone_down");
  hello_due_.reset();
  if (is_up_) {
    say_hello(now, std::nullopt);
    hello_due_ = now + wire::kHelloEvery;
    for (const auto& [id, node] : nodes_) repeat_to_.insert(id);
    joined_ = true;
  } else {
    outbox_.clear();
  }
}

// --- The others ------------------------------------------------------------------------------------------------------

const Backbone::Node* Backbone::find(const wire::NodeId& node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

bool Backbone::is_live(Time now, const wire::NodeId& node) const {
  const Node* found = find(node);
  return is_up_ && found && now - found->heard < wire::kNodeSilentMax;
}

std::vector<wire::NodeId> Backbone::live(Time now) const {
  std::vector<wire::NodeId> out;
  for (const auto& [id, node] : nodes_)
    if (is_live(now, id)) out.push_back(id);
  return out;
}

bool Backbone::are_all_live(Time now) const {
  return std::ranges::all_of(nodes_, [&](const auto& entry) { return is_live(now, entry.first); });
}

std::optional<wire::NodeId> Backbone::live_with(Time now, const crypto::SigningPublicKey& issuer_key) const {
  for (const auto& [id, node] : nodes_)
    if (node.issuer_key == issuer_key && is_live(now, id)) return id;
  return std::nullopt;
}

void Backbone::heard(Time now, const wire::NodeId& id, Node& node) {
  if (now - node.heard >= wire::kNodeSilentMax) {
    joined_ = true;
    repeat_to_.insert(id);
  }
  node.heard = now;
}

void Backbone::make_hello(Time now) {
  const WallTime wall = parts_.clock.at(now);
  if (!hello_.empty() || wall.seconds == 0) return;
  const NodeKeys& keys = parts_.config.keys;
  hello_ = wire::encode_and_sign({.static_key = keys.static_keys.public_key,
                                  .incarnation = incarnation_,
                                  .issued = wall,
                                  .certificate = keys.issuer_certificate},
                                 keys.issuer_keys, parts_.environment.asymmetric);
}

void Backbone::say_hello(Time now, const std::optional<wire::NodeId>& to) {
  make_hello(now);
  if (!is_up_ || hello_.empty()) return;
  BackboneSend& out = outbox_.emplace_back(BackboneSend{.to = to, .frame = hello_});
  out.frame.resize(hello_.size() + 8);
  Writer load(MutableBytes(out.frame).last(8));
  wire::put_load(load_, load);
}

// Its issuer; null: it is not to be believed.
const wire::Authority* Backbone::verify(const wire::NodeHello& hello) {
  const wire::CertificateHash hash = wire::certificate_hash_of(hello.certificate);
  if (!parts_.issuers.knows(hash)) {
    if (!parts_.issuers.add(hello.certificate)) return nullptr;
    parts_.out.save(RecordKind::issuer, hash.bytes, hello.certificate);
  }
  const wire::Authority* issuer = parts_.issuers.authority(hash);
  const bool is_signed = issuer && wire::is_signed_by(hello, issuer->signing_key, parts_.environment.asymmetric);
  return is_signed ? issuer : nullptr;
}

void Backbone::take_hello(Time now, const wire::NodeHello& hello) {
  const wire::NodeId id = wire::device_id_of(hello.static_key);
  if (id == own_id_) return;
  if (const auto known = nodes_.find(id); known != nodes_.end()) {
    Node& node = known->second;
    if (node.incarnation == hello.incarnation && node.static_key == hello.static_key) {
      heard(now, id, node);
      node.load = hello.load;
      return;
    }
    // What it said before its restart may be repeated by anybody; a clock that was set back costs it a short silence.
    if (hello.issued <= node.issued && is_live(now, id)) return;
  } else if (nodes_.size() >= wire::kNodesMax) {
    const auto quietest = std::ranges::min_element(nodes_, {}, [](const auto& entry) { return entry.second.heard; });
    if (is_live(now, quietest->first)) return;
    nodes_.erase(quietest);
  }
  if (!verifications_.take(now)) return;
  const auto& own = parts_.config.keys.static_keys;
  const auto shared = parts_.environment.asymmetric.agree(own.secret, hello.static_key);
  const wire::Authority* issuer = shared ? verify(hello) : nullptr;
  if (!issuer) {
    ++parts_.counters.backbone_refused;
    return;
  }
  Node& node = nodes_[id];
  node = {.static_key = hello.static_key,
          .issuer_key = issuer->signing_key,
          .incarnation = hello.incarnation,
          .issued = hello.issued,
          .to = {},
          .from = {},
          .window = {},
          .heard = now,
          .load = hello.load};
  agree(node, id, *shared);
  joined_ = true;
  repeat_to_.insert(id);
  parts_.environment.log.write(now, LogLevel::notice, "node_joined", {{"nodes", static_cast<int64_t>(nodes_.size())}});
  if (answers_.take(now)) say_hello(now, id);
}

// Salt: both incarnations, that of the lower id first; so a restart of either makes other keys.
void Backbone::agree(Node& node, const wire::NodeId& id, const crypto::Secret<32>& shared) const {
  std::array<uint8_t, 32> salt{};
  Writer writer(salt);
  writer.bytes(own_id_ < id ? incarnation_ : node.incarnation);
  writer.bytes(own_id_ < id ? node.incarnation : incarnation_);
  const auto extracted = crypto::hkdf_extract(salt, shared.bytes());
  const auto expand = [&](const wire::NodeId& sender, crypto::Secret<32>& key) {
    std::array<uint8_t, 21> info{};
    Writer w(info);
    w.bytes(as_bytes("farline nodes"));
    w.bytes(sender.bytes);
    crypto::hkdf_expand(extracted.bytes(), info, key.mutable_bytes());
  };
  expand(own_id_, node.to);
  expand(id, node.from);
}

// --- Frames ----------------------------------------------------------------------------------------------------------

std::optional<Backbone::Received> Backbone::open(Time now, Bytes frame, MutableBytes plaintext) {
  const auto parsed = wire::parse_backbone_frame(frame);
  if (!parsed) {
    ++parts_.counters.backbone_refused;
    return std::nullopt;
  }
  if (const auto* hello = std::get_if<wire::NodeHello>(&*parsed)) {
    take_hello(now, *hello);
    return std::nullopt;
  }
  const auto& sealed = std::get<wire::SealedFrame>(*parsed);
  const auto sender = nodes_.find(sealed.sender);
  if (sender == nodes_.end() || !sender->second.window.check(sealed.counter)) {
    ++parts_.counters.backbone_refused;
    return std::nullopt;
  }
  const auto size =
      crypto::open(sender->second.from, {crypto::noise_nonce(sealed.counter), sealed.header}, sealed.sealed, plaintext);
  if (!size) {
    ++parts_.counters.backbone_refused;
    return std::nullopt;
  }
  sender->second.window.accept(sealed.counter);
  heard(now, sealed.sender, sender->second);
  const auto message = wire::decode_backbone(plaintext.first(*size));
  if (!message) {
    ++parts_.counters.backbone_refused;
    return std::nullopt;
  }
  return Received{sealed.sender, *message};
}

void Backbone::send(const wire::NodeId& to, const wire::BackboneMessage& message) {
  const Node* node = find(to);
  if (!is_up_ || !node || outbox_.size() >= kFramesWaitingMax) return;
  std::array<uint8_t, wire::kBackboneMessageMax> plain{};
  Writer text(plain);
  wire::encode_backbone(message, text);
  BackboneSend& out = outbox_.emplace_back(
      BackboneSend{.to = to, .frame = ByteVector(wire::kSealedHeaderBytes + text.size() + crypto::kTagBytes)});
  Writer writer(out.frame);
  wire::put_sealed_header(own_id_, sent_, writer);
  const Bytes header = writer.written();
  crypto::seal(node->to, {crypto::noise_nonce(sent_), header}, text.written(),
               writer.space(text.size() + crypto::kTagBytes));
  ++sent_;
}

bool Backbone::poll(BackboneSend& out) {
  if (outbox_.empty()) return false;
  out = std::move(outbox_.front());
  outbox_.pop_front();
  return true;
}

void Backbone::repeat(std::span<const wire::NodeArrival> arrivals) {
  std::erase_if(arrivals_, [](const Arrival& waiting) { return waiting.is_repeated; });
  for (const wire::NodeArrival& arrival : arrivals) arrivals_.push_back({arrival, true});
  if (arrivals_.empty()) repeat_to_.clear();
}

// --- Time ------------------------------------------------------------------------------------------------------------

void Backbone::handle_timeout(Time now) {
  if (!is_up_) return;
  if (hello_due_ && now >= *hello_due_) {
    say_hello(now, std::nullopt);
    hello_due_ = now + wire::kHelloEvery;
  }
  if (arrivals_.empty() || now < arrival_due_) return;
  const Arrival& next = arrivals_.front();
  for (const wire::NodeId& node : live(now))
    if (!next.is_repeated || repeat_to_.contains(node)) send(node, next.arrival);
  arrivals_.pop_front();
  if (arrivals_.empty()) repeat_to_.clear();
  arrival_due_ = now + wire::kArrivalEvery;
}

std::optional<Time> Backbone::next_timeout() const {
  if (!is_up_ || !hello_due_) return std::nullopt;
  return arrivals_.empty() ? *hello_due_ : std::min(*hello_due_, arrival_due_);
}

}  // namespace farline::supernode
