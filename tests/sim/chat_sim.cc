// Convergence of chats: 30 people, each offline most of the time, networks that fall apart, messages lost, processes
// that die (with a disk that refused what they last wrote), clocks wrong by years, members added and removed. When the
// trouble ends, everybody who is a member has the same entries and sees the same conversation.
//   sim_chat [--seeds N] [--first SEED] [--people N]
// A failure names its seed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "support/chat_world.h"

namespace farline {
namespace {

using chat::GroupId;
using testing::ChatDevice;
using testing::ChatWorld;

class Trouble {
 public:
  Trouble(uint64_t seed, size_t people) : world_(seed) {
    for (size_t i = 0; i < people; ++i) world_.add("person" + std::to_string(i));
    for (const auto& device : world_.devices) {
      if (world_.rng.below(5) == 0) device->clock_error = wrong_by();
    }
    world_.loss = 0.1;
  }

  // Nothing, or what is wrong.
  std::string run() {
    ChatDevice& founder = *world_.devices[0];
    chat::NewGroup wanted{.title = "everybody", .members = {}};
    for (const auto& device : world_.devices) wanted.members.push_back(device->name());
    const auto group = founder.chat->new_group(world_.now_of(founder), wanted);
    INVARIANT(group);
    group_ = *group;
    for (int step = 0; step < 40; ++step) {
      disturb();
      world_.run(std::chrono::minutes(1 + world_.rng.below(30)));
    }
    calm();
    return compare();
  }

 private:
  int64_t wrong_by() {
    constexpr int64_t kYear = 365 * 24 * 3600;
    return static_cast<int64_t>(world_.rng.below(20 * kYear)) - 10 * kYear;
  }
  ChatDevice& anybody() { return *world_.devices[world_.rng.below(world_.devices.size())]; }

  void disturb() {
    for (const auto& device : world_.devices) {
      device->online = world_.rng.below(5) == 0;
      device->island = static_cast<int>(world_.rng.below(3));
      if (world_.rng.below(20) == 0) restart(*device);
      if (world_.rng.below(40) == 0) device->clock_error = world_.rng.below(2) == 0 ? 0 : wrong_by();
    }
    world_.reconnect();
    for (int i = 0; i < 4; ++i) write(anybody());
    if (world_.rng.below(8) == 0) change_members();
  }

  void restart(ChatDevice& device) {
    if (world_.rng.below(2) == 0) {
      device.disk.refuses = true;
      const auto sent = device.chat->send(world_.now_of(device), group_, chat::Text{"never said", {}});
      INVARIANT(!sent);
      device.disk.refuses = false;
    }
    device.start(world_.now_of(device));
  }

  void write(ChatDevice& device) {
    chat::Body body = chat::Text{"words " + std::to_string(world_.rng.below(1000)), {}};
    const auto page = device.chat->page({.group = group_, .from = {}, .forwards = false, .count = 5});
    if (page && !page->empty()) {
      const chat::Message& message = page->front();
      const uint64_t what = world_.rng.below(8);
      if (what == 0) body = chat::React{message.order.id, "+1"};
      if (what == 1 && message.own) body = chat::Edit{message.order.id, "better words"};
      if (what == 2 && message.own) body = chat::Erase{message.order.id};
      if (what == 3) body = chat::Text{"an answer", message.order.id};
    }
    (void)device.chat->send(world_.now_of(device), group_, body);  // refused when it is no member (yet)
  }

  void change_members() {
    ChatDevice& founder = *world_.devices[0];
    ChatDevice& other = *world_.devices[1 + world_.rng.below(world_.devices.size() - 1)];
    switch (world_.rng.below(3)) {
      case 0:
        (void)founder.chat->remove(world_.now_of(founder), group_, other.name());
        break;
      case 1:
        (void)founder.chat->invite(world_.now_of(founder), group_, other.name());
        break;
      default:
        (void)founder.chat->make_admin(world_.now_of(founder), group_, other.name());
        (void)other.chat->remove(world_.now_of(other), group_, anybody().name());
    }
  }

  void calm() {
    world_.loss = 0;
    for (const auto& device : world_.devices) device->online = true, device->island = 0;
    world_.reconnect();
    for (int i = 0; i < 12; ++i) world_.run(1h);
  }

  static std::string sight(ChatDevice& device, const GroupId& group) {
    std::string out;
    const auto page = device.chat->page({.group = group, .from = {}, .forwards = true, .count = 100'000});
    INVARIANT(page);
    for (const chat::Message& message : *page) {
      out += message.author + "/" + std::to_string(message.order.hlc) + "/";
      if (const auto* text = std::get_if<chat::Text>(&message.body)) out += text->text;
      for (const auto& reaction : message.reactions) out += " " + reaction.author + reaction.text;
      out += "\n";
    }
    return out;
  }
  static std::string entries(const ChatDevice& device, const GroupId& group) {
    std::string out;
    for (const auto& [key, entry] : device.disk.entries) {
      if (key.first == group)
        out += std::to_string(entry.id.log.value) + ":" + std::to_string(entry.id.seq) + to_hex(entry.hash);
    }
    return out;
  }

  static bool counts(const ChatDevice& who, const ChatDevice& whom) {
    const auto groups = who.chat->groups();
    return !groups.empty() && groups[0].member && std::ranges::count(groups[0].members, whom.name()) > 0;
  }
  // Who was removed is not told. It may still count members, who do not count it; what it writes reaches none of them.
  bool was_removed(const ChatDevice& device) const {
    return std::ranges::any_of(world_.devices, [&](const auto& other) {
      return counts(*other, *other) && counts(device, *other) && !counts(*other, device);
    });
  }

  // With the member who knows most of the events everybody has to agree whom it counts.
  std::string compare() {
    ChatDevice* model = nullptr;
    size_t most = 0;
    for (const auto& device : world_.devices) {
      const auto events = std::ranges::count_if(device->disk.entries, [&](const auto& item) {
        return item.first.first == group_ && (item.first.second.log.value & 1U) == 0;
      });
      if (!counts(*device, *device) || was_removed(*device) || static_cast<size_t>(events) <= most) continue;
      most = static_cast<size_t>(events);
      model = device.get();
    }
    if (model == nullptr) return "nobody is left";
    const auto expected = model->chat->groups()[0];
    for (const auto& device : world_.devices) {
      if (std::ranges::find(expected.members, device->name()) == expected.members.end()) continue;
      const auto groups = device->chat->groups();
      const std::string pair = device->name() + " and " + model->name();
      if (groups.empty() || groups[0].members != expected.members || groups[0].admins != expected.admins) {
        return pair + " know different members";
      }
      if (entries(*device, group_) != entries(*model, group_)) return pair + " have different entries";
      if (sight(*device, group_) != sight(*model, group_)) return pair + " see different conversations";
    }
    return {};
  }

  ChatWorld world_;
  GroupId group_;
};

}  // namespace
}  // namespace farline

int main(int argc, char** argv) {
  uint64_t seeds = 20;
  uint64_t first = 1;
  size_t people = 30;
  for (int i = 1; i + 1 < argc; i += 2) {
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--seeds") == 0) seeds = value;
    if (std::strcmp(argv[i], "--first") == 0) first = value;
    if (std::strcmp(argv[i], "--people") == 0) people = value;
  }
  uint64_t failures = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    const std::string wrong = farline::Trouble(seed, people).run();
    if (wrong.empty()) continue;
    ++failures;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), wrong.c_str());
  }
  std::printf("%llu runs, %llu failed\n", static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(failures));
  return failures == 0 ? 0 : 1;
}
