// Changes to an administrator's source that leave everything else in it as it was, comments too. The text is changed at
// one or two places and read again: when that is not exactly the policy that was wanted (the source is written in an
// unusual way), nothing is given but the lines to add by hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace farline::admin {

// --- A new source ----------------------------------------------------------------------------------------------------
struct Example {  // policy/NAME.toml, compiled in
  std::string_view name;
  std::string_view text;
};
std::vector<Example> examples();

struct NewSource {
  std::string_view example;  // its text; lines that end in "# example" become comments
  std::string organisation;  // checked: wire/name.h
  std::string site;          // checked; empty: the example's own
  policy::Day from;          // the first day; it is valid as long as the example is
};
std::string new_source(const NewSource& wanted);

// --- An old one. `text` is a source without errors; the serial is raised by one --------------------------------------
struct Edit {
  std::optional<std::string> text;  // absent: by hand
  std::string by_hand;              // lines to write into the source instead
  std::string problem;              // not empty: even by hand it would be no policy, because
};
struct NewSite {
  std::string name;
  policy::UtcOffset utc_offset;
};
Edit add_site(std::string_view text, const NewSite& site);
Edit revoke(std::string_view text, const wire::DeviceId& device);
Edit revoke_issuer(std::string_view text, const crypto::SigningPublicKey& key);
Edit add_break_glass(std::string_view text, const std::vector<policy::ShortHash>& hashes);

}  // namespace farline::admin
