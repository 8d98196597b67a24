#include "app/echo_partner.h"

#include <algorithm>

#include "host/clock.h"

namespace farline::app {
namespace {

constexpr int kAudible = 600;       // peak; about -35 dBFS
constexpr size_t kFramesMax = 100;  // that wait to be said back

bool is_audible(host::FrameIn frame) {
  return std::ranges::any_of(frame, [](int16_t sample) { return sample > kAudible || sample < -kAudible; });
}

}  // namespace

EchoPartner::EchoPartner(host::Loop& loop, Profile profile, Options options)
    : loop_(loop),
      profile_(std::move(profile)),
      options_(std::move(options)),
      sound_timer_(loop, [this] { start_sound(); }) {}

EchoPartner::~EchoPartner() {
  if (phone_) phone_->detach();
}

Result<std::unique_ptr<EchoPartner>> EchoPartner::open(host::Loop& loop, Profile profile, Options options) {
  std::unique_ptr<EchoPartner> partner(new EchoPartner(loop, std::move(profile), std::move(options)));
  EchoPartner& self = *partner;
  auto phone = Phone::open(loop, self.profile_, {.max_bps = self.options_.max_bps, .has_own_sound = true},
                           {.on_event = [&self](Time, const client::Event& event) { self.on_event(event); },
                            .on_source_ended = [](Time) {},
                            .on_sound_failed = [](Time, const Error&) {},
                            .on_save_failed = [](const Error&) {}});
  if (!phone) return phone.error();
  partner->phone_ = std::move(*phone);
  partner->phone_->core().set_sound_options({.speech_input = {}, .turn_taking = client::TurnTaking::off});
  return partner;
}

void EchoPartner::on_event(const client::Event& event) {
  if (event.kind == client::EventKind::incoming) phone_->answer();
  if (event.kind == client::EventKind::connected || event.kind == client::EventKind::ended) {
    is_in_call_ = event.kind == client::EventKind::connected;
    sound_timer_.start(0ms);
  }
  if (event.kind == client::EventKind::connected && options_.connected) options_.connected();
}

void EchoPartner::start_sound() {
  sound_.reset();
  heard_.clear();
  heard_at_ = {};
  if (!is_in_call_) return;
  const host::AudioSinkSpec null{host::AudioSinkSpec::Kind::null, {}};
  auto speaking =
      host::AudioEngine::open(loop_, {{host::AudioSourceSpec::Kind::wav_loop, options_.speech_file}, null}, *this);
  if (!speaking) speaking = host::AudioEngine::open(loop_, {{host::AudioSourceSpec::Kind::silence, {}}, null}, *this);
  if (speaking) sound_ = std::move(*speaking);
}

void EchoPartner::take_playout(Time now, host::FrameOut frame) {
  phone_->take_playout(now, frame);
  if (is_audible(frame)) heard_at_ = now;
  auto& kept = heard_.emplace_back();
  std::ranges::copy(frame, kept.begin());
  if (heard_.size() > kFramesMax) heard_.pop_front();
}

void EchoPartner::handle_capture(Time now, host::FrameIn recorded) {
  const bool listens = heard_at_ != Time{} && now - heard_at_ < kPatience;
  if (heard_.empty()) return phone_->handle_capture(now, recorded);
  const auto said_back = heard_.front();
  heard_.pop_front();
  phone_->handle_capture(now, listens ? host::FrameIn(said_back) : recorded);
}

}  // namespace farline::app
