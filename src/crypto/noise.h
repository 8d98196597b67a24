// The Noise protocol framework, revision 34: handshakes of any pattern with 25519_ChaChaPoly_SHA256.
//
// A Handshake reads and writes alternately, initiator first. write_message and read_message compute on a copy of the
// state and commit it only when everything verified: a refused message leaves the object exactly as it was, so a forged
// packet cannot spoil a handshake under way. Payloads have the security of their place in the pattern (section 7.7): in
// particular the first message of IK and KK is replayable, and whoever stole the responder's static key can forge it
// (KCI). Act on it only by answering; commit to an initiator after its first transport packet.
//
// Nothing here allocates but the library below. References and pointers of the config outlive the Handshake.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/asymmetric.h"

namespace farline::crypto {

enum class NoiseToken : uint8_t { none, e, s, ee, es, se, ss, psk };
enum class NoiseRole : uint8_t { initiator, responder };

// A handshake pattern (section 7). Messages are read up to the first token `none`, the list of messages up to the first
// empty one.
struct NoisePattern {
  std::string_view name;
  bool initiator_static_known = false;  // "-> s" before the dots
  bool responder_static_known = false;  // "<- s" before the dots
  std::array<std::array<NoiseToken, 7>, 4> messages{};
};
extern const NoisePattern kNoiseNk;
extern const NoisePattern kNoiseKk;
extern const NoisePattern kNoiseIk;
extern const NoisePattern kNoiseXx;
extern const NoisePattern kNoiseNnPsk0;
extern const NoisePattern kNoiseXxPsk3;

struct NoiseConfig {
  const NoisePattern& pattern;
  NoiseRole role;
  const Asymmetric& asymmetric;
  Rng& rng;  // 32 bytes for each token e written, nothing else
  Bytes prologue{};
  const KeyPair* local_static = nullptr;     // when the pattern has one
  const PublicKey* remote_static = nullptr;  // when the pattern knows it beforehand; copied
  const Secret<32>* psk = nullptr;           // when the pattern has a token psk
};

// What a complete handshake leaves: two keys for CipherState and an exporter secret for everything else (media epochs,
// resumption). The three are the outputs of HKDF(ck, empty, 3); the first two equal Noise's Split().
struct TransportKeys {
  Secret<32> send;
  Secret<32> receive;
  Secret<32> exporter;
};

class Handshake {
 public:
  explicit Handshake(const NoiseConfig& config);

  // Bytes that write_message adds to the payload of the next message, whoever writes it.
  size_t next_overhead() const;
  bool may_write() const;
  bool is_complete() const;

  // `out` needs payload.size() + next_overhead(). Fails only when a remote key is of low order.
  Result<size_t> write_message(Bytes payload, MutableBytes out);
  // `payload_out` needs message.size() - next_overhead(); gives the size of the payload.
  Result<size_t> read_message(Bytes message, MutableBytes payload_out);

  // The peer's static key once known. A responder of IK or XX learns it from a message; whether it is welcome is the
  // caller's decision.
  const std::optional<PublicKey>& remote_static() const { return state_.remote_static; }
  // After the last message: the same on both sides, and bound to everything said.
  const Hash& handshake_hash() const { return state_.hash; }

  // Once, after the last message.
  TransportKeys split();

 private:
  // The objects of section 5 as one value, so that a message can be tried on a copy.
  struct State {
    Secret<32> chaining_key;
    Hash hash{};
    std::optional<Secret<32>> key;
    uint64_t counter = 0;
    std::optional<KeyPair> ephemeral;
    std::optional<PublicKey> remote_ephemeral;
    std::optional<PublicKey> remote_static;
    uint8_t messages_done = 0;

    State copy() const;
    void mix_hash(Bytes data);
    void mix_key(Bytes input_key);
    void mix_key_and_hash(Bytes input_key);
    void encrypt_and_hash(Bytes plaintext, Writer& out);
    Result<void> decrypt_and_hash(Bytes ciphertext, MutableBytes out);
  };

  Result<void> write_token(State& state, NoiseToken token, Writer& out);
  Result<void> read_token(State& state, NoiseToken token, Reader& in);
  Result<void> mix_agreement(State& state, NoiseToken token) const;

  const NoisePattern* pattern_;
  NoiseRole role_;
  bool has_psk_ = false;
  bool split_ = false;
  const Asymmetric* asymmetric_;
  Rng* rng_;
  const KeyPair* local_static_;
  const Secret<32>* psk_;
  State state_;
};

// One direction of a transport (section 5.1). The counter is the caller's, because packets get lost and reordered:
// the sender never repeats one, the receiver keeps a replay window.
class CipherState {
 public:
  explicit CipherState(Secret<32> key) : key_(std::move(key)) {}

  size_t seal(uint64_t counter, Bytes associated_data, Bytes plaintext, MutableBytes out) const {
    return crypto::seal(key_, {noise_nonce(counter), associated_data}, plaintext, out);
  }
  Result<size_t> open(uint64_t counter, Bytes associated_data, Bytes sealed, MutableBytes out) const {
    return crypto::open(key_, {noise_nonce(counter), associated_data}, sealed, out);
  }
  // REKEY (section 4.2): both sides at the same moment, no bytes exchanged; earlier packets can no longer be opened.
  void rekey();
  // A copy after REKEY, for a receiver that tries the next key before it moves to it.
  CipherState rekeyed() const {
    CipherState next(key_.copy());
    next.rekey();
    return next;
  }

 private:
  Secret<32> key_;
};

}  // namespace farline::crypto
