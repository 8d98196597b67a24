// A thread of its own speaks with the bus: opening it may take as long as the session likes.
#include "host/notifier.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace farline::host {
namespace {

constexpr const char* kService = "org.freedesktop.Notifications";
constexpr const char* kObject = "/org/freedesktop/Notifications";
constexpr size_t kWaitingMax = 16;  // a bus that does not answer must not fill memory

struct Order {
  Notifier::Place place = Notifier::Place::call;
  std::optional<Notifier::Note> note{};  // nothing: the one that is shown goes
};

}  // namespace

struct Notifier::State {
  explicit State(std::function<void(const std::string&)> pressed) : pressed_(std::move(pressed)) {}

  void ask(Order order);
  void leave();

 private:
  struct Shown {
    State* state = nullptr;
    uint32_t id = 0;        // the service's; 0: none
    bool is_asked = false;  // its id is still to come, and until then:
    bool hides = false;
    std::optional<Note> next{};
  };

  void run();
  bool open_bus();
  void close_bus();
  bool obey();
  void show(Shown& shown, Note note);
  void hide(Shown& shown);
  void wait();
  static int on_answer(sd_bus_message* answer, void* shown, sd_bus_error*);
  static int on_pressed(sd_bus_message* signal, void* state, sd_bus_error*);

  std::function<void(const std::string&)> pressed_;
  std::mutex mutex_;
  std::deque<Order> orders_;
  bool leaves_ = false;
  int wake_ = -1;
  std::thread thread_;
  // The thread's own.
  sd_bus* bus_ = nullptr;
  std::array<Shown, kPlaces> shown_{};
};

// --- From outside ----------------------------------------------------------------------------------------------------

void Notifier::State::ask(Order order) {
  const std::lock_guard guard(mutex_);
  if (orders_.size() >= kWaitingMax) orders_.pop_front();
  if (!order.note && !thread_.joinable()) return;  // nothing was ever shown
  orders_.push_back(std::move(order));
  if (!thread_.joinable()) {
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) return;
    thread_ = std::thread([this] { run(); });
  }
  eventfd_write(wake_, 1);
}

void Notifier::State::leave() {
  {
    const std::lock_guard guard(mutex_);
    leaves_ = true;
    if (wake_ >= 0) eventfd_write(wake_, 1);
  }
  if (thread_.joinable()) thread_.join();
  if (wake_ >= 0) close(wake_);
}

// --- The thread ------------------------------------------------------------------------------------------------------

void Notifier::State::run() {
  while (obey()) wait();
  if (bus_) {
    for (Shown& shown : shown_) hide(shown);
    sd_bus_flush(bus_);
  }
  close_bus();
}

bool Notifier::State::open_bus() {
  if (bus_) return true;
  shown_ = {};
  for (Shown& shown : shown_) shown.state = this;
  if (sd_bus_open_user(&bus_) < 0) return false;
  return sd_bus_match_signal_async(bus_, nullptr, kService, kObject, kService, "ActionInvoked", on_pressed, nullptr,
                                   this) >= 0;
}

void Notifier::State::close_bus() {
  bus_ = sd_bus_close_unref(bus_);
}

bool Notifier::State::obey() {
  while (true) {
    Order order;
    {
      const std::lock_guard guard(mutex_);
      if (leaves_) return false;
      if (orders_.empty()) return true;
      order = std::move(orders_.front());
      orders_.pop_front();
    }
    Shown& shown = shown_[static_cast<size_t>(order.place)];
    if (order.note && open_bus())
      show(shown, std::move(*order.note));
    else if (bus_)
      hide(shown);
  }
}

void Notifier::State::show(Shown& shown, Note note) {
  shown.hides = false;
  if (shown.is_asked) {
    shown.next = std::move(note);
    return;
  }
  sd_bus_message* call = nullptr;
  if (sd_bus_message_new_method_call(bus_, &call, kService, kObject, kService, "Notify") < 0) return close_bus();
  sd_bus_message_append(call, "susss", "Farline", shown.id, "", note.title.c_str(), note.text.c_str());
  sd_bus_message_open_container(call, 'a', "s");
  sd_bus_message_append(call, "ss", "default", "");
  for (const Action& action : note.actions) sd_bus_message_append(call, "ss", action.id.c_str(), action.label.c_str());
  sd_bus_message_close_container(call);
  constexpr uint8_t kNormal = 1, kCritical = 2;
  sd_bus_message_append(call, "a{sv}i", 1, "urgency", "y", note.is_urgent ? kCritical : kNormal, int32_t{-1});
  shown.is_asked = sd_bus_call_async(bus_, nullptr, call, on_answer, &shown, 0) >= 0;
  sd_bus_message_unref(call);
}

void Notifier::State::hide(Shown& shown) {
  shown.hides = shown.is_asked;
  shown.next.reset();
  if (shown.id == 0 || shown.is_asked) return;
  sd_bus_call_method_async(bus_, nullptr, kService, kObject, kService, "CloseNotification", nullptr, nullptr, "u",
                           shown.id);
  shown.id = 0;
}

int Notifier::State::on_answer(sd_bus_message* answer, void* data, sd_bus_error*) {
  Shown& shown = *static_cast<Shown*>(data);
  shown.is_asked = false;
  if (sd_bus_message_is_method_error(answer, nullptr) != 0 || sd_bus_message_read(answer, "u", &shown.id) < 0)
    shown.id = 0;
  if (shown.next) shown.state->show(shown, *std::exchange(shown.next, {}));
  if (shown.hides) shown.state->hide(shown);
  return 0;
}

int Notifier::State::on_pressed(sd_bus_message* signal, void* data, sd_bus_error*) {
  State& state = *static_cast<State*>(data);
  uint32_t id = 0;
  const char* action = nullptr;
  if (sd_bus_message_read(signal, "us", &id, &action) < 0 || id == 0) return 0;
  for (Shown& shown : state.shown_) {
    if (shown.id == id) state.pressed_(std::string(action) == "default" ? std::string() : action);
  }
  return 0;
}

// Until there is something to obey, or the bus has said something, which is then handled.
void Notifier::State::wait() {
  std::array<pollfd, 2> files{pollfd{wake_, POLLIN, 0}, pollfd{-1, 0, 0}};
  int wait_ms = -1;
  if (bus_) {
    int done = 0;
    while ((done = sd_bus_process(bus_, nullptr)) > 0) continue;
    if (done < 0) {
      close_bus();  // the session's bus is gone; the next note looks for another
    } else {
      files[1] = {sd_bus_get_fd(bus_), static_cast<short>(sd_bus_get_events(bus_)), 0};
      uint64_t until = 0;  // microseconds; of a question that nobody answers
      if (sd_bus_get_timeout(bus_, &until) > 0 && until != UINT64_MAX) wait_ms = 1000;
    }
  }
  poll(files.data(), files.size(), wait_ms);
  eventfd_t count = 0;
  eventfd_read(wake_, &count);
}

// --- The class -------------------------------------------------------------------------------------------------------

Notifier::Notifier(std::function<void(const std::string&)> pressed) : s_(std::make_unique<State>(std::move(pressed))) {}

Notifier::~Notifier() {
  s_->leave();
}

void Notifier::show(Place place, Note note) {
  s_->ask({place, std::move(note)});
}

void Notifier::hide(Place place) {
  s_->ask({place, std::nullopt});
}

}  // namespace farline::host
