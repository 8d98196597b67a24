// The Noise engine against published vectors: cacophony's (Haskell), generated independently of this code.
#include <doctest/doctest.h>

#include <string>

#include "crypto/noise.h"
#include "support/json.h"

using namespace farline;
using namespace farline::crypto;
using farline::testing::Json;
using farline::testing::published_vectors;
using enum NoiseToken;

namespace {

const Asymmetric& real = real_asymmetric();

// Gives one fixed ephemeral key.
class FixedRng final : public Rng {
 public:
  explicit FixedRng(ByteVector bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableBytes out) override {
    REQUIRE_EQ(out.size(), bytes_.size());
    std::ranges::copy(bytes_, out.begin());
  }

 private:
  ByteVector bytes_;
};

// The patterns of section 7 and 18.1 that the product does not use, to drive the engine through every published vector.
const NoisePattern kOtherPatterns[] = {
    {"N", false, true, {{{e, es}}}},
    {"K", true, true, {{{e, es, ss}}}},
    {"X", false, true, {{{e, es, s, ss}}}},
    {"NN", false, false, {{{e}, {e, ee}}}},
    {"NX", false, false, {{{e}, {e, ee, s, es}}}},
    {"XN", false, false, {{{e}, {e, ee}, {s, se}}}},
    {"XK", false, true, {{{e, es}, {e, ee}, {s, se}}}},
    {"KN", true, false, {{{e}, {e, ee, se}}}},
    {"KX", true, false, {{{e}, {e, ee, se, s, es}}}},
    {"IN", false, false, {{{e, s}, {e, ee, se}}}},
    {"IX", false, false, {{{e, s}, {e, ee, se, s, es}}}},
    {"NK1", false, true, {{{e}, {e, ee, es}}}},
    {"NX1", false, false, {{{e}, {e, ee, s}, {es}}}},
    {"X1N", false, false, {{{e}, {e, ee}, {s}, {se}}}},
    {"X1K", false, true, {{{e, es}, {e, ee}, {s}, {se}}}},
    {"XK1", false, true, {{{e}, {e, ee, es}, {s, se}}}},
    {"X1K1", false, true, {{{e}, {e, ee, es}, {s}, {se}}}},
    {"X1X", false, false, {{{e}, {e, ee, s, es}, {s}, {se}}}},
    {"XX1", false, false, {{{e}, {e, ee, s}, {es, s, se}}}},
    {"X1X1", false, false, {{{e}, {e, ee, s}, {es, s}, {se}}}},
    {"K1N", true, false, {{{e}, {e, ee}, {se}}}},
    {"K1K", true, true, {{{e, es}, {e, ee}, {se}}}},
    {"KK1", true, true, {{{e}, {e, ee, se, es}}}},
    {"K1K1", true, true, {{{e}, {e, ee, es}, {se}}}},
    {"K1X", true, false, {{{e}, {e, ee, s, es}, {se}}}},
    {"KX1", true, false, {{{e}, {e, ee, se, s}, {es}}}},
    {"K1X1", true, false, {{{e}, {e, ee, s}, {se, es}}}},
    {"I1N", false, false, {{{e, s}, {e, ee}, {se}}}},
    {"I1K", false, true, {{{e, es, s}, {e, ee}, {se}}}},
    {"IK1", false, true, {{{e, s}, {e, ee, se, es}}}},
    {"I1K1", false, true, {{{e, s}, {e, ee, es}, {se}}}},
    {"I1X", false, false, {{{e, s}, {e, ee, s, es}, {se}}}},
    {"IX1", false, false, {{{e, s}, {e, ee, se, s}, {es}}}},
    {"I1X1", false, false, {{{e, s}, {e, ee, s}, {se, es}}}},
};

// "KKpsk2" is the product's own constant, or its base with a psk token at the end of message 2 (section 9.4).
std::optional<NoisePattern> pattern_named(std::string_view name) {
  for (const NoisePattern* own : {&kNoiseNk, &kNoiseKk, &kNoiseIk, &kNoiseXx, &kNoiseNnPsk0, &kNoiseXxPsk3}) {
    if (own->name == name) return *own;
  }
  for (const NoisePattern& other : kOtherPatterns) {
    if (other.name == name) return other;
  }
  const size_t at = name.find("psk");
  if (at == std::string_view::npos) return std::nullopt;
  std::optional<NoisePattern> pattern = pattern_named(name.substr(0, at));
  if (!pattern) return std::nullopt;
  pattern->name = name;
  const size_t position = static_cast<size_t>(name[at + 3] - '0');
  auto& message = pattern->messages[position == 0 ? 0 : position - 1];
  auto place = position == 0 ? message.begin() : std::find(message.begin(), message.end(), none);
  std::rotate(place, message.end() - 1, message.end());
  *place = psk;
  return pattern;
}

KeyPair pair_of(Bytes secret) {
  KeyPair pair{Secret<32>::copy_of(secret), {}};
  pair.public_key = real.public_key(pair.secret);
  return pair;
}

// The keys that every vector of the cacophony set uses.
const std::string_view kInitiatorStatic = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
const std::string_view kResponderStatic = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
const std::string_view kInitiatorEphemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
const std::string_view kResponderEphemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";
const std::string_view kPsk = "54686973206973206d7920417573747269616e20706572737065637469766521";
const std::string_view kPayloads[] = {"Ludwig von Mises", "Murray Rothbard",   "F. A. Hayek",
                                      "Carl Menger",      "Jean-Baptiste Say", "Eugen B\xF6hm von Bawerk"};

struct Vector {
  std::string pattern;
  std::string handshake_hash;
  std::vector<std::string> ciphertexts;
};

bool has_static(const NoisePattern& pattern, bool initiator) {
  bool found = initiator ? pattern.initiator_static_known : pattern.responder_static_known;
  for (size_t i = initiator ? 0 : 1; i < 4; i += 2) {
    for (const NoiseToken token : pattern.messages[i]) found |= token == s;
  }
  return found;
}
bool has_psk(const NoisePattern& pattern) {
  return pattern.name.find("psk") != std::string_view::npos;
}

void check_vector(const Vector& vector) {
  CAPTURE(vector.pattern);
  const auto pattern = pattern_named(vector.pattern);
  REQUIRE(pattern);
  const KeyPair initiator_static = pair_of(*from_hex(kInitiatorStatic));
  const KeyPair responder_static = pair_of(*from_hex(kResponderStatic));
  const auto psk_secret = Secret<32>::copy_of(*from_hex(kPsk));
  const Secret<32>* psk_pointer = has_psk(*pattern) ? &psk_secret : nullptr;
  FixedRng initiator_rng(*from_hex(kInitiatorEphemeral));
  FixedRng responder_rng(*from_hex(kResponderEphemeral));
  const Bytes prologue = as_bytes("John Galt");
  Handshake initiator({.pattern = *pattern,
                       .role = NoiseRole::initiator,
                       .asymmetric = real,
                       .rng = initiator_rng,
                       .prologue = prologue,
                       .local_static = has_static(*pattern, true) ? &initiator_static : nullptr,
                       .remote_static = pattern->responder_static_known ? &responder_static.public_key : nullptr,
                       .psk = psk_pointer});
  Handshake responder({.pattern = *pattern,
                       .role = NoiseRole::responder,
                       .asymmetric = real,
                       .rng = responder_rng,
                       .prologue = prologue,
                       .local_static = has_static(*pattern, false) ? &responder_static : nullptr,
                       .remote_static = pattern->initiator_static_known ? &initiator_static.public_key : nullptr,
                       .psk = psk_pointer});
  std::array<uint8_t, 256> message, payload;
  size_t i = 0;
  for (; !initiator.is_complete(); ++i) {
    Handshake& writer = i % 2 == 0 ? initiator : responder;
    Handshake& reader = i % 2 == 0 ? responder : initiator;
    REQUIRE(writer.may_write());
    const size_t overhead = writer.next_overhead();
    CHECK_EQ(reader.next_overhead(), overhead);
    const size_t size = writer.write_message(as_bytes(kPayloads[i]), message).value();
    CHECK_EQ(size, kPayloads[i].size() + overhead);
    CHECK_EQ(to_hex(Bytes(message).first(size)), vector.ciphertexts.at(i));
    const auto read = reader.read_message(Bytes(message).first(size), payload);
    REQUIRE(read);
    CHECK_EQ(as_text(Bytes(payload).first(*read)), kPayloads[i]);
  }
  CHECK(responder.is_complete());
  CHECK_EQ(to_hex(initiator.handshake_hash()), vector.handshake_hash);
  CHECK_EQ(to_hex(responder.handshake_hash()), vector.handshake_hash);
  if (has_static(*pattern, true)) CHECK_EQ(responder.remote_static(), initiator_static.public_key);
  if (has_static(*pattern, false)) CHECK_EQ(initiator.remote_static(), responder_static.public_key);

  TransportKeys a = initiator.split();
  TransportKeys b = responder.split();
  CHECK(equal(a.exporter.bytes(), b.exporter.bytes()));
  const bool one_way = i == 1;
  const CipherState to_responder(std::move(a.send)), to_initiator(std::move(b.send));
  const CipherState at_responder(std::move(b.receive)), at_initiator(std::move(a.receive));
  std::array<uint64_t, 2> counters{};
  for (; i < vector.ciphertexts.size(); ++i) {
    const size_t direction = one_way ? 0 : i % 2;
    const CipherState& sender = direction == 0 ? to_responder : to_initiator;
    const CipherState& receiver = direction == 0 ? at_responder : at_initiator;
    const uint64_t counter = counters[direction]++;
    const size_t size = sender.seal(counter, {}, as_bytes(kPayloads[i]), message);
    CHECK_EQ(to_hex(Bytes(message).first(size)), vector.ciphertexts[i]);
    const auto opened = receiver.open(counter, {}, Bytes(message).first(size), payload);
    CHECK_EQ(as_text(Bytes(payload).first(opened.value())), kPayloads[i]);
  }
}

}  // namespace

