#include "host/executable.h"

#include <uv.h>

#include <array>

#include "host/file.h"

namespace farline::host {
namespace {

constexpr size_t kExecutableBytesMax = 256 * 1024 * 1024;
constexpr size_t kPathBytesMax = 4096;

std::string executable_path() {
  std::array<char, kPathBytesMax> path{};
  size_t size = path.size();
  return uv_exepath(path.data(), &size) == 0 ? std::string(path.data(), size) : std::string();
}

}  // namespace

Result<ByteVector> read_executable() {
  const std::string path = executable_path();
  if (path.empty()) return Error{Errc::io, "the system does not say where this program is"};
  return read_file(path, kExecutableBytesMax);
}

std::string executable_folder() {
  const std::string path = executable_path();
  const size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

}  // namespace farline::host
