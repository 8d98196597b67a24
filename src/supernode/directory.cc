#include "supernode/directory.h"

#include "wire/name.h"

namespace farline::supernode {

void Directory::load(Bytes key, Bytes value) {
  Reader reader(value);
  const uint64_t counter = reader.u64();
  wire::PolicyVersion policy;
  Bytes encoded = reader.rest();
  auto certificate = wire::parse_certificate(encoded);
  if (!certificate) {  // records of before there were policies have no version here
    Reader rest(encoded);
    policy = wire::read_version(rest);
    encoded = rest.rest();
    certificate = wire::parse_certificate(encoded);
  }
  if (!certificate || certificate->role != wire::Role::device) return;
  const wire::DeviceId id = wire::device_id_of(certificate->static_key);
  if (!equal(key, id.bytes) || find(id)) return;
  if (!has_room_for(wire::fold_name(certificate->name).value(), {})) return;
  Device& device = insert(*certificate, encoded);
  device.counter = counter;
  device.policy = policy;
}

const Device* Directory::find(const wire::DeviceId& id) const {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : &found->second;
}

const Device* Directory::find(const wire::CertificateHash& hash) const {
  const auto found = by_hash_.find(hash);
  return found == by_hash_.end() ? nullptr : find(found->second);
}

const Device* Directory::find_any(const wire::CertificateWanted& wanted) const {
  return wanted.by == wire::CertificateBy::device_id ? find(wire::DeviceId{wanted.id})
                                                     : find(wire::CertificateHash{wanted.id});
}

std::vector<const Device*> Directory::devices_of(const std::string& person) const {
  std::vector<const Device*> out;
  const auto found = people_.find(person);
  if (found == people_.end()) return out;
  for (const wire::DeviceId& id : found->second) out.push_back(find(id));
  return out;
}

bool Directory::has_room_for(const std::string& person, WallTime wall) const {
  const auto devices = devices_of(person);
  const auto living = std::ranges::count_if(devices, [&](const Device* device) { return !device->is_expired(wall); });
  return static_cast<size_t>(living) < wire::kDevicesPerPersonMax && devices_.size() < wire::kDevicesMax;
}

void Directory::put(const wire::Certificate& certificate, Bytes encoded, uint64_t counter, WallTime wall) {
  const wire::DeviceId id = wire::device_id_of(certificate.static_key);
  const auto person = wire::fold_name(certificate.name);
  INVARIANT(person.has_value());
  wire::PolicyVersion policy;
  if (const Device* known = find(id)) {
    policy = known->policy;
    remove(id);
  } else {
    INVARIANT(has_room_for(*person, wall));
    for (const Device* device : devices_of(*person))
      if (device->is_expired(wall)) {
        out_.erase(RecordKind::device, device->id.bytes);
        remove(device->id);
      }
  }
  Device& device = insert(certificate, encoded);
  device.counter = counter;
  device.policy = policy;
  save(device);
}

void Directory::raise_counter(const wire::DeviceId& id, uint64_t counter) {
  const auto found = devices_.find(id);
  INVARIANT(found != devices_.end() && counter > found->second.counter);
  found->second.counter = counter;
  save(found->second);
}

void Directory::raise_policy(const wire::DeviceId& id, wire::PolicyVersion policy) {
  const auto found = devices_.find(id);
  INVARIANT(found != devices_.end());
  if (policy <= found->second.policy) return;
  found->second.policy = policy;
  save(found->second);
}

Device& Directory::insert(const wire::Certificate& certificate, Bytes encoded) {
  const wire::DeviceId id = wire::device_id_of(certificate.static_key);
  Device& device = devices_[id];
  device = {.id = id,
            .static_key = certificate.static_key,
            .signing_key = certificate.signing_key,
            .certificate = to_vector(encoded),
            .certificate_hash = wire::certificate_hash_of(encoded),
            .issuer = certificate.issuer,
            .expires = certificate.expires,
            .person = wire::fold_name(certificate.name).value(),
            .role = certificate.person_role,
            .counter = 0,
            .policy = {}};
  by_hash_[device.certificate_hash] = id;
  people_[device.person].push_back(id);
  return device;
}

void Directory::remove(const wire::DeviceId& id) {
  const auto found = devices_.find(id);
  const auto person = people_.find(found->second.person);
  std::erase(person->second, id);
  if (person->second.empty()) people_.erase(person);
  by_hash_.erase(found->second.certificate_hash);
  devices_.erase(found);
}

void Directory::save(const Device& device) {
  std::array<uint8_t, 16 + wire::kCertificateBytesMax> value{};
  Writer writer(value);
  writer.u64(device.counter);
  wire::put_version(device.policy, writer);
  writer.bytes(device.certificate);
  out_.save(RecordKind::device, device.id.bytes, writer.written());
}

}  // namespace farline::supernode
