#include "chat/seal.h"

#include "chat/varint.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"

namespace farline::chat {
namespace {

constexpr size_t kHeader = 13;
constexpr size_t kSalt = 8;

crypto::Secret<32> message_key(const EpochKey& key, wire::DeviceId sender, Bytes salt) {
  std::array<uint8_t, 20 + 8 + kSalt> info{};
  Writer out(info);
  out.bytes(as_bytes("farline chat message"));
  out.bytes(sender.bytes);
  out.bytes(salt);
  crypto::Secret<32> result;
  crypto::hkdf_expand(key.bytes(), info, result.mutable_bytes());
  return result;
}

ByteVector epoch_info(const EpochNotice& notice, const EpochParties& parties) {
  const std::string_view label = "farline chat epoch";
  ByteVector info(label.size() + 16 + 4 + 8 + 4 + 8 + 8);
  Writer out(info);
  out.bytes(as_bytes(label));
  out.bytes(notice.group.bytes);
  out.u32(notice.number);
  out.bytes(notice.removals_hash);
  out.u32(notice.prekey);
  out.bytes(parties.sender.bytes);
  out.bytes(parties.recipient.bytes);
  return info;
}

}  // namespace

uint32_t epoch_tag(const EpochKey& key) {
  const auto hash = crypto::sha256({as_bytes("farline chat epoch tag"), key.bytes()});
  return Reader(hash).u32();
}

ByteVector seal(const EpochKey& key, wire::DeviceId sender, Bytes payload, Rng& rng) {
  const auto random = rng.array<16>();
  const auto salt = crypto::hmac_sha256(key.bytes(), {random, sender.bytes, payload});
  ByteVector out(payload.size() + kSealOverhead);
  Writer writer(out);
  writer.u8(kGroupMessage);
  writer.u32(epoch_tag(key));
  writer.bytes(Bytes(salt).first(kSalt));
  const Bytes header = writer.written();
  crypto::seal(message_key(key, sender, header.last(kSalt)), {crypto::Nonce{}, header}, payload,
               MutableBytes(out).subspan(kHeader));
  return out;
}

std::optional<uint32_t> tag_of(Bytes sealed) {
  Reader in(sealed);
  if (in.u8() != kGroupMessage || sealed.size() < kSealOverhead) return std::nullopt;
  return in.u32();
}

Result<ByteVector> unseal(const EpochKey& key, wire::DeviceId sender, Bytes sealed) {
  if (sealed.size() < kSealOverhead) return Error{Errc::truncated, "chat message is too short"};
  const Bytes header = sealed.first(kHeader);
  ByteVector out(sealed.size() - kSealOverhead);
  const auto size = crypto::open(message_key(key, sender, header.last(kSalt)), {crypto::Nonce{}, header},
                                 sealed.subspan(kHeader), out);
  if (!size) return size.error();
  return out;
}

Result<ByteVector> seal_epoch(const EpochNotice& notice, const EpochParties& parties, const EpochKey& key,
                              const crypto::PublicKey& recipient_key, const crypto::KeyPair& sender_key,
                              Bytes credential, const crypto::Asymmetric& asymmetric, Rng& rng) {
  std::array<uint8_t, 48> sealed{};
  const auto info = epoch_info(notice, parties);
  const auto encapsulated = crypto::hpke_seal({asymmetric, info}, recipient_key, &sender_key, rng, key.bytes(), sealed);
  if (!encapsulated) return encapsulated.error();
  ByteVector out(1 + 16 + kVarintBytesMax + 8 + kVarintBytesMax + 32 + 48 + credential.size());
  Writer writer(out);
  writer.u8(kEpochMessage);
  writer.bytes(notice.group.bytes);
  write_varint(notice.number, writer);
  writer.bytes(notice.removals_hash);
  write_varint(notice.prekey, writer);
  writer.bytes(*encapsulated);
  writer.bytes(sealed);
  writer.bytes(credential);
  out.resize(writer.size());
  return out;
}

Result<SealedEpoch> parse_epoch(Bytes message) {
  Reader in(message);
  if (in.u8() != kEpochMessage) in.fail();
  SealedEpoch out;
  out.notice.group.bytes = in.array<16>();
  out.notice.number = static_cast<uint32_t>(read_varint(in, UINT32_MAX));
  out.notice.removals_hash = in.array<8>();
  out.notice.prekey = static_cast<uint32_t>(read_varint(in, UINT32_MAX));
  out.encapsulated = in.array<32>();
  out.sealed = in.array<48>();
  out.credential = in.rest();
  if (!in.ok()) return Error{Errc::malformed, "damaged epoch key"};
  return out;
}

Result<EpochKey> open_epoch(const SealedEpoch& message, const EpochParties& parties,
                            const crypto::KeyPair& recipient_key, const crypto::PublicKey& sender_key,
                            const crypto::Asymmetric& asymmetric) {
  EpochKey key;
  const auto info = epoch_info(message.notice, parties);
  const auto done = crypto::hpke_open({asymmetric, info}, recipient_key, &sender_key, message.encapsulated,
                                      message.sealed, key.mutable_bytes());
  if (!done) return done.error();
  return key;
}

}  // namespace farline::chat
