// Everything a chat parses that others wrote: entries, messages between devices, epoch keys; and the state of a log.
// What is taken is written back byte for byte, but for what compression may spell in several ways.
#include "chat/chain.h"
#include "chat/log_entry.h"
#include "chat/seal.h"
#include "chat/sync_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::chat;
  const Bytes input(data, size);
  if (const auto body = decode_body(input); body && size <= kEntryBytesMax) INVARIANT(equal(encode(*body), input));
  if (const auto event = decode_event(input); event && size <= kEntryBytesMax) INVARIANT(equal(encode(*event), input));
  if (const auto log = decode_log({2}, input)) INVARIANT(equal(encode(*log), input));
  (void)parse_epoch(input);
  const std::string name = safe_file_name(as_text(input));
  INVARIANT(!name.empty() && name.size() <= kFileNameBytesMax && safe_file_name(name) == name);
  const auto message = decode_sync(input);
  if (!message) return 0;
  if (const auto* summary = std::get_if<Summary>(&*message)) INVARIANT(equal(encode(*summary), input));
  if (const auto* ask = std::get_if<Ask>(&*message)) INVARIANT(equal(encode(*ask), input));
  if (const auto* file = std::get_if<FileAsk>(&*message)) INVARIANT(equal(encode(*file), input));
  if (const auto* piece = std::get_if<FilePiece>(&*message)) INVARIANT(equal(encode(*piece), input));
  if (const auto* batch = std::get_if<Batch>(&*message)) {
    const auto again = decode_sync(encode(*batch));
    INVARIANT(again && std::get<Batch>(*again).text == batch->text);
  }
  return 0;
}
