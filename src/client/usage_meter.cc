#include "client/usage_meter.h"

#include <chrono>

#include "base/bytes.h"

namespace farline::client {
namespace {

constexpr uint64_t kMegabyte = 1'000'000;
constexpr size_t kRecordBytes = 4 + 7 * 8;

std::chrono::year_month month_of(policy::Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day.number))};
  return date.year() / date.month();
}

}  // namespace

void UsageMeter::load(Bytes record) {
  Reader in(record);
  UsageMeter loaded;
  loaded.day_.number = static_cast<int32_t>(in.u32());
  for (uint64_t* value : {&loaded.person_ms_, &loaded.person_bytes_, &loaded.device_bytes_}) *value = in.u64();
  for (uint64_t& value : loaded.bytes_) value = in.u64();
  if (in.finish() && loaded.day_.number >= 0 && loaded.day_.number <= policy::kDayMax) *this = loaded;
}

ByteVector UsageMeter::encode() const {
  ByteVector out(kRecordBytes);
  Writer writer(out);
  writer.u32(static_cast<uint32_t>(day_.number));
  for (const uint64_t value : {person_ms_, person_bytes_, device_bytes_}) writer.u64(value);
  for (const uint64_t value : bytes_) writer.u64(value);
  return out;
}

void UsageMeter::turn_to(policy::Day today) {
  if (today <= day_) return;
  if (month_of(today) != month_of(day_)) {
    person_bytes_ = 0;
    device_bytes_ = 0;
    bytes_ = {};
  }
  person_ms_ = 0;
  day_ = today;
}

void UsageMeter::count(const Share& share) {
  uint64_t all = share.other_bytes;
  for (size_t i = 0; i < bytes_.size(); ++i) {
    bytes_[i] += share.bytes[i];
    all += share.bytes[i];
  }
  device_bytes_ += all;
  if (share.emergency) return;
  person_bytes_ += all;
  person_ms_ += static_cast<uint64_t>(to_milliseconds(share.spoken));
}

policy::Usage UsageMeter::usage() const {
  return {.voice_minutes_today = static_cast<uint32_t>(person_ms_ / 60'000),
          .person_megabytes = static_cast<uint32_t>(person_bytes_ / kMegabyte),
          .client_megabytes = static_cast<uint32_t>(device_bytes_ / kMegabyte),
          .site_megabytes = 0};
}

}  // namespace farline::client
