// Runs one Core over one UDP socket on the loop (and a spare one, once it sends from that), exactly as the contract of
// base/core.h asks:
//   mutation -> save (durable) -> transmit -> after_turn -> timer.
// When a save fails nothing of that turn is transmitted (it could acknowledge what is not on disk); and nothing any
// more unless the sink has kept the records: save_failed is called once, and the program ends. Core, sink and loop
// outlive the driver. The driver must not be destroyed inside its own hooks; stop the loop there instead. Loop thread
// only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/address.h"
#include "base/core.h"
#include "host/loop.h"

namespace farline::host {

struct DriverHooks {
  // After each turn: drain the core's events. May call turn(); it is then called again afterwards, not recursively.
  std::function<void(Time now)> after_turn;
  // While true the wait is capped at kWaitBusyMax, so that waking from suspend is noticed within a second.
  std::function<bool()> busy = [] { return false; };
  std::function<void(const Error&)> save_failed;
  // The sink keeps what it could not save, and the core acknowledges nothing of the kind from the next turn on.
  std::function<bool()> goes_on{};
  // Such datagrams go out as Expedited Forwarding (kVoiceDscp), the rest as it comes; by UDP only, and not on Windows,
  // where a program's marks count for nothing.
  std::function<bool(Bytes datagram)> is_voice{};
};
inline constexpr int kVoiceDscp = 46;  // EF: RFC 3246, RFC 8837 section 5

// Bytes count what the network carries: the datagram and its headers (base/address.h).
struct TrafficCounters {
  uint64_t packets_tx = 0, bytes_tx = 0;
  uint64_t packets_rx = 0, bytes_rx = 0;
  uint64_t send_dropped = 0;     // the socket would have blocked or there is no way there: a loss
  uint64_t receive_dropped = 0;  // longer than any of our datagrams
};

// A second way to some addresses, beside UDP: a connection (tls_server.h).
class SideCarrier {
 public:
  enum class Way : uint8_t { udp, side, both };  // both: by UDP first
  virtual ~SideCarrier() = default;
  virtual Way way_of(const Transmit& out) = 0;
  // Of what goes by the side: sent or lost. Called in a turn, so it may not begin one.
  virtual void send(const Transmit& out) = 0;
  // A datagram came by UDP; its turn follows.
  virtual void heard_udp(const Address& from) = 0;
};

class Driver {
 public:
  static constexpr Duration kWaitBusyMax = 1s;
  static constexpr Duration kWaitIdleMax = 60s;

  // Listens on `listen`; the unspecified IPv6 address means both families where the system has IPv6, else IPv4.
  static Result<std::unique_ptr<Driver>> open(Loop& loop, const Address& listen, Core& core, RecordSink& sink,
                                              DriverHooks hooks);
  ~Driver();

  // One turn with a command of the concrete core as its mutation.
  void turn(const std::function<void(Time now)>& mutation);

  // It outlives the driver, or is taken away with nullptr.
  void set_side_carrier(SideCarrier* carrier) { side_ = carrier; }
  // What a side carrier received; not from inside a turn.
  void deliver(const Address& from, Bytes datagram);

  Address local_address() const;  // with the port the system chose
  const TrafficCounters& traffic() const { return traffic_; }

 private:
  Driver(Loop& loop, Core& core, RecordSink& sink, DriverHooks hooks);
  Result<Handle<uv_udp_s>> open_socket(const Address& listen);
  void receive(const Address& from, Bytes datagram);
  void take(const Address& from, Bytes datagram, uint32_t header_bytes);
  void drain();
  void transmit(const Transmit& out);
  void transmit_udp(const Transmit& out);
  void mark(uv_udp_s* socket, bool is_voice);
  void after_turns(Time now);
  void arm_timer();
  void timer_expired();
  Time advance();

  Loop& loop_;
  Core& core_;
  RecordSink& sink_;
  DriverHooks hooks_;
  TrafficCounters traffic_;
  Handle<uv_udp_s> socket_;
  Handle<uv_udp_s> spare_;  // opened when it is first needed (Transmit::spare)
  Timer timer_;
  SideCarrier* side_ = nullptr;
  bool v6_socket_ = false;
  bool marks_voice_ = false;  // socket_, now
  bool failed_ = false;
  bool in_turn_ = false;
  bool in_after_turn_ = false;
  bool after_turn_again_ = false;
  Time now_{};
  std::vector<SaveRecord> saves_;
  // One byte longer than the longest datagram, so that a longer one is told from one that just fits.
  std::array<char, sizeof(Datagram::data) + 1> receive_buffer_;
};

}  // namespace farline::host
