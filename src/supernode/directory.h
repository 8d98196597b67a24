// Who is enrolled: devices by id, people by folded name. Certificates in it were verified when they came in; what was
// loaded from disk is believed. Every change is saved before it is acknowledged (base/core.h). Where devices are
// attached is Sessions' business.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "supernode/outbox.h"
#include "wire/certificate.h"
#include "wire/control.h"

namespace farline::supernode {

struct Device {
  wire::DeviceId id;
  crypto::PublicKey static_key{};
  crypto::SigningPublicKey signing_key{};
  ByteVector certificate;
  wire::CertificateHash certificate_hash;
  wire::CertificateHash issuer;
  WallTime expires;
  std::string person;          // folded name
  uint8_t role = 0;            // wire::Certificate::person_role
  uint64_t counter = 0;        // the highest of its handshake initiations
  wire::PolicyVersion policy;  // the latest that it held

  bool is_expired(WallTime wall) const { return wall.seconds != 0 && wall >= expires; }
};

class Directory {
 public:
  explicit Directory(Outbox& out) : out_(out) {}

  void load(Bytes key, Bytes value);  // skips what was not saved by this

  const Device* find(const wire::DeviceId& id) const;
  const Device* find(const wire::CertificateHash& hash) const;
  const Device* find_any(const wire::CertificateWanted& wanted) const;
  // Of a folded name, at most kDevicesPerPersonMax.
  std::vector<const Device*> devices_of(const std::string& person) const;

  // Whether one more device fits this person and this node; devices with expired certificates make room.
  bool has_room_for(const std::string& person, WallTime wall) const;
  // A new device, or a new certificate of a known one with the same static key. REQUIRES has_room_for its person if
  // new.
  void put(const wire::Certificate& certificate, Bytes encoded, uint64_t counter, WallTime wall);
  void raise_counter(const wire::DeviceId& id, uint64_t counter);
  void raise_policy(const wire::DeviceId& id, wire::PolicyVersion policy);  // not lowered

  template <typename F>
  size_t count_if(F is_one) const {
    return static_cast<size_t>(
        std::ranges::count_if(devices_, [&](const auto& entry) { return is_one(entry.second); }));
  }
  size_t device_count() const { return devices_.size(); }
  size_t people_count() const { return people_.size(); }

 private:
  Device& insert(const wire::Certificate& certificate, Bytes encoded);
  void remove(const wire::DeviceId& id);
  void save(const Device& device);

  Outbox& out_;
  std::map<wire::DeviceId, Device> devices_;
  std::map<wire::CertificateHash, wire::DeviceId> by_hash_;
  std::map<std::string, std::vector<wire::DeviceId>> people_;
};

}  // namespace farline::supernode
