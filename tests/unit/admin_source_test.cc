#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "admin/source.h"
#include "policy/codec.h"
#include "policy/decide.h"
#include "policy/signed_policy.h"
#include "support/policy_samples.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::admin;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();

std::string file(const std::string& name) {
  std::ifstream in(std::string(FARLINE_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr const char* kHead =
    "organisation = \"Relief\"\ngeneration = 1\nserial = 7\nfrom = 2026-11-01\nuntil = 2027-10-31\n";

// The first problem with `lines` after the head, as "line key what".
std::string problem(const std::string& lines) {
  const Source source = read_source(kHead + lines);
  if (source.errors.empty()) return "none";
  const Problem& first = source.errors[0];
  return std::to_string(first.line) + " " + first.key + " " + first.what;
}

// The root and the first of its sites, the root signed by so many keys.
ByteVector sign(Source source, size_t keys) {
  testing::SeededRng rng(1);
  std::vector<crypto::SigningKeyPair> pairs;
  for (size_t i = 0; i < keys; ++i) pairs.push_back(real.generate_signing_key_pair(rng));
  const ByteVector site = policy::sign_site(source.sites.at(0), pairs[0], real);
  source.root.sites = {policy::pin_of(site, source.sites[0].serial)};
  if (keys > 1) source.root.threshold = static_cast<uint32_t>(keys);
  ByteVector out = policy::sign_root(source.root, pairs, real);
  out.insert(out.end(), site.begin(), site.end());
  return out;
}

}  // namespace

TEST_CASE("what is written is read back as the same policy") {
  for (const bool full : {false, true}) {
    policy::RootPolicy root = testing::sample_root(full);
    root.sites.clear();  // a tool writes these
    std::vector<policy::SitePolicy> sites = {testing::sample_site(false), testing::sample_site(full)};
    sites[1].name = {"other"};
    const std::string text = write_source(root, sites);
    const Source source = read_source(text);
    for (const Problem& wrong : source.errors) FAIL_CHECK(wrong.line << " " << wrong.key << " " << wrong.what);
    CHECK((source.root == root));
    CHECK((source.sites == sites));
  }
}

TEST_CASE("every error names line, key and what to write instead") {
  CHECK(problem("") == "none");
  CHECK(problem("\nhour = []") == "7 hour is not known; the nearest is \"hours\" (docs/POLICY.md has all)");
  CHECK(problem("grace_days = 3651") == "6 grace_days is not right: write a number from 0 to 3650");
  CHECK(problem("grace_days = \"90\"") == "6 grace_days is not right: write a number from 0 to 3650");
  CHECK(problem("forbid = [\"vidoe\"]") ==
        "6 forbid is not right: write a list of video, files, guests, recording, direct-paths or wipe");
  CHECK(problem("forbid = []") ==
        "6 forbid is not right: write a list of video, files, guests, recording, direct-paths or wipe");
  CHECK(problem("[[hours]]\nwindows = [\"Mon-Fri 08:00-18:10\"]") ==
        "7 hours[0].windows[0] is not right: write days and hours such as \"Mon-Fri 08:00-18:00\", "
        "\"Sat,Sun 22:00-02:00\" or \"daily 00:00-24:00\"");
  CHECK(problem("[[hours]]\nroles = [\"staff\"]") ==
        "6 hours[0].windows is missing: write a list of at most 12: days and hours such as \"Mon-Fri 08:00-18:00\", "
        "\"Sat,Sun 22:00-02:00\" or \"daily 00:00-24:00\"");
  CHECK(problem("hours = 8") == "6 hours is not right: write at most 8 tables");
  CHECK(problem("sites = 1") == "6 sites is written by farline-admin: remove it");
  CHECK(problem("revoked = [\"00\"]") == "6 revoked[0] is not right: write 16 hexadecimal digits");
  CHECK(problem("contacts = [\"a\\u0000\"]") == "6 contacts[0] is not right: write a name of at most 64 bytes");
  CHECK(problem("utc_offset = \"+02:10\"") ==
        "6 utc_offset is not right: write an offset in quarters of an hour such as \"+02:00\"");
  CHECK(problem("[[builds]]\naction = \"allow\"\nsince = 2026-12-01") ==
        "1  `since` stands only in a build rule that blocks");
  CHECK(problem("[[site]]\nname = \"x\"\nserial = 1\n[[site.hours]]\nwindow = []") ==
        "9 site[0].hours[0].windows is missing: write a list of at most 12: days and hours such as \"Mon-Fri "
        "08:00-18:00\", \"Sat,Sun 22:00-02:00\" or \"daily 00:00-24:00\"");
  CHECK(problem("[[site]]\nname = \"x\"\nserial = 1\n[[site]]\nname = \"X\"\nserial = 1") ==
        "9 site[1].name is the name of another site too: choose another");
  CHECK(problem("serial = 8").substr(0, 3) == "6  ");  // toml++'s own words: a key twice
  for (const char* broken : {"[[[a]]]", "[[=", "[&", "\xcc\xaa", "g\xd2\x89 = 1", "a = [", "\xff", "[a", "\"\"\"",
                             "a = 99999999999999999999"})
    CHECK(read_source(broken).errors.size() == 1);
  CHECK(read_source("").errors.size() == 5);
  CHECK(read_source(std::string(kSourceBytesMax + 1, '#')).errors.size() == 1);
}

TEST_CASE("what is allowed and probably not meant is told") {
  CHECK(read_source(kHead).warnings.size() == 2);  // always open, nobody always reachable
  const Source closed = read_source(std::string(kHead) + "hours = []\ncontacts = [\"radio\"]");
  REQUIRE(closed.warnings.size() == 1);
  CHECK(closed.warnings[0].what == "is empty: closed all the time");
}

TEST_CASE("dates and moments may be TOML's own") {
  const Source source = read_source(std::string(kHead) +
                                    "[[transitions]]\nat = 2027-03-28T02:00:00+01:00\n"
                                    "utc_offset = \"+02:00\"\n");
  CHECK(source.errors.empty());
  REQUIRE(source.root.rules.transitions.size() == 1);
  CHECK(policy::Form<policy::Quarter>::text(source.root.rules.transitions[0].at) == "2027-03-28T01:00Z");
}

TEST_CASE("every example is a policy, and survives being shown") {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(FARLINE_SOURCE_DIR) + "/policy")) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    ++count;
    const Source source = read_source(file("policy/" + name));
    for (const Problem& wrong : source.errors) FAIL_CHECK(wrong.line << " " << wrong.key << " " << wrong.what);
    for (const Problem& warning : source.warnings) {
      // That a lockdown closes is meant, and a field office has its hours at its site.
      CHECK(name == "lockdown.toml");
      CHECK(warning.what == "has no windows: closed all the time");
    }
    const Source again = read_source(write_source(source.root, source.sites));
    CHECK((again.root == source.root));
    CHECK((again.sites == source.sites));
  }
  CHECK(count == 5);
}

