// A session under attack: the input is a script of records sealed, time that passes, packets delivered, damaged,
// repeated or made up. Only what was sealed opens, as it was, and once.
#include <vector>

#include "crypto/hash.h"
#include "session/transport.h"

namespace farline::session {
namespace {

crypto::TransportKeys keys(bool swap) {
  auto a = crypto::Secret<32>::copy_of(crypto::sha256({as_bytes("a")}));
  auto b = crypto::Secret<32>::copy_of(crypto::sha256({as_bytes("b")}));
  auto exporter = crypto::Secret<32>::copy_of(crypto::sha256({as_bytes("exporter")}));
  if (swap) std::swap(a, b);
  return {std::move(a), std::move(b), std::move(exporter)};
}

struct Sent {
  ByteVector packet;
  ByteVector message;  // of a keepalive: none
  bool is_keepalive = false;
  bool opened = false;
};

class Attack {
 public:
  void run(Reader& in) {
    for (int i = 0; i < 300 && in.remaining() > 0; ++i) step(in);
  }

 private:
  void step(Reader& in) {
    switch (const uint8_t op = in.u8(); op % 6) {
      case 0: {
        const uint8_t length = in.u8();
        seal(in.bytes(std::min<size_t>(length, in.remaining())), op >= 0x80);
        break;
      }
      case 1:
        seal_keepalive();
        break;
      case 2:
        now_ += in.u8() * 10s;
        break;
      case 3:
        if (!sent_.empty()) deliver(sent_[in.u8() % sent_.size()]);
        break;
      case 4:
        if (!sent_.empty()) deliver_damaged(sent_[in.u8() % sent_.size()], in);
        break;
      case 5: {
        const size_t length = in.u16();
        open_forged(in.bytes(std::min(length, in.remaining())));
        break;
      }
    }
  }

  void seal(Bytes message, bool long_header) {
    if (message.empty()) return;
    Sent sent{.packet = ByteVector(message.size() + 28), .message = to_vector(message)};
    Writer writer(sent.packet);
    client_.seal(now_, long_header, message, writer);
    sent.packet.resize(writer.size());
    sent_.push_back(std::move(sent));
  }
  void seal_keepalive() {
    Sent sent{.packet = ByteVector(wire::kKeepaliveBytes), .message = {}, .is_keepalive = true};
    Writer writer(sent.packet);
    client_.seal_keepalive(wire::PacketType::keepalive, writer);
    sent_.push_back(std::move(sent));
  }
  void deliver(Sent& sent) {
    OpenError error{};
    if (sent.is_keepalive) {
      const bool opened = node_.open_keepalive(sent.packet, error);
      INVARIANT(!opened || !sent.opened);
      sent.opened |= opened;
      return;
    }
    ByteVector plain(sent.packet.size());
    const auto message = node_.open(sent.packet, plain, error);
    INVARIANT(!message || (!sent.opened && equal(*message, sent.message)));
    sent.opened |= message.has_value();
  }
  void deliver_damaged(const Sent& sent, Reader& in) {
    ByteVector packet = sent.packet;
    const size_t bit = in.u16();
    packet[bit / 8 % packet.size()] ^= static_cast<uint8_t>(1U << (bit % 8));
    open_forged(packet);
  }
  void open_forged(Bytes packet) {
    OpenError error{};
    INVARIANT(!node_.open_keepalive(packet, error));
    std::array<uint8_t, 256> plain;  // shorter than some packets
    if (!packet.empty()) INVARIANT(!node_.open(packet, plain, error));
  }

  Time now_{};
  Transport client_{Side::client, keys(false), 5, Time{}};
  Transport node_{Side::node, keys(true), 6, Time{}};
  std::vector<Sent> sent_;
};

}  // namespace
}  // namespace farline::session

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  farline::Reader in({data, size});
  farline::session::Attack().run(in);
  return 0;
}
