// Who belongs to a group: a function of the set of events, whatever the order in which they arrived.
//
// Events are taken in their order (time, log, place). One counts when its author is an admin at that point (a removal
// of oneself always counts) and its log is not cut before it. A removal cuts the logs of events of who is removed, with
// effect on everything; the reckoning then starts again. Cuts are never taken back, so it ends.
// An admin may therefore remove any other, and of two who remove each other the earlier by their clocks prevails.
#pragma once

#include <map>
#include <span>
#include <string>

#include "chat/group_event.h"
#include "chat/store.h"

namespace farline::chat {

struct PlacedEvent {
  Order order;
  std::string author;   // folded name
  bool founds = false;  // it is the entry that the group's id is the hash of
  GroupEvent event;
};

struct Roster {
  struct Member {
    std::string name;  // as the event writes it
    bool admin = false;
    Hlc since = 0;
  };
  bool founded = false;
  std::string title;
  History history = History::all;
  std::map<std::string, Member> members;        // by folded name
  std::map<std::string, Hlc> removed;           // when: what they write later is not taken
  std::map<std::string, std::string> removers;  // folded names: of somebody removed, who did it; not of who left
  std::map<LogId, uint32_t> cuts;               // logs of events of those removed: how many entries count
  std::array<uint8_t, 8> removals_hash{};       // of the removals that count; an epoch key belongs to one such set
};

// `events` in order.
Roster reckon_roster(std::span<const PlacedEvent> events);

}  // namespace farline::chat
