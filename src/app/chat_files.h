// Files between a chat and the disk of its person: what is sent is read from a path, what has come is written into a
// folder under a name of its own, never over a file that is there. All calls block.
#pragma once

#include <string>

#include "chat/chat.h"

namespace farline::app {

// A picture by the ending of its name is sent as a photo. Errors: Errc::not_found when the file cannot be read,
// Errc::limit when it is larger than a chat takes; else the chat's.
Result<chat::EntryId> send_file_at(chat::Chat& chat, const chat::Now& now, const chat::GroupId& group,
                                   const std::string& path);

// All of it is here. Gives the path it was written to; a half written one is removed.
Result<std::string> write_into(const chat::Chat& chat, const chat::Body& body, const std::string& folder);

// The name under which people see it.
std::string file_name_of(const chat::Body& body);

}  // namespace farline::app
