#include "store/key_slot.h"

#include "crypto/hash.h"

namespace farline::store {
namespace {

// The line ending shows a file that was sent as text.
constexpr std::string_view kMagic = "FLKEYS\r\n";
constexpr uint8_t kVersion = 1;
constexpr size_t kCheckBytes = 16;
constexpr size_t kBeforeSealBytes = 1 + 16 + 3 * 4 + 12;

constexpr uint32_t kPassesMax = 16;
constexpr uint32_t kMemoryKibMax = 1024 * 1024;
constexpr uint32_t kLanesMax = 16;

crypto::Hash check_of(Bytes bytes) {
  return crypto::sha256({bytes});
}

}  // namespace

Result<KeySlots> KeySlots::parse(Bytes file) {
  const Error damaged{Errc::malformed, "the key file is damaged; restore it from a backup or enrol again"};
  if (file.size() > kKeySlotFileBytesMax || file.size() < kMagic.size() + 2 + kCheckBytes) return damaged;
  Reader reader(file.first(file.size() - kCheckBytes));
  if (as_text(reader.bytes(kMagic.size())) != kMagic) return Error{Errc::malformed, "this is not a Farline key file"};
  if (reader.u8() != kVersion)
    return Error{Errc::unsupported,
                 "the key file was written by another version of Farline; use that one or a newer one"};
  if (!equal(Bytes(check_of(file.first(file.size() - kCheckBytes))).first(kCheckBytes), file.last(kCheckBytes)))
    return damaged;

  const size_t count = reader.u8();
  if (count == 0 || count > kKeySlotsMax) return damaged;
  KeySlots out;
  for (size_t i = 0; i < count; ++i) {
    auto slot = parse_slot(reader);
    if (!slot) return slot.error();
    out.slots_.push_back(std::move(*slot));
  }
  if (!reader.finish()) return damaged;
  return out;
}

Result<KeySlots::Slot> KeySlots::parse_slot(Reader& reader) {
  Slot slot;
  const uint8_t kind = reader.u8();
  if (kind == static_cast<uint8_t>(Kind::passphrase)) {
    slot.kind = Kind::passphrase;
    slot.salt = reader.array<16>();
    slot.cost = {reader.u32(), reader.u32(), reader.u32()};
    slot.nonce = reader.array<12>();
    slot.sealed = reader.array<48>();
    const bool in_bounds = slot.cost.passes >= 1 && slot.cost.passes <= kPassesMax &&
                           slot.cost.memory_kib <= kMemoryKibMax && slot.cost.lanes >= 1 &&
                           slot.cost.lanes <= kLanesMax && slot.cost.memory_kib >= 8 * slot.cost.lanes;
    if (reader.ok() && !in_bounds) return Error{Errc::limit, "the key file asks for more memory or time than allowed"};
  } else if (kind == static_cast<uint8_t>(Kind::unprotected)) {
    slot.kind = Kind::unprotected;
    if (const Bytes key = reader.bytes(32); reader.ok()) slot.key = MasterKey::copy_of(key);
  } else {
    return Error{Errc::unsupported, "the key file has a kind of lock that this version does not know"};
  }
  if (!reader.ok()) return Error{Errc::truncated, "the key file ends too early; restore it from a backup"};
  return slot;
}

void KeySlots::write_before_seal(const Slot& slot, Writer& writer) {
  writer.u8(static_cast<uint8_t>(slot.kind));
  writer.bytes(slot.salt);
  writer.u32(slot.cost.passes);
  writer.u32(slot.cost.memory_kib);
  writer.u32(slot.cost.lanes);
  writer.bytes(slot.nonce);
}

ByteVector KeySlots::encode() const {
  INVARIANT(!slots_.empty());
  std::array<uint8_t, kKeySlotFileBytesMax> buffer{};
  Writer writer(buffer);
  writer.bytes(as_bytes(kMagic));
  writer.u8(kVersion);
  writer.u8(static_cast<uint8_t>(slots_.size()));
  for (const Slot& slot : slots_) {
    if (slot.kind == Kind::unprotected) {
      writer.u8(static_cast<uint8_t>(slot.kind));
      writer.bytes(slot.key.bytes());
    } else {
      write_before_seal(slot, writer);
      writer.bytes(slot.sealed);
    }
  }
  writer.bytes(Bytes(check_of(writer.written())).first(kCheckBytes));
  ByteVector out = to_vector(writer.written());
  crypto::wipe(buffer);
  return out;
}

Result<void> KeySlots::add_passphrase(const MasterKey& master, Bytes passphrase, Rng& rng,
                                      const crypto::PasswordCost& cost) {
  INVARIANT(slots_.size() < kKeySlotsMax);
  Slot slot;
  slot.salt = rng.array<16>();
  slot.cost = cost;
  slot.nonce = rng.array<12>();
  const auto key = crypto::key_from_password(passphrase, slot.salt, cost);
  if (!key) return key.error();
  std::array<uint8_t, kBeforeSealBytes> before{};
  Writer writer(before);
  write_before_seal(slot, writer);
  crypto::seal(*key, {slot.nonce, writer.written()}, master.bytes(), slot.sealed);
  slots_.push_back(std::move(slot));
  return {};
}

void KeySlots::add_unprotected(const MasterKey& master) {
  INVARIANT(slots_.size() < kKeySlotsMax);
  Slot slot;
  slot.kind = Kind::unprotected;
  slot.key = master.copy();
  slots_.push_back(std::move(slot));
}

bool KeySlots::needs_passphrase() const {
  return std::ranges::none_of(slots_, [](const Slot& slot) { return slot.kind == Kind::unprotected; });
}

Result<MasterKey> KeySlots::open(Bytes passphrase) const {
  for (const Slot& slot : slots_) {
    if (slot.kind == Kind::unprotected) return slot.key.copy();
  }
  for (const Slot& slot : slots_) {
    const auto key = crypto::key_from_password(passphrase, slot.salt, slot.cost);
    if (!key) return key.error();
    std::array<uint8_t, kBeforeSealBytes> before{};
    Writer writer(before);
    write_before_seal(slot, writer);
    MasterKey master;
    if (crypto::open(*key, {slot.nonce, writer.written()}, slot.sealed, master.mutable_bytes())) return master;
  }
  return Error{Errc::auth, "the passphrase is wrong; try again"};
}

}  // namespace farline::store
