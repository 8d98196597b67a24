#include "wire/lan.h"

#include "crypto/hash.h"

namespace farline::wire {
namespace {

constexpr size_t kQuestionTagBytes = 16;

crypto::Secret<32> lan_key(const crypto::PublicKey& node) {
  return crypto::hkdf_extract(as_bytes("farline lan 1"), node);
}

// What a question asks for, and what its answer is called.
struct LanTopic {
  std::string_view question;
  std::string_view answer;
};
constexpr LanTopic kNodeTopic{"question", "answer"};
constexpr LanTopic kStandInTopic{"stand-in", "standing in"};

crypto::Hash question_tag(const crypto::PublicKey& node, const LanTopic& topic, Bytes random) {
  return crypto::hmac_sha256(lan_key(node).bytes(), {as_bytes(topic.question), random});
}

void put_tag(const crypto::PublicKey& node, const LanTopic& topic, MutableBytes question) {
  const crypto::Hash tag = question_tag(node, topic, question.first(kLanRandomBytes));
  std::ranges::copy(Bytes(tag).first(kQuestionTagBytes), question.begin() + kLanRandomBytes);
}

bool has_tag(const crypto::PublicKey& node, const LanTopic& topic, Bytes question) {
  const crypto::Hash tag = question_tag(node, topic, question.first(kLanRandomBytes));
  return crypto::equal_constant_time(Bytes(tag).first(kQuestionTagBytes),
                                     question.subspan(kLanRandomBytes, kQuestionTagBytes));
}

crypto::Secret<32> answer_key(const crypto::PublicKey& node, const LanTopic& topic, Bytes question, Bytes random) {
  ByteVector info;
  for (const Bytes part : {as_bytes(topic.answer), question, random}) info.insert(info.end(), part.begin(), part.end());
  crypto::Secret<32> key;
  crypto::hkdf_expand(lan_key(node).bytes(), info, key.mutable_bytes());
  return key;
}

}  // namespace

LanQuestion make_lan_question(const crypto::PublicKey& node, Rng& rng) {
  auto question = rng.array<std::tuple_size_v<LanQuestion>>();
  put_tag(node, kNodeTopic, question);
  return question;
}

bool is_lan_question(const crypto::PublicKey& node, Bytes datagram) {
  return datagram.size() == std::tuple_size_v<LanQuestion> && has_tag(node, kNodeTopic, datagram);
}

LanAnswer make_lan_answer(const crypto::PublicKey& node, Bytes question, uint16_t port, Rng& rng) {
  LanAnswer answer{};
  const MutableBytes random = MutableBytes(answer).first(kLanRandomBytes);
  rng.fill(random);
  std::array<uint8_t, 2> plain{};
  Writer(plain).u16(port);
  crypto::seal(answer_key(node, kNodeTopic, question, random), {}, plain,
               MutableBytes(answer).subspan(kLanRandomBytes));
  return answer;
}

std::optional<uint16_t> read_lan_answer(const crypto::PublicKey& node, const LanQuestion& question, Bytes datagram) {
  if (datagram.size() != std::tuple_size_v<LanAnswer>) return std::nullopt;
  std::array<uint8_t, 2> plain{};
  const Bytes random = datagram.first(kLanRandomBytes);
  if (!crypto::open(answer_key(node, kNodeTopic, question, random), {}, datagram.subspan(kLanRandomBytes), plain))
    return std::nullopt;
  const uint16_t port = Reader(plain).u16();
  return port == 0 ? std::nullopt : std::optional(port);
}

// --- Stand-ins -------------------------------------------------------------------------------------------------------

StandInQuestion make_stand_in_question(const crypto::PublicKey& node, Rng& rng) {
  auto question = rng.array<std::tuple_size_v<StandInQuestion>>();
  put_tag(node, kStandInTopic, question);
  return question;
}

bool is_stand_in_question(const crypto::PublicKey& node, Bytes datagram) {
  return datagram.size() == std::tuple_size_v<StandInQuestion> && has_tag(node, kStandInTopic, datagram);
}

ByteVector make_stand_in_answer(const crypto::PublicKey& node, Bytes question, const StandInAnswer& answer, Rng& rng) {
  INVARIANT(!answer.certificate.empty() && answer.certificate.size() <= kCertificateBytesMax);
  ByteVector plain(2 + answer.certificate.size());
  Writer w(plain);
  w.u16(answer.port);
  w.bytes(answer.certificate);
  ByteVector out(kLanRandomBytes + plain.size() + crypto::kTagBytes);
  const MutableBytes random = MutableBytes(out).first(kLanRandomBytes);
  rng.fill(random);
  crypto::seal(answer_key(node, kStandInTopic, question, random), {}, plain,
               MutableBytes(out).subspan(kLanRandomBytes));
  return out;
}

std::optional<StandInAnswer> read_stand_in_answer(const crypto::PublicKey& node, const StandInQuestion& question,
                                                  Bytes datagram) {
  constexpr size_t kAround = kLanRandomBytes + crypto::kTagBytes;
  if (datagram.size() <= kAround + 2 || datagram.size() > kStandInAnswerMax) return std::nullopt;
  ByteVector plain(datagram.size() - kAround);
  const Bytes random = datagram.first(kLanRandomBytes);
  if (!crypto::open(answer_key(node, kStandInTopic, question, random), {}, datagram.subspan(kLanRandomBytes), plain))
    return std::nullopt;
  Reader r(plain);
  StandInAnswer answer{.port = r.u16()};
  answer.certificate = to_vector(r.rest());
  return answer.port == 0 ? std::nullopt : std::optional(std::move(answer));
}

}  // namespace farline::wire
