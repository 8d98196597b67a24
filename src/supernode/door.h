// The node's door: what the organisation's policy in force here says to calls through this node. Whoever is not revoked
// may attach; who may not call otherwise (hours, build, quota, a policy that is behind) still reaches emergency
// contacts and fetches the policy. Without a policy everything is allowed.
//
// A call is judged by the rules of the caller's site. Contacts (policy::is_contact) may be called and may call anybody.
// The node's clock decides; what its clients do with a node whose clock is wrong, policy/trusted_clock.h says.
//
// Sees only what passes here: media on direct paths is the clients' own to judge and count.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "policy/break_glass.h"
#include "supernode/directory.h"
#include "supernode/node_clock.h"
#include "supernode/policy_shelf.h"
#include "supernode/quota.h"
#include "supernode/supernode.h"
#include "supernode/usage_book.h"
#include "wire/control.h"
#include "wire/issuers.h"

namespace farline::supernode {

inline constexpr uint64_t kBehindAfterSeconds = 72 * 3600;  // devices have so long to hear of a newer policy
inline constexpr uint32_t kBehindSerials = 2;
inline constexpr Duration kSaveUsageEvery = 5min;

struct Share {  // of the link: of one device, or of the clients of one site together
  explicit Share(uint32_t bits_per_second) : up(bits_per_second), down(bits_per_second) {}
  Quota up;  // to the node
  Quota down;
};

// What an attached device says of itself, and what it may send.
struct Visitor {
  wire::PolicyVersion policy;
  policy::Build build;
  std::optional<Share> own;  // nothing: as much as it likes
  Share* site = nullptr;     // the door's
};

class Door {
 public:
  struct Parts {
    const Config& config;
    const crypto::Asymmetric& asymmetric;
    const NodeClock& clock;
    Outbox& out;
    Directory& directory;
    const wire::Issuers& issuers;
  };
  explicit Door(const Parts& parts)
      : parts_(parts),
        shelf_(policy::pin_of(parts.config.keys.root_key), parts.asymmetric, parts.out),
        usage_(parts.out) {}

  void load_usage(Bytes key, Bytes value) { usage_.load(key, value); }
  void load_glass(Bytes key, Bytes value);

  PolicyShelf& shelf() { return shelf_; }
  const PolicyShelf& shelf() const { return shelf_; }
  bool is_in_force() const { return shelf_.is_in_force(); }
  // After a newer policy or more sites: every visitor is to be seated again.
  void rules_changed() { site_shares_.clear(); }

  // --- Devices ---
  // Itself, or with the issuer that certified it.
  bool is_revoked(const wire::DeviceId& device);
  // Its shares, as its site has them.
  void seat(Visitor& visitor, const Device& device);
  // It says that it holds this now; true: it held a later one before.
  bool claims(Visitor& visitor, const Device& device, wire::PolicyVersion version);
  bool wants_build_hash(const Device& device);
  wire::GlassAnswer open_glass(Time now, const Device& device, const policy::GlassCode& code);

  // --- Calls ---
  struct Party {
    const Device& device;
    const Visitor& visitor;
  };
  struct CallQuestion {
    Party caller;
    const Device& callee;
    bool is_running = false;
    policy::Class what = policy::Class::voice;
  };
  policy::Decision judge(Time now, const CallQuestion& question);
  // How long a running call may last beyond what its caller is allowed; when a policy is in force.
  Duration call_grace(const Device& caller);
  // Of a callee: by its own site's rules.
  bool is_build_blocked(Time now, const Party& party);
  // Whether it may call nobody but contacts now.
  bool is_in_floor(Time now, const Party& party) { return !outlook(now, party).allowed; }
  // How long a pass for it is good: as long as it may talk, a running call's grace included, and at most
  // wire::kPassSecondsMax. Nothing: it gets none, or nobody needs one.
  std::optional<WallTime> pass_until(Time now, const Party& party);

  // Whether a relayed packet fits the shares of both ends; an emergency call takes from them, but always passes.
  struct Packet {
    uint32_t bytes = 0;
    bool is_emergency = false;
  };
  static bool passes(Time now, Visitor& from, Visitor& to, const Packet& packet);
  // The same for what stops here before it goes on (mail), one way at a time: how long until there is room for it.
  enum class Way : uint8_t { up, down };  // to the node, from it
  static Duration room_in(Time now, const Visitor& visitor, Way way, uint32_t bytes);
  static void take(Time now, Visitor& visitor, Way way, uint32_t bytes);
  // Whether one of them is a contact of the other's site: what goes between them is bounded by no cap, and uses none
  // up.
  bool has_contact(const Device& one, const Device& other);
  void count(Time now, const Device& device, uint64_t bytes, Duration in_call);

  struct Sweep {
    bool is_last = false;  // for now: nobody is attached
  };
  void sweep(Time now, const Sweep& sweep);

  WallTime wall(Time now) const { return parts_.clock.at(now); }

 private:
  const policy::Effective* rules_of(const Device& device);
  // What it may do, whomever it calls.
  policy::Decision outlook(Time now, const Party& party);
  bool is_behind(WallTime wall, const Party& party) const;
  bool is_glass_broken(WallTime wall, const wire::DeviceId& device) const;
  policy::Request request_of(Time now, const Party& party, const policy::Effective& rules) const;
  UsageBook::Account account_of(Time now, const Device& device, const policy::Effective& rules) const;

  Parts parts_;
  PolicyShelf shelf_;
  UsageBook usage_;
  std::map<std::string, Share, std::less<>> site_shares_;
  std::map<wire::DeviceId, policy::BreakGlass> glass_;
  std::optional<Time> usage_saved_;
};

}  // namespace farline::supernode
