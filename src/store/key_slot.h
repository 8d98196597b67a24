// The key-slot file: the one file that says how a profile's 32-byte master key is got at. Bytes in, bytes out;
// host/file.h reads it, replaces it atomically and wipes it (which makes everything sealed under the master key
// unreadable).
//
//   "FLKEYS\r\n"  version u8 = 1  slots u8 (1..4)  slot...  check 16 B (first half of SHA-256 of all before it)
//   slot, passphrase:   1 u8, salt 16 B, passes u32, memory_kib u32, lanes u32, nonce 12 B, sealed master key 48 B
//   slot, unprotected:  2 u8, master key 32 B                               (--no-passphrase; the file's mode is all)
// The passphrase's key is Argon2id's (RFC 9106); the seal is ChaCha20-Poly1305 with everything of the slot before it
// as associated data. The check only tells damage from a wrong passphrase.
#pragma once

#include <vector>

#include "base/rng.h"
#include "crypto/aead.h"
#include "crypto/password.h"

namespace farline::store {

inline constexpr size_t kKeySlotsMax = 4;
inline constexpr size_t kKeySlotFileBytesMax = 512;

using MasterKey = crypto::Secret<32>;

class KeySlots {
 public:
  // Strict. Errc::malformed for damage, Errc::unsupported for a newer version, Errc::limit for an Argon2id cost that no
  // version of ours writes.
  static Result<KeySlots> parse(Bytes file);
  // Of at least one slot. With an unprotected slot it holds the key: the caller wipes it.
  ByteVector encode() const;

  // To change a passphrase: new slots for the same master key, and the file replaced.
  [[nodiscard]] Result<void> add_passphrase(const MasterKey& master, Bytes passphrase, Rng& rng,
                                            const crypto::PasswordCost& cost = {});
  void add_unprotected(const MasterKey& master);

  bool needs_passphrase() const;
  // An unprotected slot opens without. Errc::auth when no slot opens with this passphrase.
  Result<MasterKey> open(Bytes passphrase) const;

 private:
  enum class Kind : uint8_t { passphrase = 1, unprotected = 2 };
  struct Slot {
    Kind kind = Kind::passphrase;
    crypto::PasswordSalt salt{};
    crypto::PasswordCost cost;
    crypto::Nonce nonce{};
    std::array<uint8_t, 32 + crypto::kTagBytes> sealed{};
    MasterKey key;  // unprotected only
  };
  static Result<Slot> parse_slot(Reader& reader);
  static void write_before_seal(const Slot& slot, Writer& writer);

  std::vector<Slot> slots_;
};

}  // namespace farline::store
