#include "host/executable.h"

#include <uv.h>

#include <array>

#include "host/file.h"

namespace farline::host {
namespace {

constexpr size_t kExecutableBytesMax = 256 * 1024 * 1024;
constexpr size_t kPathBytesMax = 4096;

}  // namespace

Result<ByteVector> read_executable() {
  std::array<char, kPathBytesMax> path{};
  size_t size = path.size();
  if (uv_exepath(path.data(), &size) != 0) return Error{Errc::io, "the system does not say where this program is"};
  return read_file(std::string(path.data(), size), kExecutableBytesMax);
}

}  // namespace farline::host
