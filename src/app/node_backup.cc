#include "app/node_backup.h"

#include <filesystem>

#include "app/program.h"
#include "wire/cbor.h"

namespace farline::app {
namespace {

constexpr std::string_view kMark = "farline-node backup 1";
constexpr size_t kBackupBytesMax = size_t{1} << 30;  // 50,000 devices are 50 MB

ByteVector read_whole(const std::string& path, ExitCode otherwise) {
  auto bytes = host::read_file(path, kBackupBytesMax);
  if (!bytes) fail_unless_io(otherwise, path, bytes.error());
  return std::move(*bytes);
}

void write_whole(const std::string& path, Bytes bytes) {
  if (const auto written = host::write_file_durable(path, bytes); !written)
    fail_unless_io(ExitCode::config, path, written.error());
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::u8string(path.begin(), path.end()), ignored);
}

void remove(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(std::u8string(path.begin(), path.end()), ignored);
}

}  // namespace

void write_backup(const NodeFolder& folder, const std::string& file) {
  const ByteVector copy = read_whole(folder.copy_path(), ExitCode::config);
  remove(folder.copy_path());
  const ByteVector key = read_whole(folder.key_path(), ExitCode::config);
  ByteVector backup = wire::cbor_item(64 + key.size() + copy.size(), [&](wire::CborWriter& out) {
    out.array(3);
    out.text(kMark);
    out.bytes(key);
    out.bytes(copy);
  });
  write_whole(file, backup);
}

void restore_backup(const NodeFolder& folder, const std::string& file) {
  const ByteVector backup = read_whole(file, ExitCode::bad_data);
  wire::CborReader in(backup);
  in.expect_array(3);
  const bool is_ours = in.text() == kMark;
  const Bytes key = in.bytes();
  const Bytes store = in.bytes();
  if (!in.finish() || !is_ours) throw Failure(ExitCode::bad_data, file + " is no backup of farline-node, or damaged");
  const std::string store_path = folder.path + "/node.db";
  for (const std::string& path : {folder.key_path(), store_path})
    if (exists(path))
      throw Failure(ExitCode::refused, path + " is there already: restore into a folder that is not, or move it away");
  if (const auto made = host::make_private_directory(folder.path); !made)
    fail_unless_io(ExitCode::config, folder.path + " cannot be made", made.error());
  try {
    write_whole(folder.path + "/lock", {});
    write_whole(folder.key_path(), key);
    write_whole(store_path, store);
    if (!NodeHome::open(folder)) throw Failure(ExitCode::config, "another process is using " + folder.path);
  } catch (const Failure&) {
    for (const char* suffix : {"", "-wal", "-shm"}) remove(store_path + suffix);
    remove(folder.key_path());
    throw;
  }
}

}  // namespace farline::app
