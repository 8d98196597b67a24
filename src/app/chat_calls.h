// Calls of this person that nobody took, written into the chat with whom they were for. The caller's device alone
// writes them, so that each stands there once on both sides, also when who was called is away: it comes as messages do.
#pragma once

#include <optional>
#include <string>

#include "chat/chat.h"
#include "client/events.h"

namespace farline::app {

// Of a call of ours: nobody took it, and they may not know of it.
bool is_untaken(client::EndReason reason);

class UntakenCalls {
 public:
  // Of every event of the client. Whom the call was for, when this one ends a call of ours that was not taken and that
  // they may not know of: they did not answer, were busy or away, or we hung up first. Not: they declined.
  std::optional<std::string> handle(const client::Event& event);

 private:
  client::CallId connected_ = 0;
};

// The chat of just these two people, begun when there is none.
Result<chat::GroupId> chat_with(chat::Chat& chat, const chat::Now& now, const std::string& own_name,
                                const std::string& other);
// In that chat.
Result<void> write_missed_call(chat::Chat& chat, const chat::Now& now, const std::string& own_name,
                               const std::string& callee);

}  // namespace farline::app
