// Voice notes between a chat, a microphone or a WAV file, and an ear (voice/note.h). One line of text carries a note
// from a farline-cli to the `run` that owns the profile, and back: the codec and the bytes, in hexadecimal.
#pragma once

#include <string>
#include <string_view>

#include "chat/chat.h"
#include "host/audio.h"
#include "voice/note.h"

namespace farline::app {

std::string note_text(const voice::Note& note);
// Errors: as voice::parse_note.
Result<voice::Note> note_in(std::string_view text);

Result<chat::EntryId> send_note(chat::Chat& chat, const chat::Now& now, const chat::GroupId& group,
                                const voice::Note& note);
// Errc::not_found while some of it is not here. Errors: as voice::parse_note.
Result<voice::Note> note_of(const chat::Chat& chat, const chat::VoiceNote& body);

// Both block. What is beyond the longest note is left out.
Result<voice::Note> note_of_wav(const std::string& path, uint32_t bps);
Result<void> write_wav(voice::Note note, const std::string& path);

// Both run a loop of their own until it is done; Errc::denied when the person interrupts it.
Result<voice::Note> record_note(const host::AudioSourceSpec& source, uint32_t bps, Duration most);
Result<void> play_note(voice::Note note, const host::AudioSinkSpec& sink);

}  // namespace farline::app
