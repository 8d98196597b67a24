// What a local network sends: nobody who lacks the node's key is taken for one who has it.
#include "base/check.h"
#include "support/seeded_rng.h"
#include "wire/lan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const Bytes input(data, size);
  const crypto::PublicKey node{7};
  testing::SeededRng rng(size);
  const wire::LanQuestion question = wire::make_lan_question(node, rng);
  INVARIANT(!wire::read_lan_answer(node, question, input));
  INVARIANT(!wire::is_lan_question(node, input));
  const wire::StandInQuestion call = wire::make_stand_in_question(node, rng);
  INVARIANT(!wire::read_stand_in_answer(node, call, input));
  INVARIANT(!wire::is_stand_in_question(node, input));
  if (size > 0 && size <= wire::kCertificateBytesMax) {
    const auto answer = wire::make_stand_in_answer(node, call, {1, to_vector(input)}, rng);
    INVARIANT(wire::read_stand_in_answer(node, call, answer)->certificate == to_vector(input));
  }
  if (size != question.size()) return 0;
  wire::LanQuestion asked = question;  // the key's holder may choose all but the tag
  std::copy(data + 32, data + size, asked.begin() + 32);
  INVARIANT(wire::is_lan_question(node, asked));
  const auto port = static_cast<uint16_t>(1 + data[0]);
  INVARIANT(wire::read_lan_answer(node, asked, wire::make_lan_answer(node, asked, port, rng)) == port);
  return 0;
}
