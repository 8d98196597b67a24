#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "emulate/link.h"

using namespace farline;
using namespace farline::emulate;

namespace {

// "ge.0" -> "2000": numbers in millionths; zero, false and absent are the same.
using Flat = std::map<std::string, std::string>;

void put(Flat& flat, const std::string& key, double value) {
  if (const auto micro = std::llround(value * 1e6); micro != 0) flat[key] = std::to_string(micro);
}

// Enough of JSON for the file compared with: no escapes, no nesting beyond what recursion allows.
class FlatJson {
 public:
  explicit FlatJson(std::string text) : text_(std::move(text)) {}
  Flat object_at(size_t position) {
    at_ = position;
    flat_.clear();
    value("");
    return flat_;
  }
  size_t end() const { return at_; }

 private:
  void value(const std::string& path) {
    const std::string prefix = path.empty() ? "" : path + ".";
    if (text_[at_] == '{') {
      do {
        ++at_;
        const std::string name = quoted();
        ++at_;  // the colon
        value(prefix + name);
      } while (text_[at_] == ',');
      ++at_;
    } else if (text_[at_] == '[') {
      int index = 0;
      do {
        ++at_;
        value(prefix + std::to_string(index++));
      } while (text_[at_] == ',');
      ++at_;
    } else if (text_[at_] == '"') {
      flat_[path] = quoted();
    } else if (text_.compare(at_, 4, "true") == 0) {
      at_ += 4;
      put(flat_, path, 1);
    } else {
      char* end = nullptr;
      put(flat_, path, std::strtod(&text_[at_], &end));
      at_ = static_cast<size_t>(end - text_.data());
    }
  }
  std::string quoted() {
    const size_t end = text_.find('"', at_ + 1);
    const std::string out = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return out;
  }

  std::string text_;
  size_t at_ = 0;
  Flat flat_;
};

void put_range(Flat& flat, const std::string& key, const DurationRange& range, double unit_seconds) {
  put(flat, key + ".0", to_seconds(range.min) / unit_seconds);
  put(flat, key + ".1", to_seconds(range.max) / unit_seconds);
}

void put_episodes(Flat& flat, const std::string& key, const EpisodeOptions& episodes) {
  put_range(flat, key + ".every_s", episodes.every, 1);
  put_range(flat, key + ".len_s", episodes.length, 1);
  put(flat, key + ".long_share", episodes.long_share * 1e-6);
  put_range(flat, key + ".long_s", episodes.long_length, 1);
}

void put_link(Flat& flat, const LinkOptions& link) {
  put(flat, "rate_swing.0", link.rate_swing_min * 1e-6);
  put(flat, "rate_swing.1", link.rate_swing_max * 1e-6);
  put(flat, "delay_ms", to_seconds(link.delay) * 1e3);
  put(flat, "jitter_ms", to_seconds(link.jitter) * 1e3);
  put(flat, "step_every_s", to_seconds(link.step_every));
  put(flat, "loss", link.loss * 1e-6);
  put(flat, "ge.0", link.ge.good_to_bad * 1e-6);
  put(flat, "ge.1", link.ge.bad_to_good * 1e-6);
  put(flat, "ge.2", link.ge.loss_in_bad * 1e-6);
  put_episodes(flat, "outage", link.outage);
  put_episodes(flat, "delay_spike", link.delay_spike);
  put(flat, "policer.burst_bytes", link.policer.burst_bytes);
  put(flat, "policer.drop.0", link.policer.drop_min * 1e-6);
  put(flat, "policer.drop.1", link.policer.drop_max * 1e-6);
  put(flat, "queue_bytes", link.queue_bytes);
  put(flat, "queue_ms", to_seconds(link.queue_time) * 1e3);
  put(flat, "idle_wake.idle_s", to_seconds(link.idle_wake.idle));
  put_range(flat, "idle_wake.extra_ms", link.idle_wake.extra, 1e-3);
}

void put_tariff(Flat& flat, const Tariff& tariff) {
  if (tariff.type != Tariff::Type::none) flat["tariff.type"] = tariff.type == Tariff::Type::time ? "time" : "bytes";
  put(flat, "tariff.block_s", to_seconds(tariff.block));
  put(flat, "tariff.min_s", to_seconds(tariff.min));
  const bool by_time = tariff.type == Tariff::Type::time;
  put(flat, by_time ? "tariff.usd_per_min" : "tariff.usd_per_mb", static_cast<double>(tariff.micros) / 1e6);
  put(flat, "tariff.session_min_bytes", tariff.session_min_bytes);
  put(flat, "tariff.after_s", to_seconds(tariff.after));
  put(flat, "tariff.min_bytes_per_s", tariff.min_bytes_per_s);
}

Flat flatten(const LinkProfile& profile) {
  Flat flat;
  flat["id"] = profile.id;
  flat["basis"] = profile.basis;
  put(flat, "up_bps", static_cast<double>(profile.up_bps));
  put(flat, "down_bps", static_cast<double>(profile.down_bps));
  put_link(flat, profile.link);
  put(flat, "half_duplex", profile.half_duplex.on ? 1 : 0);
  put_range(flat, "turnaround_ms", profile.half_duplex.turnaround, 1e-3);
  put(flat, "burst_s", to_seconds(profile.half_duplex.burst));
  put(flat, "serial", profile.serial ? 1 : 0);
  put(flat, "setup_s", to_seconds(profile.setup));
  put(flat, "connect_fail.0", profile.connect_fail_min * 1e-6);
  put(flat, "connect_fail.1", profile.connect_fail_max * 1e-6);
  put_tariff(flat, profile.tariff);
  put(flat, "message", profile.is_ip() ? 0 : 1);
  put(flat, "up_max_bytes", profile.message.up_bytes_max);
  put(flat, "down_max_bytes", profile.message.down_bytes_max);
  put_range(flat, "delay_ms", profile.message.delay, 1e-3);
  put(flat, "session_fail", profile.message.session_fail * 1e-6);
  return flat;
}

}  // namespace

