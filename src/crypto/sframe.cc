#include "crypto/sframe.h"

#include <bit>

#include "crypto/psa.h"

namespace farline::crypto {
namespace {

struct SuiteRow {
  SFrameSuite suite;
  bool gcm;
  size_t cipher_key_bytes;
  size_t auth_key_bytes;  // the rest of the derived key: section 4.5.1
  size_t tag_bytes;
  psa_algorithm_t hash;
};
constexpr SuiteRow kSuites[] = {
    {SFrameSuite::aes_128_ctr_hmac_sha256_80, false, 16, 32, 10, PSA_ALG_SHA_256},
    {SFrameSuite::aes_128_ctr_hmac_sha256_64, false, 16, 32, 8, PSA_ALG_SHA_256},
    {SFrameSuite::aes_128_ctr_hmac_sha256_32, false, 16, 32, 4, PSA_ALG_SHA_256},
    {SFrameSuite::aes_128_gcm_sha256_128, true, 16, 0, 16, PSA_ALG_SHA_256},
    {SFrameSuite::aes_256_gcm_sha512_128, true, 32, 0, 16, PSA_ALG_SHA_512},
};

const SuiteRow& row(SFrameSuite suite) {
  for (const SuiteRow& candidate : kSuites) {
    if (candidate.suite == suite) return candidate;
  }
  check_failed(__FILE__, __LINE__, "no such SFrame suite");
}

// Bytes that hold the number; 0 when it fits the header's own three bits.
size_t extra_bytes(uint64_t number) {
  if (number < 8) return 0;
  return (static_cast<size_t>(std::bit_width(number)) + 7) / 8;
}

// Four bits of the header's first byte: the number itself, or 8 + its length - 1.
uint8_t nibble(uint64_t number) {
  const size_t extra = extra_bytes(number);
  return static_cast<uint8_t>(extra == 0 ? number : 8 + extra - 1);
}

void write_extra(uint64_t number, Writer& out) {
  for (size_t i = extra_bytes(number); i-- > 0;) out.u8(static_cast<uint8_t>(number >> (8 * i)));
}

uint64_t read_extra(uint8_t nibble_value, Reader& in) {
  if (nibble_value < 8) return nibble_value;
  const size_t extra = static_cast<size_t>(nibble_value - 8 + 1);
  uint64_t number = 0;
  for (const uint8_t byte : in.bytes(extra)) number = number << 8 | byte;
  if (extra_bytes(number) != extra) in.fail();
  return number;
}

// Section 4.4.2: the ASCII label, then KID in 8 bytes and the suite in 2.
struct Label {
  Label(std::string_view text, uint64_t kid, SFrameSuite suite) {
    Writer out(buffer);
    out.bytes(as_bytes(text));
    out.u64(kid);
    out.u16(static_cast<uint16_t>(suite));
    size = out.size();
  }
  Bytes bytes() const { return Bytes(buffer).first(size); }
  std::array<uint8_t, 40> buffer;
  size_t size;
};

std::array<uint8_t, 12> nonce_of(const Secret<12>& salt, uint64_t ctr) {
  std::array<uint8_t, 12> nonce{};
  Writer(MutableBytes(nonce).last(8)).u64(ctr);
  for (size_t i = 0; i < nonce.size(); ++i) nonce[i] ^= salt.bytes()[i];
  return nonce;
}

// AES-CTR from block 0 of this nonce (section 4.5.1: nonce || 32 zero bits); encryption and decryption are the same.
void ctr_crypt(Bytes key, const std::array<uint8_t, 12>& nonce, Bytes in, MutableBytes out) {
  std::array<uint8_t, 16> initial{};
  std::ranges::copy(nonce, initial.begin());
  const psa::TemporaryKey temporary({PSA_KEY_TYPE_AES, PSA_KEY_USAGE_ENCRYPT, PSA_ALG_CTR}, key);
  psa_cipher_operation_t operation = psa_cipher_operation_init();
  psa_status_t status = psa_cipher_encrypt_setup(&operation, temporary.id(), PSA_ALG_CTR);
  if (status == PSA_SUCCESS) status = psa_cipher_set_iv(&operation, initial.data(), initial.size());
  size_t size = 0;
  if (status == PSA_SUCCESS && !in.empty())
    status = psa_cipher_update(&operation, in.data(), in.size(), out.data(), out.size(), &size);
  std::array<uint8_t, 16> last;
  size_t last_size = 0;
  if (status == PSA_SUCCESS) status = psa_cipher_finish(&operation, last.data(), last.size(), &last_size);
  INVARIANT(status == PSA_SUCCESS && size == in.size() && last_size == 0);
}

// Header and metadata side by side, as one-shot AEAD calls want them.
struct AssociatedData {
  AssociatedData(Bytes header, Bytes metadata) {
    Writer out(buffer);
    out.bytes(header);
    out.bytes(metadata);
    size = out.size();
  }
  Bytes bytes() const { return Bytes(buffer).first(size); }
  std::array<uint8_t, kSFrameHeaderBytesMax + kSFrameMetadataBytesMax> buffer;
  size_t size;
};

// Section 4.5.1's compute_tag.
struct TagInput {
  Bytes nonce;
  Bytes associated_data;
  Bytes ciphertext;
};
void compute_tag(Bytes auth_key, const TagInput& input, MutableBytes tag) {
  std::array<uint8_t, 24> lengths;
  Writer out(lengths);
  out.u64(input.associated_data.size());
  out.u64(input.ciphertext.size());
  out.u64(tag.size());
  psa::hmac(PSA_ALG_SHA_256, auth_key, {lengths, input.nonce, input.associated_data, input.ciphertext}, tag);
}

psa::AeadOperation gcm(Bytes key, const std::array<uint8_t, 12>& nonce, const AssociatedData& associated_data) {
  return {{PSA_KEY_TYPE_AES, 0, PSA_ALG_GCM}, key, nonce, associated_data.bytes()};
}

}  // namespace

size_t sframe_tag_bytes(SFrameSuite suite) {
  return row(suite).tag_bytes;
}

size_t sframe_header_bytes(const SFrameHeader& header) {
  return 1 + extra_bytes(header.kid) + extra_bytes(header.ctr);
}

void write_sframe_header(const SFrameHeader& header, Writer& out) {
  out.u8(static_cast<uint8_t>(nibble(header.kid) << 4 | nibble(header.ctr)));
  write_extra(header.kid, out);
  write_extra(header.ctr, out);
}

Result<SFrameHeader> read_sframe_header(Reader& in) {
  const uint8_t config = in.u8();
  SFrameHeader header;
  header.kid = read_extra(config >> 4, in);
  header.ctr = read_extra(config & 15, in);
  if (!in.ok()) return Error{Errc::malformed, "SFrame header"};
  return header;
}

SFrameKey::SFrameKey(SFrameSuite suite, uint64_t kid, Bytes base_key) : suite_(suite), kid_(kid) {
  INVARIANT(base_key.size() >= 16);
  const SuiteRow& r = row(suite);
  Secret<PSA_HASH_MAX_SIZE> secret_buffer;
  const MutableBytes secret = secret_buffer.mutable_bytes().first(PSA_HASH_LENGTH(r.hash));
  psa::hmac(r.hash, {}, {base_key}, secret);  // HKDF-Extract without a salt
  Secret<64> key;
  const MutableBytes derived = key.mutable_bytes().first(r.cipher_key_bytes + r.auth_key_bytes);
  psa::hkdf_expand(r.hash, secret, Label("SFrame 1.0 Secret key ", kid, suite).bytes(), derived);
  psa::hkdf_expand(r.hash, secret, Label("SFrame 1.0 Secret salt ", kid, suite).bytes(), salt_.mutable_bytes());
  std::ranges::copy(derived.first(r.cipher_key_bytes), cipher_key_.mutable_bytes().begin());
  std::ranges::copy(derived.subspan(r.cipher_key_bytes), auth_key_.mutable_bytes().begin());
}

size_t SFrameKey::seal(uint64_t ctr, Bytes metadata, Bytes plaintext, MutableBytes out) const {
  const SuiteRow& r = row(suite_);
  Writer writer(out);
  write_sframe_header({kid_, ctr}, writer);
  const AssociatedData associated_data(writer.written(), metadata);
  const std::array<uint8_t, 12> nonce = nonce_of(salt_, ctr);
  const Bytes key = Bytes(cipher_key_.bytes()).first(r.cipher_key_bytes);
  if (r.gcm) {
    psa::seal(gcm(key, nonce, associated_data), plaintext, writer.space(plaintext.size() + r.tag_bytes));
  } else {
    const MutableBytes ciphertext = writer.space(plaintext.size());
    ctr_crypt(key, nonce, plaintext, ciphertext);
    compute_tag(auth_key_.bytes(), {nonce, associated_data.bytes(), ciphertext}, writer.space(r.tag_bytes));
  }
  return writer.size();
}

Result<SFrameOpened> SFrameKey::open(Bytes frame, Bytes metadata, MutableBytes out) const {
  const SuiteRow& r = row(suite_);
  Reader reader(frame);
  const Result<SFrameHeader> header = read_sframe_header(reader);
  if (!header) return header.error();
  if (header->kid != kid_) return Error{Errc::not_found, "SFrame of another key"};
  if (reader.remaining() < r.tag_bytes) return Error{Errc::truncated, "SFrame shorter than its tag"};
  const AssociatedData associated_data(frame.first(frame.size() - reader.remaining()), metadata);
  const std::array<uint8_t, 12> nonce = nonce_of(salt_, header->ctr);
  const Bytes key = Bytes(cipher_key_.bytes()).first(r.cipher_key_bytes);
  const size_t size = reader.remaining() - r.tag_bytes;
  if (size > out.size()) return Error{Errc::limit, "SFrame too long"};
  if (r.gcm) {
    const Result<size_t> opened = psa::open(gcm(key, nonce, associated_data), reader.rest(), out);
    if (!opened) return opened.error();
  } else {
    const Bytes ciphertext = reader.bytes(size);
    std::array<uint8_t, 16> buffer;
    const MutableBytes tag = MutableBytes(buffer).first(r.tag_bytes);
    compute_tag(auth_key_.bytes(), {nonce, associated_data.bytes(), ciphertext}, tag);
    if (!equal_constant_time(tag, reader.rest())) return Error{Errc::auth, "SFrame tag does not verify"};
    ctr_crypt(key, nonce, ciphertext, out.first(size));
  }
  return SFrameOpened{header->kid, header->ctr, size};
}

}  // namespace farline::crypto
