#include "app/desktop_notices.h"

namespace farline::app {
namespace {

using Kind = DesktopNotice::Kind;
using Place = host::Notifier::Place;

constexpr const char* kAnswer = "answer";
constexpr const char* kDecline = "decline";

std::string words_of(const DesktopNotice& notice, const ui::Words& words) {
  struct Text {
    ui::Key named, hidden;
  };
  const auto text = [&]() -> Text {
    if (notice.kind == Kind::message) return {"notice.message", "notice.message.hidden"};
    if (notice.kind == Kind::missed) return {"ended.missed", "recent.missed"};
    return {notice.is_emergency ? ui::Key("call.incoming.emergency") : ui::Key("call.incoming"),
            "notice.incoming.hidden"};
  }();
  if (notice.hides_text || notice.peer.empty()) return std::string(words(text.hidden));
  return words(text.named, {{"name", notice.peer}});
}

}  // namespace

DesktopNotices::DesktopNotices(std::function<void()> woke)
    : woke_(std::move(woke)), notifier_([this](const std::string& action) {
        {
          const std::lock_guard guard(mutex_);
          pressed_.push_back(action);
        }
        woke_();
      }) {}

void DesktopNotices::add(const DesktopNotice& notice) {
  {
    const std::lock_guard guard(mutex_);
    added_.push_back(notice);
  }
  woke_();
}

void DesktopNotices::show(const DesktopNotice& notice, ui::Window& window, const ui::Words& words) {
  const Place place = notice.kind == Kind::message ? Place::message : Place::call;
  if (notice.kind == Kind::call_over || notice.is_quiet || window.is_seen()) {
    if (place == Place::call) notifier_.hide(place);
    return;
  }
  window.alert();
  host::Notifier::Note note{.title = words_of(notice, words), .is_urgent = notice.kind == Kind::incoming};
  if (notice.kind == Kind::incoming)
    note.actions = {{kAnswer, std::string(words("call.answer"))}, {kDecline, std::string(words("call.decline"))}};
  notifier_.show(place, std::move(note));
}

std::vector<client::Command> DesktopNotices::follow(ui::Window& window, const ui::Words& words,
                                                    const client::View& view) {
  std::vector<DesktopNotice> added;
  std::vector<std::string> pressed;
  {
    const std::lock_guard guard(mutex_);
    added.swap(added_);
    pressed.swap(pressed_);
  }
  for (const DesktopNotice& notice : added) show(notice, window, words);
  std::vector<client::Command> out;
  const bool rings = view.call && view.call->state == client::CallState::ringing_here;
  for (const std::string& action : pressed) {
    if (action == kAnswer && rings) out.push_back(client::command::Answer{});
    if (action == kDecline && rings) out.push_back(client::command::HangUp{});
    if (action != kDecline) window.raise();
  }
  return out;
}

}  // namespace farline::app
