// What a policy says, as values. policy/schema.h has the number, name, limits and meaning of every field;
// docs/POLICY.md is printed from it. Absent and empty differ where std::optional stands: absent hours are open, empty
// ones closed.
#pragma once

#include <string>
#include <vector>

#include "crypto/keys.h"
#include "policy/vocabulary.h"
#include "wire/ids.h"

namespace farline::policy {

using ShortHash = std::array<uint8_t, 16>;  // first half of a SHA-256

struct Name {  // of a person or site: wire/name.h
  std::string text;
  friend bool operator==(const Name&, const Name&) = default;
};

struct Transition {
  Quarter at;
  UtcOffset utc_offset;
  friend bool operator==(const Transition&, const Transition&) = default;
};
struct Schedule {
  Set<Role> roles;
  Set<Class> classes;
  std::vector<Window> windows;
  friend bool operator==(const Schedule&, const Schedule&) = default;
};
struct Holiday {
  Day date;
  std::optional<uint32_t> days;
  std::vector<Span> windows;
  friend bool operator==(const Holiday&, const Holiday&) = default;
};
struct BuildRule {
  Set<Platform> platforms;
  std::optional<Version> from_version;
  std::optional<Version> to_version;
  std::optional<ShortHash> hash;
  BuildAction action = BuildAction::allow;
  std::optional<Day> since;
  friend bool operator==(const BuildRule&, const BuildRule&) = default;
};
struct Quota {
  Set<Role> roles;
  std::optional<uint32_t> voice_minutes_a_day;
  std::optional<uint32_t> megabytes_a_month;
  friend bool operator==(const Quota&, const Quota&) = default;
};
struct Supernode {
  crypto::PublicKey key{};
  std::string address;
  Set<NodeRole> roles;
  friend bool operator==(const Supernode&, const Supernode&) = default;
};
struct Tariff {
  std::string link;
  std::string currency;
  std::optional<uint32_t> millis_a_megabyte;
  std::optional<uint32_t> block_seconds;
  std::optional<uint32_t> millis_a_block;
  std::optional<uint32_t> millis_a_session;
  friend bool operator==(const Tariff&, const Tariff&) = default;
};

// What the root and a site both may say.
struct Rules {
  std::vector<Name> contacts;
  std::vector<Supernode> supernodes;
  std::vector<Tariff> tariffs;
  std::optional<uint32_t> log_days;
  std::vector<ShortHash> break_glass;
  std::optional<UtcOffset> utc_offset;
  std::vector<Transition> transitions;
  std::optional<std::vector<Schedule>> hours;
  std::optional<std::vector<Holiday>> holidays;
  std::optional<uint32_t> call_grace_minutes;
  std::optional<std::vector<BuildRule>> builds;
  Set<Feature> forbid;
  std::vector<wire::DeviceId> revoked;
  std::optional<uint32_t> client_bps;
  std::optional<uint32_t> site_bps;
  std::optional<uint32_t> client_megabytes_a_month;
  std::optional<uint32_t> site_megabytes_a_month;
  std::vector<Quota> quotas;
  friend bool operator==(const Rules&, const Rules&) = default;
};

// The one version of a site's file that goes with a root file: its serial (32 bits, network order), then the first half
// of the SHA-256 of the whole signed file. No name: a lost laptop says nothing of other sites.
struct SitePin {
  std::array<uint8_t, 20> bytes{};
  friend bool operator==(const SitePin&, const SitePin&) = default;
};
struct RootPolicy {
  FileKind kind = FileKind::root;
  Name organisation;
  uint32_t generation = 0;
  uint32_t serial = 0;
  Day from;
  Day until;
  std::optional<uint32_t> grace_days;
  std::optional<uint32_t> threshold;
  Set<Delegable> delegates;
  std::vector<SitePin> sites;
  Rules rules;
  std::vector<crypto::SigningPublicKey> root_keys;
  std::vector<crypto::SigningPublicKey> revoked_issuers;
  friend bool operator==(const RootPolicy&, const RootPolicy&) = default;
};
struct SitePolicy {
  FileKind kind = FileKind::site;
  Name name;
  uint32_t serial = 0;
  Rules rules;
  friend bool operator==(const SitePolicy&, const SitePolicy&) = default;
};

}  // namespace farline::policy
