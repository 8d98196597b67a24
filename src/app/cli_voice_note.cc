// chat send-voice|play. Sound is recorded, encoded and played here; the chat is asked of the `run` where one owns the
// profile.
#include "app/cli_chat.h"
#include "app/voice_notes.h"
#include "host/file.h"

namespace farline::app {
namespace {

constexpr std::string_view kNoteLine = "note ";  // of verb "play": the note behind it

ExitCode code_of_sound(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::io ? ExitCode::io : code_of(error);
}

}  // namespace

ExitCode send_voice_note(const CommonOptions& common, const VoiceNoteCommand& command) {
  Result<voice::Note> note = Error{Errc::malformed, "say which WAV file, or how many seconds to record"};
  if (!command.file.empty()) {
    note = note_of_wav(command.file, command.bps);
  } else if (command.seconds > 0) {
    const auto source = host::parse_audio_source(command.sound);
    if (!source) return fail(common, ExitCode::usage, source.error().what);
    note = record_note(*source, command.bps, std::chrono::milliseconds(static_cast<int64_t>(command.seconds * 1000)));
  } else {
    return fail(common, ExitCode::usage, note.error().what);
  }
  if (!note) return fail(common, code_of_sound(note.error()), note.error().what);
  return chat_command(common, {.verb = "send-voice", .group = command.group, .text = note_text(*note)});
}

ExitCode play_voice_note(const CommonOptions& common, const VoiceNoteCommand& command) {
  const auto sink = host::parse_audio_sink(command.sound);
  if (!sink) return fail(common, ExitCode::usage, sink.error().what);
  std::string text;
  const ExitCode code =
      chat_command(common, {.verb = "play", .group = command.group, .id = command.id}, [&](const std::string& line) {
        if (line.starts_with(kNoteLine))
          text = line.substr(kNoteLine.size());
        else
          print_line(line);
      });
  if (code != ExitCode::ok || text.empty()) return code;
  auto note = note_in(text);
  if (!note) return fail(common, ExitCode::bad_data, note.error().what);
  const auto done =
      command.file.empty() ? play_note(std::move(*note), *sink) : write_wav(std::move(*note), command.file);
  return done ? ExitCode::ok : fail(common, code_of_sound(done.error()), done.error().what);
}

ChatAnswer give_note(const ChatDesk& desk, const chat::GroupId& group, const std::string& id_text,
                     const PrintLine& print) {
  const auto no_note = [](const Error& error) { return ChatAnswer{code_of(error), std::string(error.what)}; };
  const auto id = chat::entry_id_from(id_text);
  if (!id) return {ExitCode::usage, "play takes the id of a message, as `chat read --json` shows it"};
  chat::Chat& chat = desk.link.chat();
  const auto message = chat.message(group, *id);
  if (!message) return no_note(message.error());
  const auto* body = std::get_if<chat::VoiceNote>(&message->body);
  if (body == nullptr) return no_note({Errc::malformed, "this message is no voice note"});
  if (!chat.is_file_here(body->content)) {
    if (const auto asked = chat.fetch_file(desk.link.now(), group, *id); !asked) return no_note(asked.error());
    return {ExitCode::network, "under way: play it again when all of it has come"};
  }
  const auto note = note_of(chat, *body);
  if (!note) return no_note(note.error());
  print(std::string(kNoteLine) + note_text(*note));
  return {};
}

}  // namespace farline::app
