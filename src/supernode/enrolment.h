// Turns an invitation and a proof of two keys into a certificate (docs/PROTOCOL.md 2, ENROL), signed with the issuer
// key delegated to this node. The same device asking again gets the same certificate and uses the invitation once.
#pragma once

#include "supernode/directory.h"
#include "supernode/invitations.h"
#include "supernode/node_clock.h"
#include "supernode/supernode.h"
#include "wire/issuers.h"

namespace farline::supernode {

inline constexpr uint64_t kDaySeconds = 24 * 3600;

class Enrolment {
 public:
  struct Parts {
    const Config& config;
    const crypto::Asymmetric& asymmetric;
    const NodeClock& clock;
    Directory& directory;
    Invitations& invitations;
    Counters& counters;
    const wire::Issuers& issuers;  // this node's among them
  };
  explicit Enrolment(const Parts& parts);

  // What a certificate is checked against when a device brings its own: this node's issuer, a former one of it, another
  // node's, or the root.
  Result<wire::Certificate> verify(Bytes encoded) const;
  // Whether certificates can be issued now; the error says to the node's administrator why not, and what to do.
  Result<void> check_open(Time now) const;
  bool is_open(Time now) const { return check_open(now).has_value(); }
  // The name with this node's site, if it has one.
  Result<std::string> full_name(std::string_view name) const;

  // What a certificate says beside who: policy::Role of the person, and its life, at most as long as the node may give.
  struct Terms {
    uint8_t role = 0;
    uint64_t seconds = 0;          // 0: as long as the node may give
    wire::CertificateHash root{};  // the one that the device has been told of, while it counts; zeros: any
  };
  // A fresh certificate for the same name and keys of `device`, which is the directory's. REQUIRES is_open.
  void renew(Time now, const Device& device, const Terms& terms);
  // While root keys or their threshold change: its certificate is not under the first of them, or under fewer than this
  // node's.
  bool is_behind(const Device& device) const;
  // And this node can give one that is not.
  bool is_to_move(Time now, const Device& device) const;
  // The certificate that is there; `told`: the root that the device has been told of, where that is known.
  wire::Enrolled done(const Device& device, const wire::CertificateHash& told = {}) const;

  // The answer to ENROL; nothing when there is to be none.
  std::optional<wire::Enrolled> handle(Time now, EnrolContext& context, const wire::Enrol& request);

 private:
  std::optional<wire::EnrolStatus> objection(Time now, const EnrolContext& context, const wire::Enrol& request) const;
  bool is_signed(const EnrolContext& context, const wire::Enrol& request) const;
  void issue(Time now, EnrolContext& context, const wire::Enrol& request);
  // `certificate` has the name and the keys.
  // This node's, or its former one where that is what the root of `terms` has signed: open invitations outlive a root
  // key's successor.
  const wire::Authority& issuer_for(const Terms& terms, WallTime wall) const;
  void put(WallTime wall, wire::Certificate certificate, const Terms& terms, uint64_t counter);

  Parts parts_;
  wire::Authority issuer_;
};

}  // namespace farline::supernode
