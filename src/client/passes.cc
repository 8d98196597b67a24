#include "client/passes.h"


namespace farline::client {
namespace {

constexpr uint64_t kEnoughSeconds = 3600;

}  // namespace

void Passes::want(Time now) {
  const bool is_enough =
      !own(now).empty() && own_expires_.seconds > attachment_.wall_time(now).seconds + kEnoughSeconds;
  if (is_enough || (asked_ && now - *asked_ < kAskEvery)) return;
  if (attachment_.send(now, wire::PassWanted{}) > 0) asked_ = now;
}

bool Passes::handle(Time now, const wire::Pass& message) {
  const auto claims = open(message.pass);
  if (!claims || claims->device != wire::device_id_of(identity_.static_keys.public_key)) return false;
  own_ = to_vector(message.pass);
  own_expires_ = claims->expires;
  asked_ = now;
  return true;
}

Bytes Passes::own(Time now) const {
  return attachment_.wall_time(now) < own_expires_ ? Bytes(own_) : Bytes{};
}

Result<Time> Passes::check(Time now, Bytes shown, const wire::DeviceId& device) const {
  const auto claims = open(shown);
  if (!claims) return claims.error();
  const WallTime wall = attachment_.wall_time(now);
  if (claims->device != device) return Error{Errc::denied, "pass of another device"};
  if (wall.seconds == 0 || wall >= claims->expires) return Error{Errc::denied, "pass is over"};
  const uint64_t left = std::min(claims->expires.seconds - wall.seconds, wire::kPassSecondsMax);
  return now + std::chrono::seconds(left);
}

// The node that certified this device is whose passes count: that is who signs for everybody it serves.
Result<wire::PassClaims> Passes::open(Bytes pass) const {
  if (identity_.issuers.empty()) return Error{Errc::auth, "no node of ours could have given it"};
  const ByteVector& encoded = identity_.issuers.back();
  const auto issuer = wire::parse_certificate(encoded);
  if (!issuer) return issuer.error();
  return wire::verify_pass(pass, wire::issuer_authority(*issuer, encoded), asymmetric_);
}

}  // namespace farline::client