TEST_CASE("the profiles are those of the field survey") {
  std::ifstream file(FARLINE_SOURCE_DIR "/../shared/links/profiles.json");
  if (!file) {
    MESSAGE("skipped: the survey's profiles.json is not beside the project");
    return;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  FlatJson json(text);
  const size_t list_end = text.find("\"middleboxes\"");
  size_t compared = 0;
  for (size_t at = text.find("{\"id\""); at < list_end; at = text.find("{\"id\"", json.end())) {
    const Flat expected = json.object_at(at);
    CAPTURE(expected.at("id"));
    const LinkProfile* profile = find_profile(expected.at("id"));
    REQUIRE(profile != nullptr);
    const Flat have = flatten(*profile);
    for (const auto& entry : expected) {
      CAPTURE(entry.first);
      CHECK_EQ(have.contains(entry.first) ? have.at(entry.first) : "absent", entry.second);
    }
    for (const auto& entry : have) CHECK_MESSAGE(expected.contains(entry.first), entry.first);
    ++compared;
  }
  CHECK_EQ(compared, 24);
  CHECK_EQ(profiles().size(), compared + 2);  // clean and lan are ours
}

TEST_CASE("every profile has a name of its own, and all but the message service make a link") {
  std::set<std::string_view> ids;
  for (const LinkProfile& profile : profiles()) {
    CAPTURE(profile.id);
    CHECK(ids.insert(profile.id).second);
    CHECK_EQ(find_profile(profile.id), &profile);
    const auto spec = make_spec(profile);
    CHECK_EQ(spec.has_value(), profile.id != "iridium-sbd");
    if (!spec) continue;
    CHECK_EQ(spec->up.rate_bps, profile.up_bps);
    CHECK_EQ(spec->down.rate_bps, profile.down_bps);
  }
  CHECK_EQ(find_profile("no-such-link"), nullptr);
}
