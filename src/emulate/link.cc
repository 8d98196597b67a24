#include "emulate/link.h"

namespace farline::emulate {

Result<LinkSpec> make_spec(const LinkProfile& profile) {
  if (!profile.is_ip()) return Error{Errc::unsupported, "this profile is a message service and carries no IP packets"};
  LinkSpec spec{profile.link, profile.link, profile.half_duplex};
  spec.up.rate_bps = profile.up_bps;
  spec.down.rate_bps = profile.down_bps;
  return spec;
}

Result<void> apply_override(LinkSpec& spec, std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Error{Errc::malformed, "expected key=value"};
  std::string_view key = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (key.starts_with("up.")) return set_option(spec.up, key.substr(3), value);
  if (key.starts_with("down.")) return set_option(spec.down, key.substr(5), value);
  if (auto set = set_option(spec.up, key, value); !set) return set;
  return set_option(spec.down, key, value);
}

Result<LinkSpec> parse_spec(std::string_view text) {
  size_t comma = text.find(',');
  const LinkProfile* profile = find_profile(text.substr(0, comma));
  if (profile == nullptr) return Error{Errc::not_found, "no link profile of this name"};
  auto spec = make_spec(*profile);
  while (spec && comma != std::string_view::npos) {
    text.remove_prefix(comma + 1);
    comma = text.find(',');
    if (auto set = apply_override(*spec, text.substr(0, comma)); !set) return set.error();
  }
  return spec;
}

Link::Link(const LinkSpec& spec, uint64_t seed, Time start)
    : air_{.turnaround = spec.half_duplex.turnaround},
      up_({.options = spec.up,
           .seed = seed,
           .way = Way::up,
           .start = start,
           .air = spec.half_duplex.on ? &air_ : nullptr}),
      down_({.options = spec.down,
             .seed = seed,
             .way = Way::down,
             .start = start,
             .air = spec.half_duplex.on ? &air_ : nullptr}) {}

void Link::set_spec(Time now, const LinkSpec& spec) {
  up_.set_options(now, spec.up);
  down_.set_options(now, spec.down);
}

}  // namespace farline::emulate
