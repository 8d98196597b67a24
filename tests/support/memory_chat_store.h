// chat::Store in memory, for tests. What is committed survives in `Disk`; a Disk can be copied (a backup, a clone) and
// told to refuse, as a full disk does: then nothing of that commit is there.
#pragma once

#include <algorithm>
#include <map>

#include "chat/file_store.h"
#include "chat/store.h"

namespace farline::testing {

struct ChatDisk {
  std::map<std::pair<chat::GroupId, chat::EntryId>, chat::StoredEntry> entries;
  std::map<std::pair<chat::GroupId, chat::Order>, chat::EntryId> shown;
  std::map<std::pair<chat::GroupId, chat::EntryId>, std::vector<chat::EntryId>> about;
  std::map<std::tuple<chat::StateKind, chat::GroupId, ByteVector>, ByteVector> states;
  bool refuses = false;
  size_t commits = 0;
};

class MemoryFileStore final : public chat::FileStore {
 public:
  Result<void> put(const chat::FileHash& file, std::span<const chat::FileBlock> blocks) override {
    if (refuses) return Error{Errc::io, "the disk is full"};
    for (const auto& block : blocks) files[file][block.place] = block.bytes;
    return {};
  }
  Result<ByteVector> block(const chat::FileHash& file, chat::BlockPlace place) override {
    const auto found = files.find(file);
    if (found == files.end() || !found->second.contains(place)) return Error{Errc::not_found, "no such block"};
    return found->second[place];
  }
  Result<std::vector<uint32_t>> held(const chat::FileHash& file, uint8_t level) override {
    std::vector<uint32_t> out;
    for (const auto& [place, bytes] : files[file]) {
      if (place.level == level) out.push_back(place.index);
    }
    return out;
  }
  Result<size_t> held_count(const chat::FileHash& file, uint8_t level) override { return held(file, level)->size(); }
  Result<void> erase(const chat::FileHash& file) override {
    files.erase(file);
    return {};
  }

  std::map<chat::FileHash, std::map<chat::BlockPlace, ByteVector>> files;
  bool refuses = false;
};

class MemoryChatStore final : public chat::Store {
 public:
  explicit MemoryChatStore(ChatDisk& disk) : disk_(disk) {}

  Result<void> commit(const chat::Commit& commit) override {
    if (disk_.refuses) return Error{Errc::io, "the disk is full"};
    ++disk_.commits;
    for (const auto& move : commit.moves) move_tail(move);
    for (const auto& id : commit.erased) erase(commit.erased_group, id);
    for (const auto& entry : commit.entries) put(entry);
    for (const auto& state : commit.states) {
      const auto key = std::tuple(state.kind, state.group, state.key);
      if (state.value.empty()) {
        disk_.states.erase(key);
      } else {
        disk_.states[key] = state.value;
      }
    }
    return {};
  }

  Result<chat::StoredEntry> entry(const chat::GroupId& group, chat::EntryId id) override {
    const auto found = disk_.entries.find({group, id});
    if (found == disk_.entries.end()) return Error{Errc::not_found, "no such entry"};
    return found->second;
  }

  Result<std::vector<chat::StoredEntry>> range(const chat::RangeQuery& query) override {
    std::vector<chat::StoredEntry> out;
    size_t bytes = 0;
    auto at = disk_.entries.lower_bound({query.group, {query.log, query.first}});
    for (; at != disk_.entries.end() && at->first <= std::pair(query.group, chat::EntryId{query.log, query.last});
         ++at) {
      bytes += at->second.bytes.size();
      if (!out.empty() && bytes > query.bytes_max) break;
      out.push_back(at->second);
    }
    return out;
  }

  Result<std::vector<chat::StoredEntry>> page(const chat::PageQuery& query) override {
    std::vector<chat::StoredEntry> out;
    const auto in_group = [&](auto at) { return at->first.first == query.group; };
    if (query.forwards) {
      auto at = query.from ? disk_.shown.upper_bound({query.group, *query.from})
                           : disk_.shown.lower_bound({query.group, chat::Order{}});
      for (; at != disk_.shown.end() && in_group(at) && out.size() < query.count; ++at) {
        out.push_back(disk_.entries[{query.group, at->second}]);
      }
      return out;
    }
    const chat::Order end{UINT64_MAX, {{UINT64_MAX}, UINT32_MAX}};
    auto at = disk_.shown.lower_bound({query.group, query.from.value_or(end)});
    while (at != disk_.shown.begin() && in_group(std::prev(at)) && out.size() < query.count) {
      --at;
      out.push_back(disk_.entries[{query.group, at->second}]);
    }
    return out;
  }

