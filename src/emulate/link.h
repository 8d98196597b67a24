// A whole link: what is asked for (a profile and overrides), and its two directions. "up" leads from the field to the
// world. See link_direction.h for the model and link_options.h for the keys.
#pragma once

#include <string_view>

#include "emulate/link_direction.h"
#include "emulate/profiles.h"

namespace farline::emulate {

struct LinkSpec {
  LinkOptions up{};
  LinkOptions down{};
  HalfDuplexOptions half_duplex{};
};

// Refuses message services, which carry no IP.
Result<LinkSpec> make_spec(const LinkProfile& profile);
// One "key=value" for both directions, or "up.key=value" / "down.key=value" for one.
Result<void> apply_override(LinkSpec& spec, std::string_view text);
// "gprs" or "gprs,loss=0.02,up.rate=9600".
Result<LinkSpec> parse_spec(std::string_view text);

class Link {
 public:
  Link(const LinkSpec& spec, uint64_t seed, Time start);

  LinkDirection& operator[](Way way) { return way == Way::up ? up_ : down_; }
  const LinkDirection& operator[](Way way) const { return way == Way::up ? up_ : down_; }
  // Changes the two directions' options; whether it is half duplex stays.
  void set_spec(Time now, const LinkSpec& spec);

 private:
  Air air_;
  LinkDirection up_;
  LinkDirection down_;
};

}  // namespace farline::emulate
