// A file that holds all of a device's chats, sealed under a passphrase of its own: for another disk, another device.
//
//   "FLBACKUP"  version u8 = 1  salt 16 B  passes u32  memory_kib u32  lanes u32
//   chunk...: length u32, sealed
// Argon2id (RFC 9106) makes the key; a chunk is sealed with ChaCha20-Poly1305 under the nonce: 7 zeros, its number u32,
// u8 1 for the last one and 0 for the others (STREAM of Hoang, Reyhanitabar, Rogaway and Vizar, 2015), with the header
// as associated data: no chunk can be left out, moved or taken for the end. What is in a chunk: backup_items.
//
// In it are the entries and what is known of groups and contacts; not the device's secrets and not the epochs' keys.
// So nobody who has the file can speak for the device, and whoever restores it writes under a new incarnation.
#pragma once

#include <functional>

#include "crypto/password.h"
#include "store/chat_store.h"

namespace farline::store {

using ByteSink = std::function<Result<void>(Bytes)>;
// Fewer than asked only at the end.
using ByteSource = std::function<Result<size_t>(MutableBytes)>;

struct BackupKey {
  Bytes passphrase;
  crypto::PasswordCost cost = {};
};
[[nodiscard]] Result<void> write_backup(ChatStore& store, const BackupKey& key, Rng& rng, const ByteSink& out);

// Into a store without chats (ChatStore::restore). Errc::auth: another passphrase, or damaged. Errc::malformed,
// unsupported, truncated as they say. A file that is not whole changes nothing.
[[nodiscard]] Result<void> restore_backup(ChatStore& store, Bytes passphrase, const ByteSource& in);

// The items of a chunk:
//   entry  u8 1, group 16 B, log u64, number u32, hlc u64, hash 16 B, u8: 1 shown, 2 has a target; target log u64 and
//          number u32 if so; length u16 and the entry; length u16 and what search may find it by
//   state  u8 2, kind u8, group 16 B, length u8 and key, length u32 and value
Result<chat::Commit> parse_backup_items(Bytes chunk);

}  // namespace farline::store
