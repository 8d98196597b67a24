// chat backup, chat restore.
#include "app/cli_commands.h"
#include "app/json_line.h"
#include "app/key_file.h"
#include "host/file.h"
#include "host/terminal.h"
#include "store/chat_backup.h"

namespace farline::app {
namespace {

Result<uint64_t> write_backup_file(store::ChatStore& chats, const std::string& path, Bytes passphrase) {
  if (host::File::open(path, host::File::Mode::read))
    return Error{Errc::denied, "there is a file of that name; backups never overwrite one"};
  auto file = host::File::open(path, host::File::Mode::replace);
  if (!file) return file.error();
  host::SystemRng rng;
  uint64_t written = 0;
  auto done = store::write_backup(chats, {passphrase}, rng, [&](Bytes bytes) -> Result<void> {
    auto put = file->write_at(written, bytes);
    written += bytes.size();
    return put;
  });
  if (done) done = file->sync();
  if (done) return written;
  (void)host::wipe_file(path);  // half a backup would be taken for one
  return done.error();
}

Result<void> read_backup_file(store::ChatStore& chats, const std::string& path, Bytes passphrase) {
  const auto file = host::File::open(path, host::File::Mode::read);
  if (!file) return file.error();
  uint64_t at = 0;
  return store::restore_backup(chats, passphrase, [&](MutableBytes out) {
    auto size = file->read_at(at, out);
    if (size) at += *size;
    return size;
  });
}

Result<Passphrase> backup_passphrase(const ChatFileCommand& command, bool is_new) {
  if (command.passphrase_file.empty() && !host::is_terminal(host::StandardStream::in))
    return Error{Errc::not_found, "no terminal to ask for the backup's passphrase: use --backup-passphrase-file"};
  return read_passphrase(command.passphrase_file, is_new);
}

ExitCode report(const CommonOptions& common, const char* event, size_t chats, const std::string& words) {
  print_line(common.json ? JsonLine().text("event", event).number("chats", static_cast<int64_t>(chats)).finish()
                         : words);
  return ExitCode::ok;
}

std::string number_of_chats(size_t count) {
  return std::to_string(count) + (count == 1 ? " chat" : " chats");
}

}  // namespace

ExitCode chat_backup(const CommonOptions& common, const ChatFileCommand& command) {
  auto profile = open_profile(common);
  if (!profile) return fail(common, code_of(profile.error()), profile.error().what);
  const auto passphrase = backup_passphrase(command, true);
  if (!passphrase) return fail(common, ExitCode::usage, passphrase.error().what);
  const auto bytes = write_backup_file(profile->chats(), command.file, passphrase->bytes());
  if (!bytes) return fail(common, ExitCode::io, bytes.error().what);
  const size_t count = profile->chats().groups().size();
  return report(common, "backup", count, number_of_chats(count) + ", " + std::to_string(*bytes) + " bytes");
}

ExitCode chat_restore(const CommonOptions& common, const ChatFileCommand& command) {
  auto profile = open_profile(common);
  if (!profile) return fail(common, code_of(profile.error()), profile.error().what);
  const auto passphrase = backup_passphrase(command, false);
  if (!passphrase) return fail(common, ExitCode::usage, passphrase.error().what);
  if (const auto done = read_backup_file(profile->chats(), command.file, passphrase->bytes()); !done)
    return fail(common, code_for_signed(done.error()), done.error().what);
  const size_t count = profile->chats().groups().size();
  return report(common, "restored", count, "restored: " + number_of_chats(count));
}

}  // namespace farline::app
