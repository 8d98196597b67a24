#include "session/transport.h"

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "wire/limits.h"

namespace farline::session {

Transport::Transport(Side side, crypto::TransportKeys keys, wire::SessionIndex peer_index, Time now)
    : peer_index_(peer_index),
      send_(std::move(keys.send)),
      receive_(std::move(keys.receive)),
      key_since_(now) {
  crypto::Secret<32> both;
  crypto::hkdf_expand(keys.exporter.bytes(), as_bytes("farline keepalive"), both.mutable_bytes());
  auto client = crypto::Secret<16>::copy_of(both.bytes().first<16>());
  auto node = crypto::Secret<16>::copy_of(both.bytes().last<16>());
  keepalive_send_ = std::move(side == Side::client ? client : node);
  keepalive_receive_ = std::move(side == Side::client ? node : client);
}

void Transport::rekey_if_due(Time now) {
  if (sent_under_key_ < wire::kRekeyAfterRecords && now - key_since_ < wire::kRekeyAfter) return;
  key_since_ = now;
  if (sent_under_key_ == 0) return;  // an idle session has nothing to protect
  send_.rekey();
  send_phase_ = !send_phase_;
  sent_under_key_ = 0;
}

void Transport::seal(Time now, bool long_header, Bytes message, Writer& out) {
  rekey_if_due(now);
  const wire::ControlHeader header{
      .is_long = long_header, .key_phase = send_phase_, .receiver = peer_index_, .counter = send_counter_};
  const size_t start = out.size();
  wire::encode_control_header(header, out);
  const Bytes associated_data = out.written().subspan(start);
  send_.seal(send_counter_, associated_data, message, out.space(message.size() + crypto::kTagBytes));
  ++send_counter_;
  ++sent_under_key_;
}

std::optional<Bytes> Transport::open(Bytes datagram, MutableBytes plaintext, OpenError& error) {
  Bytes sealed;
  const auto header = wire::decode_control_header(datagram, sealed);
  if (!header || sealed.size() <= crypto::kTagBytes || sealed.size() - crypto::kTagBytes > plaintext.size()) {
    error = OpenError::malformed;
    return std::nullopt;
  }
  const uint64_t counter =
      header->is_long ? header->counter
                      : wire::rebuild_counter(received_.any() ? received_.highest() : 0, header->counter, 16);
  if (!received_.check(counter)) {
    error = OpenError::replayed;
    return std::nullopt;
  }
  const Record record{counter, datagram.first(header->size()), sealed};
  const bool same_phase = header->key_phase == receive_phase_;
  const crypto::CipherState* likely = same_phase ? &receive_ : receive_previous_ ? &*receive_previous_ : nullptr;
  Result<size_t> size = Error{Errc::auth, "no key"};
  if (likely) size = likely->open(counter, record.associated_data, sealed, plaintext);
  if (!size) size = open_ahead(header->key_phase, record, plaintext);
  if (!size) {
    error = OpenError::unauthentic;
    return std::nullopt;
  }
  received_.accept(counter);
  return plaintext.first(*size);
}

// With the later keys of that phase, and moves when one fits. More than one: a sender that is rarely heard may have
// changed its key again before anything under the last one arrived.
Result<size_t> Transport::open_ahead(bool key_phase, const Record& record, MutableBytes plaintext) {
  crypto::CipherState key = receive_.rekeyed();
  bool phase = !receive_phase_;
  for (unsigned ahead = 1; ahead <= wire::kKeysAhead; ++ahead, phase = !phase, key = key.rekeyed()) {
    if (phase != key_phase) continue;
    const auto size = key.open(record.counter, record.associated_data, record.sealed, plaintext);
    if (!size) continue;
    for (unsigned i = 0; i < ahead; ++i) {
      receive_previous_ = std::move(receive_);
      receive_ = receive_previous_->rekeyed();
    }
    receive_phase_ = key_phase;
    return size;
  }
  return Error{Errc::auth, "under none of the keys"};
}

void Transport::seal_keepalive(wire::PacketType type, Writer& out, Bytes more) {
  const size_t start = out.size();
  out.u8(static_cast<uint8_t>(type));
  out.u24(peer_index_);
  out.u8(static_cast<uint8_t>(keepalive_counter_));
  out.bytes(more);
  const Bytes associated_data = out.written().subspan(start);
  crypto::ccm_seal(keepalive_send_, {crypto::ccm_nonce(keepalive_counter_), associated_data}, {},
                   out.space(crypto::kCcmTagBytes));
  ++keepalive_counter_;
}

bool Transport::open_keepalive(Bytes datagram, OpenError& error) {
  const bool is_question = wire::packet_type(datagram) == wire::PacketType::patience_question;
  if (datagram.size() != (is_question ? wire::kPatienceQuestionBytes : wire::kKeepaliveBytes)) {
    error = OpenError::malformed;
    return false;
  }
  const uint64_t highest = keepalive_next_ == 0 ? 0 : keepalive_next_ - 1;
  const uint64_t counter = wire::rebuild_counter(highest, datagram[4], 8);
  if (counter < keepalive_next_) {
    error = OpenError::replayed;
    return false;
  }
  const size_t header = datagram.size() - crypto::kCcmTagBytes;
  if (!crypto::ccm_open(keepalive_receive_, {crypto::ccm_nonce(counter), datagram.first(header)},
                        datagram.subspan(header), {})) {
    error = OpenError::unauthentic;
    return false;
  }
  keepalive_next_ = counter + 1;
  return true;
}

}  // namespace farline::session
