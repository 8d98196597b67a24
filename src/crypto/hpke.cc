#include "crypto/hpke.h"

#include "crypto/hash.h"

namespace farline::crypto {
namespace {

constexpr std::array<uint8_t, 5> kKemSuite = {'K', 'E', 'M', 0x00, 0x20};
constexpr std::array<uint8_t, 10> kHpkeSuite = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};

// Section 4. The input key is short everywhere but in info_hash.
Secret<32> labeled_extract(Bytes suite, Bytes salt, std::string_view label, Bytes input_key) {
  std::array<uint8_t, 7 + 10 + 16 + kHpkeInfoBytesMax> buffer{};
  Writer out(buffer);
  out.bytes(as_bytes("HPKE-v1"));
  out.bytes(suite);
  out.bytes(as_bytes(label));
  out.bytes(input_key);
  auto extracted = hkdf_extract(salt, out.written());
  wipe(buffer);
  return extracted;
}

void labeled_expand(Bytes suite, const Secret<32>& key, std::string_view label, Bytes info, MutableBytes to) {
  std::array<uint8_t, 2 + 7 + 10 + 16 + 96> buffer{};
  Writer out(buffer);
  out.u16(static_cast<uint16_t>(to.size()));
  out.bytes(as_bytes("HPKE-v1"));
  out.bytes(suite);
  out.bytes(as_bytes(label));
  out.bytes(info);
  hkdf_expand(key.bytes(), out.written(), to);
}

// What the two Diffie-Hellman results (the second in mode Auth only) and the keys they are of lead to.
struct Agreement {
  Secret<64> results;
  size_t results_size = 0;
  std::array<uint8_t, 96> keys{};  // enc || pkR || pkS
  size_t keys_size = 0;

  void add_result(const Secret<32>& result) {
    std::ranges::copy(result.bytes(), results.mutable_bytes().subspan(results_size).begin());
    results_size += 32;
  }
  void add_key(const PublicKey& key) {
    std::ranges::copy(key, MutableBytes(keys).subspan(keys_size).begin());
    keys_size += key.size();
  }
};

struct MessageKey {
  Secret<32> key;
  Nonce nonce{};
};

// Sections 4.1 (ExtractAndExpand) and 5.1 (KeySchedule, without a PSK), for sequence number 0.
MessageKey schedule(const Agreement& agreement, bool is_auth, Bytes info) {
  const auto prk =
      labeled_extract(kKemSuite, {}, "eae_prk", Bytes(agreement.results.bytes()).first(agreement.results_size));
  Secret<32> shared;
  labeled_expand(kKemSuite, prk, "shared_secret", Bytes(agreement.keys).first(agreement.keys_size),
                 shared.mutable_bytes());

  std::array<uint8_t, 65> context{};
  Writer out(context);
  out.u8(is_auth ? 2 : 0);
  out.bytes(labeled_extract(kHpkeSuite, {}, "psk_id_hash", {}).bytes());
  out.bytes(labeled_extract(kHpkeSuite, {}, "info_hash", info).bytes());
  const auto secret = labeled_extract(kHpkeSuite, shared.bytes(), "secret", {});
  MessageKey result;
  labeled_expand(kHpkeSuite, secret, "key", context, result.key.mutable_bytes());
  labeled_expand(kHpkeSuite, secret, "base_nonce", context, result.nonce);
  return result;
}

Result<void> add_agreement(const HpkeUse& use, const Secret<32>& secret, const PublicKey& remote, Agreement& to) {
  const auto result = use.asymmetric.agree(secret, remote);
  if (!result) return result.error();
  to.add_result(*result);
  return {};
}

}  // namespace

Result<PublicKey> hpke_seal(const HpkeUse& use, const PublicKey& recipient, const KeyPair* sender, Rng& rng,
                            Bytes plaintext, MutableBytes out) {
  INVARIANT(use.info.size() <= kHpkeInfoBytesMax);
  const KeyPair ephemeral = use.asymmetric.generate_key_pair(rng);
  Agreement agreement;
  if (const auto done = add_agreement(use, ephemeral.secret, recipient, agreement); !done) return done.error();
  agreement.add_key(ephemeral.public_key);
  agreement.add_key(recipient);
  if (sender != nullptr) {
    if (const auto done = add_agreement(use, sender->secret, recipient, agreement); !done) return done.error();
    agreement.add_key(sender->public_key);
  }
  const auto key = schedule(agreement, sender != nullptr, use.info);
  seal(key.key, {key.nonce, use.associated_data}, plaintext, out);
  return ephemeral.public_key;
}

Result<void> hpke_open(const HpkeUse& use, const KeyPair& recipient, const PublicKey* sender,
                       const PublicKey& encapsulated, Bytes sealed, MutableBytes out) {
  INVARIANT(use.info.size() <= kHpkeInfoBytesMax);
  if (sealed.size() < kTagBytes) return Error{Errc::truncated, "HPKE ciphertext is too short"};
  Agreement agreement;
  if (const auto done = add_agreement(use, recipient.secret, encapsulated, agreement); !done) return done.error();
  agreement.add_key(encapsulated);
  agreement.add_key(recipient.public_key);
  if (sender != nullptr) {
    if (const auto done = add_agreement(use, recipient.secret, *sender, agreement); !done) return done.error();
    agreement.add_key(*sender);
  }
  const auto key = schedule(agreement, sender != nullptr, use.info);
  const auto size = open(key.key, {key.nonce, use.associated_data}, sealed, out);
  if (!size) return size.error();
  return {};
}

}  // namespace farline::crypto
