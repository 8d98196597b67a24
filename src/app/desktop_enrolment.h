// Enrolment from the desktop: the same as `farline-cli enroll`, on a loop that goes on.
#pragma once

#include "app/cli_profile.h"
#include "app/node_carrier.h"
#include "client/enrolment.h"
#include "client/view.h"
#include "host/driver.h"
#include "host/loop.h"

namespace farline::app {

class DesktopEnrolment {
 public:
  struct Order {
    std::string folder{};
    std::string invitation{};
    std::string name{};
    std::string passphrase{};  // empty: none
    std::string proxy{};       // as in client::Settings
  };
  using Done = std::function<void(Result<Profile>)>;

  // What can be said before anything is sent; none: it may be tried.
  static client::Problem look_at(const Order& order);

  // REQUIRES look_at() found nothing. `done` is called once, never from here, and may destroy this.
  DesktopEnrolment(host::Loop& loop, Order order, Done done);

 private:
  class Held final : public RecordSink {
   public:
    Result<void> save(std::span<const SaveRecord> records) override {
      held.insert(held.end(), records.begin(), records.end());
      return {};
    }
    std::vector<SaveRecord> held;
  };
  void begin();
  void finish();

  host::Loop& loop_;
  Order order_;
  Done done_;
  wire::Invitation invitation_;
  host::SystemRng rng_;
  Held held_;
  std::unique_ptr<client::Enrolment> core_;
  std::unique_ptr<host::Driver> driver_;
  std::unique_ptr<NodeCarrier> carrier_;
  std::optional<Error> failed_;
  host::Timer next_;  // not from inside the driver's own call
};

// What a failed enrolment is to a person.
client::Problem enrolment_problem(const Error& error);

}  // namespace farline::app
