// decide() beside the minute model: policy_model [PAIRS = 1000000] [SEED = 1]. Prints one line; fails at a difference.
#include "support/policy_model.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const int pairs = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::string difference = farline::testing::compare_with_model(seed, pairs);
  std::printf("%s\n", difference.empty() ? (std::to_string(pairs) + " random (policy, time) pairs agree").c_str()
                                         : difference.c_str());
  return difference.empty() ? 0 : 1;
}
