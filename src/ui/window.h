// The window and what comes in through it. Sleeps until something happens; draws one frame for each key or click, shows
// the last of those that wait, and nothing that looks as before. SDL's software renderer unless SDL_RENDER_DRIVER names
// another. One thread, but wake().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ui/kit.h"

namespace farline::ui {

struct WindowPlace {
  int x = 0;  // of the desktop
  int y = 0;
  int width = 1024;
  int height = 600;
  bool is_known = false;  // false: in the middle, as large as the display allows
  bool is_maximised = false;
};

struct WindowOptions {
  std::string title{};
  std::string fonts_folder{};  // shipped with the program; may be empty
  WindowPlace place{};
  bool is_minimised = false;
  float display_scale = 0;  // 1 to 2; 0: as the display says
};

struct Look {
  client::Theme theme = client::Theme::light;
  uint32_t text_percent = 100;
  bool is_rtl = false;
  friend bool operator==(const Look&, const Look&) = default;
};

class Window {
 public:
  // Nothing, and in `problem` what to tell the person, when there is no display or no font.
  static std::unique_ptr<Window> open(const WindowOptions& options, std::string& problem);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  using Draw = std::function<void(Kit&)>;
  // Waits for something to happen and draws what follows from it. False: the person closes the window.
  bool turn(const Draw& draw);
  // The person's, as the system has them, best first: "ar_SD".
  static std::vector<std::string> preferred_languages();
  // From any thread: there is something new to show.
  static void wake();

  void set_look(const Look& look);  // for the next frame
  void set_title(const std::string& title);
  void raise();
  void alert();                        // a hint in the task bar until the window is looked at
  [[nodiscard]] bool is_seen() const;  // neither hidden nor minimised, and has the keyboard
  [[nodiscard]] WindowPlace place() const;
  std::optional<std::string> take_dropped_file();  // one of those that were dropped, oldest first
  // Shows the folder that it is in, in the system's own way; nothing happens where there is none.
  static void show_folder_of(const std::string& path);
  [[nodiscard]] uint64_t frames() const;  // shown so far
  Kit& kit();

 private:
  struct State;
  explicit Window(std::unique_ptr<State> state);
  std::unique_ptr<State> s_;
};

}  // namespace farline::ui
