#include "supernode/invitations.h"

#include "wire/certificate.h"
#include "wire/name.h"

namespace farline::supernode {
namespace {

constexpr uint8_t kNamesRoot = 0x80;  // beside the role; older records end without the root's id

}  // namespace

void Invitations::load(Bytes key, Bytes value) {
  Reader key_reader(key);
  const wire::TokenHash token = key_reader.array<16>();
  Reader reader(value);
  Entry entry;
  const uint8_t role = reader.u8();
  entry.role = role % kNamesRoot;
  entry.uses = reader.u24();
  entry.certificate_days = reader.u16();
  entry.expires.seconds = uint64_t{reader.u16()} << 32;
  entry.expires.seconds |= reader.u32();
  if ((role & kNamesRoot) != 0) entry.root = {reader.array<8>()};
  entry.person = as_text(reader.rest());
  if (!key_reader.finish() || !reader.ok() || entries_.size() >= wire::kInvitationsMax) return;
  if (entry.uses == 0 || entry.uses > wire::kInvitationUsesMax || entry.role > wire::kPersonRoleMax) return;
  const auto folded = wire::fold_name(entry.person);
  if (entry.person.empty() || (folded && *folded == entry.person)) entries_[token] = entry;
}

const Invitations::Entry* Invitations::find(const wire::TokenHash& token, WallTime wall) const {
  const auto found = entries_.find(token);
  if (found == entries_.end() || wall.seconds == 0 || wall >= found->second.expires) return nullptr;
  return &found->second;
}

bool Invitations::add(const wire::TokenHash& token, Entry entry, WallTime wall) {
  purge(wall);
  if (entries_.size() >= wire::kInvitationsMax) return false;
  save(token, entry);
  entries_[token] = std::move(entry);
  return true;
}

void Invitations::use(const wire::TokenHash& token) {
  const auto found = entries_.find(token);
  INVARIANT(found != entries_.end());
  if (--found->second.uses > 0) {
    save(token, found->second);
    return;
  }
  out_.erase(RecordKind::invitation, token);
  entries_.erase(found);
}

void Invitations::save(const wire::TokenHash& token, const Entry& entry) {
  std::array<uint8_t, 12 + 8 + wire::kNameBytesMax> value{};
  Writer writer(value);
  writer.u8(entry.role + kNamesRoot);
  writer.u24(entry.uses);
  writer.u16(entry.certificate_days);
  writer.u16(static_cast<uint16_t>(entry.expires.seconds >> 32));
  writer.u32(static_cast<uint32_t>(entry.expires.seconds));
  writer.bytes(entry.root.bytes);
  writer.bytes(as_bytes(entry.person));
  out_.save(RecordKind::invitation, token, writer.written());
}

void Invitations::purge(WallTime wall) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (wall < it->second.expires) {
      ++it;
      continue;
    }
    out_.erase(RecordKind::invitation, it->first);
    it = entries_.erase(it);
  }
}

}  // namespace farline::supernode
