#include <doctest/doctest.h>

#include <string>

#include "support/seeded_rng.h"
#include "wire/delegation.h"

using namespace farline;
using namespace farline::wire;

namespace {

struct Example {
  testing::SeededRng rng{12};
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  crypto::KeyPair node = asymmetric.generate_key_pair(rng);
  crypto::SigningKeyPair issuer = asymmetric.generate_signing_key_pair(rng);
  crypto::SigningKeyPair root = asymmetric.generate_signing_key_pair(rng);

  std::string request() const { return request_to_text(node.public_key, issuer, asymmetric); }
  Certificate certificate(Role role) const {
    Certificate out{.role = role,
                    .name = "Relief",
                    .static_key = role == Role::issuer ? crypto::PublicKey{} : node.public_key,
                    .signing_key = issuer.public_key,
                    .issued = {1'800'000'000},
                    .expires = {1'800'086'400},
                    .issuer = key_id_of(root.public_key),
                    .limits = {}};
    if (role == Role::issuer) out.limits = {"beirut", role_bit(Role::device), 365};
    return out;
  }
  std::string delegation(Role role) const {
    return delegation_to_text({root.public_key, encode_and_sign(certificate(role), root, asymmetric)});
  }
};

// Every text that differs in one character of the code is refused, and so is every beginning of it.
template <typename Accepts>
void check_changes_are_noticed(const std::string& text, Accepts accepts) {
  CHECK(accepts(text));
  for (size_t at = text.rfind('-') + 1; at < text.size(); at += 5) {
    std::string changed = text;
    changed[at] = changed[at] == 'a' ? 'b' : 'a';
    CHECK_FALSE(accepts(changed));
    CHECK_FALSE(accepts(text.substr(0, at)));
  }
  CHECK_FALSE(accepts(text + "aaaaaaaa"));
  CHECK_FALSE(accepts(""));
}

}  // namespace

TEST_CASE("a request carries both keys of the node") {
  const Example example;
  const std::string text = example.request();
  CHECK(text.starts_with("farline-request1-"));
  const auto read = request_from_text(text, example.asymmetric);
  REQUIRE(read.has_value());
  CHECK(read->node_key == example.node.public_key);
  CHECK(read->issuer_key == example.issuer.public_key);
}

TEST_CASE("a delegation carries the root key and a certificate signed by it") {
  const Example example;
  const std::string text = example.delegation(Role::issuer);
  CHECK(text.starts_with("farline-delegation1-"));
  const auto read = delegation_from_text(text, example.asymmetric);
  REQUIRE(read.has_value());
  CHECK(read->root_key == example.root.public_key);
  CHECK(parse_certificate(read->issuer_certificate)->signing_key == example.issuer.public_key);
}

TEST_CASE("spacing and capitals do not matter") {
  const Example example;
  std::string spaced;
  for (const char c : example.request()) {
    spaced += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (spaced.size() % 7 == 0) spaced += "\r\n - ";
  }
  CHECK(request_from_text(spaced, example.asymmetric).has_value());
}

TEST_CASE("changed texts are refused") {
  const Example example;
  check_changes_are_noticed(example.request(), [&](const std::string& text) {
    return request_from_text(text, example.asymmetric).has_value();
  });
  check_changes_are_noticed(example.delegation(Role::issuer), [&](const std::string& text) {
    return delegation_from_text(text, example.asymmetric).has_value();
  });
}

TEST_CASE("a request proves the key it names, and one text is not the other") {
  const Example example;
  const crypto::SigningKeyPair claimed{example.root.secret.copy(), example.issuer.public_key};
  const auto forged =
      request_from_text(request_to_text(example.node.public_key, claimed, example.asymmetric), example.asymmetric);
  REQUIRE_FALSE(forged.has_value());
  CHECK(forged.error().code == Errc::auth);
  CHECK_FALSE(delegation_from_text(example.request(), example.asymmetric).has_value());
  CHECK_FALSE(request_from_text(example.delegation(Role::issuer), example.asymmetric).has_value());
}

TEST_CASE("a delegation is of an issuer and of that root") {
  const Example example;
  CHECK_FALSE(delegation_from_text(example.delegation(Role::device), example.asymmetric).has_value());
  const auto other_root =
      delegation_to_text({example.issuer.public_key,
                          encode_and_sign(example.certificate(Role::issuer), example.root, example.asymmetric)});
  CHECK_FALSE(delegation_from_text(other_root, example.asymmetric).has_value());
  CHECK_FALSE(delegation_from_text(std::string(kDelegationTextMax + 1, ' '), example.asymmetric).has_value());
}
