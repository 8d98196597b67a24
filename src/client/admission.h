// The client's door: the only caller of policy::decide in the client. It holds the policy of this device's
// organisation, the time that counts for it, what was used and which break-glass codes were opened. Without a policy,
// and with none ever held, everything is allowed.
//
// An older policy never comes back: which one was held last is remembered in two places (policy/bundle_mark.h). A store
// put back from an older image, or one that lost its policy, leaves the floor: emergency contacts, until the current
// policy is there.
//
// Timers: keep   start: a policy is held   5 min   effect: time and usage are saved
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/tariff.h"
#include "client/identity.h"
#include "client/records.h"
#include "client/usage_meter.h"
#include "crypto/asymmetric.h"
#include "policy/bundle.h"
#include "policy/bundle_mark.h"
#include "policy/trusted_clock.h"

namespace farline::client {

// What time it is at least, under this generation of the policy.
SaveRecord clock_record(uint32_t generation, WallTime high_water);

class Admission {
 public:
  static constexpr Duration kKeepEvery = 5min;

  struct Setup {
    const Identity& identity;
    policy::Build build;
    const crypto::Asymmetric& asymmetric;
  };
  Admission(const Setup& setup, Outputs& out);

  // Records of an earlier run, before start; the mark once from each place it was kept in.
  void load(const SaveRecord& record);
  // `wall` is the hint of TrustedClock.
  void start(Time now, WallTime wall);
  bool is_started() const { return clock_.has_value(); }

  // --- Time ---
  void handle_signed_time(Time now, const policy::TrustedClock::SignedTime& time);
  policy::TrustedTime time(Time now) const;

  // --- The policy ---
  // From a file or from the network. Errors: those of open_bundle; denied: older than what was held, or of a day that
  // is yet to come.
  Result<void> import(Time now, Bytes file);
  // There are rules here: those of bundle(), or the floor.
  bool is_in_force() const { return bundle_ || mark_.has_held(); }
  const policy::Bundle* bundle() const { return bundle_ ? &*bundle_ : nullptr; }
  wire::RootKeys roots() const { return {pin_.keys, pin_.threshold}; }  // whose signatures count
  wire::PolicyVersion version() const { return bundle_ ? policy::version_of(*bundle_) : wire::PolicyVersion{}; }
  // The policy found here is older than one held before, or gone.
  bool is_at_floor() const { return is_in_force() && !is_current_; }
  // What the node says that it holds. Until a first policy is here, nobody can say what is allowed.
  void node_holds(wire::PolicyVersion version) { node_version_ = version; }
  void node_wants_build_hash(bool wants) { node_wants_build_hash_ = wants; }
  wire::PolicyVersion node_version() const { return node_version_; }
  bool awaits_first() const { return !is_in_force() && node_version_ != wire::PolicyVersion{}; }

  // --- The door ---
  struct Question {
    policy::Class what = policy::Class::voice;
    std::string_view peer;  // a name; empty: nobody yet
    bool is_running = false;
  };
  Verdict decide(Time now, const Question& question) const;
  // The same words for what the node has refused.
  // `rule` is policy::Rule, `until` 0 when not known, as on the wire.
  Verdict refused_by_node(const Question& question, uint8_t rule, WallTime until) const;
  // How long what is allowed now will be; nothing: no end in sight. Break in `question.is_running`'s grace included.
  std::optional<Duration> closes_in(Time now, const Question& question, const Verdict& verdict) const;

  enum class Welcome : uint8_t { ring, decline, ignore };
  Welcome welcome(Time now, const wire::DeviceId& caller, std::string_view name) const;
  bool is_revoked(const wire::DeviceId& device) const;
  bool forbids(policy::Feature feature) const { return effective_.forbidden.has(feature); }
  uint32_t client_bps() const { return effective_.client_bps.value_or(0); }  // 0: not limited
  Duration call_grace() const { return std::chrono::minutes(effective_.call_grace_minutes); }
  const policy::Effective& effective() const { return effective_; }
  const policy::Build& build() const { return build_; }
  // A rule, here or at the node, asks for the executable's hash: the host reads it when it is wanted.
  bool wants_build_hash() const;
  void set_build_hash(const policy::ShortHash& hash) { build_.hash = hash; }
  policy::Role role() const { return role_; }
  // This device's certificate, which says its person's role, has been renewed.
  void certified(Bytes certificate);
  // By the name people give the link; empty: the only one there is.
  std::optional<Tariff> tariff(std::string_view link) const;

  // --- Break-glass ---
  // Until when it is open.
  Result<WallTime> break_glass(Time now, const policy::GlassCode& code);
  bool glass_is_open(Time now) const;
  // Opened here, and the supernode has not answered yet.
  const std::optional<policy::GlassCode>& glass_to_tell() const { return glass_to_tell_; }
  void glass_was_told();

  // --- Usage ---
  void count(Time now, const UsageMeter::Share& share);
  // What count() was told since the last time.
  UsageMeter::Share take_counted() { return std::exchange(counted_, {}); }
  policy::Usage usage(Time now) const;
  const UsageMeter& meter() const { return meter_; }
  void keep(Time now);  // saves time and usage: at the end of a call, and each kKeepEvery

  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const { return keep_due_; }

 private:
  policy::Request request_for(Time now, const Question& question) const;
  Verdict verdict_of(const policy::Decision& decision, const policy::Request& request) const;
  Result<policy::Bundle> with_site_kept(policy::Bundle bundle) const;
  Result<void> consider(Time now, Bytes file);
  void take(Time now, policy::Bundle bundle);
  void save(RecordKind kind, Bytes value) { out_.saves.push_back(make_record(kind, {}, value)); }
  void save_mark(Time now);
  void say(std::string_view words);
  std::optional<policy::Day> today(Time now) const;

  const crypto::Asymmetric& asymmetric_;
  Outputs& out_;
  policy::RootPin pin_;
  std::string site_;  // folded; empty: none
  std::string name_;
  wire::DeviceId self_;
  policy::Role role_ = policy::Role::staff;
  policy::Build build_;

  // As loaded
  ByteVector stored_bundle_;
  std::optional<policy::BundleMark> first_mark_;
  size_t marks_loaded_ = 0;
  bool marks_differ_ = false;
  uint32_t clock_generation_ = 0;
  WallTime clock_high_water_;

  std::optional<policy::Bundle> bundle_;
  policy::Effective effective_;  // of bundle_, else what nobody is allowed under
  bool is_current_ = false;
  wire::PolicyVersion node_version_;
  bool node_wants_build_hash_ = false;
  policy::BundleMark mark_;
  std::optional<policy::TrustedClock> clock_;
  policy::BreakGlass glass_;
  std::optional<policy::GlassCode> glass_to_tell_;
  UsageMeter meter_;
  UsageMeter::Share counted_;
  std::optional<Time> keep_due_;
};

}  // namespace farline::client
