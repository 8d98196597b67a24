// SFrame (RFC 9605): authenticated encryption of media whose header is 2 or 3 bytes. Frame = header || ciphertext ||
// tag. One SFrameKey serves one sender and key id (KID): the sender seals with a CTR it never repeats, receivers open.
// Replay is the caller's: open() gives the CTR of authentic frames. Nothing here allocates but the library below.
#pragma once

#include "crypto/keys.h"

namespace farline::crypto {

// Section 4.5 and the IANA registry (section 8.1). The number at the end is the tag in bits; 32 only where policy
// allows.
enum class SFrameSuite : uint16_t {
  aes_128_ctr_hmac_sha256_80 = 1,
  aes_128_ctr_hmac_sha256_64 = 2,  // the default
  aes_128_ctr_hmac_sha256_32 = 3,
  aes_128_gcm_sha256_128 = 4,
  aes_256_gcm_sha512_128 = 5,
};
size_t sframe_tag_bytes(SFrameSuite suite);

// Section 4.3: 1 byte, plus each of KID and CTR that is above 7 in as few bytes as hold it.
inline constexpr size_t kSFrameHeaderBytesMax = 17;
struct SFrameHeader {
  uint64_t kid = 0;
  uint64_t ctr = 0;
  friend bool operator==(const SFrameHeader&, const SFrameHeader&) = default;
};
size_t sframe_header_bytes(const SFrameHeader& header);
void write_sframe_header(const SFrameHeader& header, Writer& out);
// Reads the header and nothing after it. Only the shortest form is accepted, so a header has one spelling.
Result<SFrameHeader> read_sframe_header(Reader& in);

inline constexpr size_t kSFrameMetadataBytesMax = 64;  // ours: what a caller binds is short, and stays off the heap

struct SFrameOpened {
  uint64_t kid;
  uint64_t ctr;
  size_t size;  // of the plaintext
};

class SFrameKey {
 public:
  // Section 4.4.2; `base_key` is a secret of at least 16 bytes and is not kept.
  SFrameKey(SFrameSuite suite, uint64_t kid, Bytes base_key);

  // Bytes that seal adds to the plaintext.
  size_t overhead(uint64_t ctr) const { return sframe_header_bytes({kid_, ctr}) + sframe_tag_bytes(suite_); }
  uint64_t kid() const { return kid_; }

  // `metadata` (at most kSFrameMetadataBytesMax) is authenticated, not sent. `out` needs plaintext.size() +
  // overhead(ctr) and does not overlap the plaintext. Gives the size of the frame.
  size_t seal(uint64_t ctr, Bytes metadata, Bytes plaintext, MutableBytes out) const;
  // Refuses another KID. A plaintext longer than `out` is an error, not our mistake: its length is the sender's.
  // Nothing is decrypted before the tag verifies.
  Result<SFrameOpened> open(Bytes frame, Bytes metadata, MutableBytes out) const;

 private:
  SFrameSuite suite_;
  uint64_t kid_;
  Secret<32> cipher_key_;  // the first 16 bytes for AES-128
  Secret<32> auth_key_;    // of the CTR suites
  Secret<12> salt_;
};

}  // namespace farline::crypto
