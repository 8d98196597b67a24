// The supernode core: lets enrolled devices attach, knows who is attached where (soft state, RAM only), forwards call
// signalling it cannot read, relays media it cannot read within each channel's quota, and enrols new devices with its
// delegated enrolment key. It is a Core (base/core.h): no I/O, no clock; saves leave through poll_save.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core.h"
#include "base/log.h"
#include "base/rng.h"
#include "crypto/asymmetric.h"
#include "crypto/keys.h"
#include "policy/decide.h"
#include "wire/handshake.h"
#include "wire/ids.h"
#include "wire/limits.h"

namespace farline::supernode {

class MailStore;

// A static key that was rotated away, for devices whose policy does not list the next one yet.
struct FormerKey {
  crypto::KeyPair keys;
  WallTime until;  // from then on nobody attaches with it
};
inline constexpr size_t kFormerKeysMax = 3;

// The keys a node works with. `issuer_certificate` gives `issuer_keys` the right to enrol devices and is signed by the
// root; the host has verified it (wire::verify_chain).
struct NodeKeys {
  crypto::KeyPair static_keys;
  crypto::SigningKeyPair issuer_keys;
  ByteVector issuer_certificate;
  crypto::SigningPublicKey root_key{};
  std::vector<FormerKey> former_keys{};
};

struct Config {
  NodeKeys keys;
  bool is_trial = false;  // a trial organisation lets a second device join a name with any invitation
  std::string site{};     // of the devices it enrols; empty: none
  size_t sessions_max = wire::kSessionsMax;  // hard capacity
  bool has_backbone = false;                 // there are other nodes; its devices sign that they are here
};

struct Environment {
  Rng& rng;
  const crypto::Asymmetric& asymmetric;
  Log& log;
  MailStore* mail = nullptr;  // outlives the core; nothing: messages go to who is attached, none is kept
};

struct InvitationOrder {
  uint32_t uses = 10;   // 1..wire::kInvitationUsesMax
  uint32_t hours = 24;  // 1..wire::kInvitationHoursMax
  std::string name{};   // empty: any free name
  uint8_t role = 0;     // of the person, policy::Role
  uint32_t days = 0;    // the longest certificate; 0: as long as the node may give
};

// What an order of the root (wire/order.h) brought.
struct OrderTaken {
  size_t invitations = 0;
  size_t renewals = 0;
  WallTime until;  // when all of it is over
};

// What was dropped, by reason, and what else happens often.
struct Counters {
  uint64_t datagrams = 0;
  uint64_t malformed = 0;        // not of any form in docs/PROTOCOL.md, or not from a client
  uint64_t unauthentic = 0;      // a MAC, tag or signature is wrong
  uint64_t replayed = 0;         // a counter that is not above what was seen
  uint64_t unknown_session = 0;  // no session with that index or at that address
  uint64_t refused = 0;          // authentic, but not allowed: certificate, invitation, order of messages
  uint64_t rate_limited = 0;     // handshakes (told to come back), control records or signals over their limits
  uint64_t node_full = 0;        // handshakes refused because of the hard capacity
  uint64_t handshakes = 0;       // Diffie-Hellman done
  uint64_t cookies_sent = 0;
  uint64_t attached = 0;  // sessions committed
  uint64_t enrolled = 0;
  uint64_t calls = 0;  // legs made
  uint64_t challenges = 0;
  uint64_t path_moves = 0;
  uint64_t relayed_packets = 0;
  uint64_t relayed_bytes = 0;     // UDP payload
  uint64_t relay_no_channel = 0;  // media dropped, by reason
  uint64_t relay_wrong_address = 0;
  uint64_t relay_not_answered = 0;  // the other side has not agreed to it, or the call is over
  uint64_t relay_over_quota = 0;
  uint64_t relay_over_cap = 0;      // client_bps or site_bps of the policy
  uint64_t relay_not_attached = 0;  // the other device is away
  uint64_t policies_gone_back = 0;  // devices that claim an older policy than they held before
  uint64_t glass_opened = 0;
  std::array<uint64_t, policy::kRuleCount> refused_by_rule{};  // calls, by policy::Rule
  uint64_t audit_reports = 0;                                  // new ones
  uint64_t mail_kept = 0;                                      // messages, once for each device they are for
  uint64_t mail_delivered = 0;                                 // confirmed
  uint64_t mail_passed_on = 0;                                 // to who was attached, not kept
  uint64_t mail_moved = 0;                                     // safe at another node
  uint64_t mail_refused = 0;
  uint64_t mail_expired = 0;
  uint64_t backbone_refused = 0;    // frames, certificates and places of other nodes that are not to be believed
  uint64_t backbone_questions = 0;  // asked of other nodes
};

struct Status {
  size_t attached = 0;  // sessions committed
  size_t pending = 0;   // answered, not heard of since
  size_t waiting = 0;   // handshakes that nothing has been done for yet
  size_t legs = 0;
  size_t devices = 0;
  size_t people = 0;
  size_t invitations = 0;
  size_t under_former_root = 0;  // devices whose certificates are not of the policy's first root key, or of too few
  size_t audit_reports = 0;
  size_t mail = 0;  // messages that wait, once for each device
  size_t mail_bytes = 0;
  bool has_backbone = false;  // there may be other nodes,
  bool backbone_up = false;   // and the way to them is there
};

// A frame for one other node, or for all of them, over whatever the host has.
struct BackboneSend {
  std::optional<wire::DeviceId> to{};
  ByteVector frame{};
};

// A report of a device, and what names it here.
struct AuditItem {
  std::array<uint8_t, 16> key{};
  Bytes record;  // wire::AuditRecord, encoded; good until the next turn
};

struct PolicyInForce {
  wire::PolicyVersion version;
  policy::Day until;
  size_t sites = 0;     // whose file is here
  size_t in_floor = 0;  // attached devices that may call nobody but emergency contacts now
};

class Supernode final : public Core {
 public:
  Supernode(Config config, Environment environment);
  ~Supernode() override;

