// The bytes of one entry: a kind, then its fields (docs/CHAT.md, Entries). What it is about (log, place, time) stands
// around it. Parsing is strict, and allocates at most what the input has.
#pragma once

#include "chat/body.h"
#include "chat/group_event.h"
#include "chat/store.h"

namespace farline::chat {

// `body` passes check(): our mistake otherwise; never Erased.
ByteVector encode(const Body& body);
ByteVector encode(const GroupEvent& event);
// Errc::unsupported for a kind of a later version: it is kept and passed on, but not shown.
Result<Body> decode_body(Bytes entry);
Result<GroupEvent> decode_event(Bytes entry);

bool is_event_log(LogId log);
LogId messages_of(LogId events);
LogId events_of(LogId messages);

bool is_shown(const Body& body);
std::optional<EntryId> target_of(const Body& body);

// Everything that a store keeps of an entry of a log of messages, or of events (`shown` and `target` stay empty).
StoredEntry stored_entry(const GroupId& group, EntryId id, Hlc hlc, Bytes bytes);

}  // namespace farline::chat
