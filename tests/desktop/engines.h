// Two engines and a supernode on this machine, driven as a window drives them.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "app/desktop_engine.h"
#include "app/desktop_session.h"
#include "app/embedded_node.h"
#include "support/scratch_folder.h"

namespace farline::testing {

namespace command = client::command;
using client::View;

// A supernode on a thread of its own.
class NodeThread {
 public:
  explicit NodeThread(const std::string& folder) : thread_([this, folder] { run(folder); }) {
    while (!ready_.load()) std::this_thread::sleep_for(1ms);
  }
  ~NodeThread() {
    stop_.load()->wake();
    thread_.join();
  }
  const std::string& invitation() const { return invitation_; }

 private:
  void run(const std::string& folder) {
    host::Loop loop;
    host::Waker stop(loop, [&] { loop.stop(); });
    app::EmbeddedNode node(loop, folder);
    invitation_ = node.invitation();
    stop_ = &stop;
    ready_ = true;
    loop.run();
  }

  std::string invitation_;
  std::atomic<host::Waker*> stop_ = nullptr;
  std::atomic<bool> ready_ = false;
  std::thread thread_;
};

// A window without pixels: keeps the newest View, waits for what is expected in one.
class Window {
 public:
  explicit Window(const std::string& profile, app::DesktopSound::Ends sound = kNoSound)
      : engine_({.profile = profile,
                 .sound = std::move(sound),
                 .speech_file = {},
                 .woke = {},
                 .raised = [this] { ++raised_; },
                 .notice =
                     [this](const app::DesktopNotice& notice) {
                       messages_told_ += notice.kind == app::DesktopNotice::Kind::message;
                     }}) {
    start_ = engine_.start();
  }

  void send(client::Command command) { engine_.send(std::move(command)); }
  // Real sockets take real time, so this waits, and fails a test that waits in vain.
  const View& wait(const std::function<bool(const View&)>& wanted,
                   std::chrono::seconds most = std::chrono::seconds(20)) {
    for (auto left = most / std::chrono::milliseconds(5); left > 0; --left) {
      if (auto view = engine_.take_view()) view_ = *view;
      if (wanted(view_)) return view_;
      std::this_thread::sleep_for(5ms);
    }
    FAIL("the wanted View did not come; stage "
         << static_cast<int>(view_.stage) << ", problem " << static_cast<int>(view_.problem) << " " << view_.detail
         << ", attached " << view_.link.is_attached << ", call "
         << (view_.call ? static_cast<int>(view_.call->state) : -1) << ", ended "
         << (view_.ended ? static_cast<int>(view_.ended->reason) : -1) << ", past calls " << view_.recent.size());
    return view_;
  }
  const View& wait_for(client::Stage stage) {
    return wait([&](const View& v) { return v.stage == stage; });
  }
  const View& wait_for(client::Problem problem) {
    return wait([&](const View& v) { return v.problem == problem; });
  }
  const View& wait_for(client::CallState state) {
    return wait([&](const View& v) { return v.call && v.call->state == state; });
  }
  const View& wait_attached() {
    return wait([](const View& v) { return v.stage == client::Stage::ready && v.link.is_attached; });
  }
  const View& enrol(const std::string& invitation, const std::string& name, const std::string& passphrase = {}) {
    wait_for(client::Stage::no_profile);
    send(command::Enrol{invitation, name, passphrase});
    return wait_attached();
  }

  const View& view() const { return view_; }  // as it was waited for last
  app::DesktopEngine::Start start() const { return start_; }
  int raised() const { return raised_; }
  int messages_told() const { return messages_told_; }

  static inline const app::DesktopSound::Ends kNoSound{{host::AudioSourceSpec::Kind::silence, {}},
                                                       {host::AudioSinkSpec::Kind::null, {}}};

 private:
  View view_;
  std::atomic<int> raised_ = 0;
  std::atomic<int> messages_told_ = 0;
  app::DesktopEngine engine_;
  app::DesktopEngine::Start start_;
};

}  // namespace farline::testing
