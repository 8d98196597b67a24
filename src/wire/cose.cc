#include "wire/cose.h"

#include "wire/cbor.h"

namespace farline::wire {
namespace {

// Header parameters of RFC 9052 section 3.1 and the algorithm of RFC 9053 section 2.1.
constexpr int64_t kAlg = 1;
constexpr int64_t kContentType = 3;
constexpr int64_t kKeyId = 4;
constexpr int64_t kEs256 = -7;

// Heads, tag and protected header around payload and signature.
constexpr size_t kEnvelopeMax = 32 + kCoseKeyIdMax;
constexpr size_t kSignatureEntryMax = 16 + kCoseKeyIdMax + sizeof(crypto::Signature);

struct Header {
  bool has_es256 = false;
  bool has_key_id = false;
  Bytes key_id;
};

// One header map into `header`, which both maps of a structure share: no label may stand in both.
void read_header(CborReader& in, Header& header, bool is_protected) {
  const size_t pairs = in.map();
  for (size_t i = 0; i < pairs && in.ok(); ++i) {
    const int64_t label = in.integer();
    if (label == kAlg && is_protected) {
      if (in.peek() != CborType::negative_integer || in.integer() != kEs256)
        in.fail({Errc::unsupported, "COSE algorithm is not ES256"});
      header.has_es256 = true;
    } else if (label == kContentType && is_protected) {
      if (in.peek() == CborType::text) {
        in.text();
      } else {
        in.unsigned_integer();
      }
    } else if (label == kKeyId && !header.has_key_id) {
      header.has_key_id = true;
      header.key_id = in.bytes();
      if (header.key_id.size() > kCoseKeyIdMax) in.fail({Errc::limit, "COSE key id is too long"});
    } else {
      in.fail({Errc::unsupported, "COSE header parameter is not allowed here"});
    }
  }
}

// The protected header comes as a byte string with a map inside; an empty map is the empty string, and a signer that
// wrote it out (h'a0') signed the empty string too (RFC 9052 section 4.4).
Bytes read_protected(CborReader& in, Header& header) {
  Bytes encoded = in.bytes();
  if (encoded.empty()) return {};
  CborReader map(encoded);
  read_header(map, header, true);
  const Result<void> finished = map.finish();
  if (!finished) in.fail(finished.error());
  const bool is_empty_map = encoded.size() == 1;
  return is_empty_map ? Bytes{} : encoded;
}

struct HeaderBuffer {
  std::array<uint8_t, 8 + kCoseKeyIdMax> bytes{};
};
Bytes write_protected(HeaderBuffer& buffer, Bytes key_id) {
  INVARIANT(key_id.size() <= kCoseKeyIdMax);
  CborWriter out(buffer.bytes);
  out.map(key_id.empty() ? 1 : 2);
  out.integer(kAlg);
  out.integer(kEs256);
  if (!key_id.empty()) {
    out.integer(kKeyId);
    out.bytes(key_id);
  }
  return out.written();
}

crypto::Signature read_signature(CborReader& in) {
  return in.byte_array<sizeof(crypto::Signature)>();
}

// Sig_structure of RFC 9052 section 4.4; `signer` is nullptr in COSE_Sign1.
ByteVector signed_bytes(Bytes body_header, const Bytes* signer_header, const CoseContent& content) {
  ByteVector buffer(2 * kEnvelopeMax + body_header.size() + content.external_aad.size() + content.payload.size());
  CborWriter out(buffer);
  out.array(signer_header ? 5 : 4);
  out.text(signer_header ? "Signature" : "Signature1");
  out.bytes(body_header);
  if (signer_header) out.bytes(*signer_header);
  out.bytes(content.external_aad);
  out.bytes(content.payload);
  buffer.resize(out.written().size());
  return buffer;
}

}  // namespace

ByteVector cose_sign1(const CoseContent& content, Bytes key_id, const crypto::SigningKeyPair& key,
                      const crypto::Asymmetric& asymmetric) {
  HeaderBuffer header_buffer;
  const Bytes header = write_protected(header_buffer, key_id);
  const crypto::Signature signature = asymmetric.sign(key, signed_bytes(header, nullptr, content));
  ByteVector buffer(kEnvelopeMax + content.payload.size() + signature.size());
  CborWriter out(buffer);
  out.tag(kCoseSign1Tag);
  out.array(4);
  out.bytes(header);
  out.map(0);
  out.bytes(content.payload);
  out.bytes(signature);
  buffer.resize(out.written().size());
  return buffer;
}

Result<CoseSign1> parse_cose_sign1(Bytes encoded) {
  CborReader in(encoded);
  CoseSign1 out;
  Header header;
  in.expect_tag(kCoseSign1Tag);
  in.expect_array(4);
  out.protected_header = read_protected(in, header);
  read_header(in, header, false);
  out.key_id = header.key_id;
  out.payload = in.bytes();
  out.signature = read_signature(in);
  if (in.ok() && !header.has_es256) in.fail({Errc::unsupported, "COSE algorithm is not in the protected header"});
  const Result<void> finished = in.finish();
  if (!finished) return finished.error();
  return out;
}

ByteVector cose_signed_bytes(const CoseSign1& parsed, Bytes external_aad) {
  return signed_bytes(parsed.protected_header, nullptr, {parsed.payload, external_aad});
}

Result<void> verify_cose_sign1(const CoseSign1& parsed, Bytes external_aad, const crypto::SigningPublicKey& key,
                               const crypto::Asymmetric& asymmetric) {
  if (!asymmetric.verify(key, cose_signed_bytes(parsed, external_aad), parsed.signature))
    return Error{Errc::auth, "signature does not verify"};
  return {};
}

CoseSignature cose_sign(const CoseContent& content, Bytes key_id, const crypto::SigningKeyPair& key,
                        const crypto::Asymmetric& asymmetric) {
  HeaderBuffer header_buffer;
  const Bytes header = write_protected(header_buffer, key_id);
  return {to_vector(key_id), asymmetric.sign(key, signed_bytes({}, &header, content))};
}

ByteVector encode_cose_sign(Bytes payload, std::span<const CoseSignature> signatures) {
  INVARIANT(!signatures.empty() && signatures.size() <= kCoseSignersMax);
  ByteVector buffer(kEnvelopeMax + payload.size() + signatures.size() * kSignatureEntryMax);
  CborWriter out(buffer);
  out.tag(kCoseSignTag);
  out.array(4);
  out.bytes({});
  out.map(0);
  out.bytes(payload);
  out.array(signatures.size());
  for (const CoseSignature& signature : signatures) {
    HeaderBuffer header_buffer;
    out.array(3);
    out.bytes(write_protected(header_buffer, signature.key_id));
    out.map(0);
    out.bytes(signature.signature);
  }
  buffer.resize(out.written().size());
  return buffer;
}

Result<CoseSign> parse_cose_sign(Bytes encoded) {
  CborReader in(encoded);
  CoseSign out;
  Header body;
  in.expect_tag(kCoseSignTag);
  in.expect_array(4);
  out.protected_header = read_protected(in, body);
  read_header(in, body, false);
  out.payload = in.bytes();
  out.signer_count = in.array();
  if (in.ok() && out.signer_count == 0) in.fail({Errc::malformed, "COSE_Sign has no signature"});
  if (out.signer_count > kCoseSignersMax) in.fail({Errc::limit, "COSE_Sign has too many signatures"});
  for (size_t i = 0; i < out.signer_count && in.ok(); ++i) {
    Header header;
    CoseSigner& signer = out.signers[i];
    in.expect_array(3);
    signer.protected_header = read_protected(in, header);
    read_header(in, header, false);
    signer.key_id = header.key_id;
    signer.signature = read_signature(in);
    if (in.ok() && !header.has_es256) in.fail({Errc::unsupported, "COSE algorithm is not in the protected header"});
  }
  const Result<void> finished = in.finish();
  if (!finished) return finished.error();
  return out;
}

ByteVector cose_signed_bytes(const CoseSign& parsed, const CoseSigner& signer, Bytes external_aad) {
  return signed_bytes(parsed.protected_header, &signer.protected_header, {parsed.payload, external_aad});
}

}  // namespace farline::wire
