#include "app/desktop_languages.h"

#include <algorithm>
#include <filesystem>

#include "host/file.h"

namespace farline::app {

std::vector<std::pair<std::string, std::string>> read_languages(const std::string& folder) {
  constexpr size_t kFilesMax = 64, kBytesMax = 256 * 1024;
  std::vector<std::pair<std::string, std::string>> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".txt" || out.size() == kFilesMax) continue;
    const auto bytes = host::read_file(entry.path().string(), kBytesMax);
    if (bytes) out.emplace_back(entry.path().stem().string(), std::string(bytes->begin(), bytes->end()));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace farline::app
