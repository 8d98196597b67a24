// The chats of an open profile as the desktop shows them, and what a person does to them. Keeps a window of lines of
// the one chat that is looked at; everything else is read when it is shown. What leaves and arrives is the carrier's
// business (chat/chat.h), which hands every event on. Loop thread only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/chat_link.h"
#include "chat/chat.h"
#include "client/command.h"
#include "store/chat_store.h"

namespace farline::app {

class DesktopChat {
 public:
  // Both outlive it.
  DesktopChat(chat::Chat& chat, store::ChatStore& store, std::string own_name);
  // Without one nothing is said of what waits for the policy.
  void set_door(MessageDoor door) { door_ = std::move(door); }
  void door_changed() { is_changed_ = true; }  // what it says

  // A word that a person wrote goes out with the carrier's next turn. Errors: in words for a person.
  Result<void> on(const chat::Now& now, const client::command::NewChat& command);
  Result<void> on(const chat::Now& now, const client::command::OpenChat& command);
  Result<void> on(const chat::Now& now, const client::command::ShowLines& command);
  Result<void> on(const chat::Now& now, const client::command::SendText& command);
  Result<void> on(const chat::Now& now, const client::command::SendFile& command);
  Result<void> on(const chat::Now& now, const client::command::FetchFile& command);
  Result<void> on(const chat::Now& now, const client::command::SaveFile& command);
  Result<void> on(const chat::Now& now, const client::command::CheckIn& command);
  Result<void> on(const chat::Now& now, const client::command::EditText& command);
  Result<void> on(const chat::Now& now, const client::command::React& command);
  Result<void> on(const chat::Now& now, const client::command::KeepDraft& command);
  Result<void> on(const chat::Now& now, const client::command::MarkRead& command);
  Result<void> on(const chat::Now& now, const client::command::SearchChat& command);
  Result<void> on(const chat::Now& now, const client::command::InviteToChat& command);
  Result<void> on(const chat::Now& now, const client::command::LeaveChat& command);

  void handle(const chat::Event& event);
  // Goes on searching, a few thousand messages at a time; false: there is nothing more to search.
  bool search_on();
  bool is_searching() const { return open_ && open_->is_searching; }
  // Saves what is being typed. A while after the last KeepDraft, and at the end.
  void keep_draft();

  // More of a file that is shown may have come since it was: nobody tells of each block.
  bool is_file_coming() const;
  void look_at_files() { is_changed_ = true; }

  // Reads anew what has changed since the last call.
  const client::MessagesView& view();

 private:
  struct Open {
    chat::GroupId group{};
    std::vector<chat::Message> lines{};  // oldest first
    bool has_older = false;
    bool has_newer = false;
    std::string first_unread{};
    std::string draft{};
    std::optional<store::SearchQuery> search{};
    bool is_searching = false;
    std::vector<client::LineView> found{};
  };

  std::optional<client::Verdict> held_in(const chat::GroupId& group) const;
  client::LineView line_view(const chat::Message& message);
  void fill_note(const chat::VoiceNote& note, client::LineView& line);
  client::ChatView chat_view(const chat::GroupInfo& group);
  client::OpenChatView open_view();
  Result<void> load_around(const chat::GroupId& group, const std::optional<chat::Order>& order);
  void reload();
  std::optional<chat::Message> line(const chat::GroupId& group, const std::string& id);

  chat::Chat& chat_;
  store::ChatStore& store_;
  std::string own_name_;
  MessageDoor door_;
  std::optional<Open> open_;
  std::map<std::string, std::string> saved_;                               // where files were saved, by the line's id
  std::optional<client::command::KeepDraft> draft_;                        // not saved yet
  std::map<chat::FileHash, std::array<uint8_t, client::kNoteBars>> bars_;  // of voice notes that were shown
  bool is_changed_ = true;
  client::MessagesView view_;
};

// What it says, for whoever watches for words: a text, a file's name.
std::string text_in(const chat::Body& body);

// Of files on the person's own disk the person is told, and the profile is none the worse. none: of no such file.
template <typename Command>
client::Problem file_problem(const Command&, const Error&) {
  return client::Problem::none;
}
client::Problem file_problem(const client::command::SendFile& command, const Error& error);
client::Problem file_problem(const client::command::SaveFile& command, const Error& error);

template <typename Command>
inline constexpr bool kIsForChat = requires(DesktopChat& chat, const chat::Now& now, const Command& command) {
  chat.on(now, command);
};

}  // namespace farline::app
