#include "wire/path.h"

#include <span>

namespace farline::wire {
namespace {

constexpr uint8_t kFamily4 = 4;
constexpr uint8_t kFamily6 = 6;

constexpr uint8_t kQuestion = 1;
constexpr uint8_t kAnswer = 2;
constexpr uint8_t kAddresses = 4;
constexpr uint8_t kShowsPass = 8;

}  // namespace

void put_address(const Address& address, Writer& out) {
  const Bytes ip = address.ip;
  out.u8(address.is_v4() ? kFamily4 : kFamily6);
  out.bytes(address.is_v4() ? ip.last(4) : ip);
  out.u16(address.port);
}

Address read_address(Reader& in) {
  Address address;
  const uint8_t family = in.u8();
  if (family == kFamily4) {
    address = Address::v4(0, 0, 0, 0, 0);
    std::ranges::copy(in.array<4>(), address.ip.end() - 4);
  } else {
    address.ip = in.array<16>();
    if (family != kFamily6 || address.is_v4()) in.fail();
  }
  address.port = in.u16();
  if (address.port == 0) in.fail();
  return address;
}

void encode_path_message(const PathMessage& message, Writer& out) {
  out.u8(static_cast<uint8_t>((message.question ? kQuestion : 0) | (message.answer ? kAnswer : 0) |
                              (message.has_addresses ? kAddresses : 0) | (message.pass.empty() ? 0 : kShowsPass)));
  if (message.question) out.u8(*message.question);
  if (message.answer) out.u8(*message.answer);
  if (!message.pass.empty()) {
    out.u8(static_cast<uint8_t>(message.pass.size()));
    out.bytes(message.pass);
  }
  for (const Address& address : std::span(message.addresses).first(message.address_count)) put_address(address, out);
}

Result<PathMessage> decode_path_message(Bytes bytes) {
  Reader r(bytes);
  PathMessage message;
  const uint8_t flags = r.u8();
  if (flags == 0 || flags > (kQuestion | kAnswer | kAddresses | kShowsPass))
    return Error{Errc::unsupported, "unknown path message"};
  if ((flags & kQuestion) != 0) message.question = r.u8();
  if ((flags & kAnswer) != 0) message.answer = r.u8();
  if ((flags & kShowsPass) != 0) {
    const size_t size = r.u8();
    if (size == 0 || size > kPassBytesMax) r.fail();
    message.pass = r.bytes(size);
  }
  message.has_addresses = (flags & kAddresses) != 0;
  while (message.has_addresses && r.remaining() > 0 && message.address_count < kPathAddressesMax)
    message.addresses[message.address_count++] = read_address(r);
  if (auto end = r.finish(); !end) return end.error();
  return message;
}

}  // namespace farline::wire
