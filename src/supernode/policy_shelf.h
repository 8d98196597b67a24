// The policies this node holds: the last root files with all their sites' files, newest first, verified against the
// organisation's root key. The newest is in force here; the earlier ones tell how long it has been so, and are what
// devices that hold them get differences to. Never goes back: generation and serial only rise.
//
// Bounds: kPolicyVersionsMax root files, and the site files these name (policy::kSitesMax each).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/bundle.h"
#include "supernode/outbox.h"

namespace farline::supernode {

inline constexpr size_t kPolicyVersionsMax = 8;

class PolicyShelf {
 public:
  PolicyShelf(policy::RootPin pin, const crypto::Asymmetric& asymmetric, Outbox& out)
      : enrolled_(std::move(pin)), pin_(enrolled_), asymmetric_(asymmetric), out_(out) {}

  // What was saved is believed; what was not saved by this is skipped.
  void load_root(Bytes value);
  void load_site(Bytes value);

  // A .policy file: a root file that is newer or the one in force, and any of its sites' files, which stay with those
  // that are here. All of it or nothing; saved. Errors: as in policy/signed_policy.h.
  enum class Taken : uint8_t { nothing_new, sites, newer };
  Result<Taken> take(Bytes file, WallTime now);

  bool is_in_force() const { return !versions_.empty(); }
  // Whose signatures count, by the newest policy, or as the node was adopted. At least one.
  wire::RootKeys roots() const { return {pin_.keys, pin_.threshold}; }
  wire::PolicyVersion version() const;                                       // {0, 0}: none is held
  const policy::RootPolicy& root() const { return versions_.front().root; }  // REQUIRES is_in_force
  size_t site_count() const;                                                 // whose file is here
  // What holds at a site (folded name; empty: none), the root's rules where it has no file. Nothing: no policy is in
  // force. Good until the next take.
  const policy::Effective* rules_of(std::string_view site);
  // Whether any root or site file in force withdraws this device: it is lost, whoever says so.
  bool is_revoked(const wire::DeviceId& device);

  // Root file and the site's, as its devices hold them: the one in force, then earlier ones, newest first.
  std::vector<ByteVector> bundles_for(std::string_view site) const;

  // Since when there has been a root file here that is at least this new; nothing: there is none, or none is kept.
  struct Version {
    policy::RootPolicy root;
    ByteVector bytes;
    policy::Held held;
    WallTime got;  // 0: this node did not know the time
    wire::PolicyVersion number() const { return {root.generation, root.serial}; }
  };
  const std::deque<Version>& versions() const { return versions_; }  // newest first

 private:
  struct Site {
    ByteVector bytes;
    policy::SitePolicy policy;
    std::string name;  // folded
  };
  using Pin = std::array<uint8_t, 20>;
  static std::optional<std::pair<Pin, Site>> read_site(Bytes signed_site);
  const Site* site_in(const Version& version, std::string_view name) const;
  void put(Version version);
  void prune();
  void refresh();
  void save(const Version& version);

  const policy::RootPin enrolled_;
  policy::RootPin pin_;  // by the newest
  const crypto::Asymmetric& asymmetric_;
  Outbox& out_;
  std::deque<Version> versions_;
  std::map<Pin, Site> sites_;
  // Made from these when somebody asks:
  bool is_fresh_ = false;
  std::map<std::string, policy::Effective, std::less<>> rules_;  // by site; "": the root's alone
  std::vector<wire::DeviceId> revoked_;                          // sorted
};

}  // namespace farline::supernode
