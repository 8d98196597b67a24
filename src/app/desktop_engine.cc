// Timer: view  start: something changed   what is left of 100 ms since the last one   effect: a View, if it looks
// different
#include "app/desktop_engine.h"

#include "app/desktop_core.h"
#include "app/desktop_folder.h"
#include "host/clock.h"
#include "host/waker.h"

namespace farline::app {
namespace {

constexpr Duration kViewEvery = 100ms;

}  // namespace

class DesktopEngine::Room {
 public:
  explicit Room(DesktopEngine& engine)
      : engine_(engine), waker_(loop_, [this] { obey(); }), view_timer_(loop_, [this] { show(); }) {}

  void run() {
    auto lock = DesktopWindowLock::acquire(loop_, engine_.options_.profile, engine_.options_.raised);
    if (!lock && lock.error().code == Errc::denied) return tell(Start::is_open_elsewhere);
    // Without the lock (a disk that takes nothing) there may be two windows, each of which says what is wrong.
    core_ = std::make_unique<DesktopCore>(loop_, engine_.options_,
                                          DesktopCore::Hooks{.changed = [this] { changed(); },
                                                             .notice =
                                                                 [this](const DesktopNotice& notice) {
                                                                   if (engine_.options_.notice)
                                                                     engine_.options_.notice(notice);
                                                                 },
                                                             .quit = [this] { quit(); }});
    // As farline-cli takes them; what a trial has left on the disk goes too.
    const host::Signals signals(loop_, [this](host::Signal signal) {
      if (signal == host::Signal::hangup)
        core_->handle(client::command::RetryNow{});
      else
        core_->handle(client::command::Quit{});
    });
    show();
    tell(Start::runs);
    obey();
    if (!quits_) loop_.run();
    core_.reset();
    {
      const std::lock_guard guard(engine_.mutex_);
      engine_.waker_ = nullptr;
      engine_.has_quit_ = true;
    }
    if (engine_.options_.woke) engine_.options_.woke();
  }

 private:
  void tell(Start start) {
    const std::lock_guard guard(engine_.mutex_);
    engine_.start_ = start;
    engine_.waker_ = start == Start::runs ? &waker_ : nullptr;
    engine_.started_.notify_all();
  }

  void obey() {
    while (!quits_) {
      client::Command command;
      {
        const std::lock_guard guard(engine_.mutex_);
        if (engine_.commands_.empty()) return;
        command = std::move(engine_.commands_.front());
        engine_.commands_.pop_front();
      }
      core_->handle(command);
    }
  }

  void changed() {
    if (std::exchange(is_due_, true)) return;
    view_timer_.start(std::max<Duration>(shown_at_ + kViewEvery - host::read_clock(), 0ms));
  }

  void show() {
    is_due_ = false;
    shown_at_ = host::read_clock();
    client::View view = core_->view();
    if (last_ && *last_ == view) return;
    last_ = view;
    engine_.publish(std::make_unique<const client::View>(std::move(view)));
  }

  void quit() {
    quits_ = true;
    loop_.stop();
  }

  DesktopEngine& engine_;
  host::Loop loop_;
  host::Waker waker_;
  host::Timer view_timer_;
  std::unique_ptr<DesktopCore> core_;
  std::optional<client::View> last_;
  Time shown_at_{};
  bool is_due_ = false;
  bool quits_ = false;
};

DesktopEngine::DesktopEngine(Options options) : options_(std::move(options)) {}

DesktopEngine::~DesktopEngine() {
  if (!thread_.joinable()) return;
  send(client::command::Quit{});
  thread_.join();
}

DesktopEngine::Start DesktopEngine::start() {
  thread_ = std::thread([this] { run(); });
  std::unique_lock lock(mutex_);
  started_.wait(lock, [this] { return start_.has_value(); });
  return *start_;
}

void DesktopEngine::run() {
  Room room(*this);
  room.run();
}

void DesktopEngine::send(client::Command command) {
  const std::lock_guard guard(mutex_);
  commands_.push_back(std::move(command));
  if (waker_ != nullptr) waker_->wake();
}

std::unique_ptr<const client::View> DesktopEngine::take_view() {
  const std::lock_guard guard(mutex_);
  return std::move(view_);
}

bool DesktopEngine::has_quit() {
  const std::lock_guard guard(mutex_);
  return has_quit_;
}

void DesktopEngine::publish(std::unique_ptr<const client::View> view) {
  {
    const std::lock_guard guard(mutex_);
    view_ = std::move(view);
  }
  if (options_.woke) options_.woke();
}

}  // namespace farline::app
