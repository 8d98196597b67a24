// The field profiles: links that people really have, by name. Values come from operators' documents and published
// measurements (basis S), are derived from them (d), or are engineering estimates (m). Delays are one way.
// Static data; no ownership.
#pragma once

#include <span>
#include <string_view>

#include "base/tariff.h"
#include "emulate/link_options.h"

namespace farline::emulate {

struct HalfDuplexOptions {
  bool on = false;
  DurationRange turnaround{};  // added whenever the direction of the air changes
  Duration burst{};            // how long a station usually sends; informative
};

// A mailbox service: whole messages, no IP. No Link can be made of it.
struct MessageService {
  uint32_t up_bytes_max = 0;
  uint32_t down_bytes_max = 0;
  DurationRange delay{};
  Ppm session_fail = 0;
};

struct LinkProfile {
  std::string_view id{};
  uint64_t up_bps = 0;    // field -> world; 0: unlimited
  uint64_t down_bps = 0;  // world -> field
  LinkOptions link{};     // both directions, but for the rates
  HalfDuplexOptions half_duplex{};
  bool serial = false;       // a modem line: one packet after the other, head of line
  Duration setup{};          // to establish the bearer; not part of the link model
  Ppm connect_fail_min = 0;  // share of attempts to establish it that fail; not part of the link model
  Ppm connect_fail_max = 0;
  Tariff tariff{};  // in US dollars
  MessageService message{};
  std::string_view basis{};

  bool is_ip() const { return message.up_bytes_max == 0; }
};

std::span<const LinkProfile> profiles();
const LinkProfile* find_profile(std::string_view id);  // nullptr when there is none

}  // namespace farline::emulate
