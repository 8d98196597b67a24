#include "supernode/audit_store.h"

#include <algorithm>

#include "crypto/hash.h"
#include "wire/audit.h"

namespace farline::supernode {
namespace {

std::array<uint8_t, 16> key_of(const wire::DeviceId& device, Bytes report) {
  std::array<uint8_t, 16> key{};
  const crypto::Hash hash = crypto::sha256({report});
  const auto rest = std::ranges::copy(device.bytes, key.begin()).out;
  std::copy_n(hash.begin(), 8, rest);
  return key;
}

}  // namespace

void AuditStore::load(Bytes key, Bytes value) {
  const auto record = wire::decode_audit_record(value);
  if (!record || records_.size() >= wire::kAuditReportsMax) return;
  const auto certificate = wire::parse_certificate(record->device);
  const auto report = wire::parse_audit(record->report);
  if (!certificate || !report) return;
  const Key own = key_of(wire::device_id_of(certificate->static_key), record->report);
  if (equal(key, own)) records_[own] = {report->report.first_hour, to_vector(value)};
}

std::optional<wire::AuditAck> AuditStore::handle(Time now, const wire::DeviceId& id, const wire::Audit& message) {
  const Device* device = parts_.directory.find(id);
  const auto parsed = wire::parse_audit(message.report);
  if (device == nullptr || !parsed) {
    ++parts_.counters.refused;
    return {};
  }
  const wire::AuditAck ack{parsed->report.number};
  const Key key = key_of(id, message.report);
  if (records_.contains(key)) return ack;
  if (!wire::verify_audit(message.report, device->signing_key, parts_.asymmetric)) {
    ++parts_.counters.unauthentic;
    return {};
  }
  if (!make_room(id)) {
    ++parts_.counters.rate_limited;
    return {};
  }
  // A device's clock may be ahead; its reports do not stay longer for that.
  const uint32_t first_hour =
      hour(now) > 0 ? std::min(parsed->report.first_hour, hour(now)) : parsed->report.first_hour;
  const auto chain = parts_.issuers.chain_of(device->certificate);
  Record& record = records_[key];
  record = {first_hour, encode(wire::AuditRecord{.issuer = chain.size() > 1 ? chain[chain.size() - 2]
                                                                            : parts_.config.keys.issuer_certificate,
                                                 .device = device->certificate,
                                                 .report = message.report})};
  parts_.out.save(RecordKind::audit, key, record.bytes);
  ++parts_.counters.audit_reports;
  return ack;
}

// A device that has too many makes room by its oldest.
bool AuditStore::make_room(const wire::DeviceId& device) {
  Key first{};
  std::ranges::copy(device.bytes, first.begin());
  const auto begin = records_.lower_bound(first);
  auto oldest = begin;
  size_t count = 0;
  for (auto it = begin; it != records_.end() && std::equal(device.bytes.begin(), device.bytes.end(), it->first.begin());
       ++it, ++count)
    if (it->second.hour < oldest->second.hour) oldest = it;
  if (count < wire::kAuditReportsPerDeviceMax) return records_.size() < wire::kAuditReportsMax;
  erase(oldest);
  return true;
}

AuditStore::Records::iterator AuditStore::erase(Records::iterator it) {
  parts_.out.erase(RecordKind::audit, it->first);
  return records_.erase(it);
}

void AuditStore::sweep(Time now) {
  const uint32_t present = hour(now);
  if (present == swept_hour_) return;
  swept_hour_ = present;
  for (auto it = records_.begin(); it != records_.end();)
    it = it->second.hour + (uint64_t{days_} + 1) * wire::kAuditHours <= present ? erase(it) : std::next(it);
}

std::vector<AuditItem> AuditStore::page(Bytes after, size_t most) const {
  Key key{};
  auto it = records_.begin();
  if (after.size() == key.size()) {
    std::ranges::copy(after, key.begin());
    it = records_.upper_bound(key);
  }
  std::vector<AuditItem> out;
  for (; it != records_.end() && out.size() < most; ++it) out.push_back({it->first, it->second.bytes});
  return out;
}

}  // namespace farline::supernode
