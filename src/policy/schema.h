// The one table of what may stand in a policy: for each field its number in CBOR, its name in TOML, its limits, what a
// site may do with it, and its meaning. Everything that reads, writes, prints or explains policies is a visitor of
// describe(): the codec (policy/codec.cc), the TOML reader and writer and docs/POLICY.md (src/admin).
//
//   visitor.field(const Field&, T& member)
// is called for each field in the order of the encoding (numbers 0, 1, 2, ... and then -1, -2, -3, ...).
//
// The sign of a number says what a reader does that does not know it: positive fields are skipped, negative ones are
// critical, and the policy is refused. So old clients survive new policies, and never ignore a new prohibition.
#pragma once

#include <concepts>

#include "policy/policy.h"
#include "wire/name.h"

namespace farline::policy {

// What a site's own value does beside the root's.
enum class AtSite : uint8_t {
  own,       // used instead of the root's
  tightens,  // both hold: the stricter one counts
  adds,      // both lists hold
  never,     // may not stand in a site's file
};

struct Field {
  int number;
  const char* name;
  const char* meaning;
  // Of a number: its range. Of text: bytes. Of a list: elements. Other types carry their limits in themselves.
  uint32_t max = 0;
  uint32_t min = 0;
  bool required = false;
  bool written_by_tool = false;  // not in the administrator's source
  AtSite at_site = AtSite::own;  // of Rules only
  bool on_device = false;        // a machine's own administrator may tighten it there: of Rules, numbers and sets
};

inline constexpr uint32_t kAnyNumber = 0xffffffff;
inline constexpr size_t kRootKeysMax = 8;
inline constexpr uint32_t kRevokedIssuersMax = 32;
inline constexpr int kHeadCritical = -100;  // critical fields of a file's head have numbers from here down
inline constexpr uint32_t kContactsMax = 16;
inline constexpr uint32_t kSiteContactsMax = 8;
inline constexpr uint32_t kSitesMax = 1000;
inline constexpr uint32_t kCallGraceMinutes = 10;
inline constexpr uint32_t kCallGraceMinutesMax = 30;
inline constexpr uint32_t kGraceDays = 90;
inline constexpr uint32_t kHolidayDaysMax = 60;

// T, const or not, so that one description reads and writes.
template <typename S, typename T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

// The limits of all lists together stay below wire::kCborItemsMax (policy_codec_test encodes a policy at every limit).
template <typename V, Is<Transition> S>
void describe(V& v, S& s) {
  v.field({.number = 1, .name = "at", .meaning = "when the clocks change", .required = true}, s.at);
  v.field({.number = 2, .name = "utc_offset", .meaning = "from then on", .required = true}, s.utc_offset);
}

template <typename V, Is<Schedule> S>
void describe(V& v, S& s) {
  v.field(
      {.number = 1, .name = "windows", .meaning = "open times; an empty list is closed", .max = 12, .required = true},
      s.windows);
  v.field({.number = -1, .name = "roles", .meaning = "for whom; absent: everyone"}, s.roles);
  v.field({.number = -2, .name = "classes", .meaning = "for what; absent: everything"}, s.classes);
}

template <typename V, Is<Holiday> S>
void describe(V& v, S& s) {
  v.field({.number = 1, .name = "date", .meaning = "its first day", .required = true}, s.date);
  v.field({.number = 2, .name = "days", .meaning = "how many days; absent: one", .max = kHolidayDaysMax, .min = 1},
          s.days);
  v.field({.number = 3, .name = "windows", .meaning = "open times on each of its days; absent: closed", .max = 4},
          s.windows);
}

template <typename V, Is<BuildRule> S>
void describe(V& v, S& s) {
  v.field({.number = 1, .name = "action", .meaning = "what to do with a build that fits", .required = true}, s.action);
  v.field({.number = 2, .name = "since", .meaning = "blocked from this day (UTC) on; until then asked to update"},
          s.since);
  v.field({.number = -1, .name = "platforms", .meaning = "absent: all"}, s.platforms);
  v.field({.number = -2, .name = "from_version", .meaning = "the oldest that fits"}, s.from_version);
  v.field({.number = -3, .name = "to_version", .meaning = "the newest that fits"}, s.to_version);
  v.field({.number = -4, .name = "hash", .meaning = "first half of the executable's SHA-256"}, s.hash);
}

template <typename V, Is<Quota> S>
void describe(V& v, S& s) {
  v.field({.number = -1, .name = "roles", .meaning = "for whom; absent: everyone"}, s.roles);
  v.field({.number = -2, .name = "voice_minutes_a_day", .meaning = "of one person, voice and video", .max = 24 * 60},
          s.voice_minutes_a_day);
  v.field({.number = -3,
           .name = "megabytes_a_month",
           .meaning = "of one person, all but emergencies (10^6 bytes)",
           .max = kAnyNumber},
          s.megabytes_a_month);
}

template <typename V, Is<Supernode> S>
void describe(V& v, S& s) {
  v.field({.number = 1, .name = "key", .meaning = "its X25519 key", .required = true}, s.key);
  v.field({.number = 2, .name = "address", .meaning = "host:port", .max = 80, .min = 3, .required = true}, s.address);
  v.field({.number = 3, .name = "roles", .meaning = "what it does; absent: everything but dedicated"}, s.roles);
}

template <typename V, Is<Tariff> S>
void describe(V& v, S& s) {
  v.field({.number = 1, .name = "link", .meaning = "what people call the link", .max = 32, .min = 1, .required = true},
          s.link);
  v.field({.number = 2, .name = "currency", .meaning = "ISO 4217, such as USD", .max = 3, .min = 3, .required = true},
          s.currency);
  v.field({.number = 3,
           .name = "millis_a_megabyte",
           .meaning = "thousandths of the currency for 10^6 bytes",
           .max = kAnyNumber},
          s.millis_a_megabyte);
  v.field({.number = 4,
           .name = "block_seconds",
           .meaning = "time is charged in blocks of so many seconds",
           .max = 86400,
           .min = 1},
          s.block_seconds);
  v.field({.number = 5, .name = "millis_a_block", .meaning = "thousandths for each begun block", .max = kAnyNumber},
          s.millis_a_block);
  v.field({.number = 6, .name = "millis_a_session", .meaning = "the least a session costs", .max = kAnyNumber},
          s.millis_a_session);
}

// Rules have the numbers from 10 up, and the negative ones above kHeadCritical, so that they follow the head of either
// file in its own map.
template <typename V, Is<Rules> S>
void describe_services(V& v, S& s) {
  v.field({.number = 10,
           .name = "contacts",
           .meaning = "who may be called and written to in every state of things",
           .max = kContactsMax,
           .at_site = AtSite::adds},
          s.contacts);
  v.field({.number = 11, .name = "supernodes", .meaning = "where to attach", .max = 32, .at_site = AtSite::tightens},
          s.supernodes);
  v.field({.number = 12, .name = "tariffs", .meaning = "what links cost, for the cost meter", .max = 8}, s.tariffs);
  v.field({.number = 13,
           .name = "log_days",
           .meaning = "how long logs and audit counts are kept",
           .max = 3650,
           .at_site = AtSite::tightens},
          s.log_days);
  v.field({.number = 14,
           .name = "break_glass",
           .meaning = "hashes of one-time codes that lift hours and prohibitions, from farline-admin break-glass new",
           .max = 64,
           .at_site = AtSite::never},
          s.break_glass);
}

template <typename V, Is<Rules> S>
void describe_limits(V& v, S& s) {
  v.field({.number = -1, .name = "utc_offset", .meaning = "of site time; absent: UTC"}, s.utc_offset);
  v.field({.number = -2, .name = "transitions", .meaning = "changes of the offset, in order", .max = 4}, s.transitions);
  v.field({.number = -3,
           .name = "hours",
           .meaning = "when what is allowed; absent: always; an empty list: never",
           .max = 8,
           .at_site = AtSite::tightens},
          s.hours);
  v.field({.number = -4,
           .name = "holidays",
           .meaning = "days whose windows replace those of their weekday",
           .max = 32,
           .at_site = AtSite::tightens},
          s.holidays);
  v.field({.number = -5,
           .name = "call_grace_minutes",
           .meaning = "how long a running call may outlast its window",
           .max = kCallGraceMinutesMax,
           .at_site = AtSite::tightens,
           .on_device = true},
          s.call_grace_minutes);
  v.field({.number = -6,
           .name = "builds",
           .meaning = "the first rule that fits counts; a build without one is blocked",
           .max = 32,
           .at_site = AtSite::tightens},
          s.builds);
  v.field({.number = -7,
           .name = "forbid",
           .meaning = "what is not to be used",
           .at_site = AtSite::tightens,
           .on_device = true},
          s.forbid);
  v.field({.number = -8,
           .name = "revoked",
           .meaning = "devices that get nothing: lost, stolen, left",
           .max = 512,
           .at_site = AtSite::adds},
          s.revoked);
}

template <typename V, Is<Rules> S>
void describe_caps(V& v, S& s) {
  v.field({.number = -9,
           .name = "client_bps",
           .meaning = "bit/s of one client in each direction, headers included",
           .max = kAnyNumber,
           .min = 1200,
           .at_site = AtSite::tightens,
           .on_device = true},
          s.client_bps);
  v.field({.number = -10,
           .name = "site_bps",
           .meaning = "bit/s that the clients of one site share",
           .max = kAnyNumber,
           .min = 1200,
           .at_site = AtSite::tightens},
          s.site_bps);
  v.field({.number = -11,
           .name = "client_megabytes_a_month",
           .meaning = "of one client (10^6 bytes)",
           .max = kAnyNumber,
           .at_site = AtSite::tightens,
           .on_device = true},
          s.client_megabytes_a_month);
  v.field({.number = -12,
           .name = "site_megabytes_a_month",
           .meaning = "that the clients of one site share",
           .max = kAnyNumber,
           .at_site = AtSite::tightens},
          s.site_megabytes_a_month);
  v.field({.number = -13,
           .name = "quotas",
           .meaning = "of one person; every one that fits holds",
           .max = 8,
           .at_site = AtSite::tightens},
          s.quotas);
}

template <typename V, Is<Rules> S>
void describe(V& v, S& s) {
  describe_services(v, s);
  describe_limits(v, s);
  describe_caps(v, s);
}

template <typename V, Is<RootPolicy> S>
void describe(V& v, S& s) {
  v.field({.number = 0,
           .name = "kind",
           .meaning = "0 in a root file, 1 in a site file",
           .required = true,
           .written_by_tool = true},
          s.kind);
  v.field({.number = 1, .name = "organisation", .meaning = "its name, as its certificates have it", .required = true},
          s.organisation);
  v.field({.number = 2,
           .name = "generation",
           .meaning = "raised only to leave a misused serial behind",
           .max = kAnyNumber,
           .required = true},
          s.generation);
  v.field({.number = 3,
           .name = "serial",
           .meaning = "raised with every change; clients never go back",
           .max = kAnyNumber,
           .required = true},
          s.serial);
  v.field({.number = 4, .name = "from", .meaning = "first day of validity (UTC)", .required = true}, s.from);
  v.field({.number = 5, .name = "until", .meaning = "last day of validity (UTC)", .required = true}, s.until);
  v.field({.number = 6,
           .name = "grace_days",
           .meaning = "how long it is obeyed after its last day; absent: 90",
           .max = 3650},
          s.grace_days);
  v.field({.number = 7, .name = "threshold", .meaning = "how many root keys must sign; absent: 1", .max = 8, .min = 1},
          s.threshold);
  v.field({.number = 8, .name = "delegates", .meaning = "fields that a site may widen"}, s.delegates);
  v.field({.number = 9,
           .name = "sites",
           .meaning = "serial and hash of each site file that goes with it",
           .max = kSitesMax,
           .written_by_tool = true},
          s.sites);
  describe(v, s.rules);
  v.field({.number = kHeadCritical,
           .name = "root_keys",
           .meaning = "the keys that sign from now on, from farline-admin org show; certificates move to the first; "
                      "absent: the one of the enrolment",
           .max = kRootKeysMax},
          s.root_keys);
  v.field({.number = kHeadCritical - 1,
           .name = "revoked_issuers",
           .meaning = "nodes that certify nobody any more, by the issuer_key of farline-node status; nor counts what "
                      "they did",
           .max = kRevokedIssuersMax},
          s.revoked_issuers);
}

template <typename V, Is<SitePolicy> S>
void describe(V& v, S& s) {
  v.field({.number = 0,
           .name = "kind",
           .meaning = "0 in a root file, 1 in a site file",
           .required = true,
           .written_by_tool = true},
          s.kind);
  v.field({.number = 1, .name = "name", .meaning = "what follows the @ in its people's names", .required = true},
          s.name);
  v.field({.number = 2,
           .name = "serial",
           .meaning = "raised with every change of this site",
           .max = kAnyNumber,
           .required = true},
          s.serial);
  describe(v, s.rules);
}

// A visitor that nothing calls: how a struct of the policy is told from other types.
struct NoVisitor {
  template <typename T>
  void field(const Field&, T&) {}
};
template <typename T>
concept Described = requires(NoVisitor& v, T& value) {
  describe(v, value);
};

}  // namespace farline::policy
