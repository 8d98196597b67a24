// The engine behind the desktop's window: a thread with a loop of its own that owns the profile, the phone and the
// sound. Commands go down, Views come up; the two threads share nothing else. A View is made at most ten times a second
// and only when something looks different.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/desktop_sound.h"
#include "client/command.h"
#include "host/waker.h"

namespace farline::app {

struct DesktopNotice;

class DesktopEngine {
 public:
  struct Options {
    std::string profile{};  // a folder, which need not be there
    DesktopSound::Ends sound{};
    std::string speech_file{};  // a WAV that the trial says when there is no microphone; empty: a tone
    // All three are called on the engine's thread, at any time until the destructor returns.
    std::function<void()> woke{};    // there is a View to take
    std::function<void()> raised{};  // another start of this profile wants the window to show itself
    std::function<void(const DesktopNotice&)> notice{};
  };
  // The program has started a window on this profile already: it has been asked to show itself, and there is nothing
  // more to do here.
  enum class Start : uint8_t { runs, is_open_elsewhere };

  explicit DesktopEngine(Options options);
  ~DesktopEngine();  // hangs up, leaves the supernode, waits for it

  // Once, and before anything else. Waits until the engine knows.
  Start start();
  void send(client::Command command);
  // The newest one that was not taken yet, or nothing.
  std::unique_ptr<const client::View> take_view();
  // The engine has obeyed Quit.
  bool has_quit();

 private:
  class Room;  // what lives on the thread
  void run();
  void publish(std::unique_ptr<const client::View> view);

  Options options_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::optional<Start> start_;
  std::deque<client::Command> commands_;
  std::unique_ptr<const client::View> view_;
  host::Waker* waker_ = nullptr;
  bool has_quit_ = false;
  std::thread thread_;
};

}  // namespace farline::app
