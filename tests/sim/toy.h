// A toy core to test the world with: a caller that numbers its pings and saves each number before it is sent, and an
// echo.
#pragma once

#include <deque>

#include "sim/world.h"

namespace farline::sim {

class ToyCore : public Core {
 public:
  struct Options {
    std::optional<Address> call;  // pings go there; nothing: answers pings
    uint64_t first_ping = 0;
    Time start{};
  };
  explicit ToyCore(const Options& options) : options_(options), next_ping_(options.first_ping) {
    if (options.call) deadline_ = options.start;
  }

  void handle_datagram(Time, const Address& from, Bytes datagram) override {
    if (datagram.size() != 9) return;
    Reader in(datagram);
    const bool ping = in.u8() == 1;
    const uint64_t number = in.u64();
    if (ping && !options_.call) send(from, 2, number);
    if (!ping && options_.call) answered.push_back(number);
  }
  void handle_timeout(Time now) override {
    if (!deadline_ || now < *deadline_) return;
    deadline_ = now + 1s;
    ByteVector value(8);
    Writer(value).u64(next_ping_ + 1);
    saves_.push_back({1, {}, value});
    send(*options_.call, 1, next_ping_++);
  }
  bool poll_save(SaveRecord& out) override {
    if (saves_.empty()) return false;
    out = std::move(saves_.front());
    saves_.pop_front();
    return true;
  }
  bool poll_transmit(Transmit& out) override {
    if (sends_.empty()) return false;
    out = sends_.front();
    sends_.pop_front();
    return true;
  }
  std::optional<Time> next_timeout() const override { return deadline_; }

  std::vector<uint64_t> answered;

 private:
  void send(const Address& to, uint8_t type, uint64_t number) {
    Transmit out;
    out.to = to;
    Writer writer(out.datagram.buffer());
    writer.u8(type);
    writer.u64(number);
    out.datagram.size = 9;
    sends_.push_back(out);
  }

  Options options_;
  uint64_t next_ping_;
  std::optional<Time> deadline_;
  std::deque<SaveRecord> saves_;
  std::deque<Transmit> sends_;
};

class ToyProgram final : public Program {
 public:
  explicit ToyProgram(std::optional<Address> call = std::nullopt) : call_(call) {}

  void boot(Time now, const Disk& disk) override {
    ToyCore::Options options{.call = call_, .start = now};
    disk.read([&](const SaveRecord& record) { options.first_ping = Reader(record.value).u64(); });
    core_ = std::make_unique<ToyCore>(options);
  }
  void started(Time) override {}
  void crash() override { core_.reset(); }
  Core& core() override { return *core_; }
  ToyCore& toy() { return *core_; }
  void drain_events(Time) override {}

 private:
  std::optional<Address> call_;
  std::unique_ptr<ToyCore> core_;
};

}  // namespace farline::sim
