// Sealed messages of this device to others and of others to it, by way of its node (docs/PROTOCOL.md section 11). What
// they say and to whom is the caller's business (chat), and so is keeping them until the other end has them: a queue
// here lives as long as the program.
//
// In a call everything waits for voice: one message at a time leaves where voice has just left, and no more comes than
// was asked for; what is too long for that waits for the end of the call.
//
// Timers      start                      duration                      effect
//   put       a message is sent          3 round trips + 5.5 s         sent again, doubling to 10 min; never given up,
//                                                                      but twice at most when nobody shall keep it
//   refused   the node took it not       as it says, doubling to 6 h   sent again
//   question  more waits at the node     3 round trips + 5.5 s         asked again, doubling to 10 min
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "client/attachment.h"
#include "policy/exchange.h"
#include "wire/mail.h"

namespace farline::client {

struct MailPost {
  std::vector<wire::DeviceId> to;
  ByteVector sealed;     // 1..wire::kMailBytesMax
  bool keep = true;      // for those who are not attached
  bool is_live = true;   // a person waits for it: ahead of all that is not
  bool is_bulk = false;  // a file: behind all that is not
  uint64_t handle = 0;   // for the outcome
};
struct MailReceived {
  wire::DeviceId sender;  // as the node says
  ByteVector sealed;
};
// Of one post. Without a reason: every device that was not named before has it, or a disk has it for it.
struct MailOutcome {
  uint64_t handle = 0;
  std::optional<wire::MailRefusal> refused{};
  std::vector<wire::DeviceId> devices{};  // that refused is about
};

class MailTraffic {
 public:
  using Pace = policy::PolicyFetch::Pace;
  static constexpr size_t kQueueMax = 4096;  // messages
  static constexpr size_t kInFlightMax = 8;  // of them
  static constexpr size_t kInFlightBytes = 1500;
  static constexpr size_t kInCallBytes = 160;  // of one message, with its recipients, either way: a line of text

  explicit MailTraffic(Attachment& attachment) : attachment_(attachment) {}

  // False: the queue is full.
  bool post(Time now, MailPost post);
  bool poll_received(MailReceived& out);
  bool poll_outcome(MailOutcome& out);
  // All that poll_received gave is on disk: the node may forget it.
  void kept(Time now);

  // The session is new; messages wait at the node, or none do.
  void attached(Time now, bool has_mail);
  // True when the message was about mail.
  bool handle(Time now, const wire::ControlMessage& message);
  // Sends what is due. In a call `pace` is the call's, else nothing.
  void send_due(Time now, const std::optional<Pace>& pace);
  void set_in_call(bool in_call) { in_call_ = in_call; }
  // When there is no call.
  std::optional<Time> next_timeout() const;
  size_t waiting() const { return queue_.size(); }

 private:
  struct Entry {
    ByteVector recipients;
    ByteVector sealed;
    bool keep = true;
    bool is_live = true;
    bool is_bulk = false;
    uint64_t handle = 0;
    Time not_before{};
    unsigned refusals = 0;
    bool is_in_flight = false;
    uint8_t number = 0;
    unsigned tries = 0;
    Duration patience{};
    size_t bytes() const { return recipients.size() + sealed.size(); }
  };

  Duration patience() const;
  Entry* in_flight(uint8_t number);
  void finish(uint64_t handle);
  void handle_stored(const wire::MailStored& stored);
  void handle_refused(Time now, const wire::MailRefused& refused);
  void handle_mail(Time now, const wire::Mail& mail);
  Entry* next_to_send(Time now, const std::optional<Pace>& pace);
  void send(Time now, Entry& entry);
  void ask(Time now, uint16_t most);
  uint16_t room() const { return in_call_ ? kInCallBytes : wire::kMailItemsBytesMax; }

  Attachment& attachment_;
  std::vector<Entry> queue_;
  std::deque<MailReceived> received_;
  std::deque<MailOutcome> outcomes_;
  uint8_t next_number_ = 0;
  Time next_in_call_{};
  bool in_call_ = false;
  bool waits_for_room_ = false;  // what goes next is too long for what is in flight: an answer makes room

  uint8_t last_number_ = 0;  // of their MAIL
  bool owes_answer_ = false;
  bool more_waits_ = false;
  bool is_too_long_ = false;  // for a call: what waits
  std::optional<Time> ask_due_;
  Duration ask_patience_{};
};

}  // namespace farline::client
