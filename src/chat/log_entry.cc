#include "chat/log_entry.h"

#include "chat/varint.h"
#include "wire/name.h"
#include "wire/utf8.h"

namespace farline::chat {
namespace {

enum Kind : uint8_t {
  kIntroduction = 0x01,
  kFounded = 0x02,
  kAdded = 0x03,
  kRemoved = 0x04,
  kTitled = 0x05,
  kPrekey = 0x06,
  kText = 0x10,
  kReply = 0x11,
  kEdit = 0x12,
  kErase = 0x13,
  kReact = 0x14,
  kRead = 0x15,
  kCheckIn = 0x16,
  kFile = 0x17,
  kPhoto = 0x18,
  kVoiceNote = 0x19,
  kMissedCall = 0x1a,
};

// --- Parts
// ------------------------------------------------------------------------------------------------------------
void write_id(EntryId id, Writer& out) {
  out.u64(id.log.value);
  write_varint(id.seq, out);
}
EntryId read_id(Reader& in) {
  EntryId id;
  id.log.value = in.u64();
  id.seq = static_cast<uint32_t>(read_varint(in, UINT32_MAX));
  return id;
}
std::string read_text(Reader& in, size_t bytes_max) {
  const Bytes bytes = in.rest();
  if (bytes.size() > bytes_max || !wire::is_utf8(as_text(bytes))) in.fail();
  return in.ok() ? std::string(as_text(bytes)) : std::string();
}
std::string read_name(Reader& in) {
  std::string name = read_text(in, 64);
  if (!wire::check_name(name)) in.fail();
  return name;
}

void write_content(const Content& content, Writer& out) {
  out.bytes(content.hash);
  out.bytes(content.key);
  write_varint(content.size, out);
}
Content read_content(Reader& in) {
  Content content{.hash = in.array<32>(), .key = in.array<32>()};
  content.size = read_varint(in, kFileBytesMax);
  return content;
}

Result<void> check_text(std::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max) return Error{Errc::limit, "too long: send it in several parts"};
  if (!wire::is_utf8(text)) return Error{Errc::malformed, "not UTF-8 text"};
  return {};
}
Result<void> check_message_text(std::string_view text) {
  if (text.empty()) return Error{Errc::malformed, "there is nothing to send"};
  return check_text(text, kTextBytesMax);
}

// --- Bodies
// -----------------------------------------------------------------------------------------------------------
struct Check {
  Result<void> operator()(const Text& body) const { return check_message_text(body.text); }
  Result<void> operator()(const Edit& body) const { return check_message_text(body.text); }
  Result<void> operator()(const Erase&) const { return {}; }
  Result<void> operator()(const React& body) const { return check_text(body.text, kReactionBytesMax); }
  Result<void> operator()(const Read& body) const {
    if (body.up_to.empty() || body.up_to.size() > kReadMarksMax) return Error{Errc::limit, "too many read marks"};
    return {};
  }
  Result<void> operator()(const CheckIn& body) const {
    if (body.state < Wellbeing::fine || body.state > Wellbeing::moving) {
      return Error{Errc::malformed, "no such state of a check-in"};
    }
    if (body.place && (std::abs((*body.place)[0]) > 9'000'000 || std::abs((*body.place)[1]) > 18'000'000)) {
      return Error{Errc::malformed, "no such place on Earth"};
    }
    return check_text(body.text, kCheckInTextBytesMax);
  }
  Result<void> operator()(const File& body) const {
    if (body.content.size > kFileBytesMax) return Error{Errc::limit, "the file is larger than 64 MiB"};
    if (safe_file_name(body.name) != body.name) return Error{Errc::malformed, "no name for a file"};
    return {};
  }
  Result<void> operator()(const VoiceNote& body) const {
    if (body.content.size > kVoiceNoteBytesMax) return Error{Errc::limit, "the voice note is too long"};
    return {};
  }
  Result<void> operator()(const MissedCall& body) const { return wire::check_name(body.callee); }
  Result<void> operator()(const Erased&) const { return Error{Errc::malformed, "nobody writes that"}; }
};

struct WriteBody {
  Writer& out;
  void operator()(const Text& body) const {
    out.u8(body.reply_to ? kReply : kText);
    if (body.reply_to) write_id(*body.reply_to, out);
    out.bytes(as_bytes(body.text));
  }
  void operator()(const Edit& body) const {
    out.u8(kEdit);
    write_id(body.target, out);
    out.bytes(as_bytes(body.text));
  }
  void operator()(const Erase& body) const {
    out.u8(kErase);
    write_id(body.target, out);
  }
  void operator()(const React& body) const {
    out.u8(kReact);
    write_id(body.target, out);
    out.bytes(as_bytes(body.text));
  }
  void operator()(const Read& body) const {
    out.u8(kRead);
    for (const EntryId& id : body.up_to) write_id(id, out);
  }
  void operator()(const CheckIn& body) const {
    out.u8(kCheckIn);
    out.u8(static_cast<uint8_t>(static_cast<unsigned>(body.state) | (body.place ? 0x80U : 0U)));
    if (body.place) {
      for (const int32_t degrees : *body.place) out.u32(static_cast<uint32_t>(degrees));
    }
    out.bytes(as_bytes(body.text));
  }
  void operator()(const File& body) const {
    out.u8(body.is_photo ? kPhoto : kFile);
    write_content(body.content, out);
    out.bytes(as_bytes(body.name));
  }
  void operator()(const VoiceNote& body) const {
    out.u8(kVoiceNote);
    write_content(body.content, out);
    out.u16(body.tenths);
    out.u8(body.codec);
  }
  void operator()(const MissedCall& body) const {
    out.u8(kMissedCall);
    out.bytes(as_bytes(body.callee));
  }
  void operator()(const Erased&) const { INVARIANT(false); }
};

CheckIn read_check_in(Reader& in) {
  CheckIn body;
  const uint8_t head = in.u8();
  body.state = static_cast<Wellbeing>(head & 0x7fU);
  if ((head & 0x80U) != 0) {
    const auto latitude = static_cast<int32_t>(in.u32());
    body.place = {latitude, static_cast<int32_t>(in.u32())};
  }
  body.text = read_text(in, kCheckInTextBytesMax);
  return body;
}

Body read_body(uint8_t kind, Reader& in) {
  switch (kind) {
    case kText:
      return Text{read_text(in, kTextBytesMax), std::nullopt};
    case kReply: {
      const EntryId id = read_id(in);
      return Text{read_text(in, kTextBytesMax), id};
    }
    case kEdit: {
      const EntryId id = read_id(in);
      return Edit{id, read_text(in, kTextBytesMax)};
    }
    case kErase:
      return Erase{read_id(in)};
    case kReact: {
      const EntryId id = read_id(in);
      return React{id, read_text(in, kReactionBytesMax)};
    }
    case kRead: {
      Read body;
      while (in.ok() && in.remaining() > 0 && body.up_to.size() < kReadMarksMax) body.up_to.push_back(read_id(in));
      return body;
    }
    case kCheckIn:
      return read_check_in(in);
    case kFile:
    case kPhoto: {
      const Content content = read_content(in);
      return File{.content = content, .name = read_text(in, kFileNameBytesMax), .is_photo = kind == kPhoto};
    }
    case kVoiceNote: {
      VoiceNote body{.content = read_content(in)};
      body.tenths = in.u16();
      body.codec = in.u8();
      return body;
    }
    case kMissedCall:
      return MissedCall{read_name(in)};
    default:
      return Erased{};
  }
}

// --- Events
// -----------------------------------------------------------------------------------------------------------
struct WriteEvent {
  Writer& out;
  void operator()(const Introduction& event) const {
    out.u8(kIntroduction);
    out.bytes(event.incarnation);
    out.bytes(event.credential);
  }
  void operator()(const Founded& event) const {
    out.u8(kFounded);
    out.bytes(event.nonce);
    out.u8(static_cast<uint8_t>(event.history));
    out.bytes(as_bytes(event.title));
  }
  void operator()(const Added& event) const {
    out.u8(kAdded);
    out.u8(event.admin ? 1 : 0);
    out.bytes(as_bytes(event.name));
  }
  void operator()(const Removed& event) const {
    INVARIANT(event.cuts.size() <= kCutsMax);
    out.u8(kRemoved);
    out.u8(static_cast<uint8_t>(event.cuts.size()));
    for (const auto& cut : event.cuts) {
      out.u64(cut.log.value);
      write_varint(cut.count, out);
    }
    out.bytes(as_bytes(event.name));
  }
  void operator()(const Titled& event) const {
    out.u8(kTitled);
    out.bytes(as_bytes(event.title));
  }
  void operator()(const Prekey& event) const {
    out.u8(kPrekey);
    write_varint(event.number, out);
    out.bytes(event.key);
  }
};

Founded read_founded(Reader& in) {
  Founded event{.nonce = in.array<16>(), .history = static_cast<History>(in.u8()), .title = {}};
  if (event.history > History::all) in.fail();
  event.title = read_text(in, kTitleBytesMax);
  return event;
}
Added read_added(Reader& in) {
  const uint8_t admin = in.u8();
  if (admin > 1) in.fail();
  return {read_name(in), admin == 1};
}
Removed read_removed(Reader& in) {
  Removed event;
  const size_t count = in.u8();
  if (count > kCutsMax) in.fail();
  for (size_t i = 0; i < count && in.ok(); ++i) {
    const LogId log{in.u64()};
    event.cuts.push_back({log, static_cast<uint32_t>(read_varint(in, UINT32_MAX))});
  }
  event.name = read_name(in);
  return event;
}

template <typename T>
Result<T> finish(T value, const Reader& in) {
  if (!in.ok() || in.remaining() > 0) return Error{Errc::malformed, "damaged entry"};
  return value;
}

}  // namespace

