#include "app/desktop_core.h"

#include "app/desktop_diagnostics.h"
#include "app/desktop_folder.h"
#include "app/key_file.h"
#include "app/own_build.h"
#include "client/view_of.h"
#include "host/clock.h"

namespace farline::app {
namespace {

using client::Problem;
using client::Stage;
namespace command = client::command;

constexpr Duration kOpenAgain = 5s;
constexpr Duration kGoodbyeMax = 3s;
constexpr Duration kGoodbyeLook = 50ms;

// What keeps a profile from being opened.
Problem problem_of(const Error& error) {
  switch (error.code) {
    case Errc::denied:
      return Problem::in_use;
    case Errc::unsupported:
      return Problem::newer;
    case Errc::io:
      return Problem::disk_full;
    case Errc::truncated:
    case Errc::malformed:
    case Errc::auth:
    case Errc::not_found:
    case Errc::limit:
      break;
  }
  return Problem::damaged;
}

}  // namespace

DesktopCore::DesktopCore(host::Loop& loop, const DesktopEngine::Options& options, Hooks hooks)
    : loop_(loop),
      options_(options),
      hooks_(std::move(hooks)),
      sound_(loop, options.sound,
             {.captured =
                  [this](Time now, host::FrameIn frame) {
                    if (DesktopSession* s = session()) s->handle_capture(now, frame);
                  },
              .wanted =
                  [this](host::FrameOut frame) {
                    if (DesktopSession* s = session()) s->take_playout(frame);
                  },
              .skipped =
                  [this](SoundGap gap) {
                    if (DesktopSession* s = session()) s->skip_pcm(gap);
                  },
              .changed = [this] { hooks_.changed(); }}),
      again_(loop, [this] { open({}); }),
      close_(loop,
             [this] {
               end_session();
               again_.start(kOpenAgain);
             }),
      lock_(loop,
            [this] {
              if (session_ && !session_->in_call()) on(command::Lock{});
            }),
      end_trial_(loop, [this] { end_trial(); }),
      leave_(loop, [this] { leave(); }) {
  open({});
}

DesktopCore::~DesktopCore() = default;

DesktopSession* DesktopCore::session() const {
  return trial_ ? trial_->session() : session_.get();
}

void DesktopCore::handle(const client::Command& command) {
  std::visit(
      [this](const auto& c) {
        if constexpr (kIsForChat<decltype(c)>) {
          if (DesktopSession* s = session()) s->ask_chat(c);
        } else if constexpr (kIsForNotes<decltype(c)>) {
          if (DesktopSession* s = session()) s->ask_notes(c);
        } else {
          on(c);
        }
      },
      command);
  const uint32_t minutes = session_ ? session_->settings().lock_after_minutes : 0;
  if (minutes > 0 && has_passphrase_)
    lock_.start(std::chrono::minutes(minutes));
  else
    lock_.stop();
}

void DesktopCore::fail(Stage stage, Problem problem, std::string_view detail) {
  stage_ = stage;
  problem_ = problem;
  detail_ = detail;
  if (stage == Stage::broken && problem == Problem::disk_full) again_.start(kOpenAgain);
  hooks_.changed();
}

// --- The profile -----------------------------------------------------------------------------------------------------

void DesktopCore::open(const std::string& passphrase) {
  again_.stop();
  if (!Profile::exists(options_.profile)) return fail(Stage::no_profile, Problem::none, {});
  const auto needs = key_file_needs_passphrase(Profile::key_path(options_.profile));
  if (!needs) return fail(Stage::broken, problem_of(needs.error()), needs.error().what);
  has_passphrase_ = *needs;
  if (*needs && passphrase.empty()) return fail(Stage::locked, Problem::none, {});
  auto profile = Profile::open_with(options_.profile, as_bytes(passphrase));
  if (profile) return begin_session(std::move(*profile));
  if (*needs && profile.error().code == Errc::auth)
    return fail(Stage::locked, Problem::wrong_passphrase, profile.error().what);
  fail(Stage::broken, problem_of(profile.error()), profile.error().what);
}

void DesktopCore::begin_session(Profile profile) {
  fail(Stage::ready, Problem::none, {});
  session_ =
      std::make_unique<DesktopSession>(loop_, std::move(profile), sound_,
                                       DesktopSession::Hooks{.changed = [this] { hooks_.changed(); },
                                                             .save_failed =
                                                                 [this](const Error& error) {
                                                                   fail(Stage::broken, Problem::disk_full, error.what);
                                                                   close_.start(0ms);
                                                                 },
                                                             .notice = [this](const DesktopNotice& n) { notice(n); }},
                                       DesktopSession::Limits{});
}

// Somebody really calls: that comes before playing.
void DesktopCore::notice(const DesktopNotice& notice) {
  if (trial_ && notice.kind == DesktopNotice::Kind::incoming) end_trial();
  hooks_.notice(notice);
}

void DesktopCore::end_session() {
  session_.reset();
  hooks_.changed();
}

void DesktopCore::on(const command::Enrol& c) {
  if (stage_ != Stage::no_profile && stage_ != Stage::wiped) return;
  const DesktopEnrolment::Order order{options_.profile, c.invitation, c.name, c.passphrase, early_settings_.proxy};
  if (const Problem problem = DesktopEnrolment::look_at(order); problem != Problem::none)
    return fail(Stage::no_profile, problem, {});
  fail(Stage::enrolling, Problem::none, {});
  enrolment_ = std::make_unique<DesktopEnrolment>(loop_, order, [this](Result<Profile> p) { enrolled(std::move(p)); });
}

void DesktopCore::enrolled(Result<Profile> profile) {
  if (!profile) {
    fail(Stage::no_profile, enrolment_problem(profile.error()), profile.error().what);
  } else {
    const auto needs = key_file_needs_passphrase(Profile::key_path(options_.profile));
    has_passphrase_ = needs && *needs;
    begin_session(std::move(*profile));
    session_->change_settings(early_settings_);
  }
  enrolment_.reset();  // the last word: it called us
}

void DesktopCore::on(const command::Unlock& c) {
  if (stage_ == Stage::locked) open(c.passphrase);
}

void DesktopCore::on(const command::Lock&) {
  if (!session_ || !has_passphrase_) return;
  end_session();
  fail(Stage::locked, Problem::none, {});
}

void DesktopCore::on(const command::ChangePassphrase& c) {
  if (!session_) return;
  host::SystemRng rng;
  const std::string path = Profile::key_path(session_->directory());
  const auto changed = change_passphrase(path, as_bytes(c.from), as_bytes(c.to), rng);
  if (changed) {
    has_passphrase_ = !c.to.empty();
    problem_ = Problem::none;
  } else {
    problem_ = changed.error().code == Errc::auth ? Problem::wrong_passphrase : Problem::disk_full;
    detail_ = changed.error().what;
  }
  hooks_.changed();
}

void DesktopCore::on(const command::Wipe&) {
  if (stage_ == Stage::no_profile || stage_ == Stage::enrolling || stage_ == Stage::wiped) return;
  if (session_) {
    const client::View now = view();
    if (now.rules.forbids_wipe) return;
  }
  // The keys first: from then on nothing of it can be read, whatever happens.
  const auto gone = host::wipe_file(Profile::key_path(options_.profile));
  end_session();
  (void)Profile::wipe(options_.profile);
  if (!gone && gone.error().code != Errc::not_found) return fail(Stage::broken, Problem::disk_full, gone.error().what);
  fail(Stage::wiped, Problem::none, {});
}

void DesktopCore::on(const command::ChangeSettings& c) {
  settings_number_ = c.number;
  if (DesktopSession* s = session())
    s->change_settings(c.settings);
  else
    early_settings_ = c.settings;
  hooks_.changed();
}

// --- What an open profile does ---------------------------------------------------------------------------------------

void DesktopCore::on(const command::StartCall& c) {
  if (DesktopSession* s = session()) s->start_call(c.name);
}
void DesktopCore::on(const command::Answer&) {
  if (DesktopSession* s = session()) s->answer();
}
void DesktopCore::on(const command::HangUp&) {
  if (DesktopSession* s = session()) s->hang_up();
}
void DesktopCore::on(const command::Mute& c) {
  if (DesktopSession* s = session()) s->mute(c.on);
}
void DesktopCore::on(const command::Deafen& c) {
  if (DesktopSession* s = session()) s->deafen(c.on);
}
void DesktopCore::on(const command::Hold& c) {
  if (DesktopSession* s = session()) s->hold(c.on);
}
void DesktopCore::on(const command::Talk& c) {
  if (DesktopSession* s = session()) s->talk(c.down);
}
void DesktopCore::on(const command::Record& c) {
  saved_path_.clear();
  if (DesktopSession* s = session()) s->record(c.on);
}
void DesktopCore::on(const command::PressKey& c) {
  if (DesktopSession* s = session()) s->press_key(c.key);
}
void DesktopCore::on(const command::TakeUp&) {
  if (DesktopSession* s = session()) s->take_up();
}
void DesktopCore::on(const command::ForgetEnded&) {
  problem_ = Problem::none;
  if (DesktopSession* s = session()) s->forget_ended();
}
void DesktopCore::on(const command::LookAtMissed&) {
  if (DesktopSession* s = session()) s->look_at_missed();
}
void DesktopCore::on(const command::SetAlerts& c) {
  if (DesktopSession* s = session()) s->set_alerts(c);
}
void DesktopCore::on(const command::AddPerson& c) {
  if (DesktopSession* s = session()) s->set_person(c.name, true);
}
void DesktopCore::on(const command::RemovePerson& c) {
  if (DesktopSession* s = session()) s->set_person(c.name, false);
}
void DesktopCore::on(const command::Block& c) {
  if (DesktopSession* s = session()) s->block(c.name, c.on);
}
void DesktopCore::on(const command::CheckLink&) {
  if (DesktopSession* s = session()) s->check_link();
}
void DesktopCore::on(const command::RetryNow&) {
  if (DesktopSession* s = session())
    s->retry_now();
  else if (stage_ == Stage::broken)
    open({});
}
void DesktopCore::on(const command::ImportPolicy& c) {
  if (DesktopSession* s = session()) s->import_policy(c.path);
}
void DesktopCore::on(const command::BreakGlass& c) {
  if (DesktopSession* s = session()) s->break_glass(c.code);
}
void DesktopCore::on(const command::TestSound& c) {
  sound_.test(c.on);
}
void DesktopCore::on(const command::WatchLevels& c) {
  sound_.watch(c.on);
}
void DesktopCore::on(const command::StartTrial& c) {
  if (session_ && session_->in_call()) return;
  end_trial();
  try {
    trial_ = std::make_unique<DesktopTrial>(loop_, sound_, DesktopTrial::Options{c.link, options_.speech_file},
                                            DesktopTrial::Hooks{.changed = [this] { hooks_.changed(); },
                                                                .failed =
                                                                    [this](const Error& error) {
                                                                      problem_ = Problem::no_network;
                                                                      detail_ = error.what;
                                                                      end_trial_.start(0ms);
                                                                    }});
    problem_ = Problem::none;
  } catch (const std::exception& failure) {
    problem_ = Problem::disk_full;  // a folder and two ports are all it needs
    detail_ = failure.what();
  }
  hooks_.changed();
}
void DesktopCore::on(const command::StopTrial&) {
  end_trial();
}
void DesktopCore::end_trial() {
  end_trial_.stop();
  trial_.reset();
  if (session_) sound_.choose(session_->settings().input, session_->settings().output);
  hooks_.changed();
}
void DesktopCore::on(const command::SaveDiagnostics&) {
  const std::string path = person_folder(options_.profile) + "/farline-diagnostics.txt";
  const auto written = host::write_file_durable(path, as_bytes(diagnostics(view())));
  saved_path_ = written ? path : "";
  problem_ = written ? Problem::none : Problem::disk_full;
  hooks_.changed();
}

// --- The end ---------------------------------------------------------------------------------------------------------

void DesktopCore::on(const command::Quit&) {
  if (leaving_) return;
  leaving_ = true;
  leave_until_ = host::read_clock() + kGoodbyeMax;
  if (session_) session_->hang_up();
  leave();
}

void DesktopCore::leave() {
  if (session_ && session_->is_saying_goodbye() && host::read_clock() < leave_until_) {
    leave_.start(kGoodbyeLook);
    return;
  }
  end_trial();
  end_session();
  hooks_.quit();
}

// --- What is shown ---------------------------------------------------------------------------------------------------

client::View DesktopCore::view() const {
  client::View out;
  out.settings = early_settings_;
  out.settings_number = settings_number_;
  if (const DesktopSession* s = session()) s->fill(out, host::read_clock());
  out.stage = trial_ ? Stage::ready : stage_;
  out.trial = {
      .is_running = trial_ != nullptr, .link = trial_ ? trial_->link() : std::string(), .links = DesktopTrial::links()};
  if (problem_ != Problem::none) {
    out.problem = problem_;
    out.detail = detail_;
  }
  out.profile = options_.profile;
  out.has_passphrase = has_passphrase_;
  out.sound = sound_.view();
  if (!saved_path_.empty()) out.saved_path = saved_path_;
  out.build = FARLINE_VERSION;
  return out;
}

}  // namespace farline::app
