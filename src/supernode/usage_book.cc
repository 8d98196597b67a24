#include "supernode/usage_book.h"

#include <chrono>
#include <cstdlib>

#include "wire/name.h"

namespace farline::supernode {
namespace {

constexpr uint64_t kMegabyte = 1'000'000;

std::string key_of(const wire::DeviceId& device) {
  return "d" + std::string(as_text(device.bytes));
}
std::string key_of_person(std::string_view person) {
  return "p" + std::string(person);
}
std::string key_of_site(std::string_view site) {
  return "s" + std::string(site);
}

uint32_t megabytes(uint64_t bytes) {
  return static_cast<uint32_t>(std::min<uint64_t>(bytes / kMegabyte, UINT32_MAX));
}

}  // namespace

UsageBook::Account UsageBook::account(const wire::DeviceId& device, std::string_view person, policy::Day site_day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(site_day.number))};
  return {.device = device,
          .person = person,
          .site = wire::site_of(person),
          .day = site_day.number,
          .month = static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month()))};
}

void UsageBook::load(Bytes key, Bytes value) {
  Reader reader(value);
  Entry entry;
  entry.month = static_cast<int32_t>(reader.u32());
  entry.day = static_cast<int32_t>(reader.u32());
  entry.bytes = reader.u64();
  entry.milliseconds = reader.u64();
  entry.is_saved = true;
  if (!reader.finish() || key.empty()) return;
  entries_.insert_or_assign(std::string(as_text(key)), entry);
}

UsageBook::Entry UsageBook::find(const std::string& key, const Account& account) const {
  const auto found = entries_.find(key);
  Entry out{.month = account.month, .day = account.day};
  if (found == entries_.end()) return out;
  if (found->second.month == account.month) out.bytes = found->second.bytes;
  if (found->second.day == account.day) out.milliseconds = found->second.milliseconds;
  return out;
}

void UsageBook::add_to(std::string key, const Account& account, const Entry& more) {
  Entry entry = find(key, account);
  entry.bytes += more.bytes;
  entry.milliseconds += more.milliseconds;
  entries_.insert_or_assign(std::move(key), entry);
}

void UsageBook::add(const Account& account, uint64_t bytes, Duration in_call) {
  const Entry more{.bytes = bytes, .milliseconds = static_cast<uint64_t>(to_milliseconds(in_call))};
  month_ = account.month;
  add_to(key_of(account.device), account, {.bytes = bytes});
  add_to(key_of_person(account.person), account, more);
  add_to(key_of_site(account.site), account, {.bytes = bytes});
}

policy::Usage UsageBook::of(const Account& account) const {
  const Entry person = find(key_of_person(account.person), account);
  return {.voice_minutes_today = static_cast<uint32_t>(person.milliseconds / 60'000),
          .person_megabytes = megabytes(person.bytes),
          .client_megabytes = megabytes(find(key_of(account.device), account).bytes),
          .site_megabytes = megabytes(find(key_of_site(account.site), account).bytes)};
}

void UsageBook::save() {
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto& [key, entry] = *it;
    if (std::abs(entry.month - month_) > 1) {
      out_.erase(RecordKind::usage, as_bytes(key));
      it = entries_.erase(it);
      continue;
    }
    if (!entry.is_saved) {
      std::array<uint8_t, 24> value{};
      Writer writer(value);
      writer.u32(static_cast<uint32_t>(entry.month));
      writer.u32(static_cast<uint32_t>(entry.day));
      writer.u64(entry.bytes);
      writer.u64(entry.milliseconds);
      out_.save(RecordKind::usage, as_bytes(key), value);
      entry.is_saved = true;
    }
    ++it;
  }
}

}  // namespace farline::supernode
