#include "host/file.h"

#include <fcntl.h>

#include <filesystem>

#include "host/uv_support.h"

#ifdef _WIN32
#include <io.h>
#include <sys/locking.h>
#include <windows.h>
#else
#include <sys/file.h>
#endif

namespace farline::host {
namespace {

constexpr int kFileMode = 0600;

// One blocking uv_fs call: its result, or a negative status.
template <typename Call>
ssize_t fs_call(Call call) {
  uv_fs_t request{};
  call(&request);
  const ssize_t result = request.result;
  uv_fs_req_cleanup(&request);
  return result;
}

int open_fd(const std::string& path, int flags) {
  return static_cast<int>(
      fs_call([&](uv_fs_t* request) { uv_fs_open(nullptr, request, path.c_str(), flags, kFileMode, nullptr); }));
}

void close_fd(int fd) {
  fs_call([&](uv_fs_t* request) { uv_fs_close(nullptr, request, fd, nullptr); });
}

Error fs_error(ssize_t status) {
  return uv_error(static_cast<int>(status));
}

int open_flags(File::Mode mode) {
  switch (mode) {
    case File::Mode::read:
      return UV_FS_O_RDONLY;
    case File::Mode::replace:
      return UV_FS_O_RDWR | UV_FS_O_CREAT | UV_FS_O_TRUNC;
    case File::Mode::update:
      return UV_FS_O_RDWR;
  }
  return UV_FS_O_RDONLY;
}

// A rename is durable when its folder is. Windows has no such call and journals names itself.
Result<void> sync_folder_of([[maybe_unused]] const std::string& path) {
#ifndef _WIN32
  const size_t slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  auto opened = File::open(folder, File::Mode::read);
  if (!opened) return opened.error();
  return opened->sync();
#else
  return {};
#endif
}

ssize_t rename_over(const std::string& from, const std::string& to) {
  const auto rename = [&] {
    return fs_call([&](uv_fs_t* request) { uv_fs_rename(nullptr, request, from.c_str(), to.c_str(), nullptr); });
  };
  ssize_t status = rename();
#ifdef _WIN32
  // Whoever scans new files for viruses or words holds them for a moment.
  constexpr int kTriesMax = 50;
  constexpr DWORD kPauseMs = 20;
  for (int tries = 1; tries < kTriesMax && (status == UV_EACCES || status == UV_EPERM || status == UV_EBUSY); ++tries) {
    Sleep(kPauseMs);
    status = rename();
  }
#endif
  return status;
}

}  // namespace

Result<File> File::open(const std::string& path, Mode mode) {
  const int fd = open_fd(path, open_flags(mode));
  if (fd < 0) return fs_error(fd);
  return File(fd);
}

File::~File() {
  if (fd_ >= 0) close_fd(fd_);
}

Result<uint64_t> File::size() const {
  uv_fs_t request{};
  const int status = uv_fs_fstat(nullptr, &request, fd_, nullptr);
  const uint64_t size = request.statbuf.st_size;
  uv_fs_req_cleanup(&request);
  if (status < 0) return fs_error(status);
  return size;
}

Result<size_t> File::read_at(uint64_t offset, MutableBytes out) const {
  size_t done = 0;
  while (done < out.size()) {
    const auto rest = out.subspan(done);
    const uv_buf_t buffer = uv_buf_init(reinterpret_cast<char*>(rest.data()), static_cast<unsigned>(rest.size()));
    const ssize_t got = fs_call([&](uv_fs_t* request) {
      uv_fs_read(nullptr, request, fd_, &buffer, 1, static_cast<int64_t>(offset + done), nullptr);
    });
    if (got < 0) return fs_error(got);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Result<void> File::write_at(uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    auto* data = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));  // libuv only reads it
    const uv_buf_t buffer = uv_buf_init(data, static_cast<unsigned>(bytes.size()));
    const ssize_t wrote = fs_call([&](uv_fs_t* request) {
      uv_fs_write(nullptr, request, fd_, &buffer, 1, static_cast<int64_t>(offset), nullptr);
    });
    if (wrote < 0) return fs_error(wrote);
    bytes = bytes.subspan(static_cast<size_t>(wrote));
    offset += static_cast<uint64_t>(wrote);
  }
  return {};
}

