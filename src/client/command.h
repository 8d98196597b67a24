// What a person asks of the program: values, from the thread of the user interface to the one that owns the core. What
// becomes of one shows in the next View.
#pragma once

#include <string>
#include <variant>

#include "client/view.h"

namespace farline::client::command {

// --- The profile ---
struct Enrol {
  std::string invitation{};  // its text
  std::string name{};
  std::string passphrase{};  // empty: none
};
struct Unlock {
  std::string passphrase{};
};
struct Lock {};
struct ChangePassphrase {
  std::string from{};
  std::string to{};
};
struct Wipe {};  // destroys the keys of the profile at once
struct ChangeSettings {
  Settings settings{};
  uint32_t number = 0;  // of this change: View::settings_number when it was obeyed
};

// --- Calls ---
struct StartCall {
  std::string name{};
};
struct Answer {};
struct HangUp {};  // ends, cancels or declines
struct Mute {
  bool on = false;
};
struct Deafen {
  bool on = false;
};
struct Hold {
  bool on = false;
};
struct Talk {  // the push-to-talk key
  bool down = false;
};
struct Record {
  bool on = false;
};
struct PressKey {  // of a telephone's keypad
  char key = 0;
};
struct TakeUp {};        // the call that was interrupted
struct ForgetEnded {};   // View::ended, interrupted and refused were looked at
struct LookAtMissed {};  // nothing in View::recent is new any more

// --- People ---
struct AddPerson {
  std::string name{};
};
struct RemovePerson {
  std::string name{};
};
struct Block {
  std::string name{};
  bool on = false;
};

// --- Messages ---
struct NewChat {
  std::string title{};  // empty: named after its members
  std::vector<std::string> members{};
};
struct OpenChat {
  std::string chat{};  // empty: none is looked at any more
  std::string line{};  // to be among the lines shown, or kNewestLine; empty: the first unread, or the newest
};
struct ShowLines {  // of the open chat
  bool older = false;
};
struct SendText {
  std::string chat{};
  std::string text{};
  std::string answers{};  // a line; empty: none
};
struct SendFile {
  std::string chat{};
  std::string path{};
};
struct FetchFile {  // what is not here of it
  std::string chat{};
  std::string line{};
};
struct SaveFile {  // all of it is here
  std::string chat{};
  std::string line{};
  std::string folder{};
};
struct CheckIn {
  std::string chat{};
};
struct EditText {
  std::string chat{};
  std::string line{};
  std::string text{};  // empty: deleted
};
struct React {
  std::string chat{};
  std::string line{};
  std::string text{};  // an emoji; empty: taken back
};
struct KeepDraft {
  std::string chat{};
  std::string text{};
};
struct MarkRead {
  std::string chat{};  // empty: all of them
  std::string line{};  // up to this one; empty: all
};
struct SetAlerts {
  std::string chat{};
  Alerts alerts{};
};
struct SearchChat {
  std::string chat{};
  std::string text{};  // empty: no more
};
struct InviteToChat {
  std::string chat{};
  std::string name{};
};
struct LeaveChat {
  std::string chat{};
};
struct RecordNote {  // begins; what was recorded or heard until now is dropped
  std::string chat{};
  std::string person{};  // without a chat: the chat of the two
};
struct EndNote {
  bool send = false;
};
struct PlayNote {
  std::string chat{};
  std::string line{};  // again, or none: stop
};

// --- Link, rules, sound ---
struct CheckLink {};
struct RetryNow {};  // do not wait for the next try
struct ImportPolicy {
  std::string path{};
};
struct BreakGlass {
  std::string code{};
};
struct TestSound {
  bool on = false;  // what is said comes back through the vocoder
};
struct WatchLevels {
  bool on = false;  // meters, while no call runs
};

// --- Trial and help ---
struct StartTrial {
  std::string link{};
};
struct StopTrial {};
struct SaveDiagnostics {};
struct Quit {};

}  // namespace farline::client::command

namespace farline::client {

using Command = std::variant<
    command::Enrol, command::Unlock, command::Lock, command::ChangePassphrase, command::Wipe, command::ChangeSettings,
    command::StartCall, command::Answer, command::HangUp, command::Mute, command::Deafen, command::Hold, command::Talk,
    command::Record, command::PressKey, command::TakeUp, command::ForgetEnded, command::LookAtMissed,
    command::AddPerson, command::RemovePerson, command::Block, command::NewChat, command::OpenChat, command::ShowLines,
    command::SendText, command::SendFile, command::FetchFile, command::SaveFile, command::CheckIn, command::EditText,
    command::React, command::KeepDraft, command::MarkRead, command::SetAlerts, command::SearchChat,
    command::InviteToChat, command::LeaveChat, command::RecordNote, command::EndNote, command::PlayNote,
    command::CheckLink, command::RetryNow, command::ImportPolicy, command::BreakGlass, command::TestSound,
    command::WatchLevels, command::StartTrial, command::StopTrial, command::SaveDiagnostics, command::Quit>;

}  // namespace farline::client
