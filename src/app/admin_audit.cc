#include "app/admin_audit.h"

#include <cstdio>

#include "admin/audit.h"
#include "app/admin_files.h"
#include "app/json_line.h"

namespace farline::app {
namespace {

admin::AuditBy way_of(const std::string& word) {
  if (word == "site") return admin::AuditBy::site;
  if (word == "hour") return admin::AuditBy::hour;
  return word == "class" ? admin::AuditBy::use : admin::AuditBy::device;
}

std::string json_of(const admin::AuditLine& line, const AuditOrder& order) {
  JsonLine out;
  out.text(order.by, line.key);
  for (size_t i = 0; i < line.uses.size(); ++i) {
    const admin::AuditSum& sum = line.uses[i];
    if (sum.count + sum.minutes + sum.kilobytes == 0) continue;
    out.raw(admin::name_of(static_cast<wire::AuditUse>(i)),
            JsonLine()
                .number("count", static_cast<int64_t>(sum.count))
                .number("minutes", static_cast<int64_t>(sum.minutes))
                .number("kilobytes", static_cast<int64_t>(sum.kilobytes))
                .finish());
  }
  if (line.reports == 0) return out.finish();
  constexpr std::array kTroubles{"attachments_lost", "stalls", "calls_failed", "calls_refused"};
  for (size_t i = 0; i < line.health.size(); ++i) out.number(kTroubles[i], static_cast<int64_t>(line.health[i]));
  return out.number("reports", static_cast<int64_t>(line.reports))
      .number("missing", static_cast<int64_t>(line.missing))
      .text("policy", admin::policy_text(line.policy))
      .text("build", admin::build_text(line.build))
      .finish();
}

std::vector<std::string> json_lines(const admin::AuditSummary& summary, const AuditOrder& order) {
  std::vector<std::string> out;
  for (const admin::AuditLine& line : summary.lines) out.push_back(json_of(line, order));
  for (const admin::AuditEvent& event : summary.events)
    out.push_back(JsonLine()
                      .text("event", admin::name_of(event.use))
                      .text("hour", admin::hour_text(event.hour))
                      .text("device", event.who)
                      .number("count", event.count)
                      .finish());
  return out;
}

}  // namespace

std::vector<std::string> audit(const AuditOrder& order) {
  admin::AuditFile collected(read_root_keys(order.root_files), crypto::real_asymmetric());
  for (const std::string& path : order.files) collected.add(read_input(path, admin::kAuditFileBytesMax));
  for (const auto& [why, count] : collected.refused())
    std::fprintf(stderr, "note: refused: %zu %s\n", count, why.c_str());
  if (collected.repeated() > 0) std::fprintf(stderr, "note: %zu reports were there twice\n", collected.repeated());
  if (collected.reports().empty()) {
    if (collected.refused().empty()) throw Failure(ExitCode::bad_data, "there are no reports in it");
    throw Failure(ExitCode::refused, "no report can be believed; is --root the key of this organisation?");
  }
  const admin::AuditSummary summary = summarise(collected.reports(), way_of(order.by));
  if (!order.html.empty()) write_output(order.html, as_bytes(to_html(summary)));
  if (order.json) return json_lines(summary, order);
  std::vector<std::string> out{to_text(summary)};
  if (!order.html.empty()) out.push_back("written: " + order.html);
  return out;
}

}  // namespace farline::app
