// A supernode inside another program: a trial organisation on this machine alone, as farline-node would serve it.
#pragma once

#include <memory>
#include <string>

#include "app/node_home.h"
#include "app/node_service.h"
#include "host/driver.h"

namespace farline::app {

class EmbeddedNode {
 public:
  // Makes the node in `folder` and listens on a port of its own on 127.0.0.1. Throws Failure.
  EmbeddedNode(host::Loop& loop, const std::string& folder);

  Address address() const { return driver_->local_address(); }
  std::string invitation();  // farline1-...; throws Failure

 private:
  class NoLog final : public Log {
   public:
    void write(Time, LogLevel, const char*, std::initializer_list<LogField>) override {}
  };
  NoLog log_;
  std::unique_ptr<NodeHome> home_;
  std::unique_ptr<NodeService> service_;
  std::unique_ptr<host::Driver> driver_;
};

}  // namespace farline::app
