// A fresh certificate in time (docs/PROTOCOL.md 2, RENEW): asked for after attaching, when ours is in its last sixth or
// the node says that it has another one for us. The session goes on as it is.
//
// Timer: repeat   start: asked   3 round trips + 1.5 s, doubling, kTries times   effect: asked again
#pragma once

#include "client/attachment.h"
#include "client/call_leg.h"
#include "client/identity.h"
#include "wire/issuers.h"

namespace farline::client {

// The certificate, its issuers and its root in `enrolled` become this device's. REQUIRES: that root counts here.
// Errors: those of wire::verify_chain; auth: for other keys or another name; denied: refused, or older than what the
// device has.
struct RenewalContext {
  const crypto::Asymmetric& asymmetric;
  WallTime now;     // 0: not known
  WallTime latest;  // a certificate from after that is not taken, unless the present one is over then
};
Result<void> renew(Identity& identity, const wire::Enrolled& enrolled, const RenewalContext& context);
// The same from RecordKind::certificate.
Result<void> renew_from_record(Identity& identity, Bytes value, const crypto::Asymmetric& asymmetric);

class Renewal {
 public:
  struct Setup {
    Identity& identity;  // whose certificate changes
    const crypto::Asymmetric& asymmetric;
    Attachment& attachment;
    const wire::Issuers& issuers;
  };
  Renewal(const Setup& setup, Outputs& out) : setup_(setup), out_(out) {}

  // The node has accepted a session, and it is a moment to spend half a kilobyte. `latest`, here and below: how late it
  // is at most by what this device believes (policy::TrustedClock, its own clock), so that a node whose clock is wrong
  // does not give us certificates of the future.
  void attached(Time now, const wire::ResponsePayload& greeting, WallTime latest);
  // Whether this device has another certificate now.
  bool handle(Time now, const wire::Enrolled& reply, WallTime latest);
  // What was offered under a root that did not count may be asked for again.
  void roots_changed(Time now);
  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const { return repeat_.due(); }

 private:
  static constexpr unsigned kTries = 6;

  void ask(Time now);

  Setup setup_;
  Outputs& out_;
  Repeat repeat_;
  bool awaits_root_ = false;  // of the certificate that was offered
};

}  // namespace farline::client
