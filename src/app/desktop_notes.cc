#include "app/desktop_notes.h"

#include "app/voice_notes.h"

namespace farline::app {
namespace {

constexpr Duration kHeardOut = 300ms;  // what a sound card still has when the last frame was given to it
constexpr size_t kUnitsASecond = 1000 / wire::kVoiceUnitMs;

}  // namespace

DesktopNotes::DesktopNotes(host::Loop& loop, ChatLink& link, DesktopSound& sound, Hooks hooks)
    : link_(link), sound_(sound), hooks_(std::move(hooks)), over_(loop, [this] { stop(); }) {}

DesktopNotes::~DesktopNotes() {
  let_go();
}

void DesktopNotes::let_go() {
  over_.stop();
  sound_.set_note({});
  recorder_.reset();
  player_.reset();
}

void DesktopNotes::stop() {
  if (!recorder_ && !player_) return;
  let_go();
  hooks_.changed();
}

// --- Recording -------------------------------------------------------------------------------------------------------

void DesktopNotes::on(const client::command::RecordNote& command) {
  let_go();
  recorder_ = std::make_unique<voice::NoteRecorder>(*codecs_, voice::kNoteBpsDefault);
  recorded_ = command;
  is_full_ = false;
  sound_.set_note({.heard = [this](host::FrameIn frame) { is_full_ = is_full_ || !recorder_->add(frame); }});
  hooks_.changed();
}

void DesktopNotes::on(const client::command::EndNote& command) {
  if (!recorder_) return;
  const auto sent = command.send ? send() : Result<void>();
  let_go();
  hooks_.changed();
  hooks_.done(sent);
}

Result<void> DesktopNotes::send() {
  if (recorder_->units() == 0) return {};  // no microphone: that is said elsewhere
  auto group = chat::group_id_from(recorded_.chat);
  if (!group) {
    const auto chat = hooks_.chat_with(recorded_.person);
    if (!chat) return chat.error();
    group = *chat;
  }
  const auto sent = send_note(link_.chat(), link_.now(), *group, recorder_->finish());
  return sent ? Result<void>() : sent.error();
}

// --- Playing ---------------------------------------------------------------------------------------------------------

void DesktopNotes::on(const client::command::PlayNote& command) {
  const bool is_same = player_ && played_.line == command.line;
  stop();
  if (command.line.empty() || is_same) return;
  hooks_.done(play(command));
}

// One that is not here is asked for.
Result<void> DesktopNotes::play(const client::command::PlayNote& command) {
  const auto group = chat::group_id_from(command.chat);
  const auto id = chat::entry_id_from(command.line);
  if (!group || !id) return Error{Errc::not_found, "this chat or message is not there any more"};
  chat::Chat& chat = link_.chat();
  const auto message = chat.message(*group, *id);
  if (!message) return message.error();
  const auto* body = std::get_if<chat::VoiceNote>(&message->body);
  if (body == nullptr) return {};
  if (!chat.is_file_here(body->content)) return chat.fetch_file(link_.now(), *group, *id);
  auto note = note_of(chat, *body);
  if (!note) return {};  // of a newer version, or somebody's joke: it stays silent
  auto player = voice::NotePlayer::open(*codecs_, std::move(*note));
  if (!player) return {};
  player_ = std::move(*player);
  played_ = command;
  sound_.set_note({.wanted = [this](host::FrameOut frame) {
    const size_t before = player_->units_played() * voice::kNoteBars / player_->shape().units;
    if (!player_->next(frame) && !std::exchange(is_full_, true)) over_.start(kHeardOut);
    if (before != player_->units_played() * voice::kNoteBars / player_->shape().units) hooks_.changed();
  }});
  is_full_ = false;
  hooks_.changed();
  return {};
}

std::optional<client::NoteView> DesktopNotes::view() const {
  if (recorder_) {
    return client::NoteView{.is_recording = true,
                            .chat = recorded_.chat,
                            .to = recorded_.person,
                            .lasted = std::chrono::seconds(recorder_->units() / kUnitsASecond),
                            .bar = recorder_->bar(),
                            .is_full = is_full_};
  }
  if (!player_) return std::nullopt;
  return client::NoteView{
      .chat = played_.chat,
      .line = played_.line,
      .lasted = std::chrono::seconds(player_->units_played() / kUnitsASecond),
      .bar = static_cast<uint8_t>(player_->units_played() * voice::kNoteBars / player_->shape().units)};
}

}  // namespace farline::app
