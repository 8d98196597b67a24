// What leaves a device (docs/CHAT.md, Keys): a message sealed under a group's epoch key, or that key for one device.
//   group message  0x01, tag u32, salt[8], ChaCha20-Poly1305 of the payload: 29 bytes more than it
//   epoch key      0x02, group[16], number varint, removals hash[8], prekey varint, HPKE encapsulated key[32],
//                  sealed key[48], then the sender's credential when the recipient may not know it
// Every message has a key of its own, HKDF of the epoch key, the sending device and the salt; the salt is an HMAC of
// random bytes and the payload, so that a cloned machine repeats none. The tag is 4 bytes of a hash of the epoch key.
#pragma once

#include <optional>

#include "chat/ids.h"
#include "crypto/asymmetric.h"
#include "wire/ids.h"

namespace farline::chat {

inline constexpr size_t kSealOverhead = 29;
inline constexpr uint8_t kGroupMessage = 0x01;
inline constexpr uint8_t kEpochMessage = 0x02;

using EpochKey = crypto::Secret<32>;
uint32_t epoch_tag(const EpochKey& key);

ByteVector seal(const EpochKey& key, wire::DeviceId sender, Bytes payload, Rng& rng);
// The tag of a group message; nothing for anything else.
std::optional<uint32_t> tag_of(Bytes sealed);
Result<ByteVector> unseal(const EpochKey& key, wire::DeviceId sender, Bytes sealed);

struct EpochNotice {
  GroupId group;
  uint32_t number = 0;
  std::array<uint8_t, 8> removals_hash{};
  uint32_t prekey = 0;  // 0: the device's lasting key
};
struct EpochParties {
  wire::DeviceId sender;
  wire::DeviceId recipient;
};
Result<ByteVector> seal_epoch(const EpochNotice& notice, const EpochParties& parties, const EpochKey& key,
                              const crypto::PublicKey& recipient_key, const crypto::KeyPair& sender_key,
                              Bytes credential, const crypto::Asymmetric& asymmetric, Rng& rng);

struct SealedEpoch {
  EpochNotice notice;
  crypto::PublicKey encapsulated{};
  std::array<uint8_t, 48> sealed{};
  Bytes credential;  // a view
};
Result<SealedEpoch> parse_epoch(Bytes message);
Result<EpochKey> open_epoch(const SealedEpoch& message, const EpochParties& parties,
                            const crypto::KeyPair& recipient_key, const crypto::PublicKey& sender_key,
                            const crypto::Asymmetric& asymmetric);

}  // namespace farline::chat
