#include <doctest/doctest.h>

#include "chat/file_tree.h"
#include "support/chat_world.h"

using namespace farline;
using namespace farline::chat;
using farline::testing::ChatDevice;
using farline::testing::ChatWorld;

namespace {

ByteVector random_bytes(ChatWorld& world, size_t size) {
  ByteVector out(size);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(world.rng.below(256));
  return out;
}

NewFile file_of(const ByteVector& content, std::string name = "load list.pdf") {
  return {
      .name = std::move(name), .size = content.size(), .read = [&](uint64_t offset, MutableBytes out) -> Result<void> {
        std::ranges::copy(Bytes(content).subspan(static_cast<size_t>(offset), out.size()), out.begin());
        return {};
      }};
}

struct Trio {
  explicit Trio(uint64_t seed)
      : world(seed), alice(world.add("alice")), bob(world.add("bob")), cora(world.add("cora")) {
    for (ChatDevice* device : {&alice, &bob, &cora}) device->online = true;
    world.reconnect();
    group = *alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "cora"}});
    world.run(10min);
  }
  EntryId send(const ByteVector& content) {
    const auto id = alice.chat->send_file(world.now_of(alice), group, file_of(content));
    REQUIRE(id);
    world.run(10min);
    return *id;
  }
  Content content(ChatDevice& device, EntryId id) {
    const auto message = device.chat->message(group, id);
    REQUIRE(message);
    return std::get<File>(message->body).content;
  }
  ByteVector read(ChatDevice& device, EntryId id) {
    ByteVector out;
    const auto done = device.chat->read_file(content(device, id), [&](Bytes bytes) -> Result<void> {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return {};
    });
    return done ? out : ByteVector();
  }
  void fetch(ChatDevice& device, EntryId id) { REQUIRE(device.chat->fetch_file(world.now_of(device), group, id)); }

  ChatWorld world;
  ChatDevice& alice;
  ChatDevice& bob;
  ChatDevice& cora;
  GroupId group;
};

// Who sends has a queue in front of a thin link, as client/mail.h has; what was in it when the link was cut goes on
// from there. What a cut link carried is lost.
class ThinLink {
 public:
  ThinLink(ChatWorld& world, ChatDevice& a, ChatDevice& b) : world_(world), ends_{&a, &b} {}
  void set_up(bool up) {
    up_ = up;
    for (Way& way : ways_)
      if (!up) way.flying.clear();
    for (ChatDevice* end : ends_) end->chat->reachable(world_.now_of(*end), other(*end).id(), up);
  }
  void run(Duration duration) {
    for (const Time end = world_.time + duration; world_.time < end; world_.time += kTick) {
      for (size_t i = 0; i < 2; ++i) tick(*ends_[i], ways_[i]);
    }
  }
  void drop(ChatDevice& end) { ways_[&end == ends_[0] ? 0 : 1] = {}; }  // its program was killed
  size_t file_bytes = 0;                                                // that arrived

 private:
  static constexpr Duration kTick = 100ms;
  static constexpr size_t kBytesPerTick = 200;
  static constexpr size_t kLeadMax = 2;  // pieces handed over before the first of them has left
  struct Way {
    std::deque<Output> queue;
    std::deque<std::pair<Time, Output>> flying;
    size_t credit = 0;
  };
  ChatDevice& other(const ChatDevice& end) { return &end == ends_[0] ? *ends_[1] : *ends_[0]; }
  void tick(ChatDevice& from, Way& way) {
    ChatDevice& to = other(from);
    Output output;
    while (from.chat->poll_output(output, way.queue.size() < kLeadMax ? Urgency::file : Urgency::sync)) {
      if (output.to == std::vector{to.id()}) way.queue.push_back(std::exchange(output, {}));
    }
    while (!way.flying.empty() && way.flying.front().first <= world_.time) {
      const Output arrived = std::move(way.flying.front().second);
      way.flying.pop_front();
      if (arrived.urgency == Urgency::file && arrived.bytes.size() > 200) file_bytes += arrived.bytes.size();
      to.chat->take(world_.now_of(to), from.id(), arrived.bytes);
    }
    const auto timeout = from.chat->next_timeout();
    if (timeout && *timeout <= world_.time) from.chat->handle_timeout(world_.now_of(from));
    way.credit = up_ && !way.queue.empty() ? way.credit + kBytesPerTick : 0;
    while (up_ && !way.queue.empty() && way.queue.front().bytes.size() <= way.credit) {
      way.credit -= way.queue.front().bytes.size();
      way.flying.emplace_back(world_.time + 700ms, std::move(way.queue.front()));
      way.queue.pop_front();
    }
  }
  ChatWorld& world_;
  std::array<ChatDevice*, 2> ends_;
  std::array<Way, 2> ways_;
  bool up_ = true;
};

