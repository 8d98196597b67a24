// A device that serves the people of its own local network while no supernode is reached: a supernode in this process,
// with the device's own key, which the device's certificate vouches for (docs/PROTOCOL.md 1.9). It lets in whom the
// organisation certified and the policy that this device holds admits; it keeps nothing on disk, enrols nobody, and
// what people say and write is as sealed from it as from any supernode. Loop thread only.
#pragma once

#include <memory>

#include "app/lan.h"
#include "client/client.h"
#include "client/identity.h"
#include "host/driver.h"
#include "host/system_rng.h"

namespace farline::app {

class StandIn {
 public:
  // Nothing: this device cannot (no socket, no local network, or its issuer is not under the root it knows). All
  // outlive it; `core` is asked for the nodes and the policy it knows now.
  static std::unique_ptr<StandIn> open(host::Loop& loop, const client::Identity& identity, const client::Client& core);
  // Tells who is attached that it ends.
  ~StandIn();

  // On the local network.
  const Address& address() const { return address_; }

 private:
  class Forgetful final : public RecordSink {
   public:
    Result<void> save(std::span<const SaveRecord>) override { return {}; }
  };
  class Silent final : public Log {
   public:
    void write(Time, LogLevel, const char*, std::initializer_list<LogField>) override {}
  };
  StandIn(host::Loop& loop, const client::Identity& identity, const client::Client& core);
  bool listen(host::Loop& loop);
  void tell_time();
  ByteVector answer(Bytes question);

  ByteVector certificate_;
  std::vector<crypto::PublicKey> node_keys_;
  Address address_;
  host::SystemRng rng_;
  Forgetful sink_;
  Silent log_;
  supernode::Supernode core_;
  std::unique_ptr<host::Driver> driver_;
  host::Timer clock_;
  std::unique_ptr<LanDoor> door_;
};

}  // namespace farline::app
