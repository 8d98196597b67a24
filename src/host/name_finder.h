// Looks names up in DNS beside the loop, one at a time. An address as digits is found at once. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>

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

  bool is_running() const { return request_ != nullptr || digits_.has_value(); }
  // REQUIRES !is_running().
  void find(const HostAndPort& where);

 private:
  struct Request;
  void finish(const std::optional<Address>& address);

  Loop& loop_;
  Found found_;
  Timer at_once_;
  std::optional<Address> digits_;
  Request* request_ = nullptr;  // owned by the loop until it has answered
};

}  // namespace farline::host