// Bytes of the file that reach bob; every `every`, when that is not zero, the link is cut for a while.
size_t fetched_over_a_thin_link(uint64_t seed, Duration every, bool kill) {
  Trio trio(seed);
  const ByteVector large = random_bytes(trio.world, 300'000);
  const EntryId id = trio.send(large);
  trio.world.set_online(trio.cora, false);
  trio.fetch(trio.bob, id);
  ThinLink link(trio.world, trio.alice, trio.bob);
  for (int i = 0; i < 400 && !trio.bob.chat->is_file_here(trio.content(trio.bob, id)); ++i) {
    if (every == Duration{}) {
      link.run(10s);
      continue;
    }
    link.run(every + std::chrono::milliseconds(trio.world.rng.below(9000)));
    link.set_up(false);
    if (kill) trio.bob.start(trio.world.now_of(trio.bob)), link.drop(trio.bob);
    link.run(std::chrono::milliseconds(500 + trio.world.rng.below(60'000)));
    link.set_up(true);
  }
  CHECK_EQ(trio.read(trio.bob, id), large);
  return link.file_bytes;
}

}  // namespace

TEST_CASE("a file is cut into blocks and hashes of blocks, up to one") {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{8176}}) {
    CHECK_EQ(FileShape(size).top(), 0);
    CHECK_EQ(FileShape(size).blocks(0), 1);
    CHECK_EQ(FileShape(size).block_bytes({0, 0}), size + 16);
  }
  const FileShape two(8177);
  CHECK_EQ(two.blocks(0), 2);
  CHECK_EQ(two.block_bytes({0, 1}), 17);
  CHECK_EQ(two.block_bytes({1, 0}), 64);
  const FileShape largest(kFileBytesMax);
  CHECK_EQ(largest.top(), 2);
  CHECK_EQ(largest.blocks(0), 8209);
  CHECK_EQ(largest.blocks(1), 33);
  CHECK_EQ(largest.block_bytes({2, 0}), 33 * 32);
  CHECK_FALSE(largest.has({0, 8209}));
  CHECK_FALSE(largest.has({3, 0}));
}

// By docs/CHAT.md, with Python's hashlib and cryptography.
TEST_CASE("a file's hash is the one that the document describes") {
  FileKey key{};
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  const ByteVector content(8177, 'a');
  std::vector<BlockHash> hashes;
  for (uint32_t index = 0; index < 2; ++index) {
    const Bytes plain = Bytes(content).subspan(index * kBlockPlainBytes, index == 0 ? kBlockPlainBytes : 1);
    const ByteVector block = seal_block(key, index, plain);
    CHECK(equal(*open_block(key, index, block), plain));
    CHECK_FALSE(open_block(key, index + 1, block));
    hashes.push_back(block_hash({0, index}, block));
  }
  const auto above = blocks_above(0, hashes);
  REQUIRE_EQ(above.size(), 1);
  CHECK_EQ(to_hex(file_hash(content.size(), block_hash(above[0].place, above[0].bytes))),
           "a7b63a8b8afe8f7f9248815ea365787a1617f620da3fabed6ee6483c51158182");
}

TEST_CASE("a small file comes by itself, a large one when it is wanted") {
  Trio trio(1);
  const ByteVector small = random_bytes(trio.world, 4000), large = random_bytes(trio.world, 30'000);
  const EntryId offered = trio.send(small), wanted = trio.send(large);
  CHECK_EQ(trio.read(trio.bob, offered), small);
  CHECK(trio.read(trio.bob, wanted).empty());
  CHECK_EQ(*trio.bob.chat->file_bytes_here(trio.content(trio.bob, wanted)), 0);
  trio.fetch(trio.bob, wanted);
  CHECK(trio.bob.chat->groups()[0].fetching);
  trio.world.run(5min);
  CHECK_EQ(trio.read(trio.bob, wanted), large);
  CHECK_FALSE(trio.bob.chat->groups()[0].fetching);
  CHECK(trio.bob.chat->is_file_here(trio.content(trio.bob, wanted)));
  CHECK_FALSE(trio.cora.chat->is_file_here(trio.content(trio.cora, wanted)));
}

TEST_CASE("a file goes on after cuts and restarts, and little of it comes twice") {
  Trio trio(2);
  const ByteVector large = random_bytes(trio.world, 200'000);
  const EntryId id = trio.send(large);
  trio.fetch(trio.bob, id);
  trio.world.bytes_sent = 0;
  size_t attempts = 0;
  while (!trio.bob.chat->is_file_here(trio.content(trio.bob, id)) && attempts < 100) {
    trio.world.run(5s + std::chrono::milliseconds(trio.world.rng.below(5000)));
    trio.world.set_online(trio.bob, false);
    if (++attempts % 3 == 0) trio.bob.start(trio.world.now_of(trio.bob));  // killed
    trio.world.run(1min);
    trio.world.set_online(trio.bob, true);
  }
  CHECK_EQ(trio.read(trio.bob, id), large);
  CHECK_GT(attempts, 3);
  CHECK_LT(trio.world.bytes_sent, 2 * large.size());
}

TEST_CASE("of a file over a thin link that is cut again and again little arrives twice") {
  const size_t whole = fetched_over_a_thin_link(6, Duration{}, false);
  const size_t cut = fetched_over_a_thin_link(6, 10s, false);
  const size_t rarely_cut = fetched_over_a_thin_link(6, 30s, false);
  const size_t killed = fetched_over_a_thin_link(6, 30s, true);
  CHECK_LT(cut, whole * 103 / 100);
  CHECK_LT(rarely_cut, whole * 103 / 100);
  CHECK_LT(killed, whole * 110 / 100);
}

TEST_CASE("who has a file gives it on when its author is gone, and what somebody altered is not taken") {
  Trio trio(3);
  const ByteVector large = random_bytes(trio.world, 50'000);
  const EntryId id = trio.send(large);
  trio.fetch(trio.bob, id);
  trio.world.run(10min);
  REQUIRE_EQ(trio.read(trio.bob, id), large);
  const FileHash hash = trio.content(trio.bob, id).hash;
  trio.alice.files.files[hash][{0, 3}][100] ^= 1;  // of whom it is asked first
  trio.fetch(trio.cora, id);
  trio.world.run(10min);
  CHECK_EQ(trio.read(trio.cora, id), large);
  trio.cora.files.files.clear();
  trio.world.set_online(trio.alice, false);
  trio.fetch(trio.cora, id);
  trio.world.run(10min);
  CHECK_EQ(trio.read(trio.cora, id), large);
}

TEST_CASE("nobody is asked again and again for what nobody has, and it is asked of who comes") {
  Trio trio(4);
  const ByteVector large = random_bytes(trio.world, 20'000);
  const EntryId id = trio.send(large);
  trio.world.set_online(trio.alice, false);
  trio.fetch(trio.bob, id);
  trio.world.run(10min);
  const size_t before = trio.world.outputs;
  trio.world.run(50min);
  CHECK_LE(trio.world.outputs - before, 4);
  trio.world.set_online(trio.alice, true);
  trio.world.run(5min);
  CHECK_EQ(trio.read(trio.bob, id), large);
}

TEST_CASE("a line overtakes the file before it") {
  Trio trio(5);
  const ByteVector large = random_bytes(trio.world, 60'000);
  const EntryId id = trio.send(large);
  trio.fetch(trio.bob, id);
  Output ask;
  REQUIRE(trio.bob.chat->poll_output(ask));
  CHECK(ask.urgency == Urgency::file);
  trio.alice.chat->take(trio.world.now_of(trio.alice), trio.bob.id(), ask.bytes);
  REQUIRE(trio.alice.chat->send(trio.world.now_of(trio.alice), trio.group, Text{"now", {}}));
  Output first, second;
  REQUIRE(trio.alice.chat->poll_output(first));
  CHECK(first.urgency == Urgency::live);
  REQUIRE(trio.alice.chat->poll_output(second));
  CHECK(second.urgency == Urgency::file);
}

TEST_CASE("a file's name is a name on every system") {
  CHECK_EQ(safe_file_name("Übersicht №3.pdf"), "Übersicht №3.pdf");
  CHECK_EQ(safe_file_name("../../etc/passwd"), "_._.._etc_passwd");
  CHECK_EQ(safe_file_name("a\\b:c*?.txt"), "a_b_c__.txt");
  CHECK_EQ(safe_file_name(".bashrc"), "_bashrc");
  CHECK_EQ(safe_file_name("report.pdf. . "), "report.pdf");
  CHECK_EQ(safe_file_name("nul.txt"), "_ul.txt");
  CHECK_EQ(safe_file_name("lpt1"), "_pt1");
  CHECK_EQ(safe_file_name("photo\u202Egpj.exe"), "photo_gpj.exe");
  CHECK_EQ(safe_file_name("a\nb\x01"), "a_b_");
  CHECK_EQ(safe_file_name(""), "file");
  CHECK_EQ(safe_file_name("..."), "file");
  CHECK_EQ(safe_file_name(std::string(500, 'x')).size(), kFileNameBytesMax);
  CHECK_FALSE(check(File{.content = {}, .name = "a/b"}));
  CHECK_FALSE(check(File{.content = {.hash = {}, .key = {}, .size = kFileBytesMax + 1}, .name = "a"}));
  CHECK(check(File{.content = {.hash = {}, .key = {}, .size = kFileBytesMax}, .name = "a"}));
}