TEST_CASE("the examples say what their first lines say") {
  const auto decide = [](const char* name, const char* when, policy::Role role, policy::Class what) {
    const Source source = read_source(file(std::string("policy/") + name));
    policy::Request request;
    request.role = role;
    request.what = what;
    request.build.version = policy::Version::of(0, 2, 5);
    const policy::Effective effective =
        policy::merge(source.root, source.sites.empty() ? nullptr : &source.sites.front());
    return policy::decide(effective, request, {policy::time_from_text(when), {}});
  };
  using policy::Class;
  using policy::Role;
  // Lunch in Beirut, in winter and in summer.
  CHECK(decide("branch-office.toml", "2027-03-24T12:30+02:00", Role::staff, Class::video).allowed);
  CHECK(decide("branch-office.toml", "2027-04-01T12:30+03:00", Role::staff, Class::video).allowed);
  CHECK_FALSE(decide("branch-office.toml", "2027-04-01T11:30+03:00", Role::staff, Class::video).allowed);
  CHECK(decide("branch-office.toml", "2027-03-11T10:00+02:00", Role::staff, Class::video).allowed);  // holiday
  CHECK(decide("branch-office.toml", "2027-04-01T11:30+03:00", Role::staff, Class::voice).allowed);
  // Ship's time moves with the ship.
  CHECK(decide("ship.toml", "2026-12-02T17:00-03:00", Role::staff, Class::voice).allowed);
  CHECK(decide("ship.toml", "2026-12-06T17:00-01:00", Role::staff, Class::voice).allowed);
  CHECK_FALSE(decide("ship.toml", "2026-12-06T16:45-01:00", Role::staff, Class::voice).allowed);
  CHECK(decide("ship.toml", "2026-12-06T03:00-01:00", Role::lead, Class::voice).allowed);
  CHECK(decide("lockdown.toml", "2026-11-23T12:00Z", Role::staff, Class::messages).rule == policy::Rule::build);
  CHECK(decide("trial.toml", "2026-11-23T12:00Z", Role::guest, Class::video).allowed);
}

TEST_CASE("what a client holds is small: 5 windows, 6 builds, 4 supernodes, caps") {
  const Source source = read_source(file("policy/field-office.toml"));
  const policy::Rules& site = source.sites.at(0).rules;
  size_t windows = 0;
  for (const policy::Schedule& schedule : *site.hours) windows += schedule.windows.size();
  CHECK(windows >= 5);
  CHECK(source.root.rules.builds->size() == 6);
  CHECK(source.root.rules.supernodes.size() == 4);
  CHECK(source.root.rules.client_bps.has_value());
  CHECK(site.site_megabytes_a_month.has_value());
  CHECK(sign(source, 1).size() <= 900);
  CHECK(sign(source, 2).size() <= 1200);
  MESSAGE("root and site, one signature each: " << sign(source, 1).size()
                                                << " B; two on the root: " << sign(source, 2).size() << " B");
}

TEST_CASE("docs/POLICY.md has the tables of the schema") {
  CHECK(file("docs/POLICY.md").find(field_tables()) != std::string::npos);
}
