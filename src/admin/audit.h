// What devices have reported of themselves (wire/audit.h), as nodes hand it out: checked against the root, added up,
// and shown. A report that does not verify is counted by reason and used for nothing.
//
// No I/O. Input is bounded by kAuditFileBytesMax; what is kept grows with the reports that verify.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/vocabulary.h"
#include "wire/audit.h"
#include "wire/certificate.h"

namespace farline::admin {

inline constexpr size_t kAuditFileBytesMax = 64 * 1024 * 1024;

struct DeviceReport {
  wire::DeviceId device;
  std::string name;  // of the person, as certified
  wire::AuditReport report;
};

class AuditFile {
 public:
  AuditFile(std::vector<crypto::SigningPublicKey> roots, const crypto::Asymmetric& asymmetric)
      : roots_(std::move(roots)), asymmetric_(asymmetric) {}

  // Adds the reports of one file: wire::AuditRecord after wire::AuditRecord. Behind a damaged one nothing is read.
  void add(Bytes file);

  const std::vector<DeviceReport>& reports() const { return reports_; }
  const std::map<std::string, size_t>& refused() const { return refused_; }  // by reason
  size_t repeated() const { return repeated_; }                              // the same report again

 private:
  void add_record(Bytes record);
  void refuse(const std::string& why) { ++refused_[why]; }

  std::vector<crypto::SigningPublicKey> roots_;
  const crypto::Asymmetric& asymmetric_;
  std::vector<DeviceReport> reports_;
  std::map<std::string, size_t> refused_;
  std::set<std::pair<wire::DeviceId, crypto::Hash>> seen_;
  size_t repeated_ = 0;
};

enum class AuditBy : uint8_t { device, site, hour, use };

struct AuditSum {
  uint64_t count = 0;
  uint64_t minutes = 0;
  uint64_t kilobytes = 0;
};
struct AuditLine {
  std::string key;  // a device's is its name and id
  std::array<AuditSum, wire::kAuditUses> uses{};
  // Of devices and sites; reports say them of a whole day:
  size_t reports = 0;
  size_t missing = 0;                // numbers that were skipped: lost, held back, or given up after 35 days
  std::array<uint64_t, 4> health{};  // as in wire::AuditHealth
  wire::PolicyVersion policy{};      // the newest
  wire::BuildClaim build{};          // the last
};
// An emergency call or a broken glass.
struct AuditEvent {
  uint32_t hour = 0;  // since 1970
  std::string who;
  wire::AuditUse use = wire::AuditUse::emergency;
  uint32_t count = 0;
};
struct AuditSummary {
  AuditBy by = AuditBy::device;
  uint32_t first_hour = 0;  // of all reports
  uint32_t last_hour = 0;
  std::vector<AuditLine> lines;
  std::vector<AuditLine> days;  // by day, whatever `by` is, for the chart
  std::vector<AuditEvent> events;
};
AuditSummary summarise(const std::vector<DeviceReport>& reports, AuditBy by);

// voice, video, messages, files, other, emergency, break-glass
std::string_view name_of(wire::AuditUse use);
std::string hour_text(uint32_t hour);  // 2026-11-23T19:00Z
std::string build_text(const wire::BuildClaim& build);
std::string policy_text(const wire::PolicyVersion& version);

// A table for the terminal, and a page for a browser to print: A4, no scripts, nothing from elsewhere.
std::string to_text(const AuditSummary& summary);
std::string to_html(const AuditSummary& summary);

}  // namespace farline::admin
