#include "app/desktop_enrolment.h"

#include "crypto/asymmetric.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/name_finder.h"
#include "wire/name.h"

namespace farline::app {

client::Problem enrolment_problem(const Error& error) {
  switch (error.code) {
    case Errc::truncated:
    case Errc::malformed:
      return client::Problem::bad_name;
    case Errc::io:
      return client::Problem::no_answer;
    case Errc::not_found:
      return client::Problem::no_network;
    case Errc::limit:
      return client::Problem::disk_full;
    case Errc::denied:
    case Errc::auth:
    case Errc::unsupported:
      break;
  }
  return client::Problem::invitation_refused;
}

client::Problem DesktopEnrolment::look_at(const Order& order) {
  if (!wire::invitation_from_text(order.invitation)) return client::Problem::bad_invitation;
  return wire::check_name(order.name) ? client::Problem::none : client::Problem::bad_name;
}

DesktopEnrolment::DesktopEnrolment(host::Loop& loop, Order order, Done done)
    : loop_(loop),
      order_(std::move(order)),
      done_(std::move(done)),
      invitation_(*wire::invitation_from_text(order_.invitation)),
      next_(loop, [this] { core_ ? finish() : begin(); }) {
  next_.start(0ms);
}

void DesktopEnrolment::begin() {
  NodeCarrier::Options options{.place = host::HostAndPort{invitation_.host, invitation_.port}};
  if (const auto proxy = host::parse_proxy_setting(order_.proxy)) options.proxy = *proxy;
  const auto found = host::find_address(*options.place);
  const auto address = found ? *found : NodeCarrier::unknown_place(options, *options.place);
  if (!address) return done_(Error{Errc::not_found, found.error().what});
  core_ = std::make_unique<client::Enrolment>(client::Enrolment::Request{invitation_, *address, order_.name}, rng_,
                                              crypto::real_asymmetric());
  host::DriverHooks hooks;
  hooks.after_turn = [this](Time now) {
    if (core_->is_finished())
      next_.start(0ms);
    else if (carrier_)
      carrier_->follow(now);
  };
  const Address any = address->is_v4() ? Address::v4(0, 0, 0, 0, 0) : Address{};
  auto driver = host::Driver::open(loop_, any, *core_, held_, std::move(hooks));
  if (!driver) return done_(Error{Errc::not_found, driver.error().what});
  driver_ = std::move(*driver);
  carrier_ = std::make_unique<NodeCarrier>(loop_, *driver_, *core_, std::move(options));
  driver_->turn([&](Time now) { core_->start(now, host::read_wall_clock()); });
}

void DesktopEnrolment::finish() {
  auto identity = core_->take_result();
  if (!identity)
    return done_(core_->is_name_refused() ? Error{Errc::malformed, identity.error().what} : identity.error());
  auto profile = Profile::create({order_.folder,
                                  {.no_passphrase = order_.passphrase.empty(), .passphrase = order_.passphrase},
                                  std::move(*identity),
                                  {invitation_.host, invitation_.port, invitation_.node_key},
                                  std::move(held_.held)});
  crypto::wipe({reinterpret_cast<uint8_t*>(order_.passphrase.data()), order_.passphrase.size()});
  if (!profile && profile.error().code == Errc::io) return done_(Error{Errc::limit, profile.error().what});
  done_(std::move(profile));
}

}  // namespace farline::app
