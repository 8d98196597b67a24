// estoi_of CLEAN.wav HEARD.wav: ESTOI as tests/support/estoi.h counts it, for tools/estoi.py to agree with.
#include <cstdio>

#include "support/estoi.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  using namespace farline::testing;
  std::printf("%.4f\n", estoi(read_wav(argv[1]), read_wav(argv[2])));
}
