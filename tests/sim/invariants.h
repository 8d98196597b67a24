// What must hold in every run, checked on everything that is sent:
//   nothing secret in clear: names, private keys, speech;
//   no (key, nonce) pair twice (seal_watch.h);
//   the node answers nobody whose address it has not validated with more bytes than it was asked with;
//   media within the sender's and the receiver's cap; no flood;
//   sizes and types as docs/PROTOCOL.md lists them.
// Calls and events: conduct.h. Speech: speech.h. Deadlines: world.h. Logs: PrivateLog below.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "sim/seal_watch.h"
#include "sim/speech.h"
#include "sim/trace.h"
#include "sim/world.h"

namespace farline::sim {

// A log that fails when a line holds what the design keeps out of logs.
class PrivateLog final : public Log {
 public:
  explicit PrivateLog(Findings& findings) : findings_(findings) {}
  void write(Time now, LogLevel level, const char* event, std::initializer_list<LogField> fields) override;
  void forbid_text(std::string text) { texts_.push_back(std::move(text)); }
  void forbid_number(int64_t number) { numbers_.insert(number); }
  void forbid_address(const Address& address);
  uint64_t lines() const { return lines_; }
  void set_verbose(bool verbose) { verbose_ = verbose; }

 private:
  void check_text(Time now, const char* text);

  Findings& findings_;
  std::vector<std::string> texts_;
  std::set<int64_t> numbers_;
  uint64_t lines_ = 0;
  bool verbose_ = false;
};

class Invariants final : public Watcher {
 public:
  struct Setup {
    Findings& findings;
    SpeechRegister& speech;
    SealWatch& seals;
    Trace& trace;
  };
  explicit Invariants(const Setup& setup) : setup_(setup) {}

  void set_node(HostId node, const Address& address);
  void forget_addresses();  // the node has restarted
  void add_secret(Bytes secret) { secrets_.push_back(to_vector(secret)); }
  // Most that this host's media may take on the wire; 0: no cap.
  void set_media_cap(HostId host, uint32_t bps) { hosts_[host].cap_bps = bps; }
  uint64_t media_packets(HostId host) const;

  void turn_begins(Time now, HostId host, const Packet* question) override;
  void transmitted(Time now, HostId host, const Transmit& out) override;
  void turn_ends(Time now, HostId host) override;

 private:
  // What has been sent above a steady rate.
  struct Bucket {
    Time at{};
    uint64_t millionths = 0;
    uint64_t add(Time now, uint64_t amount, uint64_t per_second);
  };
  struct HostState {
    uint32_t cap_bps = 0;
    Bucket media_bits;
    Bucket path_messages;
    Bucket packets;
    uint64_t media_packets = 0;
  };
  struct Question {
    Address from;
    size_t bytes = 0;
  };

  void check_content(Time now, HostId host, Bytes datagram);
  void check_rate(Time now, HostId host, const Transmit& out);
  void learn_addresses(Time now, HostId host, const Packet& question);

  Setup setup_;
  HostId node_ = kNobody;
  Address node_address_;
  std::vector<ByteVector> secrets_;
  std::map<HostId, HostState> hosts_;
  std::map<Address, Time> heard_;     // where a client has heard the node
  std::set<Address> validated_;       // from where a client has spoken after that
  std::optional<Question> question_;  // of the node's present turn, when its sender is not validated
};

}  // namespace farline::sim
