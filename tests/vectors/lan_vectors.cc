// Section 1.9 of docs/PROTOCOL.md: what is asked and answered on the local network.
#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/lan.h"

namespace farline::vectors {

VectorFile lan_vectors() {
  VectorFile file("lan");
  testing::SeededRng rng(1900);
  const auto node = rng.array<32>();
  const wire::LanQuestion question = wire::make_lan_question(node, rng);
  file.add("lan", "where is the node")
      .hex("node_key", node)
      .hex("question", question)
      .hex("answer", wire::make_lan_answer(node, question, 4747, rng))
      .hex("plain", std::array<uint8_t, 2>{0x12, 0x8b});
  const wire::StandInQuestion call = wire::make_stand_in_question(node, rng);
  const wire::StandInAnswer answer{40'000, to_vector(rng.array<205>())};
  ByteVector plain{0x9c, 0x40};
  plain.insert(plain.end(), answer.certificate.begin(), answer.certificate.end());
  file.add("lan", "who stands in for it")
      .hex("node_key", node)
      .hex("question", call)
      .hex("answer", wire::make_stand_in_answer(node, call, answer, rng))
      .hex("plain", plain);
  return file;
}

}  // namespace farline::vectors
