// farline: the desktop. Options, wiring, and the loop of the window; what it shows is src/ui's, what it does is
// desktop_engine's.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>

#include "app/desktop_engine.h"
#include "app/desktop_folder.h"
#include "app/desktop_languages.h"
#include "app/desktop_notices.h"
#include "app/desktop_session.h"
#include "app/desktop_window_place.h"
#include "app/exit_codes.h"
#include "app/person_files.h"
#include "crypto/keys.h"
#include "host/audio.h"
#include "host/clock.h"
#include "host/command_line.h"
#include "host/executable.h"
#include "ui/desktop.h"
#include "ui/licences.h"
#include "ui/window.h"

namespace farline::app {
namespace {

struct Options {
  std::string profile = default_profile_folder();
  std::string audio_in = "device";
  std::string audio_out = "device";
  std::string fonts = host::executable_folder() + "/fonts";
  std::string speech = host::executable_folder() + "/speech.wav";
  float scale = 0;
  bool minimised = false;
  bool licences = false;
};

class DesktopProgram {
 public:
  DesktopProgram(const Options& options, DesktopSound::Ends sound)
      : options_(options),
        engine_({.profile = options.profile,
                 .sound = std::move(sound),
                 .speech_file = options.speech,
                 .woke = [] { ui::Window::wake(); },
                 .raised =
                     [this] {
                       wants_raise_ = true;
                       ui::Window::wake();
                     },
                 .notice = [this](const DesktopNotice& notice) { notices_.add(notice); }}) {}

  ExitCode run() {
    if (engine_.start() == DesktopEngine::Start::is_open_elsewhere) return ExitCode::ok;
    if (const auto view = engine_.take_view()) view_ = *view;
    std::string problem;
    window_ = ui::Window::open({.title = "Farline",
                                .fonts_folder = options_.fonts,
                                .place = read_window_place(options_.profile),
                                .is_minimised = options_.minimised || view_.settings.start_minimised,
                                .display_scale = options_.scale},
                               problem);
    if (!window_) {
      std::fprintf(stderr, "farline: %s\n", problem.c_str());
      return ExitCode::config;
    }
    desktop_ = std::make_unique<ui::Desktop>(
        window_->kit(), ui::Desktop::Options{.outside = person_files(options_.profile),
                                             .wanted = ui::Window::preferred_languages(),
                                             .more = read_languages(host::executable_folder() + "/languages")});
    while (!engine_.has_quit() && window_->turn([this](ui::Kit& kit) { draw(kit); })) follow();
    write_window_place(options_.profile, window_->place());
    return ExitCode::ok;
  }

 private:
  void draw(ui::Kit& kit) {
    if (const auto view = engine_.take_view()) view_ = *view;
    desktop_->prepare(view_);
    const ui::Look look{view_.settings.theme, view_.settings.text_percent, desktop_->words().is_right_to_left()};
    if (look != look_) {
      look_ = look;
      window_->set_look(look);
      kit.redraw_in(Duration{0});
    }
    std::vector<client::Command> commands;
    while (const auto path = window_->take_dropped_file()) desktop_->dropped(*path, view_, commands);
    const WallTime now = host::read_wall_clock();
    desktop_->draw(view_, {{now, host::utc_offset_minutes(now)}, host::read_clock()}, commands);
    if (std::string title = desktop_->title(view_); title != title_) window_->set_title(title_ = std::move(title));
    for (client::Command& command : commands) engine_.send(std::move(command));
  }

  // What the engine asks of the window.
  void follow() {
    if (wants_raise_.exchange(false)) window_->raise();
    for (client::Command& command : notices_.follow(*window_, desktop_->words(), view_))
      engine_.send(std::move(command));
  }

  const Options& options_;
  std::atomic<bool> wants_raise_ = false;
  client::View view_;
  ui::Look look_;
  std::string title_;
  std::unique_ptr<ui::Window> window_;
  std::unique_ptr<ui::Desktop> desktop_;
  DesktopNotices notices_{[] { ui::Window::wake(); }};
  DesktopEngine engine_;  // last made, first gone: it calls the window
};

int main_desktop(int argc, char** argv) {
  Options options;
  CLI::App cli("Farline: encrypted calls over very thin links", "farline");
  cli.set_version_flag("--version", std::string("farline ") + FARLINE_VERSION);
  cli.add_option("--profile", options.profile, "the folder of this device's keys and contacts")->capture_default_str();
  cli.add_option("--audio-in", options.audio_in, "file.wav | loop:file.wav | device[:NAME] | silence")
      ->capture_default_str();
  cli.add_option("--audio-out", options.audio_out, "file.wav | device[:NAME] | null")->capture_default_str();
  cli.add_option("--fonts", options.fonts, "a folder of fonts beside the system's");
  cli.add_option("--speech", options.speech, "a WAV that the trial plays to those without a microphone")
      ->capture_default_str();
  cli.add_option("--scale", options.scale, "of everything on the screen, 1 to 2 (what the display says)")
      ->check(CLI::Range(1.0, 2.0));
  cli.add_flag("--minimised", options.minimised, "start in the background");
  cli.add_flag("--licences", options.licences, "print the licences of the program and of its parts");
  CLI11_PARSE(cli, argc, argv);
  if (options.licences) {
    std::fputs(ui::licences_page().c_str(), stdout);
    return number(ExitCode::ok);
  }
  const auto source = host::parse_audio_source(options.audio_in);
  const auto sink = host::parse_audio_sink(options.audio_out);
  if (!source || !sink || source->kind == host::AudioSourceSpec::Kind::raw ||
      sink->kind == host::AudioSinkSpec::Kind::raw) {
    std::fprintf(stderr, "farline: --audio-in and --audio-out: see --help\n");
    return number(ExitCode::usage);
  }
  if (!crypto::init()) {
    std::fprintf(stderr, "farline: the system gives no randomness\n");
    return number(ExitCode::internal);
  }
  DesktopProgram program(options, {*source, *sink});
  return number(program.run());
}

}  // namespace
}  // namespace farline::app

int main(int argc, char** argv) {
  try {
    farline::host::CommandLine words(argc, argv);
    return farline::app::main_desktop(words.argc(), words.argv());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "farline: %s\n", error.what());
    return farline::app::number(farline::app::ExitCode::internal);
  }
}
