#include "wire/policy.h"

namespace farline::wire {

void put_version(const PolicyVersion& version, Writer& out) {
  out.u32(version.generation);
  out.u32(version.serial);
}

PolicyVersion read_version(Reader& in) {
  PolicyVersion version;
  version.generation = in.u32();
  version.serial = in.u32();
  return version;
}

void put_u40_time(WallTime time, Writer& out) {
  out.u8(static_cast<uint8_t>(time.seconds >> 32));
  out.u32(static_cast<uint32_t>(time.seconds));
}

WallTime read_u40_time(Reader& in) {
  const uint64_t high = in.u8();
  return {high << 32 | in.u32()};
}

void put_body(const PolicyNews& message, Writer& out) {
  put_version(message.held, out);
}

void put_body(const PolicyWanted& message, Writer& out) {
  put_version(message.have, out);
  out.bytes(message.base);
  out.u32(message.offset);
  out.u16(message.most);
}

void put_body(const PolicyPart& message, Writer& out) {
  put_version(message.of, out);
  out.u8(static_cast<uint8_t>(message.form));
  out.u32(message.total);
  out.u32(message.offset);
  out.bytes(message.bytes);
}

PolicyWanted read_policy_wanted(Reader& in) {
  PolicyWanted message;
  message.have = read_version(in);
  message.base = in.array<8>();
  message.offset = in.u32();
  message.most = in.u16();
  if (message.offset >= kPolicyTransferBytesMax || message.most == 0) in.fail();
  return message;
}

PolicyPart read_policy_part(Reader& in) {
  PolicyPart message;
  message.of = read_version(in);
  const uint8_t form = in.u8();
  if (form > static_cast<uint8_t>(PolicyForm::delta)) in.fail();
  message.form = static_cast<PolicyForm>(form);
  message.total = in.u32();
  message.offset = in.u32();
  message.bytes = in.rest();
  const bool fits = message.total <= kPolicyTransferBytesMax && message.offset < message.total &&
                    message.bytes.size() <= message.total - message.offset;
  if (!fits || message.bytes.empty()) in.fail();
  return message;
}

}  // namespace farline::wire
