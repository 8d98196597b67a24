#include "client/contact_book.h"

#include <algorithm>

#include "wire/name.h"

namespace farline::client {
namespace {

constexpr size_t kContactDevicesMax = 20'000;  // of the whole address book; an organisation's size

std::array<uint8_t, 4> encode_u32(uint32_t value) {
  std::array<uint8_t, 4> out{};
  Writer(out).u32(value);
  return out;
}

}  // namespace

void ContactBook::load(const SaveRecord& record) {
  const auto kind = static_cast<RecordKind>(record.kind);
  if (kind == RecordKind::blocked) {
    const auto folded = wire::fold_name(as_text(record.key));
    if (folded && equal(as_bytes(*folded), record.key)) blocked_[*folded] = true;
    return;
  }
  Reader key(record.key);
  const wire::DeviceId id{key.array<8>()};
  if (!key.finish()) return;
  if (kind == RecordKind::caller_counter) {
    Reader value(record.value);
    const uint32_t counter = value.u32();
    if (value.finish()) caller_counters_[id] = counter;
  } else if (kind == RecordKind::device) {
    // Verified before it was saved, and the store is sealed: the signature is not verified again at every start.
    const auto certificate = wire::parse_certificate(record.value);
    const bool fits =
        certificate && certificate->role == wire::Role::device && wire::device_id_of(certificate->static_key) == id;
    if (fits && !by_device_.contains(id) && by_device_.size() < kContactDevicesMax) insert(*certificate, id);
  }
}

const Contact* ContactBook::find(const std::string& folded) const {
  const auto it = contacts_.find(folded);
  return it == contacts_.end() ? nullptr : &it->second;
}

const Contact* ContactBook::find(const wire::DeviceId& device) const {
  const auto it = by_device_.find(device);
  return it == by_device_.end() ? nullptr : find(it->second);
}

const PeerDevice* ContactBook::find_device(const wire::DeviceId& device) const {
  const Contact* contact = find(device);
  if (contact == nullptr) return nullptr;
  const auto it = std::ranges::find(contact->devices, device, &PeerDevice::id);
  return it == contact->devices.end() ? nullptr : &*it;
}

bool ContactBook::has_current(const wire::DeviceId& device, WallTime now) const {
  const PeerDevice* held = find_device(device);
  return held != nullptr && now < held->expires;
}

void ContactBook::insert(const wire::Certificate& certificate, const wire::DeviceId& id) {
  auto folded = wire::fold_name(certificate.name);
  if (!folded) return;
  Contact& contact = contacts_[*folded];
  contact.name = certificate.name;
  contact.devices.push_back({id, certificate.static_key, certificate.expires});
  by_device_[id] = *folded;
}

void ContactBook::erase(const wire::DeviceId& id) {
  std::erase_if(contacts_[by_device_[id]].devices, [&](const PeerDevice& device) { return device.id == id; });
  by_device_.erase(id);
}

Result<wire::DeviceId> ContactBook::add(Bytes encoded, WallTime now) {
  const auto certificate = issuers_.verify(encoded);
  if (!certificate) return certificate.error();
  if (certificate->role != wire::Role::device) return Error{Errc::denied, "certificate is for another role"};
  if (const auto valid = wire::check_validity(*certificate, now); !valid) return valid.error();
  const wire::DeviceId id = wire::device_id_of(certificate->static_key);
  const PeerDevice* held = find_device(id);
  if (held != nullptr && certificate->expires <= held->expires) return id;
  if (held == nullptr && by_device_.size() >= kContactDevicesMax) return Error{Errc::limit, "the address book is full"};
  const auto folded = wire::fold_name(certificate->name);
  if (!folded) return folded.error();
  const bool is_renewal = held != nullptr && by_device_[id] == *folded;
  const bool known = contacts_.contains(*folded) && !is_renewal;
  if (held != nullptr) erase(id);
  insert(*certificate, id);
  out_.saves.push_back(make_record(RecordKind::device, id.bytes, encoded));
  if (known) out_.events.push_back({.kind = EventKind::new_device, .peer = certificate->name});
  return id;
}

void ContactBook::replace(const std::string& folded, const wire::LookupResult& result, WallTime now) {
  std::vector<wire::DeviceId> listed;
  for (const auto& device : std::span(result.devices).first(result.device_count)) {
    const auto id = add(device.certificate, now);
    if (id && by_device_[*id] == folded) listed.push_back(*id);
  }
  // A name once known stays known: forgotten, its next device would be taken for its first, without a word.
  if (listed.empty()) return;
  const auto it = contacts_.find(folded);
  std::erase_if(it->second.devices, [&](const PeerDevice& device) {
    if (std::ranges::find(listed, device.id) != listed.end()) return false;
    by_device_.erase(device.id);
    out_.saves.push_back(make_record(RecordKind::device, device.id.bytes, {}));
    return true;
  });
}

bool ContactBook::accept_caller_counter(const wire::DeviceId& caller, uint32_t counter) {
  uint32_t& highest = caller_counters_[caller];
  if (counter <= highest) return false;
  highest = counter;
  out_.saves.push_back(make_record(RecordKind::caller_counter, caller.bytes, encode_u32(counter)));
  return true;
}

void ContactBook::set_blocked(const std::string& folded, bool blocked) {
  if (blocked)
    blocked_[folded] = true;
  else
    blocked_.erase(folded);
  const std::array<uint8_t, 1> yes{1};
  out_.saves.push_back(make_record(RecordKind::blocked, as_bytes(folded), blocked ? Bytes(yes) : Bytes{}));
}

std::vector<ContactView> ContactBook::view() const {
  std::vector<ContactView> out;
  for (const auto& [folded, contact] : contacts_)
    out.push_back({contact.name, static_cast<uint32_t>(contact.devices.size()), is_blocked(folded)});
  return out;
}

}  // namespace farline::client
