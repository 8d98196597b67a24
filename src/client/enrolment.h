// Makes a new device a member of an organisation: with an invitation's token it opens a session, sends its name and
// signing key, and takes the certificate the supernode's delegated key signs (docs/PROTOCOL.md sections 1.1, 2 ENROL,
// 6). A Core of its own: it runs once, before there is a Client. The keys are made here; nobody else ever sees the
// secret ones. What it saves belongs into the new profile: the counter that its handshake used must not be used again.
#pragma once

#include <optional>
#include <string>

#include "client/attachment.h"
#include "client/call_leg.h"
#include "client/carrier_choice.h"
#include "wire/invitation.h"

namespace farline::client {

class Enrolment final : public Core, public Carried {
 public:
  struct Request {
    wire::Invitation invitation;
    Address node_address;  // the invitation's host, resolved
    std::string name;
  };
  Enrolment(Request request, Rng& rng, const crypto::Asymmetric& asymmetric);

  void start(Time now, WallTime wall);

  // Once: the outcome, when there is one. Errors say what to do next.
  bool is_finished() const { return outcome_.has_value(); }
  Result<Identity> take_result();
  // It failed because of the name: another one may be tried with the same invitation.
  bool is_name_refused() const { return is_name_refused_; }
  // Given up after this long without a single answer.
  static constexpr Duration kTimeout = 90s;

  void handle_datagram(Time now, const Address& from, Bytes datagram) override;
  void handle_timeout(Time now) override;
  bool poll_save(SaveRecord& out) override;
  bool poll_transmit(Transmit& out) override;
  std::optional<Time> next_timeout() const override;

  const NodeTarget& node() const override { return attachment_.node(); }
  CarrierChoice::Look carrier_look() const override;
  void check_node(Time now) override;
  void carrier_changed(Time now, std::optional<uint32_t> header_bytes) override;

  const Counters& counters() const { return out_.counters; }

 private:
  void send_request(Time now);
  void on_enrolled(const wire::Enrolled& reply);
  Result<Identity> accept(const wire::Enrolled& reply);
  void finish(Result<Identity> outcome);
  void take_events(Time now);

  Request request_;
  const crypto::Asymmetric& asymmetric_;
  Identity identity_;
  Outputs out_;
  DeviceCounter counter_;
  Attachment attachment_;
  Repeat repeat_;
  Time now_{};
  Time give_up_at_{};
  bool is_name_refused_ = false;
  std::optional<Result<Identity>> outcome_;
};

}  // namespace farline::client
