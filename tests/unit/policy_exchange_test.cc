#include <doctest/doctest.h>

#include "policy/delta.h"
#include "policy/exchange.h"
#include "support/policy_bundles.h"

using namespace farline;
using namespace farline::policy;
using farline::testing::PolicyBundles;

namespace {

const Time kStart{1h};
constexpr PolicyFetch::Pace kPace{.most = 48, .every = 4s, .patience = 5s};

wire::PolicyVersion v(uint32_t serial) {
  return {1, serial};
}

// A device that fetches from a source, with its clock.
struct Asker {
  PolicyFetch fetch{};
  ByteVector held{};
  wire::PolicyVersion version{};
  Time now = kStart;
  size_t questions = 0;
  size_t bytes = 0;  // of parts

  void hear(wire::PolicyVersion newest) { fetch.hear(now, newest, {version, held}, now); }
  std::optional<wire::PolicyPart> ask(PolicySource& source) {
    now = std::max(now, fetch.due().value());
    const auto question = fetch.poll(now, kPace);
    REQUIRE(question.has_value());
    ++questions;
    return source.answer(*question);
  }
  // To its end, whatever that is; verified as a client would.
  void run(PolicySource& source, const PolicyBundles& organisation) {
    while (fetch.is_running()) {
      const auto part = ask(source);
      REQUIRE(part.has_value());
      bytes += part->bytes.size() + wire::kPolicyPartOverhead;
      if (const auto bundle = fetch.handle(now, *part)) take(*bundle, organisation);
    }
  }
  void take(const ByteVector& bundle, const PolicyBundles& organisation) {
    const auto opened = open_bundle(bundle, {organisation.pin(), PolicyBundles::kSite}, crypto::real_asymmetric());
    if (opened && version_of(*opened) > version) {
      held = opened->bytes;
      version = version_of(*opened);
    }
    fetch.settle(now, version);
  }
};

}  // namespace

TEST_CASE("what a client holds is at most 900 bytes, one window changed at most 200") {
  const PolicyBundles relief;
  const ByteVector old_file = relief.file(7);
  const ByteVector new_file = relief.file(8, "17:00");
  const ByteVector delta = make_delta(old_file, new_file);
  MESSAGE("full " << new_file.size() << " B, one window changed " << delta.size() << " B");
  CHECK(new_file.size() <= 900);
  CHECK(delta.size() <= 200);
  CHECK(apply_delta(old_file, delta).value() == new_file);
  CHECK(apply_delta({}, make_delta({}, new_file)).value() == new_file);
}

TEST_CASE("a difference that is cut, lengthened or too large is refused") {
  const PolicyBundles relief;
  const ByteVector old_file = relief.file(7);
  ByteVector delta = make_delta(old_file, relief.file(8));
  for (size_t size = 0; size < delta.size(); ++size)
    CHECK_FALSE(apply_delta(old_file, Bytes(delta).first(size)).has_value());
  delta.push_back(0);
  CHECK(apply_delta(old_file, delta).error().code == Errc::malformed);
  const ByteVector large(kBundleBytesMax);
  CHECK(apply_delta({}, make_delta({}, large)).value() == large);
  // One byte more: stored blocks of 65,535 bytes, twice, and 3.
  ByteVector more;
  for (const uint16_t size : {uint16_t{0xffff}, uint16_t{0xffff}, uint16_t{3}}) {
    more.push_back(size == 3 ? 1 : 0);
    for (const uint16_t word : {size, static_cast<uint16_t>(~size)}) {
      more.push_back(static_cast<uint8_t>(word));
      more.push_back(static_cast<uint8_t>(word >> 8));
    }
    more.resize(more.size() + size);
  }
  CHECK(apply_delta({}, more).error().code == Errc::limit);
  more.resize(more.size() - 8);  // without the last block
  CHECK(apply_delta({}, more).error().code == Errc::malformed);
}

TEST_CASE("a policy travels in pieces, as a difference where the source knows what the asker holds") {
  const PolicyBundles relief;
  PolicySource source;
  for (uint32_t serial = 7; serial <= 9; ++serial) source.hold(v(serial), relief.file(serial));
  Asker knows_seven{.held = relief.file(7), .version = v(7)};
  knows_seven.hear(source.version());
  knows_seven.run(source, relief);
  CHECK((knows_seven.version == v(9)));
  CHECK(knows_seven.held == relief.file(9));
  CHECK(knows_seven.questions <= 5);

  Asker holds_none;
  holds_none.hear(source.version());
  holds_none.run(source, relief);
  CHECK(holds_none.held == relief.file(9));
  CHECK(holds_none.now - kStart == 4s * (holds_none.questions - 1));
  MESSAGE("difference: " << knows_seven.questions << " questions, " << knows_seven.bytes
                         << " B of answers; in full: " << holds_none.questions << ", " << holds_none.bytes << " B");

  // One that holds what the source does not know gets it in full; one that holds the newest nothing.
  Asker knows_six{.held = relief.file(6), .version = v(6)};
  knows_six.hear(source.version());
  knows_six.run(source, relief);
  CHECK(knows_six.bytes == holds_none.bytes);
  CHECK_FALSE(source.answer({.have = v(9), .base = base_of(knows_six.held), .most = 100}).has_value());
  CHECK_FALSE(source.answer({.have = v(10), .most = 100}).has_value());
  CHECK_FALSE(source.answer({.have = {}, .offset = 1'000'000, .most = 100}).has_value());
}

