#include "host/command_line.h"

#include <uv.h>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <memory>
#endif

namespace farline::host {
namespace {

#ifdef _WIN32
std::string to_utf8(const wchar_t* text) {
  const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);  // with its zero
  std::string out(static_cast<size_t>(size), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, -1, out.data(), size, nullptr, nullptr);
  out.pop_back();
  return out;
}

// Not main's own: those have lost what the old code page lacks, and have had their '*' replaced by files.
std::vector<std::string> system_words() {
  int count = 0;
  const std::unique_ptr<wchar_t*, decltype(&LocalFree)> wide(CommandLineToArgvW(GetCommandLineW(), &count), LocalFree);
  std::vector<std::string> words;
  for (int i = 0; wide && i < count; ++i) words.push_back(to_utf8(wide.get()[i]));
  return words;
}

void set_streams() {
  SetConsoleOutputCP(CP_UTF8);
  for (const int stream : {0, 1, 2}) _setmode(stream, _O_BINARY);
}
#endif

}  // namespace

CommandLine::CommandLine(int argc, char** argv) : words_(argv, argv + argc) {
#ifdef _WIN32
  words_ = system_words();
  set_streams();
#endif
  for (std::string& word : words_) argv_.push_back(word.data());
  argv_.push_back(nullptr);
}

std::string environment(const char* name) {
  std::string value(1, '\0');
  size_t size = value.size();
  if (uv_os_getenv(name, value.data(), &size) != UV_ENOBUFS) return {};  // it needs a byte more than it has letters
  value.resize(size);
  if (uv_os_getenv(name, value.data(), &size) != 0) return {};
  value.resize(size);
  return value;
}

}  // namespace farline::host
