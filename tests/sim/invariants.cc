#include "sim/invariants.h"

#include <algorithm>
#include <cstdio>

#include "wire/limits.h"
#include "wire/packet.h"

namespace farline::sim {
namespace {

constexpr uint64_t kPacketsPerSecondMax = 40;  // of one client: voice at 80 ms, signalling, and room
constexpr uint64_t kPacketsBurst = 80;
constexpr uint64_t kPathMessagesPerSecondMax = 2;  // that two devices say about their direct path
constexpr uint64_t kPathMessagesBurst = 12;

// SFrame's KID tells it from media (docs/PROTOCOL.md section 4.1).
bool is_path_message(Bytes datagram) {
  return wire::packet_type(datagram) == wire::PacketType::media && datagram.size() > 3 && (datagram[3] >> 4 & 7) >= 2;
}

}  // namespace

// --- Log
// -----------------------------------------------------------------------------------------------------------------
void PrivateLog::forbid_address(const Address& address) {
  Reader in(Bytes(address.ip).last(4));
  const uint32_t v4 = in.u32();
  forbid_number(v4);
  forbid_number(static_cast<int32_t>(v4));
}

void PrivateLog::write(Time now, LogLevel level, const char* event, std::initializer_list<LogField> fields) {
  ++lines_;
  check_text(now, event);
  for (const LogField& field : fields) {
    check_text(now, field.key);
    if (field.text != nullptr)
      check_text(now, field.text);
    else if (numbers_.contains(field.number))
      findings_.fail(now, "log: a number that tells who somebody is");
  }
  if (!verbose_) return;
  std::printf("%12.3f   log %d %s", to_seconds(now.time_since_epoch()), static_cast<int>(level), event);
  for (const LogField& field : fields) {
    if (field.text != nullptr)
      std::printf(" %s=%s", field.key, field.text);
    else
      std::printf(" %s=%lld", field.key, static_cast<long long>(field.number));
  }
  std::printf("\n");
}

void PrivateLog::check_text(Time now, const char* text) {
  const std::string_view line(text);
  for (const std::string& forbidden : texts_)
    if (line.find(forbidden) != std::string_view::npos) findings_.fail(now, "log: a name");
}

// --- Transmits
// -------------------------------------------------------------------------------------------------------------
void Invariants::set_node(HostId node, const Address& address) {
  node_ = node;
  node_address_ = address;
}

void Invariants::forget_addresses() {
  heard_.clear();
  validated_.clear();
}

uint64_t Invariants::media_packets(HostId host) const {
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? 0 : found->second.media_packets;
}

void Invariants::turn_begins(Time now, HostId host, const Packet* question) {
  setup_.speech.set_time(now);
  question_.reset();
  if (question == nullptr) return;
  learn_addresses(now, host, *question);
  if (host == node_ && !validated_.contains(question->from))
    question_ = Question{question->from, question->bytes.size()};
}

// A node may trust an address once the client there has heard it and has spoken since.
void Invariants::learn_addresses(Time now, HostId host, const Packet& question) {
  if (host != node_) {
    if (question.from == node_address_) heard_.try_emplace(question.to, now);
    return;
  }
  const auto heard = heard_.find(question.from);
  const bool genuine = question.intact && question.origin != kNobody;
  if (genuine && heard != heard_.end() && heard->second <= question.sent) validated_.insert(question.from);
}

void Invariants::transmitted(Time now, HostId host, const Transmit& out) {
  const Bytes datagram = out.datagram.bytes();
  setup_.trace.time(now);
  setup_.trace.number(host);
  setup_.trace.bytes(out.to.ip);
  setup_.trace.number(out.to.port);
  setup_.trace.bytes(datagram);
  if (question_ && out.to == question_->from) {
    if (datagram.size() > question_->bytes)
      setup_.findings.fail(now, "amplification: an answer longer than its question to an address not validated");
    question_->bytes -= std::min(question_->bytes, datagram.size());
  }
  check_content(now, host, datagram);
  check_rate(now, host, out);
}

void Invariants::check_content(Time now, HostId host, Bytes datagram) {
  if (datagram.size() > wire::kDatagramBytesMax) setup_.findings.fail(now, "size: a datagram longer than allowed");
  const auto type = wire::packet_type(datagram);
  if (!type) {
    setup_.findings.fail(now, "type: a datagram of no known type");
    return;
  }
  for (const ByteVector& secret : secrets_)
    if (std::search(datagram.begin(), datagram.end(), secret.begin(), secret.end()) != datagram.end())
      setup_.findings.fail(now, "canary: a secret in clear");
  if (*type == wire::PacketType::media) {
    for (const auto& [speaker, state] : hosts_)
      if (setup_.speech.holds_speech(speaker, datagram)) setup_.findings.fail(now, "canary: speech in clear");
    ++hosts_[host].media_packets;
  }
}

uint64_t Invariants::Bucket::add(Time now, uint64_t amount, uint64_t per_second) {
  const auto elapsed = static_cast<uint64_t>(std::min<Duration>(now - at, 1h) / 1us);
  at = now;
  millionths -= std::min(millionths, elapsed * per_second);
  millionths += amount * 1'000'000;
  return millionths / 1'000'000;
}

void Invariants::check_rate(Time now, HostId host, const Transmit& out) {
  HostState& state = hosts_[host];
  if (host == node_) return;
  if (state.packets.add(now, 1, kPacketsPerSecondMax) > kPacketsBurst)
    setup_.findings.fail(now, "flood: too many packets");
  if (is_path_message(out.datagram.bytes())) {
    if (state.path_messages.add(now, 1, kPathMessagesPerSecondMax) > kPathMessagesBurst)
      setup_.findings.fail(now, "flood: too many path messages");
    return;
  }
  if (state.cap_bps == 0 || wire::packet_type(out.datagram.bytes()) != wire::PacketType::media) return;
  const uint64_t bits = 8 * (out.datagram.size + out.to.header_bytes());
  if (state.media_bits.add(now, bits, state.cap_bps) > 2 * uint64_t{state.cap_bps})
    setup_.findings.fail(now, "rate: media above the cap");
}

void Invariants::turn_ends(Time now, HostId host) {
  (void)host;
  question_.reset();
  if (setup_.seals.found_reuse()) setup_.findings.fail(now, "nonce: a (key, nonce) pair for two texts");
}

}  // namespace farline::sim
