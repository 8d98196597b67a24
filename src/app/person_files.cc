#include "app/person_files.h"

#include <algorithm>
#include <filesystem>

#include "app/desktop_folder.h"
#include "host/command_line.h"
#include "host/file.h"
#include "policy/codec.h"
#include "policy/signed_policy.h"
#include "ui/window.h"

namespace farline::app {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTextBytesMax = 64 * 1024;
constexpr size_t kEntriesMax = 20'000;  // of one folder

fs::path path_of(const std::string& utf8) {
  return {std::u8string(utf8.begin(), utf8.end())};
}
std::string text_of(const fs::path& path) {
  const std::u8string text = path.generic_u8string();
  return {text.begin(), text.end()};
}

ui::FileEntry entry_of(const fs::directory_entry& entry) {
  std::error_code error;
  ui::FileEntry out{.name = text_of(entry.path().filename()), .path = text_of(entry.path())};
  out.is_folder = entry.is_directory(error);
  const uintmax_t size = out.is_folder ? 0 : entry.file_size(error);
  if (!error) out.size = size;
  return out;
}

std::optional<std::vector<ui::FileEntry>> list_folder(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator each(path_of(folder), error);
  if (error) return {};
  std::vector<ui::FileEntry> out;
  for (; each != fs::directory_iterator() && out.size() < kEntriesMax; each.increment(error)) {
    if (error) break;
    ui::FileEntry entry = entry_of(*each);
    std::error_code ignored;
    if (entry.name.starts_with('.') || (!entry.is_folder && !each->is_regular_file(ignored))) continue;
    out.push_back(std::move(entry));
  }
  std::ranges::sort(
      out, [](const auto& a, const auto& b) { return a.is_folder != b.is_folder ? a.is_folder : a.name < b.name; });
  return out;
}

std::string folder_above(const std::string& path) {
  const fs::path folder = path_of(path);
  return folder.parent_path() == folder ? std::string() : text_of(folder.parent_path());
}

std::optional<ui::FileEntry> look_at(const std::string& path) {
  std::error_code error;
  const fs::directory_entry entry(path_of(path), error);
  if (error || !entry.exists(error)) return {};
  return entry_of(entry);
}

// As the person's desktop calls it, XDG_DOWNLOAD_DIR="$HOME/Téléchargements", or `usual`; empty: there is none.
std::string named_folder(const std::string& home, const std::string& name, const std::string& usual) {
  const std::string config = host::environment("XDG_CONFIG_HOME");
  const auto file = host::read_file((config.empty() ? home + "/.config" : config) + "/user-dirs.dirs", kTextBytesMax);
  const std::string text = file ? std::string(file->begin(), file->end()) : std::string();
  const std::string key = "XDG_" + name + "_DIR=\"";
  const size_t at = text.find(key);
  std::string folder = at == text.npos ? home + "/" + usual : text.substr(at + key.size());
  folder.resize(std::min(folder.find('"'), folder.size()));
  if (folder.starts_with("$HOME/")) folder = home + folder.substr(5);
  std::error_code ignored;
  return fs::is_directory(path_of(folder), ignored) ? folder : std::string();
}
std::string downloads_in(const std::string& home) {
  return named_folder(home, "DOWNLOAD", "Downloads");
}

// Sticks, cards and other drives that are there now.
std::vector<std::string> drives() {
  std::vector<std::string> out;
  std::error_code ignored;
#ifdef _WIN32
  for (char letter = 'A'; letter <= 'Z'; ++letter)
    if (const std::string drive = std::string(1, letter) + ":/"; fs::exists(path_of(drive), ignored))
      out.push_back(drive);
#else
  const std::string user = host::environment("USER");
  for (const std::string& folder : {"/media/" + user, "/run/media/" + user}) {
    for (fs::directory_iterator each(folder, ignored); !ignored && each != fs::directory_iterator();
         each.increment(ignored))
      if (each->is_directory(ignored)) out.push_back(text_of(each->path()));
  }
#endif
  return out;
}

std::vector<ui::FileEntry> places(const std::string& profile) {
  const std::string home = text_of(path_of(person_folder(profile)));
  std::vector<std::string> folders{home};
  for (const std::string& folder :
       {downloads_in(home), named_folder(home, "DOCUMENTS", "Documents"), named_folder(home, "DESKTOP", "Desktop"),
        named_folder(home, "PICTURES", "Pictures")})
    if (!folder.empty() && folder != home) folders.push_back(folder);
  std::ranges::move(drives(), std::back_inserter(folders));
  std::vector<ui::FileEntry> out;
  for (const std::string& folder : folders) {
    const std::string name = text_of(path_of(folder).filename());
    out.push_back({.name = name.empty() ? folder : name, .path = folder, .is_folder = true});
  }
  return out;
}

std::string downloads(const std::string& profile) {
  const std::string home = text_of(path_of(person_folder(profile)));
  const std::string folder = downloads_in(home);
  return folder.empty() ? home : folder;
}

bool is_policy(const std::string& path) {
  const auto file = host::read_file(path, policy::kPolicyFileBytesMax);
  if (!file) return false;
  const auto parts = policy::split_policy_file(*file);
  const auto payload = parts ? policy::unverified_payload(parts->root) : Result<Bytes>(parts.error());
  return payload && policy::decode_root(*payload);
}

std::optional<std::string> read_text(const std::string& path) {
  const auto bytes = host::read_file(path, kTextBytesMax);
  if (!bytes) return {};
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace

ui::Outside person_files(const std::string& profile) {
  return {.read_file = read_text,
          .is_policy = is_policy,
          .list_folder = list_folder,
          .folder_above = folder_above,
          .look_at = look_at,
          .places = [profile] { return places(profile); },
          .downloads = [profile] { return downloads(profile); },
          .show_folder = ui::Window::show_folder_of};
}

}  // namespace farline::app
