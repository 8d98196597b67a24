// The one door: may this be done now? Pure functions of the policy that holds here, of what is asked and of the time.
//
// Order of the rules; the first that speaks decides:
//   revoked      the device gets nothing
//   emergency    voice and messages with a contact are always allowed, and so are a contact's own
//   time         no trusted time: nothing else
//   validity     before the first day: nothing else; after the last day and its grace: voice and messages in the site
//   serial       the device holds an older policy than it could have; a running call goes on
//   break-glass  a one-time code is open: allowed
//   build        blocked for this build
//   feature      forbidden
//   hours        closed; a running call is allowed `call_grace_minutes` more
//   quota        used up
//   open         nothing is against it
// Receiving what an emergency contact sends, fetching policy, reading what is stored and wiping are never asked here.
#pragma once

#include <span>
#include <string_view>

#include "policy/calendar.h"

namespace farline::policy {

// --- What holds here -------------------------------------------------------------------------------------------------
// The root's rules and the site's as one. Where both blocks have a word, both are kept and both must allow.
struct Effective {
  Day from;
  Day until;
  uint32_t grace_days = 0;
  Zone zone;
  std::array<Calendar, 2> calendars;
  uint32_t call_grace_minutes = 0;
  std::array<std::optional<std::vector<BuildRule>>, 2> builds;
  Set<Feature> forbidden;
  std::vector<Name> contacts;
  std::vector<wire::DeviceId> revoked;
  std::vector<Supernode> supernodes;
  std::vector<Quota> quotas;
  std::vector<Tariff> tariffs;
  std::vector<ShortHash> break_glass;
  std::optional<uint32_t> log_days;
  std::optional<uint32_t> client_bps;
  std::optional<uint32_t> site_bps;
  std::optional<uint32_t> client_megabytes_a_month;
  std::optional<uint32_t> site_megabytes_a_month;
};
// Both verified. Without a site only the root holds.
Effective merge(const RootPolicy& root, const SitePolicy* site);

// --- What is asked ---------------------------------------------------------------------------------------------------
struct Build {
  Platform platform = Platform::linux_pc;
  Version version;
  std::optional<ShortHash> hash;
};
bool fits(const BuildRule& rule, const Build& build);

// So far, in site time's day and month, rounded down.
struct Usage {
  uint32_t voice_minutes_today = 0;  // of the person
  uint32_t person_megabytes = 0;     // this month
  uint32_t client_megabytes = 0;
  uint32_t site_megabytes = 0;
};
struct Request {
  Role role = Role::staff;
  Class what = Class::voice;
  Build build;
  std::string_view peer;    // its name as in wire/name.h; empty: none yet
  std::string_view self;    // who asks; empty: a person who is no contact
  wire::DeviceId device;    // that asks
  bool in_site = false;     // the peer is of the same site
  bool is_running = false;  // a call that began when it was allowed
  bool is_behind = false;   // as the supernode sees it: what the device holds was replaced long ago, or it holds none
  bool glass_is_broken = false;
  Usage usage;
};

// Nothing: not known at all. With `or_else` the time is one of two, and what either forbids is forbidden.
struct TrustedTime {
  std::optional<WallTime> at;
  std::optional<WallTime> or_else;
};

// --- The answer ------------------------------------------------------------------------------------------------------
// The numbers are on the wire (CALL_FAILED, CALL_CLOSING).
enum class Rule : uint8_t {
  revoked,
  emergency,
  time,
  validity,
  serial,
  break_glass,
  build,
  feature,
  hours,
  quota,
  open
};
inline constexpr size_t kRuleCount = static_cast<size_t>(Rule::open) + 1;
std::string_view name_of(Rule rule);

struct Decision {
  bool allowed = false;
  Rule rule = Rule::open;
  // When the answer changes by itself: the closing, or the next opening. Nothing when that is not within kOutlook.
  std::optional<WallTime> until;
  bool should_update = false;  // allowed, but this build is to be replaced
};
inline constexpr int kOutlookDays = 35;

Decision decide(const Effective& policy, const Request& request, const TrustedTime& time);
// Whether `name` (wire/name.h) is an emergency contact: who may be called, and may call, in every state.
bool is_contact(const Effective& policy, std::string_view name);
bool is_blocked(const Effective& policy, const Build& build, WallTime now);
// Whether a rule asks for the hash of an executable.
bool asks_for_hash(const Effective& policy);
// By a feature that may not be used, at whatever hour.
bool is_forbidden(const Effective& policy, Role role, Class what);

// The answer in words, for people; hours in site time.
std::string reason(const Decision& decision, const Request& request, const Zone& zone);

}  // namespace farline::policy
