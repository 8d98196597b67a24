// The supernodes that this device may attach to, in the order in which attach_policy walks them:
//   listed     by the policy in force: signed, so keys and addresses change and nobody enrols again. Every device has
//              an order of its own, so that those of a node that died do not all go to the same next one
//   remembered this device was attached there once, and no policy has ever listed it: the invitation's node, a site's
//              own. It is there when all that is listed is gone
//   former     the list has withdrawn it, by another key at its place or by leaving it out. It is the last of these
//              until what is listed in its stead has answered once, then it is forgotten: a list with a wrong key locks
//              nobody out. Whom the policy revokes is none of these, at once
//   dedicated  listed as such; they have room on the day when the others have not
//   stand-in   a device of this local network that serves while no node is reached: one, never remembered
// Names are looked up by the host, only for a candidate whose turn it is, and only when it has no address or did not
// answer there; what answered is remembered, so a start costs no look-up.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "client/attach_policy.h"
#include "client/identity.h"
#include "client/records.h"
#include "policy/policy.h"

namespace farline::client {

class NodeList {
 public:
  static constexpr size_t kRememberedMax = 20;
  static constexpr size_t kPlaceBytesMax = 260;

  // any: all of the above. listed: no former one. fixed: `first` is the only one, at the address that it has; its key
  // and name follow the list.
  enum class Choice : uint8_t { any, listed, fixed };
  // `first`: of the invitation, or the one that an earlier run used last. `device` makes the order.
  NodeList(NodeTarget first, Choice choice, const crypto::PublicKey& device, Outputs& out);

  // Records of an earlier run, before anything else; what was not saved by this is skipped.
  void load(const SaveRecord& record);
  // What the policy in force lists (empty: nothing, and then nothing is withdrawn), and whose keys it revokes. True
  // when the candidates have changed; indices are void then.
  bool follow(std::span<const policy::Supernode> listed, std::span<const wire::DeviceId> revoked);

  AttachPolicy::Candidates candidates() const;
  const NodeTarget& at(size_t index) const { return candidates_[index].target; }
  // Who knows one of the places or keys stays at that place, with the key that is listed first there: it is the one to
  // come, those behind it are being given up. Else the head. What is not listed counts only when nothing is.
  size_t index_of(const NodeTarget& node) const { return near(candidates_, node); }
  std::optional<size_t> index_at(const Address& address) const;

  // The candidates change; indices are void then. Gives the stand-in's.
  size_t set_stand_in(const NodeTarget& target);
  bool is_stand_in(size_t index) const { return candidates_[index].is_stand_in; }

  // Its name has to be looked up before it is tried.
  bool needs_address(size_t index) const;
  // The host's answer; nothing: not known now. An address from before stays then.
  void found(std::string_view place, const std::optional<Address>& address);
  void was_silent(size_t index) { candidates_[index].is_doubtful = true; }
  // It has said when to come back.
  void rest(size_t index, Time until) { candidates_[index].rests_until = until; }
  Time rests_until(size_t index) const { return candidates_[index].rests_until; }
  // True when the candidates have changed; indices are void then.
  bool attached(size_t index, WallTime wall);

  // Whether a node holds this device's certificate: by its key.
  bool knows_us(const crypto::PublicKey& key) const { return know_us_.contains(key); }
  void set_knows_us(const crypto::PublicKey& key, bool knows);

 private:
  static constexpr size_t kKnowUsMax = 64;

  struct Candidate {
    NodeTarget target;  // port 0: address not known
    bool is_listed = false;
    bool is_dedicated = false;
    bool is_doubtful = false;  // did not answer there
    bool is_stand_in = false;
    Time rests_until{};
  };
  struct Remembered {
    NodeTarget target{};
    bool was_listed = false;
    bool is_former = false;
    WallTime used{};
  };
  std::vector<Candidate> take_listed(std::span<const policy::Supernode> listed) const;
  void withdraw(const std::vector<Candidate>& listed);
  void withdraw(const NodeTarget& node);
  bool forget_former_of(const NodeTarget& listed);
  static size_t near(const std::vector<Candidate>& candidates, const NodeTarget& node);
  const Remembered* find(const crypto::PublicKey& key) const;
  void remember(Remembered node);
  void forget(const crypto::PublicKey& key);

  NodeTarget first_;
  Choice choice_;
  crypto::PublicKey device_;
  Outputs& out_;
  std::vector<Candidate> candidates_;
  std::vector<Remembered> remembered_;
  std::set<crypto::PublicKey> know_us_;
};

}  // namespace farline::client
