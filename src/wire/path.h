// What two devices of a call say to each other about the way between them (docs/PROTOCOL.md section 4.1), and how an
// address is written anywhere in the protocol.
#pragma once

#include <array>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"
#include "wire/limits.h"

namespace farline::wire {

inline constexpr size_t kAddressBytesMax = 19;  // IPv6
// Family (4 or 6), IP, port.
void put_address(const Address& address, Writer& out);
// Fails the reader for what put_address does not write, and for port 0.
Address read_address(Reader& in);

inline constexpr size_t kPathAddressesMax = 2;  // as the supernode sees it, and on its own network

struct PathMessage {
  std::optional<uint8_t> question{};  // wants an answer with this number, to where it came from
  std::optional<uint8_t> answer{};    // to the question of that number
  bool has_addresses = false;
  std::array<Address, kPathAddressesMax> addresses{};  // of the sender, all of them
  size_t address_count = 0;
  Bytes pass{};  // of the sender (wire/pass.h); empty: none
};
inline constexpr size_t kPathMessageBytesMax = 4 + kPassBytesMax + kPathAddressesMax * kAddressBytesMax;

void encode_path_message(const PathMessage& message, Writer& out);
Result<PathMessage> decode_path_message(Bytes bytes);

}  // namespace farline::wire
