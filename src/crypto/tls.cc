#include "crypto/tls.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <array>

#include "crypto/keys.h"

namespace farline::crypto {
namespace {

// A generator of its own: PSA's is for one thread at a time, and others use it.
class TlsRandom {
 public:
  TlsRandom() {
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&drbg_);
    INVARIANT(mbedtls_ctr_drbg_seed(&drbg_, mbedtls_entropy_func, &entropy_, nullptr, 0) == 0);
  }
  static int fill(void* self, unsigned char* out, size_t size) {
    auto& random = *static_cast<TlsRandom*>(self);
    return mbedtls_ctr_drbg_random(&random.drbg_, out, size);
  }

 private:
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context drbg_;
};

TlsRandom& tls_random() {
  static TlsRandom random;
  return random;
}

class TlsConfig {
 public:
  explicit TlsConfig(int endpoint) {
    mbedtls_ssl_config_init(&config_);
    INVARIANT(
        mbedtls_ssl_config_defaults(&config_, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    mbedtls_ssl_conf_rng(&config_, TlsRandom::fill, &tls_random());
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_NONE);  // see the header
    mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  }
  ~TlsConfig() { mbedtls_ssl_config_free(&config_); }
  TlsConfig(const TlsConfig&) = delete;
  TlsConfig& operator=(const TlsConfig&) = delete;
  mbedtls_ssl_config* get() { return &config_; }

 private:
  mbedtls_ssl_config config_;
};

TlsConfig& client_config() {
  static TlsConfig config(MBEDTLS_SSL_IS_CLIENT);
  return config;
}

int parse_tls_key(mbedtls_pk_context* key, Bytes pem) {
#if MBEDTLS_VERSION_MAJOR >= 3
  return mbedtls_pk_parse_key(key, pem.data(), pem.size(), nullptr, 0, TlsRandom::fill, &tls_random());
#else
  return mbedtls_pk_parse_key(key, pem.data(), pem.size(), nullptr, 0);
#endif
}

int check_tls_pair(const mbedtls_x509_crt& chain, const mbedtls_pk_context& key) {
#if MBEDTLS_VERSION_MAJOR >= 3
  return mbedtls_pk_check_pair(&chain.pk, &key, TlsRandom::fill, &tls_random());
#else
  return mbedtls_pk_check_pair(&chain.pk, &key);
#endif
}

// mbedTLS wants the zero behind a PEM text counted.
ByteVector with_zero(std::string_view text) {
  ByteVector bytes(text.begin(), text.end());
  bytes.push_back(0);
  return bytes;
}

// Clocks in the field are wrong, and nobody looks at it: valid always. The name is nobody's.
void sign_itself(mbedtls_x509_crt& chain, mbedtls_pk_context& key) {
  mbedtls_x509write_cert writer;
  mbedtls_x509write_crt_init(&writer);
  mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&writer, &key);
  mbedtls_x509write_crt_set_issuer_key(&writer, &key);
  INVARIANT(mbedtls_x509write_crt_set_subject_name(&writer, "CN=localhost") == 0);
  INVARIANT(mbedtls_x509write_crt_set_issuer_name(&writer, "CN=localhost") == 0);
  INVARIANT(mbedtls_x509write_crt_set_validity(&writer, "20200101000000", "20491231235959") == 0);
  std::array<unsigned char, 16> serial{};
  INVARIANT(TlsRandom::fill(&tls_random(), serial.data(), serial.size()) == 0);
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive and not short
#if MBEDTLS_VERSION_MAJOR >= 3
  INVARIANT(mbedtls_x509write_crt_set_serial_raw(&writer, serial.data(), serial.size()) == 0);
#else
  mbedtls_mpi number;
  mbedtls_mpi_init(&number);
  INVARIANT(mbedtls_mpi_read_binary(&number, serial.data(), serial.size()) == 0);
  INVARIANT(mbedtls_x509write_crt_set_serial(&writer, &number) == 0);
  mbedtls_mpi_free(&number);
#endif
  std::array<unsigned char, 1024> der{};
  const int size = mbedtls_x509write_crt_der(&writer, der.data(), der.size(), TlsRandom::fill, &tls_random());
  INVARIANT(size > 0);
  mbedtls_x509write_crt_free(&writer);
  const auto bytes = Bytes(der).last(static_cast<size_t>(size));
  INVARIANT(mbedtls_x509_crt_parse_der(&chain, bytes.data(), bytes.size()) == 0);
}

}  // namespace

// --- Identity --------------------------------------------------------------------------------------------------------

