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
#include "wire/limits.h"

namespace farline::supernode {

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
};

struct Environment {
  Rng& rng;
  const crypto::Asymmetric& asymmetric;
  Log& log;
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
};

struct Status {
  size_t attached = 0;  // sessions committed
  size_t pending = 0;   // answered, not heard of since
  size_t legs = 0;
  size_t devices = 0;
  size_t people = 0;
  size_t invitations = 0;
  size_t audit_reports = 0;
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

  // Before the first datagram: a record that an earlier run saved. One that no run can have saved is skipped.
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
  // A .policy file of the organisation: comes into force when it is newer, and may bring sites' files. False: nothing
  // in it was new. Errors: as in policy/signed_policy.h; what is in force stays so.
  Result<bool> take_policy(Time now, Bytes file);
  // The certificate of another node's issuer (wire/delegation.h), so that its devices may come here. False: it was
  // known. Errors: wire/issuers.h.
  Result<bool> take_issuer(Bytes certificate);
  // An order, once. Errors: supernode/orders.h.
  Result<OrderTaken> take_order(Time now, Bytes file);
  // Tells every attached client that the node is going away.
  void shut_down(Time now);

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
  std::optional<PolicyInForce> policy_in_force(Time now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace farline::supernode
