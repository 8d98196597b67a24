// The window's content: which screen is shown, and what stands around all of them: the rooms, how the link stands, the
// emergency button, news, keys. One thread.
//
//   desktop.prepare(view);                        language and direction, from the settings
//   kit.begin({.. is_rtl = desktop.words().is_right_to_left() ..}, input);
//   desktop.draw(view, times, commands);
//   kit.end();
#pragma once

#include "ui/screen.h"

namespace farline::ui {

struct Times {
  Clock wall;
  Time now;
};

class Desktop {
 public:
  // `wanted`: the system's languages, best first. `more`: language files beside the program, {code, text}.
  struct Options {
    Outside outside{};
    std::vector<std::string> wanted{};
    std::vector<std::pair<std::string, std::string>> more{};
  };
  Desktop(Kit& kit, Options options);  // kit outlives it

  void prepare(const client::View& view);
  void draw(const client::View& view, const Times& times, std::vector<client::Command>& ask);
  // A file, on the window: into the chat that is open, else an invitation or rules.
  void dropped(const std::string& path, const client::View& view, std::vector<client::Command>& ask);

  // For the bar above the window: what is shown in it, and what is wrong.
  std::string title(const client::View& view) const;

  const Words& words() const { return words_; }
  ScreenState& state() { return state_; }

 private:
  void load(const std::string& code);

  Kit& kit_;
  Options options_;
  std::vector<Language> languages_;
  Words words_;
  std::string loaded_;  // whose words these are; empty: those built in, before the first view
  ScreenState state_;
  Clock clock_;  // of the last frame
};

}  // namespace farline::ui
