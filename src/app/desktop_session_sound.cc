// The sound of the call that an open profile has.
#include <algorithm>

#include "app/desktop_session.h"

namespace farline::app {

void DesktopSession::handle_capture(Time now, host::FrameIn frame) {
  if (phone_) phone_->handle_capture(now, frame);
  if (recorder_ && call_ && !is_silent_there()) recorder_->hear(frame);
}
void DesktopSession::skip_pcm(const SoundGap& gap) {
  if (phone_) phone_->handle_gap({}, gap);
}
void DesktopSession::take_playout(host::FrameOut frame) {
  if (phone_) phone_->take_playout({}, frame);
  if (recorder_ && !recorder_->play(frame)) {
    problem_ = client::Problem::disk_full;
    record(false);
  }
  if (call_ && (call_->is_deafened || call_->is_on_hold)) std::ranges::fill(frame, int16_t{0});
}

}  // namespace farline::app
