// The node's side of the attach handshake (docs/PROTOCOL.md 1.1, 1.2). Message 1 can be replayed, so all it can do is
// cause a response: it raises the device's counter (saved before the response leaves) and makes a pending session that
// only its keys' holder can commit. Checks run in the document's order and nothing is kept before all have passed.
//
// A Diffie-Hellman takes about as long as a packet of voice may be late. So no more than two are done in a row: what
// else has passed the gate waits (attach_load.h: two seconds of work at most), one is done each kEach, and the voice of
// others goes between them.
#pragma once

#include <deque>

#include "crypto/noise.h"
#include "supernode/directory.h"
#include "supernode/enrolment.h"
#include "supernode/gate.h"
#include "supernode/invitations.h"
#include "supernode/mailbox.h"
#include "supernode/node_clock.h"
#include "supernode/orders.h"
#include "supernode/sessions.h"

namespace farline::supernode {

class Handshakes {
 public:
  struct Parts {
    const Config& config;
    const Environment& environment;
    const NodeClock& clock;
    Outbox& out;
    Sessions& sessions;
    Directory& directory;
    Invitations& invitations;
    Enrolment& enrolment;
    Orders& orders;
    Door& door;
    const Mailbox& mailbox;
    Counters& counters;
  };
  explicit Handshakes(const Parts& parts)
      : parts_(parts),
        gate_({parts.config.keys, parts.clock, parts.config.sessions_max, parts.environment.rng, parts.counters}) {}

  void handle(Time now, const Address& from, Bytes datagram);
  void handle_timeout(Time now);
  size_t waiting_count() const { return waiting_.size(); }
  // Who comes is told to go elsewhere; so is who waits, when he asks again.
  void close() {
    gate_.close();
    waiting_.clear();
  }
  std::optional<Time> next_timeout() const;

 private:
  // One initiation whose Noise message was read.
  struct Question {
    Time now;
    const Address& from;
    wire::SessionIndex sender;
    Fingerprint fingerprint;
    crypto::PublicKey static_key;
    wire::DeviceId device;
    std::optional<wire::CertificateHash> brought;  // nothing: it enrols
    uint64_t counter;
  };

  static constexpr Duration kEach = Duration{1s} / wire::kHandshakesPerSecondMax;
  struct Waiting {
    Address from;
    const crypto::KeyPair* own = nullptr;  // of this node, which is meant
    Datagram datagram;
  };

  void answer(Time now, const Address& from, const crypto::KeyPair& own, Bytes datagram);
  void attach(const Question& question, crypto::Handshake& noise, const wire::AttachRequest& request);
  void enrol(const Question& question, crypto::Handshake& noise, const wire::EnrolRequest& request);
  // The certificate in `request`, checked; nothing when the question has been answered or dropped.
  std::optional<wire::Certificate> certificate_of(const Question& question, crypto::Handshake& noise,
                                                  const wire::AttachRequest& request);
  // Whether `counter` is new; answers a repetition.
  bool is_fresh(const Question& question, uint64_t counter, uint64_t highest);
  bool has_room(const Question& question, crypto::Handshake& noise);
  void open_session(const Question& question, crypto::Handshake& noise, Visitor visitor,
                    std::unique_ptr<EnrolContext> enrol);
  // What it says of itself; of a device in the directory.
  Visitor visitor_of(const Question& question, const wire::AttachRequest& request);
  void refuse(const Question& question, crypto::Handshake& noise, wire::AttachStatus status);
  std::optional<ResponseBytes> make_response(const Question& question, crypto::Handshake& noise,
                                             wire::SessionIndex index, wire::AttachStatus status);
  bool may_renew(const Question& question) const;
  bool is_replaced(const Question& question, const wire::AttachRequest& request) const;
  uint16_t capabilities_for(const Question& question) const;

  Parts parts_;
  Gate gate_;
  std::deque<Waiting> waiting_;
  Time next_{};  // one more may be done kEach before
};

}  // namespace farline::supernode
