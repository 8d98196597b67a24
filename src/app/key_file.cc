#include "app/key_file.h"

#include "host/file.h"
#include "host/terminal.h"

namespace farline::app {
namespace {

Result<Passphrase> read_passphrase_file(const std::string& path) {
  auto content = host::read_file(path, 2 * host::kPassphraseCharsMax);
  if (!content && content.error().code == Errc::not_found)
    return Error{Errc::not_found, "there is no such passphrase file"};
  if (!content && content.error().code == Errc::limit)
    return Error{Errc::malformed, "the passphrase file is too long: it holds one line"};
  if (!content) return Error{content.error().code, "the passphrase file cannot be read; check its permissions"};
  std::string line;
  line.reserve(content->size() + sizeof line);
  line = as_text(*content).substr(0, as_text(*content).find_first_of("\r\n"));
  Passphrase passphrase(std::move(line));
  crypto::wipe(*content);
  if (passphrase.bytes().empty()) return Error{Errc::malformed, "the first line of the passphrase file is empty"};
  if (passphrase.bytes().size() > host::kPassphraseCharsMax)
    return Error{Errc::malformed, "the passphrase is too long (1023 characters)"};
  return passphrase;
}

Result<Passphrase> ask(const char* prompt) {
  auto typed = host::read_passphrase(prompt);
  if (!typed) return typed.error();
  return Passphrase(std::move(*typed));
}

Result<Passphrase> ask_twice() {
  if (!host::is_terminal(host::StandardStream::in))
    return Error{Errc::not_found, "no terminal to ask for a passphrase: use --passphrase-file or --no-passphrase"};
  auto first = ask("New passphrase: ");
  if (!first) return first;
  if (first->bytes().empty()) return Error{Errc::denied, "an empty passphrase protects nothing: use --no-passphrase"};
  const auto second = ask("The same again: ");
  if (!second) return second.error();
  if (!equal(first->bytes(), second->bytes())) return Error{Errc::denied, "the two were not the same; start again"};
  return first;
}

Result<store::KeySlots> read_slots(const std::string& path) {
  auto content = host::read_file(path, store::kKeySlotFileBytesMax);
  if (!content && content.error().code == Errc::not_found) return Error{Errc::not_found, "there is no such key file"};
  if (!content && content.error().code == Errc::limit) return Error{Errc::malformed, "this is not a Farline key file"};
  if (!content) return Error{content.error().code, "the key file cannot be read; check its permissions"};
  auto slots = store::KeySlots::parse(*content);
  crypto::wipe(*content);
  return slots;
}

Result<void> add_slot(store::KeySlots& slots, const store::MasterKey& master, Bytes passphrase, Rng& rng) {
  if (!passphrase.empty()) return slots.add_passphrase(master, passphrase, rng);
  slots.add_unprotected(master);
  return {};
}

Result<void> write_slots(const std::string& path, const store::KeySlots& slots) {
  ByteVector content = slots.encode();
  auto written = host::write_file_durable(path, content);
  crypto::wipe(content);
  return written;
}

}  // namespace

Result<Passphrase> read_passphrase(const std::string& file, bool is_new) {
  if (!file.empty()) return read_passphrase_file(file);
  return is_new ? ask_twice() : ask("Passphrase: ");
}

Result<store::MasterKey> open_key_file_with(const std::string& path, Bytes passphrase) {
  const auto slots = read_slots(path);
  if (!slots) return slots.error();
  return slots->open(passphrase);
}

Result<bool> key_file_needs_passphrase(const std::string& path) {
  const auto slots = read_slots(path);
  if (!slots) return slots.error();
  return slots->needs_passphrase();
}

Result<void> change_passphrase(const std::string& path, Bytes from, Bytes to, Rng& rng) {
  const auto master = open_key_file_with(path, from);
  if (!master) return master.error();
  store::KeySlots slots;
  if (const auto added = add_slot(slots, *master, to, rng); !added) return added;
  return write_slots(path, slots);
}

Result<store::MasterKey> open_key_file(const std::string& path, const std::string& passphrase_file) {
  const auto slots = read_slots(path);
  if (!slots) return slots.error();
  if (!slots->needs_passphrase()) return slots->open({});
  if (passphrase_file.empty() && !host::is_terminal(host::StandardStream::in))
    return Error{Errc::not_found, "the key file needs a passphrase and there is no terminal: use --passphrase-file"};
  const auto passphrase = read_passphrase(passphrase_file, false);
  if (!passphrase) return passphrase.error();
  return slots->open(passphrase->bytes());
}

Result<store::MasterKey> create_key_file(const std::string& path, const KeyProtection& protection, Rng& rng) {
  store::MasterKey master;
  rng.fill(master.mutable_bytes());
  if (const auto written = write_key_file(path, master, protection, rng); !written) return written.error();
  return master;
}

Result<void> write_key_file(const std::string& path, const store::MasterKey& master, const KeyProtection& protection,
                            Rng& rng) {
  const auto there = host::File::open(path, host::File::Mode::read);
  if (there) return Error{Errc::denied, "there is a key file already; it is never overwritten"};
  if (there.error().code != Errc::not_found) return there.error();
  store::KeySlots slots;
  Result<void> added;
  if (protection.no_passphrase || !protection.passphrase.empty()) {
    added = add_slot(slots, master, as_bytes(protection.passphrase), rng);
  } else {
    const auto passphrase = read_passphrase(protection.passphrase_file, true);
    if (!passphrase) return passphrase.error();
    added = add_slot(slots, master, passphrase->bytes(), rng);
  }
  return added ? write_slots(path, slots) : added;
}

}  // namespace farline::app
