// The people this device knows: for each name the certificates of their devices, verified against the organisation's
// root before they are believed, saved so that a call to a known person needs no look-up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/records.h"
#include "wire/certificate.h"
#include "wire/control.h"
#include "wire/issuers.h"

namespace farline::client {

struct PeerDevice {
  wire::DeviceId id;
  crypto::PublicKey static_key{};
  WallTime expires;  // its certificate
};

struct Contact {
  std::string name;  // as certified
  std::vector<PeerDevice> devices;  // empty when the last one was certified anew under another name
};

class ContactBook {
 public:
  ContactBook(const wire::Issuers& issuers, Outputs& out) : issuers_(issuers), out_(out) {}

  void load(const SaveRecord& record);  // skips what was not saved by this

  // By folded name / by device; null when not known.
  const Contact* find(const std::string& folded) const;
  const Contact* find(const wire::DeviceId& device) const;
  const PeerDevice* find_device(const wire::DeviceId& device) const;
  // Known, and its certificate not expired at `now` (0: not known).
  bool has_current(const wire::DeviceId& device, WallTime now) const;

  // Believes a certificate when its chain verifies, and keeps it when it is newer than the one we have; a new device of
  // a person already known is an event.
  Result<wire::DeviceId> add(Bytes certificate, WallTime now);
  // The answer to a look-up: adds what it lists, and drops devices of this name that it does not list. A list without
  // one believable device of this name changes nothing.
  void replace(const std::string& folded, const wire::LookupResult& result, WallTime now);

  // False for a replayed invitation. Saves the counter.
  bool accept_caller_counter(const wire::DeviceId& caller, uint32_t counter);

  bool is_blocked(const std::string& folded) const { return blocked_.contains(folded); }
  void set_blocked(const std::string& folded, bool blocked);

  std::vector<ContactView> view() const;

 private:
  void insert(const wire::Certificate& certificate, const wire::DeviceId& id);
  void erase(const wire::DeviceId& id);

  const wire::Issuers& issuers_;
  Outputs& out_;
  std::map<std::string, Contact> contacts_;              // by folded name
  std::map<wire::DeviceId, std::string> by_device_;      // -> folded name
  std::map<wire::DeviceId, uint32_t> caller_counters_;
  std::map<std::string, bool> blocked_;
};

}  // namespace farline::client
