// The two clocks of the machine; everything below host/ gets their readings handed in.
#pragma once

#include "base/time.h"

namespace farline::host {

// Never goes backwards and counts the time the machine was suspended (uv_hrtime does not): a laptop that slept three
// hours inside a call must see three hours pass. Its zero is arbitrary.
Time read_clock();

// What the operating system believes the date is. Zero when it says a time before 1970.
WallTime read_wall_clock();

// East of UTC, of the machine's local time at that moment.
int32_t utc_offset_minutes(WallTime at);

}  // namespace farline::host
