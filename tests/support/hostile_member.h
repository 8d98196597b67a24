// A member of a chat that keeps to the bytes of docs/CHAT.md and to nothing else: it has its device's keys and the
// chat's epoch key, and sends, signs and leaves out what it likes. For tests.
#pragma once

#include "chat/log_entry.h"
#include "chat/seal.h"
#include "chat/sync_message.h"
#include "support/chat_world.h"

namespace farline::testing {

class HostileMember {
 public:
  // What the device knows now is what it begins with; its own program ends here.
  HostileMember(ChatWorld& world, ChatDevice& device, const chat::GroupId& group)
      : world_(world), device_(device), group_(group) {
    uint32_t newest = 0;
    for (const auto& [key, value] : device.disk.states) {
      if (std::get<0>(key) != chat::StateKind::epoch || std::get<1>(key) != group) continue;
      Reader in(value);
      const uint32_t number = in.u32();
      (void)in.array<16>();
      if (number < newest) continue;
      newest = number;
      key_ = chat::EpochKey::copy_of(in.array<32>());
    }
    INVARIANT(newest > 0);
    device.chat.reset();
  }

  // A log of its own, signed as it wants it.
  struct Forged {
    chat::LogId log;
    std::vector<ByteVector> entries = {};
    chat::Hlc first = 0;  // time of the first; the others follow, one unit after the other
  };
  // Under a fresh incarnation.
  Forged events(std::vector<ByteVector> entries) {
    const ByteVector own = to_vector(device_.credential());
    ByteVector introduction = chat::encode(chat::GroupEvent(chat::Introduction{world_.rng.array<8>(), own}));
    Forged forged{.log = chat::log_of_introduction(introduction), .entries = {}, .first = now()};
    forged.entries.push_back(std::move(introduction));
    std::ranges::move(entries, std::back_inserter(forged.entries));
    return forged;
  }
  chat::Hlc now() const { return world_.now_of(device_).wall.seconds * chat::kHlcPerSecond; }

  // The whole log, in batches that carry its signature, each so long.
  void write(ChatDevice& to, const Forged& forged, size_t each = 50) {
    chat::ChainHash before = chat::first_hash(group_, forged.log);
    for (size_t done = 0; done < forged.entries.size();) {
      chat::BatchRun run{.log = forged.log, .first = static_cast<uint32_t>(done), .before = before};
      for (; run.entries.size() < each && done < forged.entries.size(); ++done) {
        run.entries.push_back({forged.first + done, forged.entries[done]});
        before = chat::next_hash(before, forged.first + done, forged.entries[done]);
      }
      run.signature = device_.asymmetric().sign(
          device_.signing_key(), chat::head_message({group_, forged.log, static_cast<uint32_t>(done), before}));
      send(to, run);
    }
  }
  void send(ChatDevice& to, const chat::BatchRun& run) {
    chat::Batch batch;
    batch.runs.push_back(run);
    send(to, chat::encode(batch));
  }
  // Sealed as any message, and there at once.
  void send(ChatDevice& to, Bytes payload) {
    to.chat->take(world_.now_of(to), device_.id(), chat::seal(key_, device_.id(), payload, world_.rng));
  }
  // An epoch key that it made.
  void send_epoch(ChatDevice& to, uint32_t number) {
    chat::EpochKey key;
    world_.rng.fill(key.mutable_bytes());
    const auto sealed =
        chat::seal_epoch({group_, number, {}, 0}, {device_.id(), to.id()}, key, to.static_key().public_key,
                         device_.static_key(), {}, device_.asymmetric(), world_.rng);
    INVARIANT(sealed);
    to.chat->take(world_.now_of(to), device_.id(), *sealed);
  }

 private:
  ChatWorld& world_;
  ChatDevice& device_;
  chat::GroupId group_;
  chat::EpochKey key_;
};

}  // namespace farline::testing
