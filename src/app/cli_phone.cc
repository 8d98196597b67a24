#include "app/cli_phone.h"

#include <cstdio>

#include "app/own_build.h"
#include "crypto/asymmetric.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/network_address.h"
#include "wire/packet.h"

namespace farline::app {
namespace {

constexpr Duration kStandInLookEvery = 12s;
constexpr unsigned kLooksBeforeLeaving = 5;  // each minute a pause of three to four seconds

}  // namespace

Phone::Phone(host::Loop& loop, Profile& profile, client::Config config, Listener listener)
    : loop_(loop),
      profile_(profile),
      listener_(std::move(listener)),
      codecs_(voice::real_codecs()),
      client_(std::move(config), {rng_, crypto::real_asymmetric(), *codecs_}),
      lan_(loop, rng_, [this](const LanFound& answers) { lan_answered(answers); }),
      finder_(loop, [this](const std::optional<Address>& address) { found(address); }),
      look_again_(loop, [this] { look_again(); }),
      step_down_(loop, [this] { stand_in_.reset(); }),
      audio_stop_(loop, [this] { audio_.reset(); }) {}

Phone::~Phone() = default;

Result<std::unique_ptr<Phone>> Phone::open(host::Loop& loop, Profile& profile, const Options& options,
                                           Listener listener) {
  auto records = profile.core_records();
  if (!records) return records.error();
  client::Config config{.identity = profile.identity(),
                        .node = target_of(profile.node()),
                        .max_bps = options.max_bps,
                        .receive_max_bps = options.receive_max_bps,
                        .tariff = options.tariff,
                        .tariff_link = options.tariff_link,
                        .relay_only = options.relay_only,
                        .build = own_build(),
                        .nodes = profile.has_node_place() ? client::NodeList::Choice::fixed : options.nodes};
  std::unique_ptr<Phone> phone(new Phone(loop, profile, std::move(config), std::move(listener)));
  phone->has_own_sound_ = options.has_own_sound;
  phone->own_certificate_ = profile.identity().certificate;
  phone->asks_lan_ = options.asks_lan && !profile.has_node_place();
  for (const SaveRecord& record : *records) phone->client_.load(record);
  host::DriverHooks hooks;
  Phone& self = *phone;
  hooks.after_turn = [&self](Time now) { self.after_turn(now); };
  hooks.busy = [&self] { return self.client_.call_state() != client::CallState::idle; };
  hooks.save_failed = [&self](const Error& error) { self.listener_.on_save_failed(error); };
  hooks.is_voice = wire::is_media;
  auto driver = host::Driver::open(loop, Address{}, phone->client_, profile.sink(), std::move(hooks));
  if (!driver) return driver.error();
  phone->driver_ = std::move(*driver);
  NodeCarrier::Options& carrier = phone->carrier_options_;
  carrier = options.carrier;
  if (profile.has_node_place()) carrier.place = profile.node_place();
  carrier.changed = phone->listener_.on_carrier;
  phone->carrier_ = std::make_unique<NodeCarrier>(loop, *phone->driver_, phone->client_, carrier);
  phone->driver_->turn([&self](Time now) {
    self.client_.set_own_network(now, self.own_network());
    self.client_.attach(now, host::read_wall_clock());
  });
  const client::Admission& admission = phone->client_.admission();
  if (!options.tariff_link.empty() && !admission.tariff(options.tariff_link))
    std::fprintf(stderr, "farline-cli: no policy here has a tariff named %s (--tariff): costs are not counted%s\n",
                 options.tariff_link.c_str(), admission.is_in_force() ? "" : " until one has");
  return phone;
}

void Phone::after_turn(Time now) {
  if (client_.admission().wants_build_hash())  // before anybody asks what is allowed
    driver_->turn([&](Time then) { client_.set_build_hash(then, own_build_hash()); });
  follow_node();
  follow_stand_in();
  carrier_->follow(now);
  client::Event event;
  while (client_.poll_event(event)) {
    if (event.kind == client::EventKind::connected && !has_own_sound_) start_sound(now);
    if (event.kind == client::EventKind::ended) audio_stop_.start(0ms);
    if (event.kind == client::EventKind::ended && event.reason == client::EndReason::missed)
      (void)profile_.add_missed_call({host::read_wall_clock(), event.peer});
    listener_.on_event(now, event);
  }
  if (listener_.on_turn) listener_.on_turn();
}

void Phone::follow_node() {
  if (const NodeSetting node = setting_of(client_.home(), profile_.node()); node != profile_.node())
    if (const auto saved = profile_.set_node(node); !saved) return listener_.on_save_failed(saved.error());
  const client::NodeTarget* wanted = client_.node_to_find();
  if (wanted == nullptr || finder_.is_running() || lan_.is_running()) return;
  finding_ = wanted->place;
  if (asks_lan_)
    lan_.find(wanted->static_key, true);
  else
    find_by_name();
}

// A supernode before anybody who stands in for it; and where its known address is silent too, somebody has to.
void Phone::lan_answered(const LanFound& answers) {
  if (answers.node) {
    found(answers.node);
    if (client_.is_at_stand_in()) driver_->turn([&](Time now) { client_.leave_stand_in(now); });
    return;
  }
  if (take_stand_in(answers)) return;
  const client::NodeTarget* wanted = client_.node_to_find();
  if (wanted == nullptr) return;
  if (wanted->address.port != 0 && !stand_in_) stand_in();
  if (client_.node_to_find() != nullptr) find_by_name();
}

// Of two who stand in the one goes on that all find first.
bool Phone::take_stand_in(const LanFound& answers) {
  for (const LanFound::StandIn& each : answers.stand_ins) {
    if (stand_in_ && !(each.certificate < own_certificate_)) return false;
    bool is_taken = false;
    driver_->turn([&](Time now) { is_taken = client_.found_stand_in(now, each.address, each.certificate); });
    if (is_taken) return true;
  }
  return false;
}

void Phone::stand_in() {
  stand_in_ = StandIn::open(loop_, profile_.identity(), client_);
  if (!stand_in_) return;
  driver_->turn([&](Time now) { (void)client_.found_stand_in(now, stand_in_->address(), own_certificate_); });
}

void Phone::follow_stand_in() {
  if (!asks_lan_) return;
  const bool is_at_one = client_.is_attached() && client_.node().place.empty();
  if (client_.is_attached() && is_at_one != is_looking_) {
    is_looking_ = is_at_one;
    looks_ = 0;
    if (is_looking_)
      look_again_.start(kStandInLookEvery);
    else
      look_again_.stop();
  }
  // Somebody else serves now, a supernode or another stand-in.
  if (stand_in_ && client_.is_attached() && client_.node().address != stand_in_->address()) step_down_.start(0ms);
}

// Nobody hears of this but the local network and DNS, until the address that is known is tried: meanwhile nobody could
// call us, so that is done seldom.
void Phone::look_again() {
  look_again_.start(kStandInLookEvery);
  const auto keys = client_.node_keys();
  if (keys.empty() || !client_.is_at_stand_in() || lan_.is_running() || finder_.is_running()) return;
  finding_ = host::to_text(host::HostAndPort{profile_.node().host, profile_.node().port});
  if (++looks_ % kLooksBeforeLeaving != 0) return lan_.find(profile_.node().key, stand_in_ != nullptr);
  find_by_name();
  driver_->turn([&](Time now) { client_.leave_stand_in(now); });
}

void Phone::find_by_name() {
  const auto where = host::split_address(finding_);
  if (where) finder_.find(profile_.has_node_place() ? profile_.node_place() : *where);
}

void Phone::found(const std::optional<Address>& address) {
  std::optional<Address> there = address;
  if (there && !there->is_v4() && driver_->local_address().is_v4()) there.reset();
  if (const auto where = host::split_address(finding_); !there && where)
    there = NodeCarrier::unknown_place(carrier_options_, *where);
  driver_->turn([&](Time now) { client_.found(now, finding_, there); });
}

void Phone::set_sound(CallSound sound) {
  sound_ = std::move(sound);
  // What is recorded was made to be heard as it is; a microphone hears the speaker and the room too.
  const bool microphone = sound_.source.kind == host::AudioSourceSpec::Kind::device;
  const bool speaker = sound_.sink.kind == host::AudioSinkSpec::Kind::device;
  client_.set_sound_options({.speech_input = {.echo_cancellation = microphone && speaker,
                                              .noise_suppression = microphone,
                                              .gain_control = microphone},
                             .turn_taking = sound_.turn_taking});
}

void Phone::start_sound(Time now) {
  audio_stop_.stop();
  audio_.reset();
  auto engine = host::AudioEngine::open(loop_, {sound_.source, sound_.sink, sound_.clock_ppm}, *this);
  if (engine)
    audio_ = std::move(*engine);
  else
    listener_.on_sound_failed(now, engine.error());
}

Result<client::CallId> Phone::call(const std::string& name, client::CallOptions options) {
  Result<client::CallId> id = Error{Errc::io, "the program is stopping"};
  driver_->turn([&](Time now) { id = client_.start_call(now, name, std::move(options)); });
  return id;
}

void Phone::answer() {
  driver_->turn([&](Time now) { client_.answer(now); });
}
void Phone::hang_up() {
  driver_->turn([&](Time now) { client_.hang_up(now); });
}
void Phone::set_muted(bool muted) {
  client_.set_muted(muted);
}
void Phone::detach() {
  driver_->turn([&](Time now) { client_.detach(now); });
}
void Phone::hurry() {
  driver_->turn([&](Time now) { client_.hurry(now); });
}
void Phone::network_changed() {
  driver_->turn([&](Time now) {
    client_.set_own_network(now, own_network());
    client_.network_changed(now);
  });
}

std::optional<Address> Phone::own_network() const {
  auto address = host::first_network_address();
  if (address) address->port = driver_->local_address().port;
  return address;
}

void Phone::check_link() {
  driver_->turn([&](Time now) { client_.check_link(now); });
}
void Phone::set_blocked(const std::string& name, bool blocked) {
  driver_->turn([&](Time) { client_.set_blocked(name, blocked); });
}

Result<void> Phone::import_policy(Bytes file) {
  Result<void> imported = Error{Errc::io, "the program is stopping"};
  driver_->turn([&](Time now) { imported = client_.import_policy(now, file); });
  return imported;
}
Result<WallTime> Phone::break_glass(const policy::GlassCode& code) {
  Result<WallTime> until = Error{Errc::io, "the program is stopping"};
  driver_->turn([&](Time now) { until = client_.break_glass(now, code); });
  return until;
}

client::CallStats Phone::stats() const {
  return client_.call_stats(host::read_clock());
}

void Phone::handle_capture(Time, host::FrameIn frame) {
  driver_->turn([&](Time now) { client_.handle_pcm(now, frame); });
}
void Phone::take_playout(Time, host::FrameOut frame) {
  client_.take_pcm(frame);
}
void Phone::handle_gap(Time, SoundGap gap) {
  client_.skip_pcm(gap);
}
void Phone::capture_ended(Time now) {
  listener_.on_source_ended(now);
}

}  // namespace farline::app
