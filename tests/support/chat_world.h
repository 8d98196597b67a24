// Devices that chat with each other in virtual time: disks, clocks that may be wrong, and a carrier that delivers,
// holds for absent devices, loses. For unit tests and the simulation.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>

#include "chat/chat.h"
#include "support/fake_asymmetric.h"
#include "support/memory_chat_store.h"
#include "support/seeded_rng.h"
#include "wire/name.h"

namespace farline::testing {

// A credential is here the device's two public keys and its name, and is believed.
class OpenTrust final : public chat::Trust {
 public:
  Result<wire::Certificate> verify(Bytes credential) const override {
    Reader in(credential);
    wire::Certificate certificate;
    certificate.static_key = in.array<32>();
    certificate.signing_key = in.array<33>();
    certificate.name = std::string(as_text(in.rest()));
    if (refused.contains(certificate.name)) return Error{Errc::not_found, "its issuer was withdrawn"};
    if (!in.ok() || !wire::check_name(certificate.name)) return Error{Errc::auth, "no credential"};
    return certificate;
  }
  std::set<std::string> refused;  // whose issuer counts no more
};

class ChatDevice {
 public:
  ChatDevice(std::string name, uint64_t seed) : rng_(seed), store_(disk), name_(std::move(name)) {
    static_ = asymmetric_.generate_key_pair(rng_);
    signing_ = asymmetric_.generate_signing_key_pair(rng_);
    credential_.insert(credential_.end(), static_.public_key.begin(), static_.public_key.end());
    credential_.insert(credential_.end(), signing_.public_key.begin(), signing_.public_key.end());
    credential_.insert(credential_.end(), name_.begin(), name_.end());
  }
  // As a process that starts with what is on its disk.
  void start(const chat::Now& now, bool restored = false) {
    auto opened = chat::Chat::open({.store = store_,
                                    .files = files,
                                    .rng = rng_,
                                    .asymmetric = asymmetric_,
                                    .trust = trust_,
                                    .identity = {static_.copy(), signing_.copy(), credential_},
                                    .restored = restored},
                                   now);
    INVARIANT(opened);
    chat = std::move(*opened);
  }
  wire::DeviceId id() const { return wire::device_id_of(static_.public_key); }
  const std::string& name() const { return name_; }
  Bytes credential() const { return credential_; }
  // For who has taken the device with all that is on it.
  const crypto::KeyPair& static_key() const { return static_; }
  const crypto::SigningKeyPair& signing_key() const { return signing_; }
  const FakeAsymmetric& asymmetric() const { return asymmetric_; }

  void set_believed(const chat::Now& now, const std::string& who, bool is) {
    is ? void(trust_.refused.erase(who)) : void(trust_.refused.insert(who));
    chat->judge(now);
  }

  ChatDisk disk;
  MemoryFileStore files;
  std::unique_ptr<chat::Chat> chat;
  int64_t clock_error = 0;  // seconds
  bool online = false;
  int island = 0;  // only devices of one island reach each other
  std::vector<chat::Event> events;

 private:
  SeededRng rng_;
  FakeAsymmetric asymmetric_;
  OpenTrust trust_;
  MemoryChatStore store_;
  std::string name_;
  crypto::KeyPair static_;
  crypto::SigningKeyPair signing_;
  ByteVector credential_;
};

class ChatWorld {
 public:
  static constexpr uint64_t kStart = 1'800'000'000;

  explicit ChatWorld(uint64_t seed) : rng(seed) {}

  ChatDevice& add(const std::string& name) {
    devices.push_back(std::make_unique<ChatDevice>(name, rng.next()));
    ChatDevice& device = *devices.back();
    device.start(now_of(device));
    for (const auto& other : devices) {
      if (!other->chat) continue;
      INVARIANT(other->chat->learn(now_of(*other), device.credential()));
      INVARIANT(device.chat->learn(now_of(device), other->credential()));
    }
    return device;
  }
  chat::Now now_of(const ChatDevice& device) const {
    const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return {time, {static_cast<uint64_t>(static_cast<int64_t>(kStart) + elapsed + device.clock_error)}};
  }
  bool reach(const ChatDevice& a, const ChatDevice& b) const {
    return &a != &b && a.online && b.online && a.island == b.island;
  }
  // Tells everybody who can be reached now.
  void reconnect() {
    for (const auto& a : devices) {
      for (const auto& b : devices) {
        if (a != b && a->chat) a->chat->reachable(now_of(*a), b->id(), reach(*a, *b));
      }
    }
    collect();
  }
  void set_online(ChatDevice& device, bool online) {
    device.online = online;
    reconnect();
  }
  // Until `end`, in the order of events.
  void run(Duration duration) {
    const Time end = time + duration;
    collect();
    for (;;) {
      Time next = end;
      for (const auto& packet : flying_) next = std::min(next, packet.at);
      for (const auto& device : devices) {
        if (!device->chat) continue;
        if (const auto timeout = device->chat->next_timeout()) next = std::min(next, *timeout);
      }
      if (next >= end) break;
      time = std::max(time, next);
      deliver();
      for (const auto& device : devices) {
        if (!device->chat) continue;
        const auto timeout = device->chat->next_timeout();
        if (timeout && *timeout <= time) device->chat->handle_timeout(now_of(*device));
      }
      collect();
    }
    time = end;
  }
  void collect() {
    for (const auto& device : devices) {
      if (!device->chat) continue;
      chat::Output output;
      while (device->chat->poll_output(output)) send(*device, output);
      chat::Event event;
      while (device->chat->poll_event(event)) device->events.push_back(std::move(event));
    }
  }
  ChatDevice* find(wire::DeviceId id) {
    for (const auto& device : devices) {
      if (device->id() == id) return device.get();
    }
    return nullptr;
  }

  SeededRng rng;
  Time time = Time{} + 1h;
  std::vector<std::unique_ptr<ChatDevice>> devices;
  double loss = 0;
  size_t bytes_sent = 0;  // sealed bytes that left
  size_t bytes_largest = 0;
  size_t outputs = 0;
  std::function<void(const ChatDevice& from, const chat::Output&)> on_output;  // who listens to the network

 private:
  struct Packet {
    Time at;
    wire::DeviceId from, to;
    ByteVector bytes;
  };
  void send(const ChatDevice& from, const chat::Output& output) {
    ++outputs;
    bytes_sent += output.bytes.size();
    if (on_output) on_output(from, output);
    bytes_largest = std::max(bytes_largest, output.bytes.size());
    for (const auto& to : output.to) {
      const ChatDevice* device = find(to);
      if (device == nullptr || !reach(from, *device) || rng.unit() < loss) continue;
      flying_.push_back({time + std::chrono::milliseconds(200 + rng.below(2000)), from.id(), to, output.bytes});
    }
  }
  void deliver() {
    std::vector<Packet> due;
    for (auto at = flying_.begin(); at != flying_.end();) {
      if (at->at <= time) {
        due.push_back(std::move(*at));
        at = flying_.erase(at);
      } else {
        ++at;
      }
    }
    for (const Packet& packet : due) {
      ChatDevice* device = find(packet.to);
      if (device->chat && device->online) device->chat->take(now_of(*device), packet.from, packet.bytes);
    }
  }

  std::deque<Packet> flying_;
};

}  // namespace farline::testing
