// The node's end of the exchange of policies (docs/PROTOCOL.md section 9): gives each device the bundle of its site,
// fetches what a device holds that is newer than what is in force here, and tells those that are behind. Whether a file
// is taken is the shelf's to say.
//
// Timers: question  start: a device holds something newer   exchange.h   effect: POLICY_WANTED; after 4 in vain the
// next
//         walk      start: another policy is in force       200 ms       effect: POLICY_NEWS to some who are behind
//                   start: a round found somebody behind    30 s, 2, 8, then 10 min   effect: the next round
//
// Bounds: one transfer at a time, kCandidatesMax devices that wait for theirs, kDistrustedMax that did not keep their
// word; sources for kSourcesMax sites, made when somebody asks.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "policy/exchange.h"
#include "supernode/directory.h"
#include "supernode/policy_shelf.h"
#include "supernode/sessions.h"

namespace farline::supernode {

class PolicyDesk {
 public:
  static constexpr size_t kCandidatesMax = 64;
  static constexpr size_t kDistrustedMax = 1024;
  static constexpr size_t kSourcesMax = 64;
  static constexpr Duration kWalkStep = std::chrono::milliseconds(200);
  static constexpr size_t kToldAStep = 10;  // 50 a second: each may ask for some hundred bytes
  static constexpr Duration kWalkAgainFirst = std::chrono::seconds(30);
  static constexpr Duration kWalkAgainMax = std::chrono::minutes(10);

  PolicyDesk(Sessions& sessions, const Directory& directory, const PolicyShelf& shelf)
      : sessions_(sessions), directory_(directory), shelf_(shelf) {}

  // The session is committed; its device holds `visitor.policy`.
  void arrived(Time now, const Session& session);
  // Its device has told what it holds now, which is in `visitor.policy`; it was `before`.
  void told(Time now, Session& session, wire::PolicyVersion before);
  void handle(Time now, Session& session, const wire::PolicyWanted& wanted);
  // A whole file, to be taken or not; `settle` follows.
  std::optional<ByteVector> handle(Time now, const Session& session, const wire::PolicyPart& part);
  void settle(Time now);
  // Another version is in force, or more sites have their files.
  void rules_changed(Time now);

  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;

 private:
  struct Fetching {
    wire::DeviceId from;
    wire::PolicyVersion claimed;
    policy::PolicyFetch fetch;
  };
  std::string site_of(const wire::DeviceId& device) const;
  policy::PolicySource& source_for(const std::string& site);
  bool may_have_news(const Session& session);
  void fetch_next(Time now);
  void ask(Time now);
  void drop(Time now, Duration distrust);
  void walk(Time now);

  Sessions& sessions_;
  const Directory& directory_;
  const PolicyShelf& shelf_;
  std::map<std::string, policy::PolicySource> sources_;  // by folded site
  std::deque<wire::DeviceId> candidates_;
  std::optional<Fetching> fetching_;
  std::map<wire::DeviceId, Time> distrusted_;  // until then
  std::optional<Time> walk_due_;
  std::optional<wire::DeviceId> walked_;  // the last one
  Duration walk_again_ = kWalkAgainMax;
  bool tell_all_ = false;  // who holds this version may lack its site's file
  bool somebody_is_behind_ = false;
};

}  // namespace farline::supernode
