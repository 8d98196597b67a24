// What the desktop keeps in a profile's store beside the core's records: the person's settings, past calls, people, the
// data meter, and the call that was running. CBOR; what cannot be read is as if it had never been there.
//   settings     key empty
//   recent       key: when, u64, and u16 to tell two of one second apart; at most kRecentMax
//   person       key: folded name; value [name, is_kept]: added, or removed from the list
//   interrupted  key empty; value [name, when it was known to run last]
//   meter        key empty
//   alerts       key: a chat's id, as text; value [what, words]; none: of all messages
#pragma once

#include <map>

#include "app/cli_profile.h"
#include "client/view.h"

namespace farline::app {

inline constexpr size_t kRecentMax = 100;

// Bytes by class and otherwise, of a day and its month, both by the local calendar.
struct DataMeter {
  uint32_t day = 0;    // days since 1970
  uint32_t month = 0;  // months since year 0
  std::array<client::MeterRow, client::kClasses> rows{};
  uint64_t idle_month_bytes = 0;
  uint64_t cost_month_micros = 0;  // in the tariff's currency
  std::string currency{};

  // Begins anew what belongs to another day or month.
  void turn_to(uint32_t today, uint32_t this_month);
};

class DesktopRecords {
 public:
  // The store outlives it.
  explicit DesktopRecords(store::RecordStore& store);

  const client::Settings& settings() const { return settings_; }
  [[nodiscard]] Result<void> set_settings(client::Settings settings);

  // Newest first.
  const std::vector<client::RecentView>& recent() const { return recent_; }
  [[nodiscard]] Result<void> add_recent(client::RecentView call);
  [[nodiscard]] Result<void> look_at_missed();
  uint32_t missed_of(const std::string& name) const;

  struct Person {
    std::string name{};
    bool is_kept = true;
  };
  const std::map<std::string, Person>& people() const { return people_; }  // by folded name
  [[nodiscard]] Result<void> set_person(const std::string& name, bool is_kept);

  client::Alerts alerts_of(const std::string& chat) const;
  [[nodiscard]] Result<void> set_alerts(const std::string& chat, const client::Alerts& alerts);
  // Whether a message of that chat that says `text` is to be told.
  bool alerts(const std::string& chat, std::string_view text) const;

  struct Running {
    std::string peer{};
    WallTime at{};
  };
  const std::optional<Running>& interrupted() const { return interrupted_; }
  [[nodiscard]] Result<void> set_running(const std::optional<Running>& running);

  const DataMeter& meter() const { return meter_; }
  [[nodiscard]] Result<void> set_meter(DataMeter meter);

 private:
  Result<void> save(ProfileRecord kind, Bytes key, Bytes value);
  void load();

  store::RecordStore& store_;
  client::Settings settings_;
  std::vector<client::RecentView> recent_;
  std::map<std::string, Person> people_;
  std::map<std::string, client::Alerts> alerts_;  // by chat
  std::optional<Running> interrupted_;
  DataMeter meter_;
};

}  // namespace farline::app
