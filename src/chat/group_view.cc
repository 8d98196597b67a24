#include <algorithm>

#include "chat/group.h"
#include "chat/log_entry.h"
#include "wire/name.h"

namespace farline::chat {
namespace {

Order end_of(Hlc hlc) {
  return {hlc, {{UINT64_MAX}, UINT32_MAX - 1}};
}

constexpr size_t kAboutMax = 16;  // newest edits and reactions of each author, of one message

}  // namespace

bool Group::settled() const {
  for (const auto& [id, log] : logs_) {
    if (!log.missing(0, log.count()).empty()) return false;
  }
  for (const auto& [id, peer] : peers_) {
    for (const auto& [log, runs] : peer.offers) {
      const auto found = logs_.find(log);
      if (found == logs_.end() || found->second.count() < runs.back().count) return false;
    }
  }
  return roster_.founded;
}

GroupInfo Group::info() const {
  GroupInfo info;
  info.id = id_;
  info.title = roster_.title;
  info.history = roster_.history;
  info.member = is_member();
  if (const auto by = roster_.removers.find(device_.person()); by != roster_.removers.end())
    info.removed_by = by->second;
  info.settled = settled();
  info.fetching = !fetches_.empty();
  for (const auto& [name, member] : roster_.members) {
    info.members.push_back(member.name);
    if (member.admin) info.admins.push_back(member.name);
  }
  Store::CountQuery query{.group = id_, .after = marker_, .except = {}, .until = horizon_};
  const auto unread = [&] {
    const auto counted = device_.store().count(query);
    return counted ? *counted : 0;
  };
  for (const auto& [log, author] : authors_) {
    if (author.person == device_.person()) query.except.push_back(messages_of(log));
  }
  info.unread = unread();
  if (horizon_) {
    query.after = std::max(end_of(*horizon_), std::max(marker_, late_marker_).value_or(Order{}));
    query.until.reset();
    info.unread = std::min(info.unread + unread(), query.limit);
  }
  info.newest = newest_;
  if (!newest_) {
    const auto page = device_.store().page({.group = id_, .from = {}, .forwards = false, .count = 1});
    if (page && !page->empty()) info.newest = page->front().order();
  }
  return info;
}

Result<Message> Group::message_of(const StoredEntry& entry) const {
  const Author* author = author_of(entry.id.log);
  auto body = decode_body(entry.bytes);
  if (!body) return body.error();
  Message message;
  message.group = id_;
  message.order = entry.order();
  message.body = std::move(*body);
  if (author != nullptr) {
    message.author = author->name;
    message.own = author->person == device_.person();
    message.forked = author->forked;
  }
  const auto log = logs_.find(entry.id.log);
  const bool made_here = author != nullptr && author->device == device_.id();
  message.signed_by_author = made_here || (log != logs_.end() && entry.id.seq < log->second.signed_count);
  message.delivery = delivery_of(entry.id);
  const auto about = device_.store().about(id_, entry.id, kAboutMax);
  if (!about) return about.error();
  for (const StoredEntry& change : *about) {
    const Author* who = author_of(change.id.log);
    const auto what = decode_body(change.bytes);
    if (who == nullptr || !what || !counts(*who, change.hlc)) continue;
    const bool same_person = author != nullptr && who->person == author->person;
    const bool was_erased = std::holds_alternative<Erased>(message.body);
    if (const auto* edit = std::get_if<Edit>(&*what); edit != nullptr && same_person && !was_erased) {
      if (auto* text = std::get_if<Text>(&message.body)) text->text = edit->text, message.edited = true;
    } else if (std::holds_alternative<Erase>(*what) && same_person) {
      message.body = Erased{};
    } else if (const auto* react = std::get_if<React>(&*what)) {
      std::erase_if(message.reactions, [&](const Reaction& other) { return other.author == who->name; });
      if (!react->text.empty()) message.reactions.push_back({who->name, react->text});
    }
  }
  return message;
}

// --- States
// -----------------------------------------------------------------------------------------------------------
Group::Arrival Group::arrival_of(const std::string& person, LogId log) const {
  const auto found = arrivals_.find(person);
  if (found == arrivals_.end()) return {};
  const auto arrival = found->second.find(log);
  return arrival == found->second.end() ? Arrival{} : arrival->second;
}

Delivery Group::delivery_of(EntryId id) const {
  bool all_read = true;
  bool all_there = true;
  bool others = false;
  for (const auto& [person, member] : roster_.members) {
    if (person == device_.person()) continue;
    others = true;
    const Arrival arrival = arrival_of(person, id.log);
    all_read = all_read && arrival.read > id.seq;
    all_there = all_there && std::max(arrival.on_device, arrival.read) > id.seq;
  }
  if (others && all_read) return Delivery::read;
  if (others && all_there) return Delivery::on_device;
  const auto relay = relayed_.find(id.log);
  return relay != relayed_.end() && relay->second > id.seq ? Delivery::on_relay : Delivery::queued;
}

// Of this device's messages: what lies before it is with a carrier, or with everybody.
uint32_t Group::first_unsent() const {
  const auto log = logs_.find(own_messages());
  if (log == logs_.end()) return 0;
  uint32_t with_all = log->second.count();
  for (const auto& [person, member] : roster_.members) {
    if (person == device_.person()) continue;
    const Arrival arrival = arrival_of(person, log->first);
    with_all = std::min(with_all, std::max(arrival.on_device, arrival.read));
  }
  const auto relay = relayed_.find(log->first);
  return std::min(log->second.count(), std::max(with_all, relay == relayed_.end() ? 0 : relay->second));
}

void Group::arrived(wire::DeviceId at, LogId log, uint32_t count) {
  const Author* author = author_of(log);
  const Contact* contact = device_.contact(at);
  if (is_event_log(log) || author == nullptr || contact == nullptr) return;
  if (author->person != device_.person() || contact->person == device_.person()) return;
  const auto own = logs_.find(log);
  if (own == logs_.end()) return;
  Arrival& arrival = arrivals_[contact->person][log];
  const uint32_t there = std::min(count, own->second.count());
  if (there <= arrival.on_device) return;
  const uint32_t first = std::max(arrival.on_device, there - std::min(there, 50U));
  for (uint32_t seq = first; seq < there; ++seq) device_.tell(MessageChanged{id_, {log, seq}});
  arrival.on_device = there;
  save_arrivals(contact->person);
}

void Group::took_read(const Author& author, const Read& read) {
  for (const EntryId& id : read.up_to) {
    const Author* whose = author_of(id.log);
    if (whose == nullptr || whose->person != device_.person() || is_event_log(id.log)) continue;
    const auto log = logs_.find(id.log);
    if (author.person == device_.person() || log == logs_.end()) continue;
    Arrival& arrival = arrivals_[author.person][id.log];
    if (id.seq + 1 <= arrival.read || id.seq >= log->second.count()) continue;
    arrival.read = id.seq + 1;
    device_.tell(MessageChanged{id_, id});
    save_arrivals(author.person);
  }
  if (author.person != device_.person() || author.device == device_.id()) return;
  for (const EntryId& id : read.up_to) {  // read on another device of the same person
    const auto entry = device_.store().entry(id_, id);
    if (!entry || (marker_ && *marker_ >= entry->order())) continue;
    set_marker(entry->order());
  }
}

void Group::save_arrivals(const std::string& person) {
  const auto& logs = arrivals_[person];
  ByteVector value(logs.size() * 16);
  Writer out(value);
  for (const auto& [log, arrival] : logs) {
    out.u64(log.value);
    out.u32(arrival.on_device);
    out.u32(arrival.read);
  }
  if (value.empty() || person.size() > kStateKeyBytesMax) return;
  device_.save(StateKind::outbox, id_, as_bytes(person), std::move(value));
}

void Group::load_arrivals(Bytes key, Bytes value) {
  Reader in(value);
  if (key.empty()) {
    while (in.remaining() >= 12) {
      const LogId log{in.u64()};
      relayed_[log] = in.u32();
    }
    return;
  }
  auto& logs = arrivals_[std::string(as_text(key))];
  while (in.remaining() >= 16) {
    const LogId log{in.u64()};
    logs[log].on_device = in.u32();
    logs[log].read = in.u32();
  }
}

void Group::relayed(EntryId id) {
  uint32_t& count = relayed_[id.log];
  if (id.seq < count) return;
  count = id.seq + 1;
  ByteVector value(relayed_.size() * 12);
  Writer out(value);
  for (const auto& [log, relayed_count] : relayed_) {
    out.u64(log.value);
    out.u32(relayed_count);
  }
  device_.save(StateKind::outbox, id_, {}, std::move(value));
  if (!is_event_log(id.log)) device_.tell(MessageChanged{id_, id});
}

// --- Reading
// ----------------------------------------------------------------------------------------------------------
void Group::load_marker(Bytes value) {
  Reader in(value);
  const auto read = [&] { return Order{.hlc = in.u64(), .id = {{in.u64()}, in.u32()}}; };
  const Order order = read();
  const auto late = in.remaining() > 0 ? std::optional(read()) : std::nullopt;
  if (in.finish()) marker_ = order, late_marker_ = late;
}

void Group::set_marker(const Order& order) {
  marker_ = order;
  ByteVector value(late_marker_ ? 40 : 20);
  Writer out(value);
  const auto write = [&](const Order& what) {
    out.u64(what.hlc);
    out.u64(what.id.log.value);
    out.u32(what.id.seq);
  };
  write(order);
  if (late_marker_) write(*late_marker_);
  device_.save(StateKind::marker, id_, {}, std::move(value));
  device_.tell(GroupChanged{id_});
}

// What a clock far ahead wrote has a marker of its own: with one for all, whatever others write until then would count
// as read.
Result<void> Group::mark_read(const Now& now, const Order& seen_up_to, bool tell) {
  set_horizon(now);
  const bool late = seen_up_to.hlc > *horizon_;
  Order order = seen_up_to;
  if (late) {
    const auto below = device_.store().page({.group = id_, .from = end_of(*horizon_), .forwards = false, .count = 1});
    if (!below) return below.error();
    order = below->empty() ? Order{} : below->front().order();
  }
  const auto was_read = [&](const Order& what) {
    return (marker_ && what <= *marker_) || (what.hlc > *horizon_ && late_marker_ && what <= *late_marker_);
  };
  if (marker_ && *marker_ >= order && was_read(seen_up_to)) return {};
  Read read;
  if (tell && is_member()) {
    // The newest of each other author that lies before it, as far as one page of them shows.
    Order from = seen_up_to;
    ++from.id.seq;
    const auto page = device_.store().page({.group = id_, .from = from, .forwards = false, .count = 200});
    if (!page) return page.error();
    std::set<LogId> seen;
    for (const StoredEntry& entry : *page) {
      const Author* author = author_of(entry.id.log);
      if (author == nullptr || author->person == device_.person() || was_read(entry.order())) continue;
      if (seen.insert(entry.id.log).second && read.up_to.size() < kReadMarksMax) read.up_to.push_back(entry.id);
    }
  }
  if (late && !was_read(seen_up_to)) late_marker_ = seen_up_to;
  set_marker(std::max(order, marker_.value_or(Order{})));
  if (read.up_to.empty()) return {};
  const auto written = write_message(now, read);
  if (!written) return written.error();
  return {};
}

}  // namespace farline::chat
