// Orders of the organisation's root (wire/order.h): each is taken once, wholly or not at all. Its invitations go where
// this node's own are; its renewals wait here until the device comes. Devices without an order renew their certificates
// here as well.
#pragma once

#include <map>

#include "supernode/enrolment.h"
#include "wire/issuers.h"
#include "wire/order.h"

namespace farline::supernode {

class Orders {
 public:
  struct Parts {
    const Config& config;
    const crypto::Asymmetric& asymmetric;
    const NodeClock& clock;
    Outbox& out;
    Invitations& invitations;
    Directory& directory;
    Enrolment& enrolment;
    const wire::Issuers& issuers;
  };
  explicit Orders(const Parts& parts) : parts_(parts) {}

  // Skip what was not saved by this.
  void load_taken(Bytes key, Bytes value);
  void load_renewal(Bytes key, Bytes value);

  // Errors: those of wire::verify_order; denied: for other nodes, taken before, over, a name that is not of this node's
  // site, or the time is not known; limit: too many orders, invitations or renewals are open.
  Result<OrderTaken> take(Time now, Bytes file);

  struct Renewal {
    WallTime expires;
    std::optional<uint8_t> role;
    uint16_t days = 0;  // 0: as long as the node may give
  };
  // Nothing when there is none, or it is over, or the time is not known.
  const Renewal* renewal_of(const wire::DeviceId& device, WallTime wall) const;
  // The answer to RENEW: a fresh certificate where an order permits one, or, but for guests, where the present one is
  // in its last sixth; else the present one, or invitation_over when that has expired.
  wire::Enrolled renew(Time now, const Device& device);
  // While root keys change: its certificate is another one from now on, under the first root key
  // (Enrolment::is_to_move).
  void move_to_first_root(Time now, const Device& device);

 private:
  Result<void> check(const wire::Order& order, WallTime wall) const;
  static Enrolment::Terms terms_of(const wire::Certificate& certificate, WallTime wall);
  void use_renewal(const wire::DeviceId& device);  // REQUIRES renewal_of(device)
  void forget_what_is_over(WallTime wall);

  Parts parts_;
  std::map<std::array<uint8_t, 8>, WallTime> taken_;  // until when, by id
  std::map<wire::DeviceId, Renewal> renewals_;
};

}  // namespace farline::supernode
