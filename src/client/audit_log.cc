#include "client/audit_log.h"

#include <algorithm>

#include "wire/certificate.h"

namespace farline::client {
namespace {

using wire::AuditRow;
using wire::AuditUse;
using wire::kAuditHours;

constexpr Duration kKeepEvery = 5min;
constexpr Duration kAfterCall = 10s;
constexpr uint64_t kSpreadSeconds = 30 * 60;  // every device's day ends at the same moment
constexpr Duration kWaitForQuiet = 1min;
constexpr Duration kRepeatFirst = 1min;
constexpr Duration kRepeatMax = 1h;
constexpr size_t kRowsMax = kAuditHours * wire::kAuditUses;

uint32_t rounded_up(uint64_t value, uint64_t unit) {
  return static_cast<uint32_t>(std::min<uint64_t>((value + unit - 1) / unit, UINT32_MAX));
}

std::array<uint8_t, 4> key_of(uint32_t number) {
  std::array<uint8_t, 4> key{};
  Writer(key).u32(number);
  return key;
}

}  // namespace

// --- What is counted -------------------------------------------------------------------------------------------------

void AuditLog::set_terms(Time now, const std::optional<Terms>& terms) {
  if (terms == terms_) return;
  const bool is_other = terms_ && terms && terms_->policy != terms->policy;
  if (is_other) close(now);
  terms_ = terms;
  turn(now);
  if (terms_ && !reports_.empty() && !send_due_) send_due_ = now + kAfterCall;  // of an earlier run
  if (!terms_ || terms_->days > 0) return;
  sums_.clear();
  troubles_ = {};
  while (!reports_.empty()) forget(reports_.front());
  save_counts();
}

void AuditLog::set_wall(Time now, WallTime wall) {
  const auto hour = static_cast<uint32_t>(std::min<uint64_t>(wall.seconds / 3600, UINT32_MAX));
  if (hour == 0 || hour == hour_) return;
  hour_ = hour;
  turn(now);
}

void AuditLog::turn(Time now) {
  const uint32_t day = hour_ - hour_ % kAuditHours;
  if (!counts() || day == first_hour_) return;
  close(now);
  first_hour_ = day;
  forget_old();
}

void AuditLog::count(Time now, AuditUse use, const Amount& amount) {
  if (!counts()) return;
  Sum& sum = sums_[{row_hour(), use}];
  sum.count += amount.count;
  sum.spoken_ms += static_cast<uint64_t>(to_milliseconds(amount.spoken));
  sum.bytes += amount.bytes;
  changed(now);
}

void AuditLog::count(Time now, Trouble trouble) {
  if (!counts()) return;
  ++troubles_[static_cast<size_t>(trouble)];
  changed(now);
}

bool AuditLog::is_loud() const {
  return std::ranges::any_of(sums_, [](const auto& sum) {
    return sum.first.second == AuditUse::emergency || sum.first.second == AuditUse::break_glass;
  });
}

void AuditLog::changed(Time now) {
  if (!keep_due_) keep_due_ = now + kKeepEvery;
}

std::vector<AuditRow> AuditLog::rows() const {
  std::vector<AuditRow> out;
  for (const auto& [key, sum] : sums_)
    out.push_back({key.first, key.second, sum.count, rounded_up(sum.spoken_ms, 60'000), rounded_up(sum.bytes, 1000)});
  return out;
}

// --- Reports ---------------------------------------------------------------------------------------------------------

void AuditLog::close(Time now) {
  if (!has_counted()) return;
  const bool was_loud = is_loud();
  wire::AuditReport report{.number = 0,
                           .policy = terms_->policy,
                           .build = terms_->build,
                           .first_hour = first_hour_,
                           .health = {troubles_[0], troubles_[1], troubles_[2], troubles_[3]},
                           .rows = {}};
  for (const AuditRow& row : rows()) {
    report.rows.push_back(row);
    if (encode(report).size() <= wire::kAuditPayloadBytesMax) continue;
    report.rows.pop_back();  // full: the rest is another report
    sign(report);
    report.health = {};
    report.rows = {row};
  }
  sign(std::move(report));
  sums_.clear();
  troubles_ = {};
  save_counts();
  tries_ = 0;
  const auto spread = std::chrono::seconds(setup_.rng.below(kSpreadSeconds));
  send_due_ = earliest(send_due_, now + (was_loud ? kAfterCall : Duration{spread}));
}

void AuditLog::sign(wire::AuditReport report) {
  report.number = next_number_++;
  const wire::CertificateHash own = wire::certificate_hash_of(setup_.identity.certificate);
  ByteVector bytes = wire::sign_audit(encode(report), own, setup_.identity.signing_keys, setup_.asymmetric);
  out_.saves.push_back(make_record(RecordKind::audit_report, key_of(report.number), bytes));
  reports_.push_back({report.number, report.first_hour, std::move(bytes)});
  forget_old();
}

void AuditLog::forget(const Report& report) {
  out_.saves.push_back(make_record(RecordKind::audit_report, key_of(report.number), {}));
  std::erase_if(reports_, [number = report.number](const Report& r) { return r.number == number; });
}

void AuditLog::forget_old() {
  const uint32_t days = std::min(terms_ ? terms_->days : kAuditDaysMax, kAuditDaysMax);
  while (!reports_.empty() &&
         (reports_.size() > kAuditDaysMax || reports_.front().first_hour + (days + 1) * kAuditHours <= hour_))
    forget(reports_.front());
}

Bytes AuditLog::due(Time now, bool is_quiet) {
  if (!send_due_ || now < *send_due_) return {};
  if (!is_quiet) {
    send_due_ = now + kWaitForQuiet;
    return {};
  }
  if (reports_.empty() || !terms_) {
    send_due_.reset();
    return {};
  }
  send_due_ = now + std::min(kRepeatFirst * (1 << std::min(tries_, 6U)), kRepeatMax);
  ++tries_;
  return reports_.front().bytes;
}

void AuditLog::acknowledged(Time now, uint32_t number) {
  const auto found = std::ranges::find(reports_, number, &Report::number);
  if (found == reports_.end()) return;
  forget(*found);
  tries_ = 0;
  send_due_.reset();
  if (!reports_.empty()) send_due_ = is_hurried_ ? now : now + kAfterCall;
}

void AuditLog::hurry(Time now) {
  is_hurried_ = true;
  if (!reports_.empty() && tries_ == 0) send_due_ = now;
}

// --- Timers ----------------------------------------------------------------------------------------------------------

void AuditLog::handle_timeout(Time now, bool in_call) {
  if (!in_call && counts() && loud_hour_ != hour_ && is_loud()) {
    loud_hour_ = hour_;
    close(now);
  }
  if (keep_due_ && now >= *keep_due_) save_counts();
}

std::optional<Time> AuditLog::next_timeout() const {
  return earliest(keep_due_, send_due_);
}

// --- Records ---------------------------------------------------------------------------------------------------------

// number u32, first hour u32, troubles u32 each; then for each sum: hour u8, use u8, count u32, ms u64, bytes u64
void AuditLog::save_counts() {
  keep_due_.reset();
  ByteVector value(4 + 4 + 4 * troubles_.size() + sums_.size() * 22);
  Writer out(value);
  out.u32(next_number_);
  out.u32(first_hour_);
  for (const uint32_t trouble : troubles_) out.u32(trouble);
  for (const auto& [key, sum] : sums_) {
    out.u8(key.first);
    out.u8(static_cast<uint8_t>(key.second));
    out.u32(sum.count);
    out.u64(sum.spoken_ms);
    out.u64(sum.bytes);
  }
  out_.saves.push_back(make_record(RecordKind::audit_counts, {}, value));
}

void AuditLog::load_counts(Bytes value) {
  Reader in(value);
  const uint32_t number = in.u32();
  const uint32_t first_hour = in.u32();
  Troubles troubles{};
  for (uint32_t& trouble : troubles) trouble = in.u32();
  decltype(sums_) sums;
  while (in.remaining() > 0 && sums.size() <= kRowsMax) {
    const uint8_t hour = in.u8();
    const uint8_t use = in.u8();
    Sum& sum = sums[{hour, static_cast<AuditUse>(use)}];
    sum.count = in.u32();
    sum.spoken_ms = in.u64();
    sum.bytes = in.u64();
    if (hour >= kAuditHours || use >= wire::kAuditUses) return;
  }
  if (!in.finish() || number == 0 || first_hour % kAuditHours != 0) return;
  next_number_ = std::max(next_number_, number);
  first_hour_ = first_hour;
  troubles_ = troubles;
  sums_ = std::move(sums);
}

void AuditLog::load(const SaveRecord& record) {
  if (record.kind == static_cast<uint8_t>(RecordKind::audit_counts)) return load_counts(record.value);
  const auto parsed = wire::parse_audit(record.value);
  if (!parsed || !equal(record.key, key_of(parsed->report.number)) || reports_.size() >= kAuditDaysMax) return;
  next_number_ = std::max(next_number_, parsed->report.number + 1);
  const auto place = std::ranges::upper_bound(reports_, parsed->report.number, {}, &Report::number);
  reports_.insert(place, {parsed->report.number, parsed->report.first_hour, record.value});
}

}  // namespace farline::client
