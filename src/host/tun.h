// A TUN device (raw IP packets, no extra header) inside a named network namespace of iproute2. Linux only, and only for
// those who may open it (root); elsewhere open() says that it is not supported. Loop thread only; must not be destroyed
// inside its own callback.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "host/loop.h"

struct uv_poll_s;

namespace farline::host {

class TunDevice {
 public:
  using Received = std::function<void(Bytes packet)>;
  struct Name {
    std::string network_namespace;  // as in `ip netns`; empty: this process's own
    std::string device;             // made if it does not exist; its addresses are the caller's business
  };

  static Result<std::unique_ptr<TunDevice>> open(Loop& loop, const Name& name, Received received);
  ~TunDevice();

  bool send(Bytes packet);  // false: the device is down or its queue full; a loss

 private:
  explicit TunDevice(Received received) : received_(std::move(received)) {}
  void read_some();

  Received received_;
  int fd_ = -1;
  Handle<uv_poll_s> poll_;
  std::array<uint8_t, 65'535> buffer_;
};

}  // namespace farline::host
