#include "app/stand_in.h"

#include "crypto/asymmetric.h"
#include "host/clock.h"
#include "host/network_address.h"
#include "wire/issuers.h"

namespace farline::app {
namespace {

constexpr Duration kClockEvery = 1min;
constexpr size_t kStandInSessions = 256;  // a site's people; a device is no server

supernode::Config stand_in_config(const client::Identity& identity, Rng& rng) {
  supernode::NodeKeys keys{.static_keys = identity.static_keys.copy(),
                           // Of no right: it certifies nobody.
                           .issuer_keys = crypto::real_asymmetric().generate_signing_key_pair(rng),
                           .issuer_certificate = identity.issuers.front(),
                           .root_key = identity.root_key};
  return {.keys = std::move(keys), .sessions_max = kStandInSessions};
}

}  // namespace

StandIn::StandIn(host::Loop& loop, const client::Identity& identity, const client::Client& core)
    : certificate_(identity.certificate),
      node_keys_(core.node_keys()),
      core_(stand_in_config(identity, rng_), {.rng = rng_, .asymmetric = crypto::real_asymmetric(), .log = log_}),
      clock_(loop, [this] { tell_time(); }) {}

std::unique_ptr<StandIn> StandIn::open(host::Loop& loop, const client::Identity& identity, const client::Client& core) {
  wire::Issuers issuers(identity.root_key, crypto::real_asymmetric());
  if (identity.issuers.empty() || !issuers.add(identity.issuers.front())) return nullptr;
  std::unique_ptr<StandIn> out(new StandIn(loop, identity, core));
  if (!out->listen(loop)) return nullptr;
  out->tell_time();
  out->driver_->turn([&](Time now) {
    for (const ByteVector& issuer : identity.issuers) (void)out->core_.take_issuer(issuer);
    if (const policy::Bundle* bundle = core.admission().bundle()) (void)out->core_.take_policy(now, bundle->bytes);
  });
  return out;
}

StandIn::~StandIn() {
  if (driver_) driver_->turn([this](Time now) { core_.shut_down(now); });
}

bool StandIn::listen(host::Loop& loop) {
  auto driver =
      host::Driver::open(loop, Address{}, core_, sink_, {.after_turn = {}, .save_failed = [](const Error&) {}});
  auto door = LanDoor::open(loop, [this](Bytes question) { return answer(question); });
  const auto here = host::first_network_address();
  if (!driver || !door || !here) return false;
  driver_ = std::move(*driver);
  door_ = std::move(*door);
  address_ = {here->ip, driver_->local_address().port};
  return true;
}

void StandIn::tell_time() {
  driver_->turn([this](Time now) { core_.set_wall_time(now, host::read_wall_clock()); });
  clock_.start(kClockEvery);
}

ByteVector StandIn::answer(Bytes question) {
  for (const crypto::PublicKey& key : node_keys_)
    if (wire::is_stand_in_question(key, question))
      return wire::make_stand_in_answer(key, question, {address_.port, certificate_}, rng_);
  return {};
}

}  // namespace farline::app
