// The state of the desktop behind its window: which profile is open or why none is, what a Command does, and the whole
// View. Runs on the engine's loop.
//
// Timers: again  start: the disk refused       5 s              effect: the profile is opened again
//         close  start: the store failed       0 ms             effect: the session ends
//         trial  start: it failed, or a call    0 ms             effect: the trial ends
//         lock   start: a command              as set           effect: the profile is locked
#pragma once

#include "app/desktop_engine.h"
#include "app/desktop_enrolment.h"
#include "app/desktop_session.h"
#include "app/desktop_trial.h"
#include "client/command.h"

namespace farline::app {

class DesktopCore {
 public:
  struct Hooks {
    std::function<void()> changed;
    std::function<void(const DesktopNotice&)> notice;
    std::function<void()> quit;
  };
  DesktopCore(host::Loop& loop, const DesktopEngine::Options& options, Hooks hooks);
  ~DesktopCore();

  void handle(const client::Command& command);
  client::View view() const;

 private:
  void on(const client::command::Enrol& command);
  void on(const client::command::Unlock& command);
  void on(const client::command::Lock& command);
  void on(const client::command::ChangePassphrase& command);
  void on(const client::command::Wipe& command);
  void on(const client::command::ChangeSettings& command);
  void on(const client::command::StartCall& command);
  void on(const client::command::Answer& command);
  void on(const client::command::HangUp& command);
  void on(const client::command::Mute& command);
  void on(const client::command::Deafen& command);
  void on(const client::command::Hold& command);
  void on(const client::command::Talk& command);
  void on(const client::command::Record& command);
  void on(const client::command::PressKey& command);
  void on(const client::command::TakeUp& command);
  void on(const client::command::ForgetEnded& command);
  void on(const client::command::LookAtMissed& command);
  void on(const client::command::SetAlerts& command);
  void on(const client::command::AddPerson& command);
  void on(const client::command::RemovePerson& command);
  void on(const client::command::Block& command);
  void on(const client::command::CheckLink& command);
  void on(const client::command::RetryNow& command);
  void on(const client::command::ImportPolicy& command);
  void on(const client::command::BreakGlass& command);
  void on(const client::command::TestSound& command);
  void on(const client::command::WatchLevels& command);
  void on(const client::command::StartTrial& command);
  void on(const client::command::StopTrial& command);
  void on(const client::command::SaveDiagnostics& command);
  void on(const client::command::Quit& command);

  void open(const std::string& passphrase);
  void begin_session(Profile profile);
  void end_session();
  void enrolled(Result<Profile> profile);
  void fail(client::Stage stage, client::Problem problem, std::string_view detail);
  void notice(const DesktopNotice& notice);
  void end_trial();
  void leave();
  // The one that the person deals with: the trial's while one runs.
  DesktopSession* session() const;

  host::Loop& loop_;
  DesktopEngine::Options options_;
  Hooks hooks_;
  client::Stage stage_ = client::Stage::starting;
  client::Problem problem_ = client::Problem::none;
  std::string detail_;
  bool has_passphrase_ = false;
  uint32_t settings_number_ = 0;     // of the last change
  client::Settings early_settings_;  // before there is a profile to keep them
  DesktopSound sound_;
  std::unique_ptr<DesktopEnrolment> enrolment_;
  std::unique_ptr<DesktopSession> session_;
  std::unique_ptr<DesktopTrial> trial_;
  host::Timer again_;
  host::Timer close_;
  host::Timer lock_;
  host::Timer end_trial_;
  host::Timer leave_;
  std::string saved_path_;
  Time leave_until_{};
  bool leaving_ = false;
};

}  // namespace farline::app
