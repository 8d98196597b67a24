#include "admin/firewall.h"

namespace farline::admin {
namespace {

using policy::kQuartersPerDay;
using policy::Quarter;

// 5h30m; the end of a day is its last second.
std::string time_of_day(int quarter) {
  if (quarter == kQuartersPerDay) return "23h59m59s";
  return std::to_string(quarter / 4) + "h" + std::to_string(quarter % 4 * 15) + "m";
}

std::string weekday_word(int day) {
  std::string out(policy::kNames<policy::Weekday>[static_cast<size_t>(day)]);
  out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

struct RuleSet {  // enabled together
  std::string name;
  std::vector<std::string> times;  // of RouterOS
};
struct Switch {
  Quarter at;
  std::string to;
};

class RouterScript {
 public:
  RouterScript(const GatewayRules& rules, WallTime now) : rules_(rules), now_(policy::quarter_of(now)) {}

  std::string write() {
    collect();
    out_ =
        "# " + rules_.title +
        ".\n# Written by farline-admin export mikrotik, for RouterOS 7: /import. It sets the router's clock to UTC.\n"
        "# Rules that let other things through belong above the jump to farline.\n"
        "/system clock set time-zone-autodetect=no time-zone-name=UTC\n"
        "/system scheduler remove [find name~\"^farline\"]\n/ip firewall address-list remove [find list=farline]\n"
        "/ip firewall filter remove [find comment~\"^farline\"]\n"
        "/ipv6 firewall filter remove [find comment~\"^farline\"]\n";
    write_nodes();
    write_rules();
    write_switches();
    return out_;
  }

 private:
  void collect() {
    const GatewayHours& hours = rules_.hours;
    sets_.push_back({"open", {""}});
    switches_.push_back({hours.begins, "season 1"});
    for (size_t i = 0; i < hours.seasons.size(); ++i) {
      const std::string name = "season " + std::to_string(i + 1);
      RuleSet& set = sets_.emplace_back(RuleSet{name, {}});
      for (int day = 0; day < kDaysPerWeek; ++day)
        for (const Stretch stretch : stretches_of(day_of(hours.seasons[i].week, day)))
          set.times.push_back(range(stretch) + "," + weekday_word(day));
      if (i > 0) switches_.push_back({hours.seasons[i].from, name});
    }
    for (const GatewayHours::Exception& day : hours.exceptions) add_exception(day);
    switches_.push_back({hours.ends, "open"});
  }
  void add_exception(const GatewayHours::Exception& exception) {
    const std::string name = "day " + policy::Form<policy::Day>::text(exception.day);
    RuleSet& set = sets_.emplace_back(RuleSet{name, {}});
    for (const Stretch stretch : stretches_of(exception.open))
      set.times.push_back(range(stretch) + ",mon,tue,wed,thu,fri,sat,sun");
    const Quarter start{int64_t{exception.day.number} * kQuartersPerDay};
    const Quarter end{start.number + kQuartersPerDay};
    std::erase_if(switches_, [&](const Switch& other) { return start <= other.at && other.at < end; });
    switches_.push_back({start, name});
    switches_.push_back({end, season_at(end)});
  }
  std::string season_at(Quarter at) const {
    size_t last = 0;
    for (size_t i = 0; i < rules_.hours.seasons.size(); ++i)
      if (rules_.hours.seasons[i].from <= at) last = i;
    return "season " + std::to_string(last + 1);
  }
  static std::string range(Stretch stretch) { return time_of_day(stretch.start) + "-" + time_of_day(stretch.end); }

  void write_nodes() {
    for (const GatewayNode& node : rules_.nodes) {
      if (!node.address.is_v4()) {
        out_ += "# left out, for it has an IPv6 address: " + node.name + "\n";
        continue;
      }
      out_ += "/ip firewall address-list add list=farline address=" + node.ip + " comment=\"" + node.name + "\"\n";
      ports_ += (ports_.empty() ? "" : ",") + std::to_string(node.address.port);
    }
    out_ += "/ipv6 firewall filter add chain=forward action=drop comment=\"farline\"\n";
  }

  // At any moment one set of rules is enabled: the last that was switched to.
  void write_rules() {
    std::string active;
    Quarter since{-1};
    for (const Switch& candidate : switches_)
      if (candidate.at <= now_ && candidate.at >= since) {
        active = candidate.to;
        since = candidate.at;
      }
    out_ += "/ip firewall filter\nadd chain=forward action=jump jump-target=farline comment=\"farline\"\n";
    for (const RuleSet& set : sets_)
      for (const std::string& time : set.times)
        for (const char* side : {"dst", "src"})
          out_ += "add chain=farline action=accept protocol=udp " + std::string(side) + "-address-list=farline " +
                  side + "-port=" + ports_ + (time.empty() ? "" : " time=" + time) + " comment=\"farline " + set.name +
                  "\" disabled=" + (set.name == active ? "no" : "yes") + "\n";
    if (rules_.emergency_bps > 0)
      for (const char* side : {"dst", "src"})
        out_ += "add chain=farline action=accept protocol=udp " + std::string(side) +
                "-address-list=farline limit=" + std::to_string(rules_.emergency_bps / 2) + "," +
                std::to_string(rules_.emergency_bps) + ":bit comment=\"farline emergencies\"\n";
    out_ += "add chain=farline action=drop comment=\"farline closed\"\n";
  }

  void write_switches() {
    size_t count = 0;
    for (const Switch& change : switches_) {
      if (change.at <= now_) continue;
      const std::string at = policy::time_text(start_of(change.at), {});
      out_ += "/system scheduler add name=farline-" + std::to_string(++count) +
              " interval=0s start-date=" + at.substr(0, 10) + " start-time=" + at.substr(11, 5) +
              ":00 on-event=\"/ip firewall filter disable [find comment~\\\"^farline (open|season|day)\\\"]; /ip "
              "firewall filter enable [find comment=\\\"farline " +
              change.to + "\\\"]\"\n";
    }
  }

  const GatewayRules& rules_;
  const Quarter now_;
  std::string out_;
  std::string ports_;
  std::vector<RuleSet> sets_;
  std::vector<Switch> switches_;
};

}  // namespace

std::string mikrotik_rules(const GatewayRules& rules, WallTime now) {
  return RouterScript(rules, now).write();
}

}  // namespace farline::admin
