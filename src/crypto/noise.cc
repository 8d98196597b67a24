#include "crypto/noise.h"

#include "crypto/hash.h"

namespace farline::crypto {
namespace {

using enum NoiseToken;

constexpr size_t kMessageBytesMax = 65535;  // section 3

// HKDF(chaining_key, input_key, 3) of section 4.3; asking for two outputs gives the first two of these.
struct Outputs {
  explicit Outputs(const Secret<32>& chaining_key, Bytes input_key) {
    Secret<96> all;
    hkdf_expand(hkdf_extract(chaining_key.bytes(), input_key).bytes(), {}, all.mutable_bytes());
    const Bytes bytes = all.bytes();
    first = Secret<32>::copy_of(bytes.first(32));
    second = Secret<32>::copy_of(bytes.subspan(32, 32));
    third = Secret<32>::copy_of(bytes.last(32));
  }
  Secret<32> first, second, third;
};

size_t message_count(const NoisePattern& pattern) {
  size_t count = 0;
  while (count < pattern.messages.size() && pattern.messages[count][0] != none) ++count;
  return count;
}

bool has_token(const NoisePattern& pattern, NoiseToken wanted) {
  for (const auto& message : pattern.messages) {
    for (const NoiseToken token : message) {
      if (token == wanted) return true;
    }
  }
  return false;
}

// The party sends its static key before or within the handshake.
bool has_static(const NoisePattern& pattern, NoiseRole role) {
  if (role == NoiseRole::initiator ? pattern.initiator_static_known : pattern.responder_static_known) return true;
  for (size_t i = role == NoiseRole::initiator ? 0 : 1; i < pattern.messages.size(); i += 2) {
    for (const NoiseToken token : pattern.messages[i]) {
      if (token == s) return true;
    }
  }
  return false;
}

}  // namespace

const NoisePattern kNoiseNk{"NK", false, true, {{{e, es}, {e, ee}}}};
const NoisePattern kNoiseKk{"KK", true, true, {{{e, es, ss}, {e, ee, se}}}};
const NoisePattern kNoiseIk{"IK", false, true, {{{e, es, s, ss}, {e, ee, se}}}};
const NoisePattern kNoiseXx{"XX", false, false, {{{e}, {e, ee, s, es}, {s, se}}}};
const NoisePattern kNoiseNnPsk0{"NNpsk0", false, false, {{{psk, e}, {e, ee}}}};
const NoisePattern kNoiseXxPsk3{"XXpsk3", false, false, {{{e}, {e, ee, s, es}, {s, se, psk}}}};

Handshake::State Handshake::State::copy() const {
  State out;
  out.chaining_key = chaining_key.copy();
  out.hash = hash;
  if (key) out.key = key->copy();
  out.counter = counter;
  if (ephemeral) out.ephemeral = ephemeral->copy();
  out.remote_ephemeral = remote_ephemeral;
  out.remote_static = remote_static;
  out.messages_done = messages_done;
  return out;
}

void Handshake::State::mix_hash(Bytes data) {
  hash = sha256({hash, data});
}

void Handshake::State::mix_key(Bytes input_key) {
  Outputs outputs(chaining_key, input_key);
  chaining_key = std::move(outputs.first);
  key = std::move(outputs.second);
  counter = 0;
}

void Handshake::State::mix_key_and_hash(Bytes input_key) {
  Outputs outputs(chaining_key, input_key);
  chaining_key = std::move(outputs.first);
  mix_hash(outputs.second.bytes());
  key = std::move(outputs.third);
  counter = 0;
}

void Handshake::State::encrypt_and_hash(Bytes plaintext, Writer& out) {
  const MutableBytes sealed = out.space(plaintext.size() + (key ? kTagBytes : 0));
  if (key) {
    seal(*key, {noise_nonce(counter++), hash}, plaintext, sealed);
  } else {
    std::ranges::copy(plaintext, sealed.begin());
  }
  mix_hash(sealed);
}

Result<void> Handshake::State::decrypt_and_hash(Bytes ciphertext, MutableBytes out) {
  if (key) {
    const Result<size_t> opened = open(*key, {noise_nonce(counter++), hash}, ciphertext, out);
    if (!opened) return opened.error();
  } else {
    std::ranges::copy(ciphertext, out.begin());
  }
  mix_hash(ciphertext);
  return {};
}

Handshake::Handshake(const NoiseConfig& config)
    : pattern_(&config.pattern),
      role_(config.role),
      has_psk_(has_token(config.pattern, psk)),
      asymmetric_(&config.asymmetric),
      rng_(&config.rng),
      local_static_(config.local_static),
      psk_(config.psk) {
  const bool initiator = role_ == NoiseRole::initiator;
  const bool remote_known = initiator ? pattern_->responder_static_known : pattern_->initiator_static_known;
  INVARIANT(local_static_ != nullptr || !has_static(*pattern_, role_));
  INVARIANT(remote_known == (config.remote_static != nullptr));
  INVARIANT(has_psk_ == (psk_ != nullptr));

  std::array<uint8_t, 64> buffer;
  Writer name(buffer);
  name.bytes(as_bytes("Noise_"));
  name.bytes(as_bytes(pattern_->name));
  name.bytes(as_bytes("_25519_ChaChaPoly_SHA256"));
  if (name.size() <= state_.hash.size()) {
    std::ranges::copy(name.written(), state_.hash.begin());
  } else {
    state_.hash = sha256({name.written()});
  }
  state_.chaining_key = Secret<32>::copy_of(state_.hash);
  state_.mix_hash(config.prologue);
  if (config.remote_static) state_.remote_static = *config.remote_static;
  if (pattern_->initiator_static_known) state_.mix_hash(initiator ? local_static_->public_key : *state_.remote_static);
  if (pattern_->responder_static_known) state_.mix_hash(initiator ? *state_.remote_static : local_static_->public_key);
}

bool Handshake::is_complete() const {
  return state_.messages_done == message_count(*pattern_);
}

bool Handshake::may_write() const {
  return !is_complete() && (state_.messages_done % 2 == 0) == (role_ == NoiseRole::initiator);
}

size_t Handshake::next_overhead() const {
  if (is_complete()) return 0;
  bool has_key = state_.key.has_value();
  size_t size = 0;
  for (const NoiseToken token : pattern_->messages[state_.messages_done]) {
    if (token == e) size += sizeof(PublicKey);
    if (token == s) size += sizeof(PublicKey) + (has_key ? kTagBytes : 0);
    if (token != none && token != s) has_key = has_key || token != e || has_psk_;
  }
  return size + (has_key ? kTagBytes : 0);
}

Result<size_t> Handshake::write_message(Bytes payload, MutableBytes out) {
  INVARIANT(may_write() && payload.size() + next_overhead() <= std::min(out.size(), kMessageBytesMax));
  State next = state_.copy();
  Writer writer(out);
  for (const NoiseToken token : pattern_->messages[next.messages_done]) {
    if (const auto done = write_token(next, token, writer); !done) return done.error();
  }
  next.encrypt_and_hash(payload, writer);
  ++next.messages_done;
  state_ = std::move(next);
  return writer.size();
}

Result<size_t> Handshake::read_message(Bytes message, MutableBytes payload_out) {
  if (may_write() || is_complete()) return Error{Errc::denied, "no handshake message expected"};
  if (message.size() < next_overhead()) return Error{Errc::truncated, "handshake message ends too early"};
  const size_t payload_size = message.size() - next_overhead();
  if (message.size() > kMessageBytesMax || payload_size > payload_out.size())
    return Error{Errc::limit, "handshake payload too long"};
  State next = state_.copy();
  Reader reader(message);
  for (const NoiseToken token : pattern_->messages[next.messages_done]) {
    if (const auto done = read_token(next, token, reader); !done) return done.error();
  }
  if (const auto done = next.decrypt_and_hash(reader.rest(), payload_out.first(payload_size)); !done)
    return done.error();
  ++next.messages_done;
  state_ = std::move(next);
  return payload_size;
}

Result<void> Handshake::write_token(State& state, NoiseToken token, Writer& out) {
  switch (token) {
    case none:
      return {};
    case e:
      state.ephemeral = asymmetric_->generate_key_pair(*rng_);
      out.bytes(state.ephemeral->public_key);
      state.mix_hash(state.ephemeral->public_key);
      if (has_psk_) state.mix_key(state.ephemeral->public_key);
      return {};
    case s:
      state.encrypt_and_hash(local_static_->public_key, out);
      return {};
    case psk:
      state.mix_key_and_hash(psk_->bytes());
      return {};
    case ee:
    case es:
    case se:
    case ss:
      return mix_agreement(state, token);
  }
  return {};
}

Result<void> Handshake::read_token(State& state, NoiseToken token, Reader& in) {
  switch (token) {
    case none:
      return {};
    case e:
      state.remote_ephemeral = in.array<sizeof(PublicKey)>();
      state.mix_hash(*state.remote_ephemeral);
      if (has_psk_) state.mix_key(*state.remote_ephemeral);
      return {};
    case s: {
      PublicKey remote;
      const Bytes sealed = in.bytes(remote.size() + (state.key ? kTagBytes : 0));
      if (const auto done = state.decrypt_and_hash(sealed, remote); !done) return done;
      state.remote_static = remote;
      return {};
    }
    case psk:
      state.mix_key_and_hash(psk_->bytes());
      return {};
    case ee:
    case es:
    case se:
    case ss:
      return mix_agreement(state, token);
  }
  return {};
}

// The token's letters name the initiator's key, then the responder's.
Result<void> Handshake::mix_agreement(State& state, NoiseToken token) const {
  const bool initiator = role_ == NoiseRole::initiator;
  const bool initiator_uses_static = token == se || token == ss;
  const bool responder_uses_static = token == es || token == ss;
  const bool local_uses_static = initiator ? initiator_uses_static : responder_uses_static;
  const bool remote_uses_static = initiator ? responder_uses_static : initiator_uses_static;
  const std::optional<PublicKey>& remote = remote_uses_static ? state.remote_static : state.remote_ephemeral;
  INVARIANT(remote.has_value() && (local_uses_static || state.ephemeral.has_value()));
  const Result<Secret<32>> shared =
      asymmetric_->agree(local_uses_static ? local_static_->secret : state.ephemeral->secret, *remote);
  if (!shared) return shared.error();
  state.mix_key(shared->bytes());
  return {};
}

TransportKeys Handshake::split() {
  INVARIANT(is_complete() && !split_);
  split_ = true;
  Outputs outputs(state_.chaining_key, {});
  state_.chaining_key = {};
  state_.key.reset();
  state_.ephemeral.reset();
  const bool initiator = role_ == NoiseRole::initiator;
  return {.send = std::move(initiator ? outputs.first : outputs.second),
          .receive = std::move(initiator ? outputs.second : outputs.first),
          .exporter = std::move(outputs.third)};
}

void CipherState::rekey() {
  static constexpr std::array<uint8_t, 32> kZeros{};
  Secret<32 + kTagBytes> sealed;
  seal(UINT64_MAX, {}, kZeros, sealed.mutable_bytes());
  key_ = Secret<32>::copy_of(sealed.bytes().first(32));
}

}  // namespace farline::crypto
