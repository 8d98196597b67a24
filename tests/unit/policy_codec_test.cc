#include <doctest/doctest.h>

#include "policy/codec.h"
#include "support/policy_samples.h"
#include "wire/cbor.h"

using namespace farline;
using namespace farline::policy;
using farline::testing::sample_root;
using farline::testing::sample_site;

namespace {

// The head of a root file with `more` pairs after it, written by `write`.
template <typename Write>
ByteVector root_with(size_t more, Write write) {
  return wire::cbor_item(1024, [&](wire::CborWriter& out) {
    out.map(6 + more);
    out.integer(0), out.integer(0);
    out.integer(1), out.text("Relief");
    out.integer(2), out.integer(1);
    out.integer(3), out.integer(7);
    out.integer(4), out.integer(20'000);
    out.integer(5), out.integer(20'365);
    write(out);
  });
}

Errc error_of(const ByteVector& payload) {
  return decode_root(payload).error().code;
}

}  // namespace

TEST_CASE("what is encoded is decoded, with little and with every list at its limit") {
  for (const bool full : {false, true}) {
    const RootPolicy root = sample_root(full);
    const auto decoded = decode_root(encode(root));
    REQUIRE(decoded.has_value());
    CHECK((*decoded == root));
    CHECK(encode(root).size() <= 48 * 1024);  // and so with its signatures less than 64 KiB
    const SitePolicy site = sample_site(full);
    const auto decoded_site = decode_site(encode(site));
    REQUIRE(decoded_site.has_value());
    CHECK((*decoded_site == site));
  }
}

TEST_CASE("absent and empty lists of hours are different") {
  RootPolicy root = *decode_root(root_with(0, [](wire::CborWriter&) {}));
  CHECK_FALSE(root.rules.hours.has_value());
  root.rules.hours.emplace();
  const auto decoded = decode_root(encode(root));
  REQUIRE(decoded.has_value());
  REQUIRE(decoded->rules.hours.has_value());
  CHECK(decoded->rules.hours->empty());
}

TEST_CASE("unknown fields: skipped when positive, refused when negative, at every depth") {
  const auto ignored = root_with(1, [](wire::CborWriter& out) {
    out.integer(99);
    out.map(1), out.integer(1), out.array(1), out.text("later");
  });
  CHECK(decode_root(ignored).has_value());
  CHECK(encode(*decode_root(ignored)) == root_with(0, [](wire::CborWriter&) {}));
  CHECK(error_of(root_with(1, [](wire::CborWriter& out) { out.integer(-99), out.boolean(true); })) ==
        Errc::unsupported);
  const auto in_schedule = [](int64_t number) {
    return root_with(1, [number](wire::CborWriter& out) {
      out.integer(-3), out.array(1), out.map(2);
      out.integer(1), out.array(0);
      out.integer(number), out.integer(0);
    });
  };
  CHECK(decode_root(in_schedule(50)).has_value());
  CHECK(error_of(in_schedule(-50)) == Errc::unsupported);
}

TEST_CASE("values out of range, empty fields, wrong order and missing fields are refused") {
  const auto grace = [](int64_t days) {
    return root_with(1, [days](wire::CborWriter& out) { out.integer(6), out.integer(days); });
  };
  CHECK(decode_root(grace(3650)).has_value());
  CHECK(error_of(grace(3651)) == Errc::limit);
  CHECK(error_of(grace(-1)) == Errc::limit);
  CHECK(error_of(root_with(1, [](wire::CborWriter& out) { out.integer(-7), out.integer(0); })) == Errc::malformed);
  CHECK(error_of(root_with(1, [](wire::CborWriter& out) { out.integer(9), out.array(0); })) == Errc::malformed);
  const auto window = [](int64_t days, int64_t start, int64_t end) {
    return root_with(1, [=](wire::CborWriter& out) {
      out.integer(-3), out.array(1), out.map(1);
      out.integer(1), out.array(1), out.array(3);
      out.integer(days), out.integer(start), out.integer(end);
    });
  };
  CHECK(decode_root(window(127, 95, 0)).has_value());
  CHECK(error_of(window(128, 95, 0)) == Errc::malformed);
  CHECK(error_of(window(0, 95, 0)) == Errc::malformed);
  CHECK(error_of(window(127, 96, 0)) == Errc::malformed);
  CHECK(error_of(window(127, 0, 96)) == Errc::malformed);
  ByteVector payload = root_with(0, [](wire::CborWriter&) {});
  payload.push_back(0);
  CHECK(error_of(payload) == Errc::malformed);
  payload[0] = 0xa5;  // one pair fewer: the last is left over
  CHECK_FALSE(decode_root(payload).has_value());
  CHECK(error_of(wire::cbor_item(8, [](wire::CborWriter& out) { out.map(0); })) == Errc::malformed);
  CHECK_FALSE(decode_root({}).has_value());
}

TEST_CASE("fields that contradict each other are refused") {
  RootPolicy root = sample_root(false);
  root.until = {root.from.number - 1};
  CHECK_FALSE(decode_root(encode(root)).has_value());
  root = sample_root(false);
  root.rules.transitions = {{{10}, {}}, {{10}, {}}};
  CHECK_FALSE(decode_root(encode(root)).has_value());
  root = sample_root(false);
  (*root.rules.builds)[0].action = BuildAction::allow;  // with `since`
  CHECK_FALSE(decode_root(encode(root)).has_value());
  SitePolicy site = sample_site(false);
  site.rules.contacts.assign(kSiteContactsMax + 1, {"x"});
  CHECK(decode_site(encode(site)).error().code == Errc::limit);
  site = sample_site(false);
  site.rules.break_glass = {{}};
  CHECK(decode_site(encode(site)).error().code == Errc::denied);
}

TEST_CASE("a bit that a newer version gave a meaning does not make a set empty, which would mean all") {
  RootPolicy root = sample_root(false);
  (*root.rules.hours)[0].roles = {1U << 20};
  const auto decoded = decode_root(encode(root));
  REQUIRE(decoded.has_value());
  CHECK_FALSE((*decoded->rules.hours)[0].roles.all_or_has(Role::staff));
}
