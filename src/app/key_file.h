// A key-slot file (store/key_slot.h) on disk and the passphrase that opens it: from a file, or typed at a terminal, and
// never asked for where there is no terminal. Errors say what to do next. All calls block; Argon2id needs 64 MiB and
// about 0.3 s while a passphrase is used. Shared by the programs.
#pragma once

#include <string>

#include "base/rng.h"
#include "store/key_slot.h"

namespace farline::app {

// Text that is wiped when it dies. It is given on the heap (a string short enough to lie inside its object would be
// copied by a move) and never grows, so there is no other copy.
class Passphrase {
 public:
  explicit Passphrase(std::string text) : text_(std::move(text)) {}
  Passphrase(Passphrase&&) = default;
  Passphrase& operator=(Passphrase&&) = delete;
  ~Passphrase() { crypto::wipe({reinterpret_cast<uint8_t*>(text_.data()), text_.size()}); }

  Bytes bytes() const { return as_bytes(text_); }

 private:
  std::string text_;
};

// The first line of `file` or, when that is empty, what is typed; twice when it is a new one. Errors as
// open_key_file's.
Result<Passphrase> read_passphrase(const std::string& file, bool is_new);

// How a new key file is protected: by the first line of `passphrase_file`, by nothing but the file's mode, or, with
// neither, by what is typed twice.
struct KeyProtection {
  std::string passphrase_file{};
  bool no_passphrase = false;
  std::string passphrase{};  // at hand, and instead of both unless it is empty
};

// An unprotected slot opens without a passphrase. Otherwise the first line of `passphrase_file` or, when that is empty,
// what is typed. Errc::not_found: no such file, or no terminal to ask on. Errc::auth: the passphrase is wrong.
Result<store::MasterKey> open_key_file(const std::string& path, const std::string& passphrase_file);

// With the passphrase at hand, never asking: a graphical program. Errc::auth: it is wrong, or empty where one is
// needed.
Result<store::MasterKey> open_key_file_with(const std::string& path, Bytes passphrase);
// Errors as above; nothing is asked.
Result<bool> key_file_needs_passphrase(const std::string& path);
// Other slots for the same master key, in one step; `to` empty: none protects it from now on.
Result<void> change_passphrase(const std::string& path, Bytes from, Bytes to, Rng& rng);

// Makes a new random master key. Errc::denied: there is a file at `path` already, which is never overwritten.
Result<store::MasterKey> create_key_file(const std::string& path, const KeyProtection& protection, Rng& rng);
// The same for a key that exists.
Result<void> write_key_file(const std::string& path, const store::MasterKey& master, const KeyProtection& protection,
                            Rng& rng);

}  // namespace farline::app
