#include "client/passes.h"

namespace farline::client {
namespace {

constexpr uint64_t kEnoughSeconds = 3600;

}  // namespace

void Passes::want(Time now) {
  const bool is_enough =
      !own(now).empty() && own_expires_.seconds > setup_.attachment.wall_time(now).seconds + kEnoughSeconds;
  if (is_enough || (asked_ && now - *asked_ < kAskEvery)) return;
  if (setup_.attachment.send(now, wire::PassWanted{}) > 0) asked_ = now;
}

bool Passes::handle(Time now, const wire::Pass& message) {
  const auto claims = open(message.pass);
  if (!claims || claims->device != wire::device_id_of(setup_.identity.static_keys.public_key)) return false;
  own_ = to_vector(message.pass);
  own_expires_ = claims->expires;
  asked_ = now;
  return true;
}

Bytes Passes::own(Time now) const {
  return setup_.attachment.wall_time(now) < own_expires_ ? Bytes(own_) : Bytes{};
}

Result<Time> Passes::check(Time now, Bytes shown, const wire::DeviceId& device) const {
  const auto claims = open(shown);
  if (!claims) return claims.error();
  const WallTime wall = setup_.attachment.wall_time(now);
  if (claims->device != device) return Error{Errc::denied, "pass of another device"};
  if (wall.seconds == 0 || wall >= claims->expires) return Error{Errc::denied, "pass is over"};
  const uint64_t left = std::min(claims->expires.seconds - wall.seconds, wire::kPassSecondsMax);
  return now + std::chrono::seconds(left);
}

Result<wire::PassClaims> Passes::open(Bytes pass) const {
  const auto issuer = wire::issuer_of_pass(pass);
  const wire::Authority* authority = issuer ? setup_.issuers.authority(*issuer) : nullptr;
  if (authority == nullptr) return Error{Errc::auth, "pass of a node that is not known here"};
  return wire::verify_pass(pass, *authority, setup_.asymmetric);
}

}  // namespace farline::client
