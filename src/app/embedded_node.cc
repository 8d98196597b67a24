#include "app/embedded_node.h"

#include "app/program.h"
#include "host/address_text.h"
#include "host/clock.h"

namespace farline::app {

EmbeddedNode::EmbeddedNode(host::Loop& loop, const std::string& folder)
    : home_(NodeHome::open_or_create({.path = folder, .key_file = {}, .passphrase_file = {}})) {
  if (!home_) throw Failure(ExitCode::config, folder + " is in use by another program");
  if (home_->is_new()) home_->make_trial(present());
  service_ = std::make_unique<NodeService>(*home_, log_);
  auto driver = host::Driver::open(loop, Address::v4(127, 0, 0, 1, 0), service_->core(), home_->sink(),
                                   {.after_turn = {}, .save_failed = [](const Error&) {}});
  if (!driver) fail(ExitCode::network, "no port for the supernode", driver.error());
  driver_ = std::move(*driver);
  driver_->turn([&](Time now) { service_->core().set_wall_time(now, host::read_wall_clock()); });
  home_->set_settings({.advertise = {}, .listened = host::to_text(address())});
  home_->save();
}

std::string EmbeddedNode::invitation() {
  std::string line;
  driver_->turn([&](Time now) { line = service_->invitation(now, {.order = {}, .advertise = {}}); });
  return line.substr(line.find(": ") + 2);
}

}  // namespace farline::app
