// Passes (wire/pass.h) where a policy is in force: this device's own, which its node gives on request for at most a day
// and not in floor mode, and those that others show before media leaves the relay.
//
// Timers: none; want() is called when a call could use one.
#pragma once

#include <optional>

#include "client/attachment.h"
#include "client/identity.h"
#include "crypto/asymmetric.h"
#include "wire/issuers.h"
#include "wire/pass.h"

namespace farline::client {

class Passes {
 public:
  // All outlive it.
  struct Setup {
    const Identity& identity;
    const wire::Issuers& issuers;  // of the nodes whose passes count
    const crypto::Asymmetric& asymmetric;
    Attachment& attachment;
  };
  explicit Passes(const Setup& setup) : setup_(setup) {}

  // Asks the node for one when there is none that lasts an hour, at most every kAskEvery.
  void want(Time now);
  // The node's answer; false when it is not a pass of this device.
  bool handle(Time now, const wire::Pass& message);
  // Ours; empty when there is none that is valid.
  Bytes own(Time now) const;
  // Until when `device` may talk past its node by the pass that it showed. Errors: those of wire::verify_pass; denied:
  // of another device, over, or the time is not known.
  Result<Time> check(Time now, Bytes shown, const wire::DeviceId& device) const;

 private:
  static constexpr Duration kAskEvery = 10min;

  Result<wire::PassClaims> open(Bytes pass) const;

  Setup setup_;
  ByteVector own_;
  WallTime own_expires_;
  std::optional<Time> asked_;
};

}  // namespace farline::client
