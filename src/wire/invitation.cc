#include "wire/invitation.h"

#include "crypto/hash.h"
#include "wire/text_code.h"

namespace farline::wire {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kChecksumBytes = 4;
constexpr std::string_view kPrefixAnyVersion = "farline";
constexpr std::string_view kPrefix = "farline1";

std::array<uint8_t, kChecksumBytes> checksum(Bytes before) {
  return Reader(crypto::sha256({as_bytes("farline invitation"), before})).array<kChecksumBytes>();
}

// What people and programs add when they copy: white space, dashes, and anything outside ASCII (typographic dashes,
// no-break and zero-width spaces). A letter lost with it is found by the checksum.
bool is_noise(char c) {
  return c == '-' || c == ' ' || (c >= '\t' && c <= '\r') || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

RootKeyHash root_key_hash_of(const crypto::SigningPublicKey& root_key) {
  return Reader(crypto::sha256({root_key})).array<16>();
}

TokenHash token_hash_of(const Token& token) {
  return Reader(crypto::sha256({as_bytes("farline token"), token})).array<16>();
}

Result<void> check_invitation_host(std::string_view host) {
  if (host.empty()) return Error{Errc::malformed, "host is empty"};
  if (host.size() > kInvitationHostMax) return Error{Errc::limit, "host is longer than 64 bytes"};
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '.' && c != '-' && c != ':')
      return Error{Errc::malformed, "host is neither an address nor a DNS name"};
  }
  return {};
}

ByteVector encode_invitation(const Invitation& invitation) {
  INVARIANT(check_invitation_host(invitation.host).has_value());
  INVARIANT(invitation.port != 0);
  const uint64_t minutes = (invitation.expires.seconds + 59) / 60;
  INVARIANT(minutes <= UINT32_MAX);
  std::array<uint8_t, kInvitationBytesMax> buffer{};
  Writer out(buffer);
  out.u8(kVersion);
  out.bytes(invitation.root_key_hash);
  out.bytes(invitation.node_key);
  out.bytes(invitation.token);
  out.u32(static_cast<uint32_t>(minutes));
  out.u16(invitation.port);
  out.bytes(as_bytes(invitation.host));
  out.bytes(checksum(out.written()));
  return to_vector(out.written());
}

Result<Invitation> parse_invitation(Bytes encoded) {
  if (encoded.size() > kInvitationBytesMax) return Error{Errc::limit, "invitation is too long"};
  if (encoded.size() < kInvitationBytesMax - kInvitationHostMax + 1)
    return Error{Errc::truncated, "invitation is incomplete"};
  if (encoded[0] != kVersion) return Error{Errc::unsupported, "invitation is of another version of Farline"};
  const Bytes before = encoded.first(encoded.size() - kChecksumBytes);
  if (!equal(checksum(before), encoded.last(kChecksumBytes)))
    return Error{Errc::malformed, "invitation is incomplete or has a typing mistake"};
  Reader in(before.subspan(1));
  Invitation out;
  out.root_key_hash = in.array<16>();
  out.node_key = in.array<32>();
  out.token = in.array<16>();
  out.expires = {uint64_t{in.u32()} * 60};
  out.port = in.u16();
  out.host = as_text(in.rest());
  if (out.port == 0) return Error{Errc::malformed, "invitation has no port"};
  const Result<void> host = check_invitation_host(out.host);
  if (!host) return host.error();
  return out;
}

std::string invitation_to_text(const Invitation& invitation) {
  return std::string(kPrefix) + "-" + to_base32(encode_invitation(invitation));
}

Result<Invitation> invitation_from_text(std::string_view text) {
  if (text.size() > kInvitationTextMax) return Error{Errc::limit, "invitation is too long"};
  std::string clean;
  for (const char c : text)
    if (!is_noise(c)) clean += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (!clean.starts_with(kPrefixAnyVersion)) return Error{Errc::malformed, "not an invitation: it begins farline1-"};
  if (!clean.starts_with(kPrefix)) return Error{Errc::unsupported, "invitation is of another version of Farline"};
  const Result<ByteVector> encoded = from_base32(std::string_view(clean).substr(kPrefix.size()));
  if (!encoded) return Error{Errc::malformed, "invitation is incomplete or has a typing mistake"};
  return parse_invitation(*encoded);
}

}  // namespace farline::wire