  // Before the first datagram: a record that an earlier run saved, here or in the store of mail (mail_for). One that no
  // run can have saved is skipped.
  void load(const SaveRecord& record);
  // What the host's wall clock says now; told at the start and about once a minute.
  void set_wall_time(Time now, WallTime wall);

  // --- Commands ---
  struct Invitation {
    wire::Token token{};
    WallTime expires;
  };
  // Errors: a bad name, uses or hours (malformed); the wall time is not known (denied); too many invitations (limit).
  Result<Invitation> invite(Time now, const InvitationOrder& order);
  // Whether people can enrol here. The error says why not, and what to do.
  Result<void> enrolment_open(Time now) const;
  // A .policy file of the organisation: comes into force when it is newer, and may bring sites' files. False: nothing
  // in it was new. Errors: as in policy/signed_policy.h; what is in force stays so.
  Result<bool> take_policy(Time now, Bytes file);
  // The certificate of another node's issuer (wire/delegation.h), so that its devices may come here. False: it was
  // known. Errors: wire/issuers.h.
  Result<bool> take_issuer(Bytes certificate);
  // An order, once. Errors: supernode/orders.h.
  Result<OrderTaken> take_order(Time now, Bytes file);
  // Lets nobody in any more and sends the attached ones elsewhere, one after the other, those in a call last: at most
  // wire::kHandshakesPerSecondFree a second, so that the next nodes can take them, but all of them `within` that time.
  // Goes on relaying meanwhile. It is done when status().attached is 0.
  void drain(Time now, Duration within);
  // While what is saved is kept in memory only: nobody enrols or gets another certificate, and audit reports are not
  // acknowledged. Attaching, calls and what the policy says go on.
  void set_store_full(bool is_full);
  // Tells every client that is still attached that the node is going away, and hears nothing any more.
  void shut_down(Time now);

  // --- Other nodes ---
  // Whether they can be reached. Down at the start; a node alone serves its own devices as ever.
  void set_backbone(Time now, bool is_up);
  // A frame that came from there: hostile until it has been opened.
  void handle_backbone(Time now, Bytes frame);
  // Drained after each turn, like poll_transmit.
  bool poll_backbone(BackboneSend& out);
  const wire::DeviceId& node_id() const;

  // --- Core ---
  void handle_datagram(Time now, const Address& from, Bytes datagram) override;
  void handle_timeout(Time now) override;
  bool poll_save(SaveRecord& out) override;
  bool poll_transmit(Transmit& out) override;
  std::optional<Time> next_timeout() const override;

  const Counters& counters() const;
  // At most `most` audit reports behind the one named `after`; empty: from the first on.
  std::vector<AuditItem> audit_reports(Bytes after, size_t most) const;
  Status status() const;
  size_t other_nodes(Time now) const;  // that are there
  size_t present() const;              // attached devices that other nodes can find here
  std::optional<PolicyInForce> policy_in_force(Time now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace farline::supernode
