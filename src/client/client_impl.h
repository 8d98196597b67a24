// Private to client*.cc: what a Client is made of. client.cc has the commands and the core's side, client_dispatch.cc
// what a datagram of the node or of the far device does, client_policy.cc what the policy and the audit have to say.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"  // RateLimit
#include "client/audit_feed.h"
#include "client/call.h"
#include "client/call_watch.h"
#include "client/client.h"
#include "client/issuer_book.h"
#include "client/link_probing.h"
#include "client/mail.h"
#include "client/renewal.h"
#include "client/waiting.h"

namespace farline::client {

struct Client::Impl {
  Impl(Config c, Environment e);

  Config config;
  Environment environment;
  Outputs out;
  DeviceCounter counter;
  Admission admission;
  Attachment attachment;
  struct Listed {
    std::vector<policy::Supernode> nodes{};
    std::vector<wire::DeviceId> revoked{};
  };
  std::optional<Listed> listed;  // what the attachment follows
  IssuerBook issuers;
  ContactBook book;
  NetworkMemory networks;
  AuditFeed audit;
  PolicyTraffic policies;
  MailTraffic mail;
  bool is_mail_held = false;  // as last told
  Finder finder;
  Passes passes;
  Renewal renewal;
  CallContext context;
  std::unique_ptr<Call> call;                 // the current one, or the last for its figures
  std::vector<std::unique_ptr<Call>> ending;  // over for the person, still saying good-bye
  std::vector<PendingInvitation> pending;
  std::deque<RecentReply> replies;
  std::map<wire::DeviceId, RateLimit> invite_limits;
  RateLimit presences{2, wire::kPresenceEvery};
  RateLimit lost_calls{1, wire::kLostCallEvery};
  // Whose program forgot a call with us, and when.
  struct Lost {
    wire::DeviceId device{};
    Time at{};
  };
  std::optional<Lost> lost;
  CallId next_id = 1;
  bool muted = false;
  CallWatch watch;
  std::optional<HeldCall> held;
  Repeat glass;  // BREAK_GLASS until it is answered
  LinkProbing probing;

  uint64_t all_bytes() const { return out.counters.bytes_sent + out.counters.bytes_received; }
  bool in_call() const { return call && !call->is_over(); }

  // What was learnt here before, and what is learnt now.
  void follow_network(Time now);
  void retire(std::unique_ptr<Call> old);
  void replace_call(std::unique_ptr<Call> next);

  // --- client_policy.cc ---
  CallLimits limits(const CallOptions& options) const;
  // The call that the person wants begins, or is refused. What is refused by a policy that is being replaced may wait.
  void begin_call(Time now, const CallOptions& options, bool has_stream, bool may_wait);
  Result<void> import_policy(Time now, Bytes file);
  // What is held is what this device says and serves.
  void hold_policy(Time now);
  // What others have sent of policies, and what is to be sent. A call that waits for its first policy takes no link.
  void exchange_policies(Time now);
  // Mail that may leave now: in a call where voice leaves room.
  void exchange_mail(Time now);
  WallTime latest_time(Time now) const;
  policy::TrustedClock::SignedTime signed_time(WallTime time) const;
  void greeted(Time now, const wire::ResponsePayload& greeting);
  void tell_build_hash(Time now);
  // Other nodes believe only the device itself that it is here.
  void tell_presence(Time now);
  void tell_glass(Time now);
  // After every turn: what the call uses, and whether it may go on.
  void follow_policy(Time now);
  // After every turn.
  void follow(Time now);

  // --- client_dispatch.cc ---
  void on_media(Time now, Bytes datagram, size_t wire_bytes);
  // A call's media comes through the node that we were attached to.
  bool is_of_left_relay(Time now, const Address& from, Bytes datagram, size_t wire_bytes);
  // Nobody but the node and the far device of a call has anything to say to us.
  bool is_direct_media(Time now, const Address& from, Bytes datagram, size_t wire_bytes);
  void dispatch(Time now, const wire::ControlMessage& message, size_t wire_bytes);
  // What was kept until its issuer was known.
  void dispatch_kept(Time now, const std::vector<ByteVector>& messages);
  void on_incoming(Time now, const wire::Incoming& incoming, size_t wire_bytes);
  void on_pass(Time now, const wire::Pass& pass);
  bool allow_invitation(Time now, const wire::DeviceId& caller);
  // Nobody hung up: what comes from there goes on with it.
  bool takes_up(Time now, const wire::DeviceId& caller) const;
  void want_certificate(Time now, const wire::Incoming& incoming);
  void on_certificate(Time now, const wire::CertificateReply& reply, size_t wire_bytes);
  void reply(Time now, const wire::Incoming& incoming, Offer& offer, wire::RingStatus status);
  // The caller is known; whether the invitation is theirs and new shows now.
  void take_invitation(Time now, const wire::Incoming& incoming, size_t wire_bytes);
};

}  // namespace farline::client
