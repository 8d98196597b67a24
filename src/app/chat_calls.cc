#include "app/chat_calls.h"

#include <algorithm>

#include "wire/name.h"

namespace farline::app {
namespace {

// The one that was used last; a chat that the other has left is theirs no more.
std::optional<chat::GroupId> chat_of_two(const chat::Chat& chat, const std::string& other) {
  std::optional<chat::GroupInfo> best;
  for (chat::GroupInfo& group : chat.groups()) {
    const bool has_other = std::ranges::any_of(
        group.members, [&](const std::string& member) { return wire::is_same_name(member, other); });
    if (!group.member || group.members.size() != 2 || !has_other) continue;
    if (!best || group.newest > best->newest) best = std::move(group);
  }
  return best ? std::optional(best->id) : std::nullopt;
}

}  // namespace

bool is_untaken(client::EndReason reason) {
  switch (reason) {
    case client::EndReason::hung_up:
    case client::EndReason::busy:
    case client::EndReason::no_answer:
    case client::EndReason::not_attached:
    case client::EndReason::unreachable:
      return true;
    case client::EndReason::peer_hung_up:
    case client::EndReason::declined:
    case client::EndReason::missed:
    case client::EndReason::answered_elsewhere:
    case client::EndReason::no_such_name:
    case client::EndReason::not_allowed:
    case client::EndReason::closed_by_policy:
    case client::EndReason::failed:
      return false;
  }
  return false;
}

Result<chat::GroupId> chat_with(chat::Chat& chat, const chat::Now& now, const std::string& own_name,
                                const std::string& other) {
  if (const auto group = chat_of_two(chat, other)) return *group;
  return chat.new_group(now, {.title = own_name + ", " + other, .members = {other}});
}

std::optional<std::string> UntakenCalls::handle(const client::Event& event) {
  if (event.kind == client::EventKind::connected) connected_ = event.call;
  if (event.kind != client::EventKind::ended || !event.outgoing || event.call == connected_) return std::nullopt;
  return is_untaken(event.reason) ? std::optional(event.peer) : std::nullopt;
}

Result<void> write_missed_call(chat::Chat& chat, const chat::Now& now, const std::string& own_name,
                               const std::string& callee) {
  if (wire::is_same_name(own_name, callee)) return {};
  const auto group = chat_with(chat, now, own_name, callee);
  if (!group) return group.error();
  const auto written = chat.send(now, *group, chat::MissedCall{callee});
  return written ? Result<void>() : written.error();
}

}  // namespace farline::app
