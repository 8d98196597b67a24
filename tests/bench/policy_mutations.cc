// Mutated policy files: policy_mutations [COUNT = 1000000] [SEED = 1]. Prints one line; fails when one was accepted.
#include "support/policy_mutations.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const int accepted = farline::testing::accepted_mutations(count, seed);
  std::printf("%d mutated policy files, %d accepted\n", count, accepted);
  return accepted == 0 ? 0 : 1;
}
