// What chat's lines cost compressed, and what its store costs in time and memory.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/bench.h"
#include "chat/compress.h"
#include "support/chat_world.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using testing::entry_of;
using testing::group_number;
using testing::OpenChatStore;

namespace {

constexpr uint32_t kAuthors = 10;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      double kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The project's own documents as lines of 60 characters: prose that the dictionary was not trained with.
std::vector<std::string> prose() {
  std::vector<std::string> out(1);
  for (const char* name : {"ARCHITECTURE.md", "POLICY.md", "PROTOCOL.md"}) {
    std::ifstream file(std::string(FARLINE_SOURCE_DIR "/docs/") + name);
    for (std::string word; file >> word;) {
      std::erase_if(word, [](char c) { return std::string_view("`|*#").find(c) != std::string_view::npos; });
      if (out.back().size() + word.size() > 60) out.emplace_back();
      out.back() += word + " ";
    }
  }
  return out;
}

void compress_batches(const char* what, const std::vector<std::string>& lines, size_t batch) {
  double before = 0, after = 0;
  for (size_t at = 0; at + batch <= lines.size() && before < 100'000; at += batch) {
    std::string text;
    for (size_t i = 0; i < batch; ++i) text += lines[at + i];
    before += static_cast<double>(text.size());
    after += static_cast<double>(chat::compress(as_bytes(text)).size());
  }
  char title[80];
  std::snprintf(title, sizeof title, "%s, %zu a batch: bytes of 100", what, batch);
  bench::print(title, 100 * after / before, "bytes");
}

// `messages` in these chats of ten authors, a minute apart, of 60 characters.
void fill(OpenChatStore& store, const std::vector<chat::GroupId>& groups, size_t messages) {
  for (const chat::GroupId& group : groups) {
    chat::Commit commit;
    for (uint32_t i = 0; i < messages / groups.size(); ++i) {
      std::string text = "message " + std::to_string(i) + " of a conversation, with its sixty characters";
      auto entry =
          entry_of(1 + 2 * (i % kAuthors), i / kAuthors, 20'000 * testing::kDay + i * 60 * chat::kHlcPerSecond, text);
      entry.group = group;
      commit.entries.push_back(std::move(entry));
      if (commit.entries.size() < 500) continue;
      INVARIANT(store->commit(commit));
      commit.entries.clear();
    }
    INVARIANT(store->commit(commit));
  }
}

size_t scroll(OpenChatStore& store, const chat::GroupId& group) {
  chat::PageQuery query{.group = group};
  size_t read = 0;
  while (true) {
    const auto page = store->page(query);
    INVARIANT(page);
    if (page->empty()) return read;
    read += page->size();
    query.from = page->back().order();
  }
}

void one_long_chat() {
  bench::section("A chat of 100,000 messages (wall time of this disk)");
  const testing::ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  {
    OpenChatStore store(path);
    const auto start = std::chrono::steady_clock::now();
    fill(store, {group_number(0)}, 100'000);
    bench::print("append, 500 a commit: each", milliseconds_since(start) / 100, "us");
  }
  bench::print("file", static_cast<double>(std::filesystem::file_size(path)) / 1e6, "MB");
  auto start = std::chrono::steady_clock::now();
  OpenChatStore store(path);
  INVARIANT(store->page({.group = group_number(0)})->size() == 50);
  INVARIANT(*store->count({.group = group_number(0)}) == 1000);
  bench::print("open, count unread, read the newest 50", milliseconds_since(start), "ms");
  start = std::chrono::steady_clock::now();
  INVARIANT(scroll(store, group_number(0)) == 100'000);
  bench::print("scroll to the beginning: each page of 50", milliseconds_since(start) / 2000, "ms");
  start = std::chrono::steady_clock::now();
  store::SearchQuery query{.group = group_number(0), .text = "nowhere to be found", .entries_max = 1'000'000};
  INVARIANT(store->search(query)->hits.empty());
  bench::print("search everything in vain", milliseconds_since(start), "ms");
  start = std::chrono::steady_clock::now();
  chat::Commit live;
  live.entries.push_back(entry_of(1, 20'000, 1, "live"));
  for (; live.entries[0].id.seq < 20'020; ++live.entries[0].id.seq) INVARIANT(store->commit(live));
  bench::print("append one, durable", milliseconds_since(start) / 20, "ms");
}

// The chat core of one device on this store.
struct Core {
  explicit Core(OpenChatStore& store) {
    testing::SeededRng keys(1);
    auto pair = asymmetric.generate_key_pair(keys);
    auto signing = asymmetric.generate_signing_key_pair(keys);
    ByteVector credential = to_vector(pair.public_key);
    credential.insert(credential.end(), signing.public_key.begin(), signing.public_key.end());
    credential.insert(credential.end(), {'a', 'n', 'a'});
    auto opened = chat::Chat::open({.store = *store,
                                    .files = files,
                                    .rng = store.rng,
                                    .asymmetric = asymmetric,
                                    .trust = trust,
                                    .identity = {std::move(pair), std::move(signing), std::move(credential)}},
                                   now);
    INVARIANT(opened);
    chat = std::move(*opened);
  }
  testing::MemoryFileStore files;
  testing::FakeAsymmetric asymmetric;
  testing::OpenTrust trust;
  chat::Now now{Time{} + 1h, {1'800'000'000}};
  std::unique_ptr<chat::Chat> chat;
};

void make_many_chats(const std::string& path) {
  OpenChatStore store(path);
  Core core(store);
  std::vector<chat::GroupId> groups;
  chat::NewGroup group{.title = "a team", .members = {}};
  for (uint32_t i = 1; i < kAuthors; ++i) group.members.push_back("member" + std::to_string(i));
  for (int i = 0; i < 50; ++i) groups.push_back(core.chat->new_group(core.now, group).value());
  fill(store, groups, 200'000);
}

void many_chats() {
  bench::section("50 chats of ten people with 200,000 messages");
  const testing::ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  const pid_t child = fork();  // so that what filling takes is not counted
  if (child == 0) {
    make_many_chats(path);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  const testing::ScratchFolder other;
  OpenChatStore empty(other.file("chat.db"));
  const Core without(empty);
  const double before = resident_kib();
  const auto start = std::chrono::steady_clock::now();
  OpenChatStore store(path);
  const Core core(store);
  const auto groups = core.chat->groups();
  INVARIANT(groups.size() == 50);
  bench::print("open store and core, count unread of all", milliseconds_since(start), "ms");
  for (const chat::GroupInfo& group : groups) INVARIANT(store->page({.group = group.id})->size() == 50);
  bench::print("memory when open and every chat looked at", resident_kib() - before, "KiB");
  INVARIANT(scroll(store, groups[7].id) >= 4'000);
  bench::print("memory when one was scrolled to its beginning", resident_kib() - before, "KiB");
}

}  // namespace

int main() {
  bench::section("Chat lines compressed, of texts the dictionary was not trained with");
  const auto unseen = lines_of(FARLINE_SOURCE_DIR "/tests/support/chat_lines_unseen.txt");
  const std::vector<std::string> english(unseen.begin(), unseen.begin() + 15);
  compress_batches("chat in six languages", unseen, 1);
  compress_batches("English chat", english, 15);
  const auto documents = prose();
  for (const size_t batch : {size_t{1}, size_t{20}, size_t{100}, size_t{1000}})
    compress_batches("prose", documents, batch);
  many_chats();
  one_long_chat();
}