  Result<std::vector<chat::StoredEntry>> about(const chat::GroupId& group, chat::EntryId target, size_t each) override {
    std::vector<chat::StoredEntry> out;
    const auto found = disk_.about.find({group, target});
    if (found == disk_.about.end()) return out;
    for (const auto& id : found->second) out.push_back(disk_.entries[{group, id}]);
    std::ranges::sort(out, std::greater(), &chat::StoredEntry::id);
    std::map<chat::LogId, size_t> taken;
    std::erase_if(out, [&](const auto& entry) { return ++taken[entry.id.log] > each; });
    std::ranges::sort(out, {}, &chat::StoredEntry::order);
    return out;
  }

  Result<size_t> count(const CountQuery& query) override {
    size_t number = 0;
    for (const auto& [key, id] : disk_.shown) {
      if (key.first != query.group || (query.after && key.second <= *query.after)) continue;
      if (query.until && key.second.hlc > *query.until) continue;
      if (std::ranges::find(query.except, id.log) == query.except.end()) ++number;
    }
    return std::min(number, query.limit);
  }

  Result<std::vector<chat::State>> states(chat::StateKind kind) override {
    std::vector<chat::State> out;
    for (const auto& [key, value] : disk_.states) {
      if (std::get<0>(key) == kind) out.push_back({kind, std::get<1>(key), std::get<2>(key), value});
    }
    return out;
  }
  Result<ByteVector> state(chat::StateKind kind, const chat::GroupId& group, Bytes key) override {
    const auto found = disk_.states.find(std::tuple(kind, group, to_vector(key)));
    if (found == disk_.states.end()) return Error{Errc::not_found, "no such state"};
    return found->second;
  }

  Result<void> erase_group(const chat::GroupId& group) override {
    std::erase_if(disk_.entries, [&](const auto& item) { return item.first.first == group; });
    std::erase_if(disk_.shown, [&](const auto& item) { return item.first.first == group; });
    std::erase_if(disk_.about, [&](const auto& item) { return item.first.first == group; });
    std::erase_if(disk_.states, [&](const auto& item) { return std::get<1>(item.first) == group; });
    return {};
  }
  Result<void> erase_before(const chat::GroupId& group, chat::Hlc hlc) override {
    std::vector<chat::EntryId> old;
    for (const auto& [key, entry] : disk_.entries) {
      if (key.first == group && entry.hlc < hlc && (key.second.log.value & 1U) != 0) old.push_back(key.second);
    }
    for (const auto& id : old) erase(group, id);
    return {};
  }

 private:
  void put(const chat::StoredEntry& entry) {
    erase(entry.group, entry.id);
    chat::StoredEntry& stored = disk_.entries[{entry.group, entry.id}] = entry;
    stored.search_text.clear();
    if (entry.shown) disk_.shown[{entry.group, entry.order()}] = entry.id;
    if (entry.target) disk_.about[{entry.group, *entry.target}].push_back(entry.id);
  }
  void erase(const chat::GroupId& group, chat::EntryId id) {
    const auto found = disk_.entries.find({group, id});
    if (found == disk_.entries.end()) return;
    disk_.shown.erase({group, found->second.order()});
    if (found->second.target) std::erase(disk_.about[{group, *found->second.target}], id);
    disk_.entries.erase(found);
  }
  void move_tail(const chat::TailMove& move) {
    const auto moved =
        range({.group = move.group, .log = move.from, .first = move.first, .last = UINT32_MAX, .bytes_max = SIZE_MAX});
    for (chat::StoredEntry entry : *moved) {
      erase(move.group, entry.id);
      entry.id.log = move.to;
      put(entry);
    }
  }

  ChatDisk& disk_;
};

}  // namespace farline::testing
