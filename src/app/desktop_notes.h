// Voice notes on the desktop: one that is being recorded for a chat, or one that is heard. The sound is the desktop's
// (desktop_sound.h); a call that runs is not heard meanwhile, and does not hear what is recorded. Loop thread only.
//
// Timers: over  start: the note is at its end  300 ms  effect: the loudspeaker is let go
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/chat_link.h"
#include "app/desktop_sound.h"
#include "client/command.h"
#include "client/view.h"
#include "voice/note.h"

namespace farline::app {

class DesktopNotes {
 public:
  struct Hooks {
    std::function<void()> changed;                                                // there is something else to show
    std::function<Result<chat::GroupId>(const std::string& person)> chat_with{};  // begun when there is none
    std::function<void(const Result<void>&)> done{};                              // something was sent or asked for
  };
  // Loop, link and sound outlive it.
  DesktopNotes(host::Loop& loop, ChatLink& link, DesktopSound& sound, Hooks hooks);
  ~DesktopNotes();

  void on(const client::command::RecordNote& command);
  void on(const client::command::EndNote& command);
  void on(const client::command::PlayNote& command);
  // Something goes before it: a call. What was recorded is dropped.
  void stop();

  bool is_recording() const { return recorder_ != nullptr; }
  std::optional<client::NoteView> view() const;

 private:
  void let_go();
  Result<void> send();
  Result<void> play(const client::command::PlayNote& command);

  ChatLink& link_;
  DesktopSound& sound_;
  Hooks hooks_;
  std::unique_ptr<voice::CodecFactory> codecs_ = voice::real_codecs();
  std::unique_ptr<voice::NoteRecorder> recorder_;
  std::optional<voice::NotePlayer> player_;
  bool is_full_ = false;
  client::command::RecordNote recorded_;  // for whom
  client::command::PlayNote played_;
  host::Timer over_;
};

template <typename Command>
inline constexpr bool kIsForNotes = requires(DesktopNotes& notes, const Command& command) {
  notes.on(command);
};

}  // namespace farline::app
