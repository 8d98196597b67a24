// Files of a profile or a node: read bounded, written so that a crash leaves the old content or the new one, private to
// the user (0600, folders 0700; on Windows the profile folder's own protection). All calls block.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace farline::host {

// An open file, closed when it dies. Offsets are explicit; there is no position.
class File {
 public:
  enum class Mode {
    read,
    replace,  // written from empty; created if missing
    update,   // read and written; must exist
  };
  static Result<File> open(const std::string& path, Mode mode);
  File(File&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  File& operator=(File&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
  }
  ~File();

  Result<uint64_t> size() const;
  Result<size_t> read_at(uint64_t offset, MutableBytes out) const;  // fewer than asked only at the end
  Result<void> write_at(uint64_t offset, Bytes bytes);
  Result<void> sync();  // survives a power cut when it returns

 private:
  explicit File(int fd) : fd_(fd) {}
  int fd_;
};

// Errc::limit when it is longer than `bytes_max`.
Result<ByteVector> read_file(const std::string& path, size_t bytes_max);

// Temporary file beside it, fsync, rename, fsync of the folder.
Result<void> write_file_durable(const std::string& path, Bytes bytes);

// Overwrites with zeros, syncs, removes. Flash may keep remnants: what protects a sealed file is its passphrase.
Result<void> wipe_file(const std::string& path);

// `path` from the root of its file system. Paths are UTF-8 on every system.
std::string absolute_path(const std::string& path);

// Makes one level; a folder that exists is fine.
Result<void> make_private_directory(const std::string& path);

// Held by the one process that owns a profile; the system drops it when the process dies, however it dies.
class ProfileLock {
 public:
  // Errc::denied when another process holds it.
  static Result<ProfileLock> acquire(const std::string& path);
  ProfileLock(ProfileLock&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  ProfileLock& operator=(ProfileLock&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
  }
  ~ProfileLock();

 private:
  explicit ProfileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace farline::host
