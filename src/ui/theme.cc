#include "ui/theme.h"

#include <array>

namespace farline::ui {
namespace {

constexpr Colour hex(uint32_t rgb) {
  return {static_cast<uint8_t>(rgb >> 16), static_cast<uint8_t>(rgb >> 8 & 0xFF), static_cast<uint8_t>(rgb & 0xFF)};
}

// In the order of Role.
constexpr std::array<Colour, kRoles> kLight{hex(0xF3F5F8), hex(0xFFFFFF), hex(0xE6EAF0), hex(0xC5CCD6),
                                            hex(0x181C22), hex(0x545D6B), hex(0x0B5CAD), hex(0xFFFFFF),
                                            hex(0x14692E), hex(0x7A4F00), hex(0xB3261E), hex(0x0B5CAD)};
constexpr std::array<Colour, kRoles> kDark{hex(0x14171B), hex(0x1E2227), hex(0x2E343C), hex(0x474F5A),
                                           hex(0xECEFF3), hex(0xABB4C0), hex(0x7DB8F5), hex(0x0A1017),
                                           hex(0x7BD491), hex(0xF0C05A), hex(0xFF9A90), hex(0xFFD54A)};
constexpr std::array<Colour, kRoles> kContrast{hex(0x000000), hex(0x000000), hex(0x262626), hex(0xFFFFFF),
                                               hex(0xFFFFFF), hex(0xBDBDBD), hex(0xFFE500), hex(0x000000),
                                               hex(0x5CFF7A), hex(0xFFB300), hex(0xFF8A80), hex(0x00E5FF)};

}  // namespace

Colour colour_of(client::Theme theme, Role role) {
  const auto& colours = theme == client::Theme::light ? kLight : theme == client::Theme::dark ? kDark : kContrast;
  return colours[static_cast<size_t>(role)];
}

}  // namespace farline::ui
