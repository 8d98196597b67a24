// The reference model of calls: what people did, and which events that allows. It follows every device's events and
// finds calls that ring without a caller, connect without anybody having answered, end twice, or happen out of order.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "client/events.h"
#include "sim/findings.h"
#include "sim/network.h"

namespace farline::sim {

class Conduct {
 public:
  explicit Conduct(Findings& findings) : findings_(findings) {}

  void add_device(HostId device, std::string person);
  void booted(HostId device);

  // Commands, as they are given.
  void starts_call(HostId device, client::CallId call, const std::string& callee);
  void answers(HostId device);

  void event(Time now, HostId device, const client::Event& event);

  // What the device's shell shows; empty: no call.
  std::string peer_of(HostId device) const;
  bool is_connected(HostId device) const;
  bool is_idle(HostId device) const { return !devices_.at(device).leg; }
  bool was_refused(HostId device) const { return devices_.at(device).refused; }
  std::optional<client::EndReason> last_end(HostId device) const { return devices_.at(device).last_end; }

 private:
  struct Leg {
    client::CallId call = 0;
    bool outgoing = false;
    std::string peer;
    bool rang = false;
    bool connected = false;
    bool stalled = false;
    bool answered = false;
  };
  struct Device {
    std::string person;
    bool attached = false;
    bool refused = false;
    std::optional<Leg> leg;
    std::set<client::CallId> calls;  // ids of this boot
    std::map<std::string, unsigned> rung_by;
    std::optional<client::EndReason> last_end;
  };
  struct Between {  // calls from one person to another, over all their devices
    unsigned started = 0;
    unsigned answered = 0;
    unsigned connected_by_caller = 0;
  };
  using Pair = std::pair<std::string, std::string>;

  void attachment_event(Time now, Device& device, const client::Event& event);
  void incoming(Time now, Device& device, const client::Event& event);
  void connected(Time now, Device& device, bool outgoing);
  void ended(Time now, Device& device, const client::Event& event);
  void check(Time now, bool holds, const char* what) {
    if (!holds) findings_.fail(now, std::string("events: ") + what);
  }

  Findings& findings_;
  std::map<HostId, Device> devices_;
  std::map<Pair, Between> between_;  // (caller, callee)
};

}  // namespace farline::sim
