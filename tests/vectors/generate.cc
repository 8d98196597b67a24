// Writes tests/vectors/*.json with the code under test, from fixed seeds.
//   generate DIR           writes the files
//   generate --check DIR   compares instead, and fails when one would change
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "vector_file.h"

namespace farline::vectors {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool handle(const VectorFile& vectors, const std::string& directory, bool check) {
  const std::string path = directory + "/" + vectors.name + ".json";
  const std::string text = vectors.finish();
  if (!check) return static_cast<bool>(std::ofstream(path, std::ios::binary) << text);
  if (read_file(path) == text) return true;
  std::fprintf(stderr, "%s is not what the code writes; if the protocol changed, run: vectors_generate %s\n",
               path.c_str(), directory.c_str());
  return false;
}

}  // namespace
}  // namespace farline::vectors

int main(int argc, char** argv) {
  using namespace farline::vectors;
  const bool check = argc == 3 && std::string_view(argv[1]) == "--check";
  if (argc != 2 && !check) {
    std::fprintf(stderr, "usage: %s [--check] DIR\n", argv[0]);
    return 2;
  }
  bool good = true;
  for (const VectorFile& vectors :
       {identity_vectors(), invitation_vectors(), handshake_vectors(), session_vectors(), control_vectors(),
        call_vectors(), voice_vectors(), policy_vectors(), audit_vectors(), lan_vectors()})
    good = handle(vectors, argv[argc - 1], check) && good;
  return good ? 0 : 1;
}
