// How much devices, people and sites have used of this node's relay, for the quotas of a policy: bytes of the month and
// time in calls of the day, both in site time. Emergency calls are not in it. Saved every few minutes: a crash forgives
// that much. Bounded by the devices and people of the directory; what is of an earlier month goes.
#pragma once

#include <map>
#include <string>

#include "policy/decide.h"
#include "supernode/outbox.h"

namespace farline::supernode {

class UsageBook {
 public:
  explicit UsageBook(Outbox& out) : out_(out) {}

  void load(Bytes key, Bytes value);  // skips what was not saved by this

  // In whose name something is counted, and in which day and month of site time.
  struct Account {
    wire::DeviceId device;
    std::string_view person;  // folded
    std::string_view site;    // folded
    int32_t day = 0;
    int32_t month = 0;
  };
  static Account account(const wire::DeviceId& device, std::string_view person, policy::Day site_day);

  void add(const Account& account, uint64_t bytes, Duration in_call);
  policy::Usage of(const Account& account) const;
  // What has changed; what is of another month, by this node's clock, is dropped.
  void save();

 private:
  struct Entry {
    int32_t month = 0;
    int32_t day = 0;
    uint64_t bytes = 0;         // of the month
    uint64_t milliseconds = 0;  // in calls, of the day
    bool is_saved = false;
  };
  void add_to(std::string key, const Account& account, const Entry& more);
  Entry find(const std::string& key, const Account& account) const;

  Outbox& out_;
  std::map<std::string, Entry> entries_;  // "d" and a device id, "p" and a person, "s" and a site
  int32_t month_ = 0;                     // of the last account; sites differ by one at most
};

}  // namespace farline::supernode
