#include <algorithm>

#include "chat/group.h"
#include "chat/varint.h"

namespace farline::chat {

// Of the highest number, then tag, among those made for exactly the present removals: whoever agrees on the members
// agrees on the key, however many were made at once.
Epoch* Group::current_epoch() {
  Epoch* best = nullptr;
  for (Epoch& epoch : epochs_) {
    if (roster_.founded && epoch.removals_hash != roster_.removals_hash) continue;
    if (best == nullptr || std::pair(epoch.number, epoch.tag) > std::pair(best->number, best->tag)) best = &epoch;
  }
  return best;
}

Epoch& Group::epoch_to_write(const Now& now) {
  Epoch* epoch = current_epoch();
  const auto is_heard = [&](const wire::DeviceId& id) {
    return std::binary_search(devices_.begin(), devices_.end(), id);
  };
  const auto is_only = [&](const auto& ids) { return std::ranges::all_of(ids, is_heard); };
  // Somebody has it whose certificate counts no more.
  const bool leaked = epoch != nullptr && roster_.founded && !(is_only(epoch->confirmed) && is_only(epoch->told));
  const bool old = leaked || (epoch != nullptr && epoch->made + kEpochSeconds < now.wall.seconds);
  return epoch == nullptr || (old && is_member()) ? make_epoch(now) : *epoch;
}

Epoch& Group::make_epoch(const Now& now) {
  Epoch epoch;
  for (const Epoch& other : epochs_) epoch.number = std::max(epoch.number, other.number);
  ++epoch.number;
  epoch.made = now.wall.seconds;
  epoch.removals_hash = roster_.removals_hash;
  device_.rng().fill(epoch.key.mutable_bytes());
  epoch.tag = epoch_tag(epoch.key);
  save_epoch(epoch);
  epochs_.push_back(std::move(epoch));
  forget_epochs();
  return epochs_.back();
}

void Group::save_epoch(const Epoch& epoch) {
  ByteVector value(4 + 8 + 8 + 32 + epoch.confirmed.size() * 8);
  Writer out(value);
  out.u32(epoch.number);
  out.u64(epoch.made);
  out.bytes(epoch.removals_hash);
  out.bytes(epoch.key.bytes());
  for (const wire::DeviceId& device : epoch.confirmed) out.bytes(device.bytes);
  std::array<uint8_t, 4> key{};
  Writer(key).u32(epoch.tag);
  device_.save(StateKind::epoch, id_, key, std::move(value));
}

void Group::load_epoch(Bytes value) {
  Reader in(value);
  Epoch epoch;
  epoch.number = in.u32();
  epoch.made = in.u64();
  epoch.removals_hash = in.array<8>();
  epoch.key = EpochKey::copy_of(in.array<32>());
  epoch.tag = epoch_tag(epoch.key);
  while (in.remaining() >= 8) epoch.confirmed.insert({in.array<8>()});
  if (in.ok()) epochs_.push_back(std::move(epoch));
}

void Group::forget_epochs() {
  while (epochs_.size() > kEpochsMax) {
    const auto oldest = std::ranges::min_element(epochs_, {}, &Epoch::number);
    std::array<uint8_t, 4> key{};
    Writer(key).u32(oldest->tag);
    device_.save(StateKind::epoch, id_, key, {});
    epochs_.erase(oldest);
  }
}

void Group::tell_epoch(Epoch& epoch, wire::DeviceId to) {
  if (epoch.confirmed.contains(to) || !epoch.told.insert(to).second) return;
  const Contact* contact = device_.contact(to);
  if (contact == nullptr) return;
  EpochNotice notice{id_, epoch.number, epoch.removals_hash, 0};
  crypto::PublicKey key = contact->static_key;
  for (const auto& [log, author] : authors_) {
    if (author.device == to && author.prekey > notice.prekey) notice.prekey = author.prekey, key = author.prekey_key;
  }
  // Who never wrote here may not know this device either.
  const Bytes credential = notice.prekey == 0 ? Bytes(device_.identity().credential) : Bytes{};
  auto sealed = seal_epoch(notice, {device_.id(), to}, epoch.key, key, device_.identity().static_key, credential,
                           device_.asymmetric(), device_.rng());
  if (sealed) device_.send({.to = {to}, .bytes = std::move(*sealed), .urgency = Urgency::live, .keep = true});
}

void Group::take_epoch(const Now& now, const Contact& from, const SealedEpoch& sealed) {
  if (roster_.founded && !roster_.members.contains(from.person)) return;
  const crypto::KeyPair* own = device_.prekey(sealed.notice.prekey);
  if (own == nullptr) return;
  auto key = open_epoch(sealed, {from.id, device_.id()}, *own, from.static_key, device_.asymmetric());
  if (!key) return;
  const uint32_t tag = epoch_tag(*key);
  for (Epoch& epoch : epochs_) {
    if (epoch.tag == tag) {
      epoch.told.insert(from.id);
      return;
    }
  }
  // A number far ahead would make every later one lose against it.
  uint32_t highest = 0;
  for (const Epoch& epoch : epochs_) highest = std::max(highest, epoch.number);
  if (!epochs_.empty() && sealed.notice.number > highest + 1000) return;
  // Many would push out the keys of others.
  EpochsOfOne& of_one = epochs_of_[from.id];
  if (of_one.count == 0 || of_one.since + kEpochsOfOneIn < now.time) of_one = {now.time, 0};
  if (++of_one.count > kEpochsOfOneMax) return;
  Epoch epoch;
  epoch.number = sealed.notice.number;
  epoch.tag = tag;
  epoch.made = now.wall.seconds;
  epoch.removals_hash = sealed.notice.removals_hash;
  epoch.key = std::move(*key);
  epoch.confirmed.insert(from.id);
  save_epoch(epoch);
  epochs_.push_back(std::move(epoch));
  forget_epochs();
  Peer& peer = peers_[from.id];
  peer.partner = true;
  if (!peer.summary_at) peer.summary_at = now.time;
}

bool Group::take(const Now& now, wire::DeviceId from, Bytes sealed) {
  const auto tag = tag_of(sealed);
  if (!tag) return false;
  for (Epoch& epoch : epochs_) {
    if (epoch.tag != *tag) continue;
    const auto payload = unseal(epoch.key, from, sealed);
    if (!payload) continue;
    const Contact* contact = device_.contact(from);
    const bool member = contact != nullptr && roster_.members.contains(contact->person);
    if (roster_.founded && !member) return true;
    if (epoch.confirmed.insert(from).second) save_epoch(epoch);
    Epoch* current = current_epoch();  // it may have missed that one
    if (current != nullptr && current != &epoch) current->told.erase(from);
    auto message = decode_sync(*payload);
    if (message) take_payload(now, from, std::move(*message));
    return true;
  }
  return false;
}

void Group::send_sealed(const Now& now, std::vector<wire::DeviceId> to, Bytes payload, Output output) {
  if (to.empty()) return;
  Epoch& epoch = epoch_to_write(now);
  for (const wire::DeviceId& device : to) tell_epoch(epoch, device);
  output.bytes = seal(epoch.key, device_.id(), payload, device_.rng());
  INVARIANT(output.bytes.size() <= kSealedBytesMax);
  constexpr size_t kAtOnce = 64;
  for (size_t i = 0; i < to.size(); i += kAtOnce) {
    const auto first = to.begin() + static_cast<std::ptrdiff_t>(i);
    Output part = output;
    part.to.assign(first, first + static_cast<std::ptrdiff_t>(std::min(kAtOnce, to.size() - i)));
    device_.send(std::move(part));
  }
}

}  // namespace farline::chat
