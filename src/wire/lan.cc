#include "wire/lan.h"

#include "crypto/hash.h"

namespace farline::wire {
namespace {

constexpr size_t kQuestionTagBytes = 16;

crypto::Secret<32> lan_key(const crypto::PublicKey& node) {
  return crypto::hkdf_extract(as_bytes("farline lan 1"), node);
}

crypto::Hash question_tag(const crypto::PublicKey& node, Bytes random) {
  return crypto::hmac_sha256(lan_key(node).bytes(), {as_bytes("question"), random});
}

crypto::Secret<32> answer_key(const crypto::PublicKey& node, Bytes question, Bytes random) {
  ByteVector info;
  for (const Bytes part : {as_bytes("answer"), question, random}) info.insert(info.end(), part.begin(), part.end());
  crypto::Secret<32> key;
  crypto::hkdf_expand(lan_key(node).bytes(), info, key.mutable_bytes());
  return key;
}

}  // namespace

LanQuestion make_lan_question(const crypto::PublicKey& node, Rng& rng) {
  auto question = rng.array<std::tuple_size_v<LanQuestion>>();
  const crypto::Hash tag = question_tag(node, Bytes(question).first(kLanRandomBytes));
  std::ranges::copy(Bytes(tag).first(kQuestionTagBytes), question.begin() + kLanRandomBytes);
  return question;
}

bool is_lan_question(const crypto::PublicKey& node, Bytes datagram) {
  if (datagram.size() != std::tuple_size_v<LanQuestion>) return false;
  const crypto::Hash tag = question_tag(node, datagram.first(kLanRandomBytes));
  return crypto::equal_constant_time(Bytes(tag).first(kQuestionTagBytes),
                                     datagram.subspan(kLanRandomBytes, kQuestionTagBytes));
}

LanAnswer make_lan_answer(const crypto::PublicKey& node, Bytes question, uint16_t port, Rng& rng) {
  LanAnswer answer{};
  const MutableBytes random = MutableBytes(answer).first(kLanRandomBytes);
  rng.fill(random);
  std::array<uint8_t, 2> plain{};
  Writer(plain).u16(port);
  crypto::seal(answer_key(node, question, random), {}, plain, MutableBytes(answer).subspan(kLanRandomBytes));
  return answer;
}

std::optional<uint16_t> read_lan_answer(const crypto::PublicKey& node, const LanQuestion& question, Bytes datagram) {
  if (datagram.size() != std::tuple_size_v<LanAnswer>) return std::nullopt;
  std::array<uint8_t, 2> plain{};
  const Bytes random = datagram.first(kLanRandomBytes);
  if (!crypto::open(answer_key(node, question, random), {}, datagram.subspan(kLanRandomBytes), plain))
    return std::nullopt;
  const uint16_t port = Reader(plain).u16();
  return port == 0 ? std::nullopt : std::optional(port);
}

}  // namespace farline::wire
