// Turns an invitation and a proof of two keys into a certificate (docs/PROTOCOL.md 2, ENROL), signed with the issuer
// key delegated to this node. The same device asking again gets the same certificate and uses the invitation once.
#pragma once

#include "supernode/directory.h"
#include "supernode/invitations.h"
#include "supernode/node_clock.h"
#include "supernode/supernode.h"

namespace farline::supernode {

class Enrolment {
 public:
  struct Parts {
    const Config& config;
    const crypto::Asymmetric& asymmetric;
    const NodeClock& clock;
    Directory& directory;
    Invitations& invitations;
    Counters& counters;
  };
  explicit Enrolment(const Parts& parts);

  // What a certificate is checked against when a device brings its own.
  Result<wire::Certificate> verify(Bytes encoded) const;
  // Whether certificates can be issued now: the time is known and within the issuer's own validity.
  bool is_open(Time now) const;
  // The name with this node's site, if it has one.
  Result<std::string> full_name(std::string_view name) const;

  // The answer to ENROL; nothing when there is to be none.
  std::optional<wire::Enrolled> handle(Time now, EnrolContext& context, const wire::Enrol& request);

 private:
  std::optional<wire::EnrolStatus> objection(Time now, const EnrolContext& context, const wire::Enrol& request) const;
  bool is_signed(const EnrolContext& context, const wire::Enrol& request) const;
  void issue(Time now, EnrolContext& context, const wire::Enrol& request);
  wire::Enrolled done(const Device& device) const;

  Parts parts_;
  wire::Authority issuer_;
};

}  // namespace farline::supernode
