// Invitations this node has given: which tokens open an enrolment, how often, until when, for whom. Kept by the hash of
// the token, so that neither the disk nor the time of a look-up tells a token.
#pragma once

#include <map>
#include <string>

#include "supernode/outbox.h"
#include "supernode/sessions.h"
#include "wire/handshake.h"

namespace farline::supernode {

TokenHash token_hash_of(const wire::Token& token);

class Invitations {
 public:
  struct Entry {
    uint32_t uses = 0;
    WallTime expires;
    std::string person;             // folded name; empty: any
    uint8_t role = 0;               // the certificate's (wire::Certificate::person_role)
    uint16_t certificate_days = 0;  // at most; 0: as long as the node may give
  };

  explicit Invitations(Outbox& out) : out_(out) {}

  void load(Bytes key, Bytes value);  // skips what was not saved by this

  // Nothing when there is none, or it is used up, expired, or the time is not known.
  const Entry* find(const TokenHash& token, WallTime wall) const;
  // False when there are too many.
  bool add(const TokenHash& token, Entry entry, WallTime wall);
  // REQUIRES find(token).
  void use(const TokenHash& token);

  size_t count() const { return entries_.size(); }

 private:
  void save(const TokenHash& token, const Entry& entry);
  void purge(WallTime wall);

  Outbox& out_;
  std::map<TokenHash, Entry> entries_;
};

}  // namespace farline::supernode
