#include <filesystem>

#include "desktop/engines.h"

namespace farline::testing {
namespace {

TEST_CASE("a trial: a call through a thin link, without a profile and with nothing left behind") {
  ScratchFolder folder;
  Window window(folder.file("nobody"));
  window.wait_for(client::Stage::no_profile);
  window.send(command::StartTrial{"iridium-dialup"});
  window.wait_for(client::CallState::connected);
  const View& view = window.wait([](const View& v) { return v.call && v.call->stats.bytes_rx > 500; });
  CHECK(view.trial.is_running);
  CHECK(view.trial.link == "iridium-dialup");
  CHECK(view.call->peer == "Echo");
  CHECK(view.call->mine == client::Quality::basic);
  window.send(command::HangUp{});
  window.wait([](const View& v) { return v.ended.has_value() && !v.call; });
  window.send(command::CheckLink{});
  const client::LinkCheck check = window.wait([](const View& v) { return v.link.check.is_done; }).link.check;
  MESSAGE("a link of 2400 bit/s: " << check.up_bps << " up, " << check.down_bps << " down, " << check.rtt_ms << " ms");
  CHECK(check.carries == client::Carries::basic_voice);
  window.send(command::StopTrial{});
  window.wait([](const View& v) { return v.stage == client::Stage::no_profile && !v.trial.is_running; });
  CHECK_FALSE(std::filesystem::exists(folder.file("nobody/profile.key")));
}

TEST_CASE("a trial: one hears oneself through the thin link within ten seconds") {
  const std::string speech = "/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav";
  if (!std::filesystem::exists(speech)) {
    MESSAGE("skipped: the recorded speech (asterisk-core-sounds-en-wav) is not installed");
    return;
  }
  ScratchFolder folder;
  Window window(folder.file("nobody"), {{host::AudioSourceSpec::Kind::wav_loop, speech}, Window::kNoSound.sink});
  window.wait_for(client::Stage::no_profile);
  window.send(command::StartTrial{"iridium-dialup"});
  window.wait([](const View& v) { return v.call && v.call->stats.heard && v.sound.output_dbfs > -30; },
              std::chrono::seconds(10));
}

}  // namespace
}  // namespace farline::testing
