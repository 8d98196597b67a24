#include "chat/roster.h"

#include "crypto/hash.h"
#include "wire/name.h"

namespace farline::chat {
namespace {

std::string folded(std::string_view name) {
  auto result = wire::fold_name(name);
  return result ? std::move(*result) : std::string();
}

class Reckoning {
 public:
  explicit Reckoning(std::span<const PlacedEvent> events) : events_(events) {}

  Roster run() {
    while (!pass()) {
    }
    return std::move(roster_);
  }

 private:
  // False when a removal cut what may have been taken already.
  bool pass() {
    roster_ = {};
    for (const PlacedEvent& placed : events_) {
      if (is_cut(placed.order.id)) continue;
      if (!take(placed)) return false;
    }
    roster_.cuts = cuts_;
    return true;
  }

  bool is_cut(EntryId id) const {
    const auto cut = cuts_.find(id.log);
    return cut != cuts_.end() && id.seq >= cut->second;
  }
  bool is_admin(const std::string& name) const {
    const auto member = roster_.members.find(name);
    return member != roster_.members.end() && member->second.admin;
  }

  bool take(const PlacedEvent& placed) {
    if (const auto* founded_event = std::get_if<Founded>(&placed.event)) {
      if (!placed.founds) return true;
      roster_.founded = true;
      roster_.title = founded_event->title;
      roster_.history = founded_event->history;
      roster_.members[placed.author] = {placed.author, true, placed.order.hlc};
    } else if (const auto* added = std::get_if<Added>(&placed.event)) {
      if (is_admin(placed.author)) add(*added, placed.order.hlc);
    } else if (const auto* titled = std::get_if<Titled>(&placed.event)) {
      if (is_admin(placed.author)) roster_.title = titled->title;
    } else if (const auto* removed = std::get_if<Removed>(&placed.event)) {
      return remove(placed, *removed);
    }
    return true;
  }

  void add(const Added& added, Hlc when) {
    const std::string name = folded(added.name);
    const auto found = roster_.members.find(name);
    if (found != roster_.members.end()) {
      found->second.admin = added.admin;
    } else if (roster_.members.size() < kMembersMax) {
      roster_.members[name] = {added.name, added.admin, when};
      roster_.removed.erase(name);
      roster_.removers.erase(name);
    }
  }

  bool remove(const PlacedEvent& placed, const Removed& removed) {
    const std::string name = folded(removed.name);
    if (!roster_.members.contains(name) || (name != placed.author && !is_admin(placed.author))) return true;
    bool news = false;
    if (name != placed.author) {
      for (const auto& cut : removed.cuts) {
        const auto done = cuts_.emplace(cut.log, cut.count);
        news = news || done.second;
      }
    }
    if (news) return false;
    roster_.members.erase(name);
    roster_.removed[name] = placed.order.hlc;
    if (name != placed.author) roster_.removers[name] = placed.author;
    std::array<uint8_t, 12> id{};
    Writer out(id);
    out.u64(placed.order.id.log.value);
    out.u32(placed.order.id.seq);
    const auto hash = crypto::sha256({roster_.removals_hash, id});
    std::copy_n(hash.begin(), roster_.removals_hash.size(), roster_.removals_hash.begin());
    return true;
  }

  std::span<const PlacedEvent> events_;
  std::map<LogId, uint32_t> cuts_;
  Roster roster_;
};

}  // namespace

Roster reckon_roster(std::span<const PlacedEvent> events) {
  return Reckoning(events).run();
}

}  // namespace farline::chat
