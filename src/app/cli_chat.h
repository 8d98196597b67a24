// The words of `chat`: what they do to the chats of a profile and what they print. The same with a `run` that owns the
// profile, which is asked, and without one; then what is written waits for the next `run`.
#pragma once

#include <string>

#include "app/chat_link.h"
#include "app/cli_commands.h"

namespace farline::app {

struct ChatRequest {
  std::string
      verb;  // list, new, invite, remove, leave, send, check-in, read, search, export, mark-read, send-file, ...
  std::string group;  // its title, or the beginning of its id
  std::string text;  // what is sent or searched; members, with commas between; a person; a file's or folder's full path
  std::string id;    // of the message before, that is answered, or that is a file; how one is, of a check-in
  bool json = false;
};

struct ChatAnswer {
  ExitCode code = ExitCode::ok;
  std::string error{};  // unless ok
};

// What a chat is, and who may be written to now.
struct ChatDesk {
  Profile& profile;
  ChatLink& link;
  MessageDoor door;
};
// All but tail.
ChatAnswer do_chat(const ChatDesk& desk, const ChatRequest& request, const PrintLine& print);
// A voice note of a chat, as one line for whoever plays it (cli_voice_note.cc).
ChatAnswer give_note(const ChatDesk& desk, const chat::GroupId& group, const std::string& id, const PrintLine& print);
// As `read` prints it; with why it waits, when it is one's own that waits.
std::string message_line(const chat::Chat& chat, const chat::Message& message,
                         const std::optional<client::Verdict>& held, bool json);

}  // namespace farline::app
