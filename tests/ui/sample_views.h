// Views as the engine would make them, full of people from many places: what pictures and tests of the screens show.
#pragma once

#include <string>
#include <vector>

#include "client/view.h"

namespace farline::test {

inline constexpr WallTime kSampleNow{1'795'507'800};  // Tue 2026-11-24 08:10 UTC

client::View ready_view();
client::View chat_view();  // with messages in three directions
client::View call_view();
client::View weak_call_view();  // stalled, closing, with push-to-talk
client::View note_view();
client::View unreached_view();
client::View incoming_view();
client::View refused_view();
client::View first_view();  // no profile

}  // namespace farline::test
