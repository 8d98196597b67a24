// What this device and others say to each other about policies (docs/PROTOCOL.md section 9): it fetches a newer one
// from its node or from the far device of a call, serves its own to both, and tells the node when it holds another.
// Whether one is taken is not decided here: files come out of poll_file, and hold() says what is held then.
//
// Timers      start                         duration                    effect
//   question  a newer one is known          none is held: at once; told at an attachment: 0..60 s   POLICY_WANTED
//             an answer, or none            policy/exchange.h           the next question
//   news      another one is held           3 round trips + 1.5 s       told again, 3 times
// In a connected call nothing leaves by a timer: the call says when there is room, and how much.
#pragma once

#include <deque>
#include <optional>

#include "base/rng.h"
#include "client/attachment.h"
#include "client/call_leg.h"
#include "policy/exchange.h"

namespace farline::client {

class PolicyTraffic {
 public:
  using Pace = policy::PolicyFetch::Pace;

  PolicyTraffic(Attachment& attachment, Rng& rng) : attachment_(attachment), rng_(rng) {}

  // What is held: at the start where there is one, and whenever a file of poll_file was taken or refused.
  struct Held {
    wire::PolicyVersion version;
    Bytes bundle;
    bool is_whole = true;  // else the root's file alone, though there may be one of this device's site
  };
  void hold(Time now, const Held& held);
  wire::PolicyVersion version() const { return source_.version(); }
  // A file that somebody sent, to be verified.
  std::optional<ByteVector> poll_file();

  // --- The node ---
  // The session is new; the node holds `version`.
  void attached(Time now, wire::PolicyVersion version);
  // True when the message was about policies.
  bool handle(Time now, const wire::ControlMessage& message);
  // Sends what is due. In a call `pace` is the call's, else nothing.
  void send_due(Time now, const std::optional<Pace>& pace);
  // Not at leisure: this device leaves soon.
  void hurry(Time now) { node_.fetch.hurry(now); }
  bool is_fetching() const { return node_.fetch.is_running(); }
  // When there is no call.
  std::optional<Time> next_timeout() const;

  // --- The far device of a call ---
  void peer_connected(Time now, wire::PolicyVersion version);
  // A media payload for it that is due.
  bool poll_payload(Time now, const Pace& pace, ByteVector& out);
  Result<void> handle_payload(Time now, Bytes payload);
  void peer_gone() { peer_ = {}; }

 private:
  // One end of a way on which both may ask.
  struct End {
    policy::PolicyFetch fetch{};
    std::optional<wire::PolicyWanted> wanted{};  // to be answered when there is room
    std::optional<Time> answered{};
    bool tell = false;  // that another is held here
  };
  Pace idle_pace() const;
  policy::PolicyFetch::Have have() const;
  // News, an answer or a question.
  std::optional<wire::ControlMessage> poll(Time now, End& end, const Pace& pace);
  void take_part(Time now, End& end, const wire::PolicyPart& part);
  void take_news(Time now, wire::PolicyVersion version);
  void tell_node(Time now);

  Attachment& attachment_;
  Rng& rng_;
  policy::PolicySource source_;
  bool is_whole_ = true;
  End node_;
  End peer_;
  Repeat news_;
  struct File {
    End* from = nullptr;
    ByteVector bytes;
  };
  std::optional<File> file_;
  End* delivered_ = nullptr;  // whose file was polled
};

}  // namespace farline::client