struct TlsIdentity::Parts {
  Parts() {
    mbedtls_x509_crt_init(&chain);
    mbedtls_pk_init(&key);
  }
  ~Parts() {
    mbedtls_x509_crt_free(&chain);
    mbedtls_pk_free(&key);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  bool finish() { return mbedtls_ssl_conf_own_cert(config.get(), &chain, &key) == 0; }

  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
  TlsConfig config{MBEDTLS_SSL_IS_SERVER};
};

TlsIdentity TlsIdentity::make() {
  auto parts = std::make_unique<Parts>();
  INVARIANT(mbedtls_pk_setup(&parts->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0);
  INVARIANT(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(parts->key), TlsRandom::fill, &tls_random()) ==
            0);
  sign_itself(parts->chain, parts->key);
  INVARIANT(parts->finish());
  return TlsIdentity(std::move(parts));
}

Result<TlsIdentity> TlsIdentity::from_pem(std::string_view chain, std::string_view key) {
  if (chain.size() > kTlsPemBytesMax || key.size() > kTlsPemBytesMax)
    return Error{Errc::limit, "a certificate or key is longer than 64 kB"};
  auto parts = std::make_unique<Parts>();
  const ByteVector chain_text = with_zero(chain);
  ByteVector key_text = with_zero(key);
  if (mbedtls_x509_crt_parse(&parts->chain, chain_text.data(), chain_text.size()) != 0)
    return Error{Errc::malformed, "this is no certificate in PEM"};
  const int read = parse_tls_key(&parts->key, key_text);
  wipe(key_text);
  if (read != 0) return Error{Errc::malformed, "this is no unencrypted private key in PEM"};
  if (check_tls_pair(parts->chain, parts->key) != 0) return Error{Errc::denied, "the key is another certificate's"};
  if (!parts->finish()) return Error{Errc::malformed, "this certificate cannot be used"};
  return TlsIdentity(std::move(parts));
}

// --- Session ---------------------------------------------------------------------------------------------------------

TlsIdentity::TlsIdentity(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsIdentity::TlsIdentity(TlsIdentity&&) noexcept = default;
TlsIdentity::~TlsIdentity() = default;

struct TlsSession::Parts {
  Parts() { mbedtls_ssl_init(&ssl); }
  ~Parts() { mbedtls_ssl_free(&ssl); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  static int send(void* self, const unsigned char* data, size_t size) {
    auto& out = static_cast<Parts*>(self)->to_network;
    out.insert(out.end(), data, data + size);
    return static_cast<int>(size);
  }
  static int receive(void* self, unsigned char* data, size_t size) {
    auto& parts = *static_cast<Parts*>(self);
    const size_t count = std::min(size, parts.from_network.size() - parts.taken);
    if (count == 0) return MBEDTLS_ERR_SSL_WANT_READ;
    std::copy_n(parts.from_network.begin() + static_cast<ptrdiff_t>(parts.taken), count, data);
    parts.taken += count;
    return static_cast<int>(count);
  }

  mbedtls_ssl_context ssl;
  ByteVector from_network;
  size_t taken = 0;  // of it
  ByteVector to_network;
};

TlsSession::TlsSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  mbedtls_ssl_set_bio(&parts_->ssl, parts_.get(), Parts::send, Parts::receive, nullptr);
}

TlsSession::~TlsSession() = default;

std::unique_ptr<TlsSession> TlsSession::connect(const std::string& name) {
  auto parts = std::make_unique<Parts>();
  INVARIANT(mbedtls_ssl_setup(&parts->ssl, client_config().get()) == 0);
  if (!name.empty()) (void)mbedtls_ssl_set_hostname(&parts->ssl, name.c_str());  // too long a name: goes unsaid
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(parts)));
}

std::unique_ptr<TlsSession> TlsSession::accept(const TlsIdentity& identity) {
  auto parts = std::make_unique<Parts>();
  INVARIANT(mbedtls_ssl_setup(&parts->ssl, identity.parts_->config.get()) == 0);
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(parts)));
}

Result<void> TlsSession::from_network(Bytes bytes) {
  auto& parts = *parts_;
  parts.from_network.erase(parts.from_network.begin(),
                           parts.from_network.begin() + static_cast<ptrdiff_t>(std::exchange(parts.taken, 0)));
  parts.from_network.insert(parts.from_network.end(), bytes.begin(), bytes.end());
  if (is_ready_) return {};
  const int status = mbedtls_ssl_handshake(&parts.ssl);
  if (status == MBEDTLS_ERR_SSL_WANT_READ) return {};
  if (status != 0) return Error{Errc::auth, "TLS could not be agreed on"};
  is_ready_ = true;
  return {};
}

Result<size_t> TlsSession::read(MutableBytes out) {
  if (!is_ready_) return size_t{0};
  const int status = mbedtls_ssl_read(&parts_->ssl, out.data(), out.size());
  if (status > 0) return static_cast<size_t>(status);
  if (status == MBEDTLS_ERR_SSL_WANT_READ) return size_t{0};
  if (status == 0 || status == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return Error{Errc::io, "closed by the far end"};
  return Error{Errc::auth, "a damaged TLS record"};
}

Result<void> TlsSession::write(Bytes plain) {
  INVARIANT(is_ready_ && !plain.empty() && plain.size() <= kPlainBytesMax);
  const int status = mbedtls_ssl_write(&parts_->ssl, plain.data(), plain.size());
  if (status != static_cast<int>(plain.size())) return Error{Errc::io, "TLS is at its end"};
  return {};
}

ByteVector TlsSession::take_for_network() {
  return std::exchange(parts_->to_network, {});
}

}  // namespace farline::crypto
