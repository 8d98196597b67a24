// Reports of devices about themselves (wire/audit.h), kept until an administrator has collected them: each is checked
// against the device's own key, saved, and only then acknowledged. The node can lose or hold back a report, and the gap
// in its device's numbers shows that; it cannot alter one.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "supernode/directory.h"
#include "supernode/node_clock.h"
#include "supernode/supernode.h"
#include "wire/issuers.h"

namespace farline::supernode {

class AuditStore {
 public:
  struct Parts {
    const Config& config;
    const crypto::Asymmetric& asymmetric;
    const NodeClock& clock;
    const Directory& directory;
    Outbox& out;
    Counters& counters;
    const wire::Issuers& issuers;
  };
  static constexpr uint32_t kDays = 35;  // where no policy says
  explicit AuditStore(const Parts& parts) : parts_(parts) {}

  void load(Bytes key, Bytes value);  // skips what was not saved by this
  // How long reports are kept, as the policy says.
  void set_days(uint32_t days) { days_ = days; }

  // The answer to AUDIT of that device; nothing: none.
  std::optional<wire::AuditAck> handle(Time now, const wire::DeviceId& device, const wire::Audit& message);
  void sweep(Time now);

  size_t count() const { return records_.size(); }
  // At most `most` records (wire::AuditRecord, encoded) behind `after`, the key of the last one seen; empty: from the
  // first on.
  std::vector<AuditItem> page(Bytes after, size_t most) const;

 private:
  using Key = std::array<uint8_t, 16>;  // device id, first 8 bytes of the report's SHA-256
  struct Record {
    uint32_t hour = 0;
    ByteVector bytes;
  };
  using Records = std::map<Key, Record>;

  uint32_t hour(Time now) const { return static_cast<uint32_t>(parts_.clock.at(now).seconds / 3600); }
  bool make_room(const wire::DeviceId& device);
  Records::iterator erase(Records::iterator it);

  Parts parts_;
  Records records_;
  uint32_t days_ = kDays;
  uint32_t swept_hour_ = 0;
};

}  // namespace farline::supernode
