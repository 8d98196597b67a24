// How a device's datagrams reach its node: by UDP, or by TLS where UDP does not pass (client/carrier_choice.h). The
// core knows nothing of it: what comes by TLS has the node's UDP address, and to the node it is a change of address.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/carrier_choice.h"
#include "client/client.h"
#include "host/driver.h"
#include "host/tls_client.h"

namespace farline::app {

inline constexpr uint16_t kTlsPort = 443;  // of a node, unless it is said otherwise

class NodeCarrier final : public host::SideCarrier {
 public:
  struct Options {
    std::optional<host::HostAndPort> tls{};  // nothing: kTlsPort at the node's address
    bool is_off = false;                     // UDP only
  };
  // All outlive it.
  NodeCarrier(host::Loop& loop, host::Driver& driver, client::Client& core, Options options);
  ~NodeCarrier() override;

  // After each turn of the core.
  void follow(Time now);
  bool uses_tls() const { return choice_.uses_tls(); }

  Way way_of(const Transmit& out) override;
  void send(const Transmit& out) override;
  void heard_udp(const Address& from) override;

 private:
  void act(Time now);
  void open();
  void close();
  void tls_ready(uint64_t number);
  void tls_failed();

  host::Loop& loop_;
  host::Driver& driver_;
  client::Client& core_;
  Options options_;
  client::CarrierChoice choice_;
  host::Timer timer_;
  host::Timer closer_;
  Address node_{};
  Datagram last_{};      // to the node
  uint64_t number_ = 0;  // of tls_; what those before it say does not count
  std::unique_ptr<host::TlsClient> tls_;
  std::vector<std::unique_ptr<host::TlsClient>> closing_;
};

}  // namespace farline::app
