// What a person is told when no window of ours is seen: by the desktop's notifications (freedesktop.org's, over the
// session's D-Bus) and, on Windows, by a balloon at an icon in the task bar. Where a desktop offers neither, nothing
// happens. Nothing here blocks, and nothing runs before the first show().
//
// Lives in a library of its own, farline_notifier: no other program links what it needs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace farline::host {

class Notifier {
 public:
  struct Action {
    std::string id{};  // what `pressed` says
    std::string label{};
  };
  struct Note {
    std::string title{};  // one line, plain text
    std::string text{};   // the same; may be empty
    bool is_urgent = false;
    std::vector<Action> actions{};  // buttons, where the desktop has them
  };
  // Each shows one note at a time: the next takes its place.
  enum class Place : uint8_t { call, message };
  static constexpr size_t kPlaces = 2;

  // `pressed`: a note was pressed; which action, or nothing for the note itself. On any thread, until the destructor
  // returns. On Windows: made, used and destroyed on the thread that takes the window's events.
  explicit Notifier(std::function<void(const std::string& action)> pressed);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void show(Place place, Note note);
  void hide(Place place);

 private:
  struct State;
  std::unique_ptr<State> s_;
};

}  // namespace farline::host
