#include <doctest/doctest.h>

#include "client/view_of.h"

namespace farline::client {
namespace {

TEST_CASE("quality in words: each direction by itself") {
  CallStats stats;
  CHECK(quality_of_mine(stats) == Quality::unknown);
  CHECK(quality_of_theirs(stats) == Quality::unknown);
  stats.rung = "any";
  stats.codec = wire::VoiceCodec::codec2_1200;
  stats.heard = wire::VoiceCodec::opus_wb;
  CHECK(quality_of_mine(stats) == Quality::basic);
  CHECK(quality_of_theirs(stats) == Quality::hd);
  stats.codec = wire::VoiceCodec::opus_nb;
  stats.loss = 0.2;
  CHECK(quality_of_mine(stats) == Quality::clear);
  CHECK(quality_of_theirs(stats) == Quality::weak);
  stats.peer_loss = 0.2;
  CHECK(quality_of_mine(stats) == Quality::weak);
  stats.is_stalled = true;
  CHECK(quality_of_mine(stats) == Quality::none);
  CHECK(quality_of_theirs(stats) == Quality::none);
}

TEST_CASE("views of calls that look the same are the same") {
  CallStats a;
  CallStats b;
  a.connected_for = 61s + 20ms;
  b.connected_for = 61s + 900ms;
  CHECK(a != b);
  CHECK(shown(a) == shown(b));
  b.connected_for = 62s;
  CHECK(shown(a) != shown(b));
}

TEST_CASE("what a link carries: the slower way decides") {
  const auto carries = [](uint32_t up, uint32_t down, unsigned answers = 5) {
    return link_check({.is_done = true, .answers = answers, .up_bps = up, .down_bps = down}).carries;
  };
  CHECK(carries(0, 0, 0) == Carries::nothing);
  CHECK(carries(0, 0, 1) == Carries::unknown);
  CHECK(carries(600, 600) == Carries::text);
  CHECK(carries(2400, 9600) == Carries::basic_voice);
  CHECK(carries(64'000, 20'000) == Carries::clear_voice);
  CHECK(carries(500'000, 500'000) == Carries::video);
  CHECK(link_check({.is_done = true, .answers = 4}).loss == doctest::Approx(0.2));
}

}  // namespace
}  // namespace farline::client
