#include <doctest/doctest.h>

#include <string>

#include "support/seeded_rng.h"
#include "wire/invitation.h"
#include "wire/text_code.h"

using namespace farline;
using namespace farline::wire;

namespace {

Invitation example(std::string host = "192.0.2.17") {
  testing::SeededRng rng(11);
  Invitation out;
  out.root_key_hash = rng.array<16>();
  out.node_key = rng.array<32>();
  out.token = rng.array<16>();
  out.expires = {1'800'000'000};
  out.host = std::move(host);
  out.port = 4500;
  return out;
}

void check_same(const Invitation& a, const Invitation& b) {
  CHECK(a.root_key_hash == b.root_key_hash);
  CHECK(a.node_key == b.node_key);
  CHECK(a.token == b.token);
  CHECK(a.expires == b.expires);
  CHECK(a.host == b.host);
  CHECK(a.port == b.port);
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

}  // namespace

TEST_CASE("base32 is that of RFC 4648 section 10, without padding") {
  for (const auto& [plain, encoded] :
       {std::pair{"", ""}, std::pair{"f", "my"}, std::pair{"fo", "mzxq"}, std::pair{"foo", "mzxw6"},
        std::pair{"foob", "mzxw6yq"}, std::pair{"fooba", "mzxw6ytb"}, std::pair{"foobar", "mzxw6ytboi"}}) {
    CHECK(to_base32(as_bytes(plain)) == encoded);
    const auto decoded = from_base32(upper(encoded));
    REQUIRE(decoded.has_value());
    CHECK(as_text(*decoded) == plain);
  }
  for (const char* wrong : {"m", "mzx", "mzxw6y", "mz", "my======", "m1", "m8", "m-y"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_base32(wrong).has_value());
  }
}

TEST_CASE("an invitation reads as it was written") {
  for (const char* host : {"192.0.2.17", "2001:db8::1", "node.example.org"}) {
    const Invitation invitation = example(host);
    const ByteVector encoded = encode_invitation(invitation);
    CHECK(encoded.size() == 75 + std::string_view(host).size());
    const auto read = parse_invitation(encoded);
    REQUIRE(read.has_value());
    check_same(*read, invitation);
    const auto from_text = invitation_from_text(invitation_to_text(invitation));
    REQUIRE(from_text.has_value());
    check_same(*from_text, invitation);
  }
  Invitation odd_second = example();
  odd_second.expires = {1'800'000'001};
  CHECK(parse_invitation(encode_invitation(odd_second))->expires == WallTime{1'800'000'060});
}

TEST_CASE("text survives what copying does to it") {
  const std::string text = invitation_to_text(example());
  CHECK(text.starts_with("farline1-"));
  CHECK(invitation_from_text(upper(text)).has_value());
  std::string mangled = " \t";
  for (size_t i = 0; i < text.size(); ++i) {
    mangled += text[i];
    if (i % 5 == 4) mangled += i % 2 ? "-" : "\r\n ";
    if (i % 16 == 15) mangled += "\xc2\xa0\xe2\x80\x91";  // no-break space, no-break hyphen
  }
  const auto read = invitation_from_text(mangled + "\n");
  REQUIRE(read.has_value());
  check_same(*read, example());
}

TEST_CASE("every single typing mistake is found, and called one") {
  const std::string text = invitation_to_text(example());
  const std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  for (size_t i = std::string_view("farline1-").size(); i < text.size(); ++i) {
    for (const char c : alphabet) {
      if (c == text[i]) continue;
      std::string wrong = text;
      wrong[i] = c;
      const auto read = invitation_from_text(wrong);
      REQUIRE_FALSE(read.has_value());
    }
    if (i + 1 < text.size() && text[i] != text[i + 1]) {
      std::string swapped = text;
      std::swap(swapped[i], swapped[i + 1]);
      REQUIRE_FALSE(invitation_from_text(swapped).has_value());
    }
    REQUIRE_FALSE(invitation_from_text(text.substr(0, i)).has_value());
  }
  std::string wrong = text;
  wrong[40] = wrong[40] == 'a' ? 'b' : 'a';
  CHECK(invitation_from_text(wrong).error().what == "invitation is incomplete or has a typing mistake");
  wrong[40] = '1';
  CHECK(invitation_from_text(wrong).error().what == "invitation is incomplete or has a typing mistake");
}

TEST_CASE("what is no invitation is told apart") {
  const std::string text = invitation_to_text(example());
  CHECK(invitation_from_text("").error().code == Errc::malformed);
  CHECK(invitation_from_text("hello").error().code == Errc::malformed);
  CHECK(invitation_from_text("farline2" + text.substr(8)).error().code == Errc::unsupported);
  CHECK(invitation_from_text("farline1-").error().code == Errc::truncated);
  CHECK(invitation_from_text(std::string(kInvitationTextMax + 1, 'a')).error().code == Errc::limit);

  CHECK(check_invitation_host("node_1").error().code == Errc::malformed);
  CHECK(check_invitation_host("a b").error().code == Errc::malformed);
  CHECK(check_invitation_host(std::string(65, 'a')).error().code == Errc::limit);
  CHECK(check_invitation_host("").error().code == Errc::malformed);
}

TEST_CASE("parsing refuses other versions, lengths and changed bytes") {
  const ByteVector encoded = encode_invitation(example());
  for (size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(parse_invitation(Bytes(encoded).first(size)).has_value());
  for (size_t bit = 0; bit < encoded.size() * 8; ++bit) {
    ByteVector flipped = encoded;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto read = parse_invitation(flipped);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == (bit < 8 ? Errc::unsupported : Errc::malformed));
  }
  CHECK(parse_invitation(ByteVector(kInvitationBytesMax + 1, 1)).error().code == Errc::limit);
}