TEST_CASE("a source keeps eight bases") {
  const PolicyBundles relief;
  PolicySource source;
  for (uint32_t serial = 1; serial <= 10; ++serial) source.hold(v(serial), relief.file(serial));
  const auto form_for = [&](uint32_t serial) {
    return source.answer({.have = v(serial), .base = base_of(relief.file(serial)), .most = 900})->form;
  };
  CHECK(form_for(1) == wire::PolicyForm::full);
  CHECK(form_for(2) == wire::PolicyForm::delta);
  CHECK(form_for(9) == wire::PolicyForm::delta);
}

TEST_CASE(
    "an older policy is not fetched, and a replayed one that claims to be newer is not asked for again for hours") {
  const PolicyBundles relief;
  Asker asker{.held = relief.file(9), .version = v(9)};
  asker.hear(v(8));
  asker.hear(v(9));
  CHECK_FALSE(asker.fetch.is_running());

  PolicySource liar;
  liar.hold(v(9), relief.file(9));
  liar.hold(v(12), relief.file(5));
  asker.hear(v(12));
  asker.run(liar, relief);  // the difference, and then in full
  CHECK((asker.version == v(9)));
  const size_t asked = asker.questions;
  asker.hear(v(12));
  CHECK_FALSE(asker.fetch.is_running());
  asker.now += PolicyFetch::kRefusedFor;
  asker.hear(v(12));
  CHECK(asker.fetch.is_running());
  MESSAGE(asked << " questions for a lie");
}

TEST_CASE("another organisation's policy is not taken") {
  const PolicyBundles relief;
  const PolicyBundles stranger(2);
  PolicySource source;
  source.hold(v(9), stranger.file(9));
  Asker asker{.held = relief.file(7), .version = v(7)};
  asker.hear(v(9));
  asker.run(source, relief);
  CHECK(asker.held == relief.file(7));
}

TEST_CASE("a bad difference falls back to the whole file") {
  const PolicyBundles relief;
  PolicySource source;
  source.hold(v(7), relief.file(7));
  source.hold(v(8), relief.file(8));
  Asker asker{.held = relief.file(7), .version = v(7)};
  bool damaged = false;
  bool unlike = false;
  SUBCASE("that does not inflate") {
    damaged = true;
  }
  SUBCASE("that inflates to something else") {
    unlike = true;
  }
  asker.hear(v(8));
  bool in_full = false;
  while (asker.fetch.is_running()) {
    auto part = asker.ask(source);
    ByteVector bytes = to_vector(part->bytes);
    if (part->form == wire::PolicyForm::full) in_full = true;
    if (part->form == wire::PolicyForm::delta && damaged) bytes[0] = 0xff;  // no such block
    if (part->form == wire::PolicyForm::delta && unlike && part->offset + bytes.size() > 100)
      bytes[bytes.size() / 2] ^= 1;
    part->bytes = bytes;
    if (const auto bundle = asker.fetch.handle(asker.now, *part)) asker.take(*bundle, relief);
  }
  CHECK(in_full);
  CHECK(asker.held == relief.file(8));
}

TEST_CASE("a torn transfer goes on where it was torn") {
  const PolicyBundles relief;
  PolicySource source;
  source.hold(v(8), relief.file(8));
  Asker asker;
  asker.hear(v(8));
  for (int i = 0; i < 6; ++i) CHECK_FALSE(asker.fetch.handle(asker.now, *asker.ask(source)).has_value());
  asker.now += 1h;  // a night without a link; then the session is new and says the same
  asker.hear(v(8));
  const auto next = asker.ask(source);
  CHECK(next->offset == 6 * kPace.most);
  if (const auto bundle = asker.fetch.handle(asker.now, *next)) asker.take(*bundle, relief);
  asker.run(source, relief);
  CHECK(asker.held == relief.file(8));
  CHECK(asker.questions == (relief.file(8).size() + kPace.most - 1) / kPace.most);
}

TEST_CASE("a source that gets another policy meanwhile begins again, and not for ever") {
  const PolicyBundles relief;
  PolicySource source;
  source.hold(v(8), relief.file(8));
  Asker asker;
  asker.hear(v(8));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(asker.fetch.handle(asker.now, *asker.ask(source)).has_value());
  source.hold(v(9), relief.file(9, "16:00"));
  asker.run(source, relief);
  CHECK(asker.held == relief.file(9, "16:00"));

  Asker endless;
  endless.hear(v(10));
  PolicySource changing;
  for (uint32_t serial = 10; endless.fetch.is_running(); ++serial) {
    REQUIRE(serial < 30);
    changing.hold(v(serial), relief.file(serial));
    CHECK_FALSE(endless.fetch.handle(endless.now, *endless.ask(changing)).has_value());
  }
}

TEST_CASE("a source that does not answer is asked ever more rarely, and answers out of turn count for nothing") {
  const PolicyBundles relief;
  PolicySource source;
  source.hold(v(8), relief.file(8));
  Asker asker;
  asker.hear(v(8));
  Duration waited{};
  for (unsigned i = 1; i <= 12; ++i) {
    const Time before = asker.now;
    (void)asker.ask(source);
    CHECK(asker.fetch.unanswered() == i);
    waited = asker.now - before;
  }
  CHECK(waited == PolicyFetch::kPatienceMax);

  const auto part = *asker.ask(source);
  CHECK_FALSE(asker.fetch.handle(asker.now, part).has_value());
  const size_t asked = asker.questions;
  CHECK_FALSE(asker.fetch.handle(asker.now, part).has_value());  // twice
  wire::PolicyPart wrong = part;
  wrong.total = wire::kPolicyTransferBytesMax + 1;
  CHECK_FALSE(asker.fetch.handle(asker.now, wrong).has_value());
  asker.run(source, relief);
  CHECK(asker.held == relief.file(8));
  CHECK(asker.questions - asked == (relief.file(8).size() - 1) / kPace.most);
}
