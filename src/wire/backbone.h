// What the nodes of one organisation say to each other, over a bus that none of them trusts (docs/PROTOCOL.md section
// 11). HELLO is signed with the node's issuer key and binds the static key of the node to its delegation; everything
// else is sealed between two nodes under keys that their static keys agree on, fresh with each start of either.
// PRESENCE is signed by the device, so that no node can say where somebody else's device is.
//
// Parsing is bounded by kBackboneBytesMax and gives views into the input. Errors: truncated, malformed, unsupported.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include "wire/certificate.h"
#include "wire/control.h"
#include "wire/mail.h"

namespace farline::wire {

using NodeId = DeviceId;  // of a node's static key, in the same way
using Incarnation = std::array<uint8_t, 16>;

inline constexpr size_t kBackboneBytesMax = 4096;  // a frame: an answer of four devices has about 1,500 bytes
inline constexpr size_t kSealedHeaderBytes = 17;
inline constexpr size_t kBackboneMessageMax = kBackboneBytesMax - kSealedHeaderBytes - 16;
inline constexpr uint64_t kPresenceSeconds = 7 * 3600;  // an hour longer than a session lives without a handshake

// --- Frames ----------------------------------------------------------------------------------------------------------
struct NodeLoad {  // a hint: not signed
  uint32_t attached = 0;
  uint32_t capacity = 0;
};
struct NodeHello {
  crypto::PublicKey static_key{};
  Incarnation incarnation{};  // random at each start
  WallTime issued{};
  Bytes certificate{};  // of its issuer key
  crypto::Signature signature{};
  NodeLoad load{};
  Bytes signed_part{};  // what the signature covers, type included; set by parsing
};
// Without load: the caller appends put_load.
ByteVector encode_and_sign(const NodeHello& hello, const crypto::SigningKeyPair& issuer_key,
                           const crypto::Asymmetric& asymmetric);
void put_load(const NodeLoad& load, Writer& out);
[[nodiscard]] bool is_signed_by(const NodeHello& hello, const crypto::SigningPublicKey& issuer_key,
                                const crypto::Asymmetric& asymmetric);

struct SealedFrame {
  NodeId sender{};
  uint64_t counter = 0;
  Bytes header{};  // associated data
  Bytes sealed{};
};
void put_sealed_header(const NodeId& sender, uint64_t counter, Writer& out);

using BackboneFrame = std::variant<NodeHello, SealedFrame>;
Result<BackboneFrame> parse_backbone_frame(Bytes bytes);

// --- Messages inside a sealed frame ----------------------------------------------------------------------------------
// Where is this device, or are the devices of this person?
struct NodeQuestion {
  uint32_t number = 0;
  std::string_view person{};  // folded; empty: by device
  DeviceId device{};
};
// A device's word that it is attached to one node: the highest sequence is the latest.
struct PresenceTerms {
  uint64_t sequence = 0;  // the counter of the handshake that opened its session
  WallTime expires{};     // kPresenceSeconds after what the node said then
};
struct PresenceRecord {
  PresenceTerms terms{};
  crypto::Signature signature{};
};
struct KnownDevice {
  bool attached = false;
  PresenceRecord presence{};  // when attached
  Bytes certificate{};
};
struct NodeAnswer {
  uint32_t number = 0;
  std::array<KnownDevice, kDevicesPerPersonMax> devices{};
  size_t device_count = 0;
};
// What a node would tell the device if it were attached to it; the channel is the receiving node's.
struct NodeSignal {
  bool is_emergency = false;
  DeviceId from{};
  DeviceId to{};
  Bytes certificate{};  // of `from`, with INCOMING
  Bytes message{};      // a control message of a node
};
struct NodeMedia {
  Bytes datagram{};  // section 1.6, under the receiving node's channel
};
// A device has come to the node that says so.
struct NodeArrival {
  DeviceId device{};
  PresenceRecord presence{};
};
// Messages on their way to one device (section 11): the node that gets them keeps them, or passes them on when nobody
// shall keep them, and answers when they are safe there.
struct NodeMail {
  uint32_t number = 0;  // for the answer; 0: for who is attached, neither kept nor answered
  DeviceId to{};
  Bytes items{};  // NodeMailItems, 1..kNodeMailItemsMax
};
struct NodeMailItem {
  WallTime expires{};  // zero: not known
  DeviceId sender{};
  Bytes sealed{};  // 1..kMailBytesMax
};
inline constexpr size_t kNodeMailItemsMax = 32;
inline constexpr size_t kNodeMailItemOverhead = 18;
inline constexpr size_t kNodeMailItemsBytesMax = kBackboneMessageMax - 13;
class NodeMailItems {
 public:
  explicit NodeMailItems(Bytes items) : in_(items) {}
  // Nothing at the end, or when what follows is not an item (see ok()).
  std::optional<NodeMailItem> next();
  bool ok() const { return in_.ok(); }

 private:
  Reader in_;
};
void append_node_mail_item(const NodeMailItem& item, ByteVector& items);
// What has become of each, in their order.
enum class NodeMailResult : uint8_t {
  kept = 0,      // on disk there, or the device has it: the sender of the frame forgets it
  not_here = 1,  // the device is neither attached nor at home there
  full = 2,      // later
  never = 3,     // one of the two is revoked
};
struct NodeMailAnswer {
  uint32_t number = 0;
  DeviceId to{};
  Bytes results{};  // NodeMailResult each, 1..kNodeMailItemsMax
};
using BackboneMessage =
    std::variant<NodeQuestion, NodeAnswer, NodeSignal, NodeMedia, NodeArrival, NodeMail, NodeMailAnswer>;
// At most kBackboneMessageMax bytes.
void encode_backbone(const BackboneMessage& message, Writer& out);
Result<BackboneMessage> decode_backbone(Bytes bytes);

// --- Presence --------------------------------------------------------------------------------------------------------
// What the device signs.
std::array<uint8_t, 64> presence_bytes(const crypto::PublicKey& node, const PresenceTerms& terms);

}  // namespace farline::wire
