// Who is attached, and from where (docs/PROTOCOL.md 1.4, 1.5). Soft state in RAM.
//
//   pending    answered, nothing heard yet: found by its index, and by its address while no other session is there
//   committed  one a device; found by its index, its device and its validated address
//
// State x input: authentic packet          from another address  PATH_RESPONSE  newer one commits  silence
//   pending      committed, replaces older  told or challenged    moves there    dropped            60 s: dropped
//   committed    heard                      told or challenged    moves there    DETACH, dropped    180 s: dropped
//
// Everything for a device goes to the address of its committed session. Challenges are stateless: the nonce is a MAC
// over session, address and period, so a forger cannot crowd out the real one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "session/transport.h"
#include "supernode/door.h"
#include "supernode/outbox.h"
#include "supernode/supernode.h"
#include "wire/audit.h"
#include "wire/backbone.h"
#include "wire/control.h"
#include "wire/invitation.h"
#include "wire/limits.h"

namespace farline::supernode {

// What ENROL needs to know of the handshake that opened its session.
struct EnrolContext {
  crypto::PublicKey static_key{};
  crypto::Hash handshake_hash{};
  wire::TokenHash invitation{};
  wire::CertificateHash root{};  // that the invitation names; zeros: it is not known any more
  uint64_t counter = 0;
  unsigned attempts = 0;
  bool done = false;
};

// The handshake message that a response answers, so that its repetition gets the same bytes again.
using Fingerprint = crypto::Hash;
using ResponseBytes = ByteVector;

// The last MAIL of this session (supernode/mailbox.h).
struct MailFlight {
  uint8_t number = 0;  // never 0 once it began: that is of a MAIL that nobody answers
  std::vector<uint64_t> sequences{};
  Duration patience{};
  std::optional<Time> due{};  // nothing: answered
  bool is_held = false;       // not sent yet: the policy's share of the link has no room before `due`

  void begin() {
    number = number == UINT8_MAX ? 1 : static_cast<uint8_t>(number + 1);
    sequences.clear();
    patience = {};
    is_held = false;
  }
};

struct Session {
  wire::SessionIndex index = 0;
  wire::DeviceId device;
  Address address;
  session::Transport transport;
  std::unique_ptr<EnrolContext> enrol;  // nothing: attached with a certificate
  Visitor visitor{};
  Time heard{};
  bool committed = false;
  // An answer that the device asked for after a silence, to learn how patient its NAT is.
  struct LateAnswer {
    Time due{};
    Address to;
  };
  std::optional<LateAnswer> late_answer{};
  wire::PresenceTerms presence_terms{};         // what the device is to sign of this session
  std::optional<crypto::Signature> presence{};  // when it has
  std::optional<Time> told_devices{};           // the last unasked LOOKUP_RESULT
  RateLimit records{wire::kRecordsBurst, Duration{1s} / wire::kRecordsPerSecondMax};
  // Calls of people with several devices; goes on when the device attaches again.
  RateLimit invites{wire::kInvitesPerCallerBurst * wire::kDevicesPerPersonMax,
                    wire::kInvitesPerCallerEvery / static_cast<int64_t>(wire::kDevicesPerPersonMax)};
  RateLimit audits{wire::kAuditsBurst, wire::kAuditsEvery};
  RateLimit presences{2, wire::kPresenceEvery};
  RateLimit strays{1, wire::kStrayAnswerEvery};
  RateLimit passes{2, wire::kPassEvery};
  std::unique_ptr<MailFlight> mail{};  // nothing: none yet
  RateLimit mails{wire::kMailsBurst, wire::kMailsEvery};
  RateLimit pushes{wire::kMailPushesBurst, wire::kMailPushesEvery};

  bool may_call() const { return !enrol || enrol->done; }
};

class Sessions {
 public:
  Sessions(Rng& rng, Outbox& out, Counters& counters);

  // --- Handshakes ---
  wire::SessionIndex new_index();
  struct Pending {
    Fingerprint question{};
    ResponseBytes response{};
  };
  // Nothing when `question` is not what the device's pending session was made from.
  const ResponseBytes* cached_response(const wire::DeviceId& device, const Fingerprint& question) const;
  // The counter of the handshake that opened an enrolment of this device; 0 when there is none.
  uint64_t enrol_counter(const wire::DeviceId& device);
  // Replaces the device's earlier pending session.
  void add(Session session, const Pending& pending);
  bool pending_full() const { return pending_.size() >= wire::kPendingMax; }

  // --- Packets ---
  struct Received {
    Session& session;
    wire::ControlMessage message;  // points into `plaintext`
  };
  // Opens a control record; PATH_RESPONSE and address changes are dealt with here.
  std::optional<Received> open_record(Time now, const Address& from, Bytes datagram, MutableBytes plaintext);
  void handle_keepalive(Time now, const Address& from, Bytes datagram);
  // Media or signals of `session`'s device came from an address that is not its own.
  void challenge_stray(Time now, Session& session, const Address& from, size_t question_bytes);

  void send(Time now, Session& session, const wire::ControlMessage& message);
  // To a session that could not be replied to at `device`'s address: false.
  bool send(Time now, const wire::DeviceId& device, const wire::ControlMessage& message);

  Session* of(const wire::DeviceId& device);  // committed
  Session* at(const Address& address);        // committed
  void remove(const wire::SessionIndex& index);
  void sweep(Time now);
  void send_late_answers(Time now);
  std::optional<Time> next_late_answer() const;

  size_t committed_count() const { return by_device_.size(); }
  size_t pending_count() const { return pending_.size(); }
  // For shutting down, one at a time: the committed session of the lowest device id.
  Session* first() { return after(std::nullopt); }
  // The committed session of the next device id.
  Session* after(const std::optional<wire::DeviceId>& device);
  // Devices whose session has just been committed, once each.
  std::vector<wire::DeviceId> take_arrivals() { return std::exchange(arrivals_, {}); }
  template <typename Visit>  // committed and pending; may not remove any
  void for_each(Visit visit) {
    for (auto& [index, session] : sessions_) visit(session);
  }

 private:
  struct PendingEntry {
    wire::SessionIndex index = 0;
    Pending exchange;
  };

  Session* find(wire::SessionIndex index);
  Session* pending_of(const wire::DeviceId& device, const Address& from);
  void authentic(Time now, Session& session);
  void commit(Time now, Session& session);
  void move(Session& session, const Address& to);
  void challenge(Time now, Session& session, const Address& to);
  wire::PathNonce nonce(const Session& session, const Address& address, int64_t period) const;
  bool is_answer(Time now, const Session& session, const Address& from, const wire::PathNonce& given) const;
  void seal_to(Time now, Session& session, const Address& to, const wire::ControlMessage& message);
  void count(session::OpenError error);
  void answer_keepalive(Session& session, const Address& to, wire::PacketType type);
  void answer_late(Time now, Session& session, const Address& to, Duration silence);
  void forget_late_answer(Session& session);

  Rng& rng_;
  Outbox& out_;
  Counters& counters_;
  crypto::Secret<32> path_secret_;
  std::map<wire::SessionIndex, Session> sessions_;
  std::map<wire::DeviceId, wire::SessionIndex> by_device_;
  std::map<Address, wire::SessionIndex> by_address_;
  std::map<wire::DeviceId, PendingEntry> pending_;
  std::set<std::pair<Time, wire::SessionIndex>> late_answers_;  // at most one a session
  std::vector<wire::DeviceId> arrivals_;                        // of this turn
};

}  // namespace farline::supernode