Result<void> check(const Body& body) {
  return std::visit(Check{}, body);
}

ByteVector encode(const Body& body) {
  INVARIANT(check(body));
  std::array<uint8_t, kEntryBytesMax + 64> buffer{};
  Writer out(buffer);
  std::visit(WriteBody{out}, body);
  INVARIANT(out.size() <= kEntryBytesMax);
  return to_vector(out.written());
}

ByteVector encode(const GroupEvent& event) {
  std::array<uint8_t, kEntryBytesMax> buffer{};
  Writer out(buffer);
  std::visit(WriteEvent{out}, event);
  return to_vector(out.written());
}

Result<Body> decode_body(Bytes entry) {
  Reader in(entry);
  Body body = read_body(in.u8(), in);
  if (std::holds_alternative<Erased>(body)) return Error{Errc::unsupported, "written by a newer version"};
  if (in.ok() && !check(body)) in.fail();
  return finish(std::move(body), in);
}

Result<GroupEvent> decode_event(Bytes entry) {
  Reader in(entry);
  switch (in.u8()) {
    case kIntroduction: {
      Introduction event{.incarnation = in.array<8>(), .credential = to_vector(in.rest())};
      if (event.credential.size() > kCredentialBytesMax) in.fail();
      return finish(GroupEvent(std::move(event)), in);
    }
    case kFounded:
      return finish(GroupEvent(read_founded(in)), in);
    case kAdded:
      return finish(GroupEvent(read_added(in)), in);
    case kRemoved:
      return finish(GroupEvent(read_removed(in)), in);
    case kTitled:
      return finish(GroupEvent(Titled{read_text(in, kTitleBytesMax)}), in);
    case kPrekey: {
      const auto number = static_cast<uint32_t>(read_varint(in, UINT32_MAX));
      return finish(GroupEvent(Prekey{number, in.array<32>()}), in);
    }
    default:
      return Error{Errc::unsupported, "an event of a newer version"};
  }
}

