// The bus between nodes over NATS: core subjects only, `sn.all` and one `sn.<node id>` for each node, no stream and no
// store, so there is never a copy of anything in it. What it carries is sealed or signed by the nodes
// themselves. It connects by itself and again for ever; what is sent meanwhile is a loss, as on any network.
//
// nats.c has threads of its own and one here sends, so that a bus that stands still never holds the loop up. Hooks are
// called on the loop's thread. One in a process, because the library is closed with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/loop.h"

namespace farline::backbone {

inline constexpr size_t kFrameBytesMax = 4096;
inline constexpr size_t kFramesWaitingMax = 4096;  // in each direction; what is more is lost

struct BusHooks {
  std::function<void(bool is_up)> changed;
  std::function<void(Bytes frame)> received;  // the span lives until it returns
};

class NatsBus {
 public:
  // `servers`: nats://[USER:PASSWORD@]HOST:PORT, or tls://; the first that answers. `own`: this node's id in
  // hexadecimal. Errors: unsupported (a bad address, or a build without NATS).
  static Result<std::unique_ptr<NatsBus>> open(host::Loop& loop, const std::vector<std::string>& servers,
                                               const std::string& own, BusHooks hooks);
  ~NatsBus();

  // To one node, or to all.
  void send(const std::optional<std::string>& to, Bytes frame);

 private:
  struct Impl;
  explicit NatsBus(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace farline::backbone