Result<void> File::sync() {
  const ssize_t status = fs_call([&](uv_fs_t* request) { uv_fs_fsync(nullptr, request, fd_, nullptr); });
  if (status < 0) return fs_error(status);
  return {};
}

Result<ByteVector> read_file(const std::string& path, size_t bytes_max) {
  auto file = File::open(path, File::Mode::read);
  if (!file) return file.error();
  // Grows with what is really there: a device or a growing file may lie about its size.
  constexpr size_t kStep = 64 * 1024;
  ByteVector out;
  while (true) {
    const size_t before = out.size();
    const size_t room = std::min(kStep, bytes_max + 1 - before);
    out.resize(before + room);
    const auto got = file->read_at(before, MutableBytes(out).subspan(before));
    if (!got) return got.error();
    out.resize(before + *got);
    if (out.size() > bytes_max) return Error{Errc::limit, "the file is longer than it may be"};
    if (*got < room) return out;
  }
}

Result<void> write_file_durable(const std::string& path, Bytes bytes) {
  const std::string temporary = path + ".new";
  {
    auto file = File::open(temporary, File::Mode::replace);
    if (!file) return file.error();
    if (auto wrote = file->write_at(0, bytes); !wrote) return wrote;
    if (auto synced = file->sync(); !synced) return synced;
  }
  if (const ssize_t renamed = rename_over(temporary, path); renamed < 0) return fs_error(renamed);
  return sync_folder_of(path);
}

Result<void> wipe_file(const std::string& path) {
  {
    auto file = File::open(path, File::Mode::update);
    if (!file) return file.error();
    const auto size = file->size();
    if (!size) return size.error();
    const std::array<uint8_t, 4096> zeros{};
    for (uint64_t offset = 0; offset < *size; offset += zeros.size()) {
      const size_t count = static_cast<size_t>(std::min<uint64_t>(zeros.size(), *size - offset));
      if (auto wrote = file->write_at(offset, Bytes(zeros).first(count)); !wrote) return wrote;
    }
    if (auto synced = file->sync(); !synced) return synced;
  }
  const ssize_t removed = fs_call([&](uv_fs_t* request) { uv_fs_unlink(nullptr, request, path.c_str(), nullptr); });
  if (removed < 0) return fs_error(removed);
  return sync_folder_of(path);
}

std::string absolute_path(const std::string& path) {
  std::error_code ignored;
  const std::u8string out = std::filesystem::absolute(std::u8string(path.begin(), path.end()), ignored).u8string();
  return {out.begin(), out.end()};
}

Result<void> make_private_directory(const std::string& path) {
  const ssize_t made = fs_call([&](uv_fs_t* request) { uv_fs_mkdir(nullptr, request, path.c_str(), 0700, nullptr); });
  if (made == 0) return {};
  if (made != UV_EEXIST) return fs_error(made);
  uv_fs_t request{};
  const int status = uv_fs_stat(nullptr, &request, path.c_str(), nullptr);
  const bool is_directory = (request.statbuf.st_mode & S_IFMT) == S_IFDIR;
  uv_fs_req_cleanup(&request);
  if (status < 0) return fs_error(status);
  if (!is_directory) return Error{Errc::io, "there is a file of that name where a folder is needed"};
  return {};
}

Result<ProfileLock> ProfileLock::acquire(const std::string& path) {
  const int fd = open_fd(path, UV_FS_O_RDWR | UV_FS_O_CREAT);
  if (fd < 0) return fs_error(fd);
  ProfileLock lock(fd);
#ifdef _WIN32
  const bool locked = _locking(fd, _LK_NBLCK, 1) == 0;
#else
  const bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
#endif
  if (!locked) return Error{Errc::denied, "another process is using this profile"};
  return lock;
}

ProfileLock::~ProfileLock() {
  if (fd_ >= 0) close_fd(fd_);
}

}  // namespace farline::host
