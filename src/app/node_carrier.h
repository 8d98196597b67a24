// How a device's datagrams reach its node: by UDP, or by TLS where UDP does not pass (client/carrier_choice.h). The
// core knows nothing of it: what comes by TLS has the node's UDP address, and to the node it is a change of address.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/carrier_choice.h"
#include "host/driver.h"
#include "host/tls_client.h"

namespace farline::app {

inline constexpr uint16_t kTlsPort = 443;  // of a node, unless it is said otherwise

class NodeCarrier final : public host::SideCarrier {
 public:
  // How it stands, for people.
  struct Status {
    bool is_tls = false;
    std::string proxy{};         // HOST:PORT of the one that is asked for TLS; empty: none
    std::string_view trouble{};  // why TLS does not come, when a person can do something about it
    friend bool operator==(const Status&, const Status&) = default;
  };
  struct Options {
    std::optional<host::HostAndPort> tls{};        // nothing: kTlsPort of the node
    bool is_off = false;                           // UDP only
    host::ProxySetting proxy{};                    // TLS goes by it; by the environment's every second attempt
    std::optional<host::HostAndPort> place{};      // of the node, when it is not where the core believes
    std::function<void(const Status&)> changed{};  // not from inside a turn
  };
  // All outlive it.
  NodeCarrier(host::Loop& loop, host::Driver& driver, client::Carried& core, Options options);
  ~NodeCarrier() override;

  // After each turn of the core.
  void follow(Time now);
  const Status& status() const { return told_; }
  // Names that this network's DNS does not know are left to the proxy: what the core is to call such a place.
  static std::optional<Address> unknown_place(const Options& options, const host::HostAndPort& place);

  Way way_of(const Transmit& out) override;
  void send(const Transmit& out) override;
  void heard_udp(const Address& from) override;

 private:
  void act(Time now);
  void open();
  void close();
  void tls_ready(uint64_t number);
  void tls_failed();
  void tell();
  static std::optional<host::Proxy> proxy_for(const host::ProxySetting& setting, const std::string& host);
  host::TlsClient::Way way_to_node();

  host::Loop& loop_;
  host::Driver& driver_;
  client::Carried& core_;
  Options options_;
  client::CarrierChoice choice_;
  host::Timer timer_;
  host::Timer closer_;
  Address node_{};
  Datagram last_{};        // to the node
  unsigned attempts_ = 0;  // at TLS, since it was there
  std::string proxy_;      // of the last one
  std::string_view trouble_;
  Status told_;
  uint64_t number_ = 0;  // of tls_; what those before it say does not count
  std::unique_ptr<host::TlsClient> tls_;
  std::vector<std::unique_ptr<host::TlsClient>> closing_;
};

}  // namespace farline::app
