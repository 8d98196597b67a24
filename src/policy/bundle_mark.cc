#include "policy/bundle_mark.h"

#include <algorithm>

#include "wire/cbor.h"

namespace farline::policy {
namespace {

std::pair<uint32_t, uint32_t> order_of(const Held& held) {
  return {held.generation, held.serial};
}

bool has_use(const std::vector<BreakGlass::Use>& uses, const BreakGlass::Use& use) {
  return std::ranges::find(uses, use.hash, &BreakGlass::Use::hash) != uses.end();
}

}  // namespace

ByteVector encode(const BundleMark& mark) {
  const size_t first = mark.uses.size() - std::min(mark.uses.size(), kGlassUsesMax);
  const std::span<const BreakGlass::Use> uses = std::span(mark.uses).subspan(first);
  return wire::cbor_item(96 + uses.size() * 32, [&](wire::CborWriter& out) {
    out.array(4 + 2 * uses.size());
    out.unsigned_integer(mark.held.generation);
    out.unsigned_integer(mark.held.serial);
    out.bytes(mark.held.hash);
    out.unsigned_integer(mark.high_water.seconds);
    for (const BreakGlass::Use& use : uses) {
      out.bytes(use.hash);
      out.unsigned_integer(use.at.seconds);
    }
  });
}

Result<BundleMark> decode_mark(Bytes bytes) {
  wire::CborReader in(bytes);
  BundleMark mark;
  const size_t count = in.array();
  if (count < 4 || count % 2 != 0 || count > 4 + 2 * kGlassUsesMax)
    return Error{Errc::malformed, "is no mark of a policy"};
  const uint64_t generation = in.unsigned_integer();
  const uint64_t serial = in.unsigned_integer();
  if (generation > UINT32_MAX || serial > UINT32_MAX) return Error{Errc::malformed, "is no mark of a policy"};
  mark.held.generation = static_cast<uint32_t>(generation);
  mark.held.serial = static_cast<uint32_t>(serial);
  mark.held.hash = in.byte_array<32>();
  mark.high_water.seconds = in.unsigned_integer();
  for (size_t i = 4; i < count; i += 2) {
    BreakGlass::Use use;
    use.hash = in.byte_array<16>();
    use.at.seconds = in.unsigned_integer();
    mark.uses.push_back(use);
  }
  if (const auto end = in.finish(); !end) return end.error();
  return mark;
}

BundleMark later_of(const BundleMark& a, const BundleMark& b) {
  const bool a_is_later = order_of(a.held) >= order_of(b.held);
  BundleMark out = a_is_later ? a : b;
  const BundleMark& other = a_is_later ? b : a;
  if (other.held.generation == out.held.generation) out.high_water = std::max(out.high_water, other.high_water);
  for (const BreakGlass::Use& use : other.uses)
    if (!has_use(out.uses, use)) out.uses.push_back(use);
  return out;
}

bool is_same(const BundleMark& a, const BundleMark& b) {
  return order_of(a.held) == order_of(b.held) && a.held.hash == b.held.hash && a.high_water == b.high_water &&
         a.uses.size() == b.uses.size() &&
         std::ranges::all_of(a.uses, [&](const BreakGlass::Use& use) { return has_use(b.uses, use); });
}

}  // namespace farline::policy
