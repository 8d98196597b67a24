// The issuers of this organisation that this device knows: the one that certified it, and those that turned up since
// (another node's, or a node's next delegation). A message with a certificate or a pass of one that is not known is
// kept while the node is asked who that is, once in this device's life.
//
// Timers: request  start: a message is kept  3 round trips + 1.5 s, doubling, to kTries   effect: asked again
//         forget   the same                  kKeepFor                                    effect: it is handled as it is
#pragma once

#include <set>

#include "client/attachment.h"
#include "client/call_leg.h"
#include "client/identity.h"
#include "wire/issuers.h"

namespace farline::client {

class IssuerBook {
 public:
  // All outlive it.
  IssuerBook(const Identity& identity, const crypto::Asymmetric& asymmetric, Attachment& attachment, Outputs& out);

  void load(const SaveRecord& record);  // of RecordKind::issuer; skips what is none
  const wire::Issuers& known() const { return known_; }
  // As Issuers::follow.
  void follow(const wire::RootKeys& roots, wire::Issuers::Keys withdrawn);
  // Those of a certificate that this device has or had.
  void learn(std::span<const ByteVector> issuers);

  // Whether `message` is kept: it cannot be checked yet.
  bool keeps(Time now, const wire::ControlMessage& message);
  // The node's answer, or nobody knows: messages to handle now, as they came.
  std::vector<ByteVector> handle(const wire::CertificateReply& reply);
  std::vector<ByteVector> handle_timeout(Time now);
  std::optional<Time> next_timeout() const;

 private:
  static constexpr size_t kKeptMax = 4;
  static constexpr size_t kUnknownMax = 64;
  static constexpr unsigned kTries = 4;
  static constexpr Duration kKeepFor = 30s;

  struct Kept {
    wire::CertificateHash issuer;
    ByteVector message;
    Repeat request;
    Time forget_at;
  };
  std::optional<wire::CertificateHash> unknown_in(const wire::ControlMessage& message) const;
  std::vector<ByteVector> take(const wire::CertificateHash& issuer);
  void give_up(const wire::CertificateHash& issuer);

  Attachment& attachment_;
  Outputs& out_;
  wire::Issuers known_;
  std::deque<Kept> kept_;
  std::set<wire::CertificateHash> unknown_to_all_;  // asked for in vain
};

}  // namespace farline::client
