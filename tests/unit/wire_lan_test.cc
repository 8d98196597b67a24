#include <doctest/doctest.h>

#include "support/seeded_rng.h"
#include "wire/lan.h"

namespace farline::wire {
namespace {

const crypto::PublicKey kNode{1, 2, 3};
const crypto::PublicKey kOther{1, 2, 4};

TEST_CASE("who asks for a node on the local network is answered by that node") {
  testing::SeededRng rng(1);
  const LanQuestion question = make_lan_question(kNode, rng);
  REQUIRE(is_lan_question(kNode, question));
  const LanAnswer answer = make_lan_answer(kNode, question, 4747, rng);
  CHECK(read_lan_answer(kNode, question, answer) == 4747);
  CHECK(answer.size() < question.size());
}

TEST_CASE("another node's question is nobody's, and no two are alike") {
  testing::SeededRng rng(2);
  const LanQuestion question = make_lan_question(kNode, rng);
  CHECK_FALSE(is_lan_question(kOther, question));
  CHECK_FALSE(is_lan_question(kNode, Bytes(question).first(question.size() - 1)));
  const LanQuestion again = make_lan_question(kNode, rng);
  for (size_t at = 0; at + 4 <= question.size(); ++at)
    CHECK_FALSE(std::ranges::equal(Bytes(question).subspan(at, 4), Bytes(again).subspan(at, 4)));
}

TEST_CASE("an answer is of one node to one question") {
  testing::SeededRng rng(3);
  const LanQuestion question = make_lan_question(kNode, rng);
  const LanAnswer answer = make_lan_answer(kNode, question, 4747, rng);
  CHECK_FALSE(read_lan_answer(kNode, make_lan_question(kNode, rng), answer));
  CHECK_FALSE(read_lan_answer(kOther, question, answer));
  CHECK_FALSE(read_lan_answer(kNode, question, Bytes(answer).first(answer.size() - 1)));
  CHECK_FALSE(read_lan_answer(kNode, question, make_lan_answer(kNode, question, 0, rng)));
  for (size_t at = 0; at < answer.size(); ++at) {
    LanAnswer forged = answer;
    forged[at] ^= 1;
    CHECK_FALSE(read_lan_answer(kNode, question, forged));
  }
}

TEST_CASE("who asks for a stand-in gets its certificate, and nobody else can read or make the answer") {
  testing::SeededRng rng(4);
  const StandInQuestion question = make_stand_in_question(kNode, rng);
  REQUIRE(is_stand_in_question(kNode, question));
  CHECK_FALSE(is_stand_in_question(kOther, question));
  CHECK_FALSE(is_stand_in_question(kNode, Bytes(question).first(question.size() - 1)));
  CHECK_FALSE(is_lan_question(kNode, Bytes(question).first(std::tuple_size_v<LanQuestion>)));
  for (const size_t size : {size_t{1}, size_t{205}, kCertificateBytesMax}) {
    const ByteVector certificate(size, 0x5a);
    const ByteVector answer = make_stand_in_answer(kNode, question, {4747, certificate}, rng);
    CHECK_LE(answer.size(), kStandInAnswerMax);
    const auto read = read_stand_in_answer(kNode, question, answer);
    REQUIRE(read);
    CHECK_EQ(read->port, 4747);
    CHECK_EQ(read->certificate, certificate);
    CHECK_FALSE(read_stand_in_answer(kOther, question, answer));
    CHECK_FALSE(read_stand_in_answer(kNode, make_stand_in_question(kNode, rng), answer));
    CHECK_FALSE(read_stand_in_answer(kNode, question, make_stand_in_answer(kNode, question, {0, certificate}, rng)));
    for (const size_t cut : {size_t{0}, size_t{34}, answer.size() - 1})
      CHECK_FALSE(read_stand_in_answer(kNode, question, Bytes(answer).first(cut)));
    ByteVector forged = answer;
    forged.back() ^= 1;
    CHECK_FALSE(read_stand_in_answer(kNode, question, forged));
  }
}

}  // namespace
}  // namespace farline::wire
