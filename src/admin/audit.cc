#include "admin/audit.h"

#include <algorithm>

#include "crypto/hash.h"
#include "policy/vocabulary.h"
#include "wire/cbor.h"
#include "wire/name.h"

namespace farline::admin {
namespace {

// What a record can be at the longest.
constexpr size_t kRecordBytesMax = wire::kAuditReportBytesMax + 2 * wire::kCertificateBytesMax + 16;

std::string device_text(const DeviceReport& report) {
  return report.name + " " + to_hex(report.device.bytes);
}

std::string day_text(uint32_t hour) {
  return policy::Form<policy::Day>::text({static_cast<int32_t>(hour / 24)});
}

void add(AuditLine& line, const wire::AuditRow& row) {
  AuditSum& sum = line.uses[static_cast<size_t>(row.use)];
  sum.count += row.count;
  sum.minutes += row.minutes;
  sum.kilobytes += row.kilobytes;
}

class Summariser {
 public:
  explicit Summariser(AuditBy by) { out_.by = by; }

  void add_report(const DeviceReport& from) {
    const wire::AuditReport& report = from.report;
    numbers_[from.device].insert(report.number);
    AuditLine* whole = nullptr;  // of all that the report says
    if (out_.by == AuditBy::device) whole = &line(device_text(from));
    if (out_.by == AuditBy::site) whole = &line(site_text(from));
    if (whole != nullptr) add_head(*whole, report);
    lines_of_device_[from.device] = whole != nullptr ? whole->key : "";
    for (const wire::AuditRow& row : report.rows) add_row(from, row, whole);
  }

  AuditSummary finish() {
    for (const auto& [device, numbers] : numbers_) {
      const auto found = lines_.find(lines_of_device_[device]);
      if (found != lines_.end()) found->second.missing += *numbers.rbegin() - *numbers.begin() + 1 - numbers.size();
    }
    for (auto& [key, line] : lines_) out_.lines.push_back(std::move(line));
    for (auto& [key, line] : days_) out_.days.push_back(std::move(line));
    std::ranges::sort(out_.events, [](const AuditEvent& a, const AuditEvent& b) {
      return a.hour != b.hour ? a.hour < b.hour : a.who < b.who;
    });
    return std::move(out_);
  }

 private:
  static std::string site_text(const DeviceReport& from) {
    const std::string_view site = wire::site_of(from.name);
    return site.empty() ? "(no site)" : std::string(site);
  }
  AuditLine& line(const std::string& key) {
    AuditLine& out = lines_[key];
    out.key = key;
    return out;
  }

  static void add_head(AuditLine& line, const wire::AuditReport& report) {
    ++line.reports;
    const wire::AuditHealth& health = report.health;
    const std::array<uint32_t, 4> troubles{health.attachments_lost, health.stalls, health.calls_failed,
                                           health.calls_refused};
    for (size_t i = 0; i < troubles.size(); ++i) line.health[i] += troubles[i];
    line.policy = std::max(line.policy, report.policy);
    line.build = report.build;  // reports come in the order of their numbers
  }

  void add_row(const DeviceReport& from, const wire::AuditRow& row, AuditLine* whole) {
    const uint32_t hour = from.report.first_hour + row.hour;
    if (out_.first_hour == 0 || hour < out_.first_hour) out_.first_hour = hour;
    out_.last_hour = std::max(out_.last_hour, hour);
    if (out_.by == AuditBy::hour) whole = &line(hour_text(hour));
    if (out_.by == AuditBy::use) whole = &line(std::string(name_of(row.use)));
    add(*whole, row);
    AuditLine& day = days_[day_text(hour)];
    day.key = day_text(hour);
    add(day, row);
    if (row.use == wire::AuditUse::emergency || row.use == wire::AuditUse::break_glass)
      out_.events.push_back({hour, device_text(from), row.use, row.count});
  }

  AuditSummary out_;
  std::map<std::string, AuditLine> lines_;
  std::map<std::string, AuditLine> days_;
  std::map<wire::DeviceId, std::set<uint32_t>> numbers_;
  std::map<wire::DeviceId, std::string> lines_of_device_;
};

}  // namespace

// --- Reading ---------------------------------------------------------------------------------------------------------

void AuditFile::add(Bytes file) {
  while (!file.empty()) {
    wire::CborReader in(file.first(std::min(file.size(), kRecordBytesMax)));
    in.skip();
    if (!in.ok()) return refuse("damaged, and what follows it is not read");
    add_record(file.first(in.consumed()));
    file = file.subspan(in.consumed());
  }
}

void AuditFile::add_record(Bytes encoded) {
  const auto record = wire::decode_audit_record(encoded);
  if (!record) return refuse("damaged");
  const std::array<Bytes, 2> chain{record->issuer, record->device};
  std::optional<wire::Certificate> device;
  for (const crypto::SigningPublicKey& root : roots_)
    if (auto verified = wire::verify_chain(chain, {root, wire::Role::device, {}}, asymmetric_)) device = *verified;
  if (!device) return refuse("of a device that is not of this organisation");
  auto report = wire::verify_audit(record->report, device->signing_key, asymmetric_);
  if (!report) return refuse(report.error().code == Errc::auth ? "not signed by its device" : "damaged");
  const wire::DeviceId id = wire::device_id_of(device->static_key);
  if (!seen_.insert({id, crypto::sha256({record->report})}).second) {
    ++repeated_;
    return;
  }
  reports_.push_back({id, device->name, std::move(report->report)});
}

// --- Adding up -------------------------------------------------------------------------------------------------------

AuditSummary summarise(const std::vector<DeviceReport>& reports, AuditBy by) {
  std::vector<const DeviceReport*> ordered;
  for (const DeviceReport& report : reports) ordered.push_back(&report);
  std::ranges::sort(ordered, [](const DeviceReport* a, const DeviceReport* b) {
    return a->device == b->device ? a->report.number < b->report.number : a->device < b->device;
  });
  Summariser summariser(by);
  for (const DeviceReport* report : ordered) summariser.add_report(*report);
  return summariser.finish();
}

std::string_view name_of(wire::AuditUse use) {
  if (const auto index = static_cast<size_t>(use); index < policy::kNames<policy::Class>.size())
    return policy::kNames<policy::Class>[index];
  return use == wire::AuditUse::other ? "other" : use == wire::AuditUse::emergency ? "emergency" : "break-glass";
}

std::string hour_text(uint32_t hour) {
  return policy::time_text({uint64_t{hour} * 3600}, {});
}

std::string build_text(const wire::BuildClaim& build) {
  const std::string version = policy::Form<policy::Version>::text({build.version});
  const bool is_known = build.platform < policy::kNames<policy::Platform>.size();
  return version + " " + (is_known ? std::string(policy::kNames<policy::Platform>[build.platform]) : "?");
}

std::string policy_text(const wire::PolicyVersion& version) {
  return std::to_string(version.generation) + "." + std::to_string(version.serial);
}

}  // namespace farline::admin
