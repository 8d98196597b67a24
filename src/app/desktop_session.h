// An open profile on the desktop: the device is attached, people, calls, what was used and what is allowed. Makes its
// part of the View. Loop thread only.
//
// Timers: tick    start: a call, or not attached   1 s      effect: a sample of the call; what is shown goes on
//         keep    start: open                      10 min   effect: the data meter is saved
//         phone   start: the phone did not open    10 s     effect: tried again
//         chat    start: the chat's own            as it says  effect: repetitions, synchronisation
//         draft   start: typing, searching         2 s, 0 ms  effect: the draft is saved; the search goes on
//         files   start: a file that is seen comes 1 s      effect: how much of it is here
//         key-up  start: the key is let go         as set   effect: they do not hear us any more
#pragma once

#include <map>

#include "app/chat_calls.h"
#include "app/chat_link.h"
#include "app/cli_phone.h"
#include "app/desktop_chat.h"
#include "app/desktop_notes.h"
#include "app/desktop_recorder.h"
#include "app/desktop_records.h"
#include "app/desktop_sound.h"
#include "client/view.h"

namespace farline::app {

// Something that the person is told even when no window is seen.
struct DesktopNotice {
  enum class Kind : uint8_t {
    incoming,
    missed,
    call_over,  // or answered: nothing rings any more
    message,
  };
  Kind kind = Kind::incoming;
  std::string peer{};
  bool hides_text = false;  // the person wants no names on the screen
  bool is_quiet = false;    // nor to be disturbed
  bool is_emergency = false;
};

// HOST:PORT, or its address.
std::string place_of(const client::NodeTarget& node);

class DesktopSession {
 public:
  struct Hooks {
    std::function<void()> changed;
    std::function<void(const Error&)> save_failed;  // the store takes nothing any more: close this, not from inside
    std::function<void(const DesktopNotice&)> notice;
  };
  // Of a link that is known beforehand: both directions, bit/s with headers; 0: not limited.
  struct Limits {
    uint32_t send_bps = 0;
    uint32_t receive_bps = 0;
  };
  // Loop and sound outlive it. Opens the socket; where that fails, tries again by itself.
  DesktopSession(host::Loop& loop, Profile profile, DesktopSound& sound, Hooks hooks, Limits limits);
  // Leaves the supernode; a call is hung up.
  ~DesktopSession();

  // --- The person ---
  void start_call(const std::string& name);
  void answer();
  void hang_up();
  void mute(bool on);
  void deafen(bool on);
  void hold(bool on);
  // Only where the policy allows it and the other end can be told.
  void record(bool on);
  void talk(bool down);
  void press_key(char key);
  void take_up();
  void forget_ended();
  void look_at_missed();
  void set_alerts(const client::command::SetAlerts& command);
  void set_person(const std::string& name, bool is_kept);
  void block(const std::string& name, bool on);
  void retry_now();
  void check_link();
  void import_policy(const std::string& path);
  void break_glass(const std::string& code);
  void change_settings(client::Settings settings);

  // What desktop_chat.h takes.
  template <typename Command>
  void ask_chat(const Command& command) {
    if (!chat_) return;
    const Result<void> done = chat_->on(chat_link_->now(), command);
    const auto problem = done ? client::Problem::none : file_problem(command, done.error());
    if (problem == client::Problem::none) return chat_done(done);
    problem_ = problem;
    detail_ = done.error().what;
    hooks_.changed();
  }

  template <typename Command>
  void ask_notes(const Command& command) {
    if (notes_) notes_->on(command);
    apply_mute();
  }

  // --- The sound of the call ---
  void handle_capture(Time now, host::FrameIn frame);
  void take_playout(host::FrameOut frame);
  void skip_pcm(const SoundGap& gap);

  bool in_call() const { return call_.has_value(); }
  bool is_attached() const { return phone_ && phone_->core().is_attached(); }
  // A hang-up has not been acknowledged yet: a program that ends gives it a moment.
  bool is_saying_goodbye() const { return phone_ && phone_->core().is_saying_goodbye(); }
  const client::Settings& settings() const { return records_.settings(); }
  const std::string& directory() const { return profile_.directory(); }
  const NodeSetting& node() const { return profile_.node(); }
  void fill(client::View& view, Time now) const;

 private:
  struct Running {
    client::CallId id = 0;
    std::string peer{};
    bool outgoing = false;
    bool is_emergency = false;
    client::CallState state = client::CallState::idle;
    Time since{};  // in that state
    bool was_connected = false;
    bool is_muted = false;
    bool is_deafened = false;
    bool is_on_hold = false;
    bool is_talking = false;
    bool peer_changed_device = false;
    std::string keys_pressed{};
    client::CallStats stats{};  // of the last second
    std::vector<client::CallSample> history{};
    std::optional<Time> closes_at{};
    std::optional<client::Verdict> closing{};
    Time saved_at{};           // that it runs
    uint64_t voice_bytes = 0;  // counted
    uint64_t bulk_bytes = 0;
  };
  struct KnownPresence {
    client::Presence presence = client::Presence::unknown;
    WallTime at{};
  };

  void open_phone();
  void on_event(Time now, const client::Event& event);
  void begin(Time now, std::string peer, bool outgoing);
  void on_connected(Time now);
  void on_ended(const client::Event& event);
  void follow_state(Time now);
  void apply_mute();
  void tell_note();
  bool is_silent_there() const;  // muted, held, or the key is up
  void prepare_sound();
  void tick();
  void keep_saying_that_it_runs(Time now);
  void count_bytes();
  void saved(const Result<void>& result);
  bool is_emergency(const std::string& name) const;
  void tell(DesktopNotice::Kind kind, const std::string& peer);
  void learn(const std::string& name, client::Presence presence);
  void open_chat();
  void follow_chat();
  void chat_done(const Result<void>& result);
  void go_on_with_chat();
  void watch_files();
  client::CallView call_view(Time now) const;
  client::LinkView link_view(Time now) const;
  std::vector<client::PersonView> people() const;

  host::Loop& loop_;
  Profile profile_;
  DesktopSound& sound_;
  Hooks hooks_;
  Limits limits_;
  std::string name_;
  DesktopRecords records_;
  std::unique_ptr<Phone> phone_;
  std::unique_ptr<ChatLink> chat_link_;
  UntakenCalls untaken_;
  std::unique_ptr<DesktopChat> chat_;    // none when it does not open: chat_trouble_
  std::unique_ptr<DesktopNotes> notes_;  // as that
  std::string chat_trouble_;
  client::Problem problem_ = client::Problem::none;
  std::string detail_;
  bool is_watching_files_ = false;
  bool reopen_phone_ = false;  // with other settings, once no call runs
  std::optional<Time> trying_since_;
  std::string attached_to_;  // last
  std::optional<Running> call_;
  std::unique_ptr<DesktopRecorder> recorder_;
  std::string saved_path_;  // of the last recording
  std::optional<client::EndedView> ended_;
  std::optional<client::Verdict> refused_;
  std::map<std::string, KnownPresence> presence_;  // by folded name
  DataMeter meter_;
  uint64_t all_bytes_ = 0;  // counted
  host::Timer tick_;
  host::Timer keep_;
  host::Timer phone_timer_;
  host::Timer chat_timer_;
  host::Timer draft_timer_;
  host::Timer files_timer_;
  host::Timer key_up_;
};

}  // namespace farline::app
