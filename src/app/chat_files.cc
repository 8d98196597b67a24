#include "app/chat_files.h"

#include <algorithm>
#include <array>

#include "host/file.h"

namespace farline::app {
namespace {

constexpr int kNamesTried = 1000;

bool is_photo_name(const std::string& name) {
  std::string ending = name.substr(std::min(name.rfind('.'), name.size()));
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  constexpr std::array<std::string_view, 6> kPhotos = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif"};
  return std::ranges::find(kPhotos, ending) != kPhotos.end();
}

// "report.pdf", "report (2).pdf", ...
std::string numbered_name(const std::string& name, int number) {
  if (number == 1) return name;
  const size_t dot = name.rfind('.');
  const size_t stem = dot == std::string::npos || dot == 0 ? name.size() : dot;
  return name.substr(0, stem) + " (" + std::to_string(number) + ")" + name.substr(stem);
}

}  // namespace

std::string file_name_of(const chat::Body& body) {
  if (const auto* file = std::get_if<chat::File>(&body)) return file->name;
  return "voice note";
}

Result<chat::EntryId> send_file_at(chat::Chat& chat, const chat::Now& now, const chat::GroupId& group,
                                   const std::string& path) {
  const auto file = host::File::open(path, host::File::Mode::read);
  if (!file) return Error{Errc::not_found, file.error().what};
  const auto size = file->size();
  if (!size) return Error{Errc::not_found, size.error().what};
  const std::string name = path.substr(path.find_last_of("/\\") + 1);
  return chat.send_file(now, group,
                        {.name = name,
                         .size = *size,
                         .is_photo = is_photo_name(name),
                         .read = [&](uint64_t offset, MutableBytes out) -> Result<void> {
                           const auto read = file->read_at(offset, out);
                           if (!read) return Error{Errc::not_found, read.error().what};
                           if (*read != out.size()) return Error{Errc::not_found, "the file became shorter meanwhile"};
                           return {};
                         }});
}

Result<std::string> write_into(const chat::Chat& chat, const chat::Body& body, const std::string& folder) {
  const chat::Content* content = chat::content_of(body);
  if (content == nullptr) return Error{Errc::not_found, "this message is no file"};
  std::string path;
  for (int number = 1; path.empty() && number <= kNamesTried; ++number) {
    path = folder + "/" + numbered_name(file_name_of(body), number);
    if (host::File::open(path, host::File::Mode::read)) path.clear();
  }
  if (path.empty()) return Error{Errc::denied, "there are files of that name already"};
  auto file = host::File::open(path, host::File::Mode::replace);
  if (!file) return file.error();
  uint64_t written = 0;
  auto done = chat.read_file(*content, [&](Bytes bytes) -> Result<void> {
    const uint64_t at = std::exchange(written, written + bytes.size());
    return file->write_at(at, bytes);
  });
  if (done) done = file->sync();
  if (done) return path;
  (void)host::wipe_file(path);
  return done.error();
}

}  // namespace farline::app
