// What this device has done, counted by the hour for its organisation's audit (wire/audit.h): how much of what, never
// with whom. A report is signed when its day (UTC) is over, when the policy it was counted under is replaced, and, once
// an hour at most, after an emergency call or a broken glass. It is saved before it is sent, and kept until the node
// has it, for so many days as the policy says and kAuditDaysMax at most.
//
// Nothing is counted before the first terms, and with none in force.
//
// Timers: keep   start: something is counted   5 min                effect: the counts are saved
//         send   start: a report is signed     10 s after a call, else 0..30 min   effect: the oldest is due; again
//                                              after 1 min, doubling to 1 h, until it is acknowledged; 1 min later
//                                              when a call runs then
#pragma once

#include <array>
#include <deque>
#include <map>

#include "base/rng.h"
#include "client/identity.h"
#include "client/records.h"
#include "wire/audit.h"

namespace farline::client {

inline constexpr uint32_t kAuditDaysMax = 35;

class AuditLog {
 public:
  struct Setup {
    const Identity& identity;
    const crypto::Asymmetric& asymmetric;
    Rng& rng;
  };
  AuditLog(const Setup& setup, Outputs& out) : setup_(setup), out_(out) {}

  // Records of an earlier run; one that no run can have saved is skipped.
  void load(const SaveRecord& record);

  // Under which policy is counted from now on. `days` 0: not at all, and what was counted is forgotten.
  struct Terms {
    wire::PolicyVersion policy;
    wire::BuildClaim build;
    uint32_t days = kAuditDaysMax;
    friend bool operator==(const Terms&, const Terms&) = default;
  };
  // Nothing: none in force.
  void set_terms(Time now, const std::optional<Terms>& terms);

  // The hour that all that follows belongs to; 0: not known, and nothing is counted.
  void set_wall(Time now, WallTime wall);

  struct Amount {
    uint32_t count = 0;
    Duration spoken{};
    uint64_t bytes = 0;
  };
  void count(Time now, wire::AuditUse use, const Amount& amount);
  enum class Trouble : uint8_t { attachment_lost, stall, call_failed, call_refused };
  void count(Time now, Trouble trouble);
  // What was counted is worth saving now: a call is over, or this device leaves.
  void keep() {
    if (keep_due_) save_counts();
  }

  // The report to send now; nothing: none. `is_quiet`: attached, and no call.
  Bytes due(Time now, bool is_quiet);
  void acknowledged(Time now, uint32_t number);
  // This device leaves soon: what is signed is sent at once, one report after the other.
  void hurry(Time now);
  bool has_reports() const { return !reports_.empty(); }

  void handle_timeout(Time now, bool in_call);
  std::optional<Time> next_timeout() const;

 private:
  struct Sum {
    uint32_t count = 0;
    uint64_t spoken_ms = 0;
    uint64_t bytes = 0;
  };
  using Troubles = std::array<uint32_t, 4>;
  struct Report {
    uint32_t number = 0;
    uint32_t first_hour = 0;
    ByteVector bytes;
  };

  bool counts() const { return terms_ && terms_->days > 0 && hour_ > 0; }
  bool has_counted() const { return !sums_.empty() || troubles_ != Troubles{}; }
  uint8_t row_hour() const { return static_cast<uint8_t>(hour_ - first_hour_); }
  std::vector<wire::AuditRow> rows() const;
  bool is_loud() const;  // something that headquarters want to hear of soon
  void turn(Time now);   // to the day of hour_
  void changed(Time now);
  void close(Time now);
  void sign(wire::AuditReport report);
  void forget(const Report& report);
  void forget_old();
  void save_counts();
  void load_counts(Bytes value);

  Setup setup_;
  Outputs& out_;
  std::optional<Terms> terms_;
  uint32_t hour_ = 0;        // now, since 1970; 0: not known
  uint32_t first_hour_ = 0;  // of the sums: a day's
  std::map<std::pair<uint8_t, wire::AuditUse>, Sum> sums_;
  Troubles troubles_{};
  uint32_t next_number_ = 1;
  uint32_t loud_hour_ = 0;      // the last that was reported before its day was over
  std::deque<Report> reports_;  // not acknowledged, oldest first
  std::optional<Time> keep_due_;
  std::optional<Time> send_due_;
  unsigned tries_ = 0;
  bool is_hurried_ = false;
};

}  // namespace farline::client
