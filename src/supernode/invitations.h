// Invitations this node has given: which tokens open an enrolment, how often, until when, for whom. Kept by the hash of
// the token, so that neither the disk nor the time of a look-up tells a token.
#pragma once

#include <map>
#include <string>

#include "supernode/outbox.h"
#include "supernode/sessions.h"
#include "wire/invitation.h"

namespace farline::supernode {

class Invitations {
 public:
  struct Entry {
    uint32_t uses = 0;
    WallTime expires;
    std::string person;             // folded name; empty: any
    uint8_t role = 0;               // the certificate's (wire::Certificate::person_role)
    uint16_t certificate_days = 0;  // at most; 0: as long as the node may give
    wire::CertificateHash root{};   // key_id_of the root key that it names; zeros: not known
  };

  explicit Invitations(Outbox& out) : out_(out) {}

  void load(Bytes key, Bytes value);  // skips what was not saved by this

  // Nothing when there is none, or it is used up, expired, or the time is not known.
  const Entry* find(const wire::TokenHash& token, WallTime wall) const;
  void purge(WallTime wall);  // those that have expired
  // False when there are too many.
  bool add(const wire::TokenHash& token, Entry entry, WallTime wall);
  // REQUIRES find(token).
  void use(const wire::TokenHash& token);

  size_t count() const { return entries_.size(); }

 private:
  void save(const wire::TokenHash& token, const Entry& entry);

  Outbox& out_;
  std::map<wire::TokenHash, Entry> entries_;
};

}  // namespace farline::supernode