bool is_event_log(LogId log) {
  return (log.value & 1U) == 0;
}
LogId messages_of(LogId events) {
  return {events.value | 1U};
}
LogId events_of(LogId messages) {
  return {messages.value & ~uint64_t{1}};
}

bool is_shown(const Body& body) {
  return std::holds_alternative<Text>(body) || std::holds_alternative<CheckIn>(body) ||
         std::holds_alternative<File>(body) || std::holds_alternative<VoiceNote>(body) ||
         std::holds_alternative<MissedCall>(body);
}

const Content* content_of(const Body& body) {
  if (const auto* file = std::get_if<File>(&body)) return &file->content;
  if (const auto* note = std::get_if<VoiceNote>(&body)) return &note->content;
  return nullptr;
}

std::optional<EntryId> target_of(const Body& body) {
  if (const auto* edit = std::get_if<Edit>(&body)) return edit->target;
  if (const auto* erase = std::get_if<Erase>(&body)) return erase->target;
  if (const auto* react = std::get_if<React>(&body)) return react->target;
  return std::nullopt;
}

StoredEntry stored_entry(const GroupId& group, EntryId id, Hlc hlc, Bytes bytes) {
  StoredEntry entry;
  entry.group = group;
  entry.id = id;
  entry.hlc = hlc;
  entry.bytes = to_vector(bytes);
  if (is_event_log(id.log)) return entry;
  const auto body = decode_body(bytes);
  if (!body) return entry;
  entry.shown = is_shown(*body);
  entry.target = target_of(*body);
  if (const auto* text = std::get_if<Text>(&*body)) entry.search_text = text->text;
  if (const auto* edit = std::get_if<Edit>(&*body)) entry.search_text = edit->text;
  if (const auto* check_in = std::get_if<CheckIn>(&*body)) entry.search_text = check_in->text;
  if (const auto* file = std::get_if<File>(&*body)) entry.search_text = file->name;
  return entry;
}

}  // namespace farline::chat
