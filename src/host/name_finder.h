// Looks names up in DNS beside the loop, one at a time. An address as digits is found at once. Of several addresses
// those that the system has a way to count, in the resolver's order (RFC 6724), and who asks for the same host again,
// because nothing came from there, is given the next one: never two are tried at a time, so nothing is sent twice.
// Where there is no way to IPv4, it is translated if the network says how (nat64.h), also of digits. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "host/address_text.h"
#include "host/loop.h"

namespace farline::host {

class NameFinder {
 public:
  // Nothing: the name is not known now. Not called from inside find(), nor after the finder is gone.
  using Found = std::function<void(const std::optional<Address>&)>;
  NameFinder(Loop& loop, Found found);
  // A look-up under way is given up. DNS may keep the loop from being destroyed until its own time is out.
  ~NameFinder();

  bool is_running() const { return is_running_; }
  // REQUIRES !is_running().
  void find(const HostAndPort& where);

 private:
  struct Request;
  void look_up(const std::string& name);
  void answered(std::vector<Address> addresses);
  bool has_way_to(const Address& address) const;
  bool is_out_of_reach() const;
  void finish();

  Loop& loop_;
  Found found_;
  Timer at_once_;
  bool is_running_ = false;
  HostAndPort where_;
  std::vector<Address> candidates_;
  bool asks_nat64_ = false;  // what is looked up is kNat64Name
  HostAndPort given_for_;
  Address given_{};
  Request* request_ = nullptr;  // owned by the loop until it has answered
};

// The same, for who has nothing else to do: blocks until it is found. Call it before the loop runs.
Result<Address> find_address(const HostAndPort& where);

}  // namespace farline::host