TEST_CASE("Noise handshakes and transport (the cacophony vectors of IK, KK, XX and NNpsk0)") {
  check_vector(
      {"KK",
       "24c6b51ecb76277140ca018b5985bc9f03de321dae2d34dcae433dafef0131d9",
       {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79440177015efc1fe7a37c629af7120a96274e6ab7afcc9261"
        "901d0e09ae32a5bb96",
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843b274d3429adc47ca093ba63ef90f8da89fda108db471dc"
        "cfa4894aa7b00003",
        "966b05bc69ec01b8454d3160a214e6f24a3d884eb31ec2408af63f",
        "0ad887fba4f611bbb4afe44ba3556b8164332ca7d5934634d63d80"}});
  check_vector(
      {"IK",
       "0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7",
       {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944718da798efbcd91528520204f904b9bd6c7413dccdc214"
        "d951e15253e39987f18146e8cd0873654207148333479d4d16c289f0294b29960a72f48e0b7bba2e89083169825e59642148d492020664"
        "ccf7",
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088435361e70b2ed446e6c9ec387d1d6b3b840f194e373979d2"
        "41b203c4acafccf5",
        "050e9f3c8fac16b68dbce8f8c4bfbf6617c897f9ada4aa29aa19c8",
        "344233a6cabb7141d80f3da2fedc311d9646bbb0f505afe403a667"}});
  check_vector(
      {"XX",
       "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e",
       {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573",
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b65285e08d6b68aaa362"
        "9a5a8639392490e5b9bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f8814c7194e83f23dbd8d162c9326"
        "ad",
        "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82"
        "a286427402f113e4b6ae769a1d95941d49b25030",
        "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"}});
  check_vector(
      {"NNpsk0",
       "f4d03dc34495c95729ea6de9e1b59004b59733102488b3e24bc441e0be208eaf",
       {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794479b962b8aff8485742ac32f905ba45369e2465fb59e138"
        "a93d67a0d1266b6a54",
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843d6062704d5a9c422a8e834423f8c1feada7e8d0d910a1a"
        "2cd030fb584221e3",
        "e632c3763d7669067383433197a3baddf146e9e70ad4b4e9e59e0f",
        "64c6bee32ea91c8474bb4c21d7a700109ad45af77b29764ba5eb1e"}});
}

TEST_CASE("Noise: the full cacophony set") {
  const auto file = published_vectors("noise/cacophony_25519_ChaChaPoly_SHA256.json");
  if (!file) {
    MESSAGE("skipped: the full vectors are not beside the project");
    return;
  }
  for (const Json& test : (*file)["vectors"].items) {
    const std::string& name = test["protocol_name"].text;
    Vector vector{name.substr(6, name.find('_', 6) - 6), test["handshake_hash"].text, {}};
    for (const auto& [key, expected] : {std::pair{"init_static", kInitiatorStatic},
                                        {"resp_static", kResponderStatic},
                                        {"init_ephemeral", kInitiatorEphemeral},
                                        {"resp_ephemeral", kResponderEphemeral}}) {
      if (const Json* value = test.find(key)) REQUIRE_EQ(value->text, expected);
    }
    for (size_t i = 0; i < test["messages"].items.size(); ++i) {
      const Json& message = test["messages"].items[i];
      REQUIRE_EQ(as_text(message["payload"].hex()), kPayloads[i]);
      vector.ciphertexts.push_back(message["ciphertext"].text);
    }
    check_vector(vector);
  }
  CHECK_EQ((*file)["vectors"].items.size(), 59);
}
