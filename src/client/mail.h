// Sealed messages of this device to others and of others to it, by way of its node (docs/PROTOCOL.md section 11). What
// they say and to whom is the caller's business (chat), and so is keeping them until the other end has them: a queue
// here lives as long as the program.
//
// At the policy's door (admission.h) each recipient is asked for by itself: what is held back waits here and goes out
// by itself when the door opens, to emergency contacts at once. What nobody keeps is not sent, and those whom it was
// for count as absent until the door opens.
//
// In a call everything waits for voice: one message at a time leaves where voice has just left, and no more comes than
// was asked for; what is too long for that waits for the end of the call.
//
// Timers      start                      duration                      effect
//   put       a message is sent          3 round trips + 5.5 s         sent again, doubling to 10 min; never given up,
//                                                                      but twice at most when nobody shall keep it
//   refused   the node took it not       as it says, doubling to 6 h   sent again
//   question  more waits at the node     3 round trips + 5.5 s         asked again, doubling to 10 min
//   door      something is held back     to the next opening, 15 min   asked again; before sending every 10 s
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/admission.h"
#include "client/attachment.h"
#include "policy/exchange.h"
#include "wire/mail.h"

namespace farline::client {

struct MailPost {
  std::vector<wire::DeviceId> to;
  std::vector<std::string> people{};             // whose devices these are, one name for each; empty: not known
  ByteVector sealed{};                           // 1..wire::kMailBytesMax
  policy::Class what = policy::Class::messages;  // files: behind all that is not
  bool keep = true;                              // for those who are not attached
  bool is_live = true;                           // a person waits for it: ahead of all that is not
  uint64_t handle = 0;                           // for the outcome
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
  // No post: `devices` counted as absent because of the policy, and may be written to now.
  bool is_opening = false;
};

class MailTraffic {
 public:
  using Pace = policy::PolicyFetch::Pace;
  static constexpr size_t kQueueMax = 4096;  // messages
  static constexpr size_t kInFlightMax = 8;  // of them
  static constexpr size_t kInFlightBytes = 1500;
  static constexpr size_t kInCallBytes = 160;  // of one message, with its recipients, either way: a line of text

  MailTraffic(Attachment& attachment, const Admission& admission, const Outputs& out)
      : attachment_(attachment), admission_(admission), out_(out) {}

  // False: the queue is full.
  bool post(Time now, MailPost post);
  bool poll_received(MailReceived& out);
  bool poll_outcome(MailOutcome& out);
  // All that poll_received gave is on disk: the node may forget it.
  void kept(Time now);

  // The session is new; messages wait at the node, or none do.
  void attached(Time now, bool has_mail);
  // True when the message was about mail. `wire_bytes`: of its packet, headers included.
  bool handle(Time now, const wire::ControlMessage& message, size_t wire_bytes);
  // Sends what is due. In a call `pace` is the call's, else nothing.
  void send_due(Time now, const std::optional<Pace>& pace);
  void set_in_call(bool in_call) { in_call_ = in_call; }
  // When there is no call.
  std::optional<Time> next_timeout() const;
  size_t waiting() const { return queue_.size(); }
  // Messages of class files that would leave if the link were free.
  size_t bulk_waiting() const;

  // --- The door ---
  // The rules, what is used, or what the node knows have changed: everything is asked for again.
  void reconsider();
  // Why something waits here that the link would carry: what opens first. Nothing: nothing does.
  const std::optional<Verdict>& held_back() const { return held_back_; }
  // Whether a message may go to this person now, by the policy here and by the last word of the node.
  Verdict may_write(Time now, const std::string& person, policy::Class what = policy::Class::messages) const;
  // What has been carried since the last time: to contacts, whom a policy always lets be written to, and to others.
  struct Carried {
    UsageMeter::Share others{};
    UsageMeter::Share contacts{.emergency = true};
  };
  Carried take_carried() { return std::exchange(carried_, {}); }

 private:
  struct Recipient {
    wire::DeviceId device;
    std::string person;
  };
  struct Entry {
    std::vector<Recipient> to;
    ByteVector sealed;
    policy::Class what = policy::Class::messages;
    bool keep = true;
    bool is_live = true;
    uint64_t handle = 0;
    Time not_before{};
    unsigned refusals = 0;
    bool is_by_policy = false;  // refused so by the node, the last time
    bool is_lost = false;       // the node knows no such device: nobody waits for it
    bool is_held = false;
    bool is_emergency = false;
    bool is_in_flight = false;
    uint8_t number = 0;
    unsigned tries = 0;
    Duration patience{};
    bool is_bulk() const { return what == policy::Class::files; }
    size_t bytes() const { return to.size() * sizeof(wire::DeviceId::bytes) + sealed.size(); }
  };

  Duration patience() const;
  Entry* in_flight(uint8_t number);
  void finish(uint64_t handle);
  Verdict decide(Time now, const Admission::Question& question) const;
  const Verdict& verdict_on(Time now, const std::string& person, policy::Class what);
  Duration opens_in(Time now, const Verdict& verdict) const;
  void look(Time now);
  // Whether it stays in the queue.
  bool consider(Time now, Entry& entry, std::vector<Entry>& split);
  void hold(Time now, const Verdict& verdict);
  void turn_away(uint64_t handle, const std::vector<Recipient>& held);
  void look_after_turned_away(Time now);
  void count(const Entry& entry, uint64_t wire_bytes);
  void handle_stored(const wire::MailStored& stored);
  void handle_refused(Time now, const wire::MailRefused& refused);
  void note_refusal(Time now, const Entry& entry, const wire::MailRefused& refused);
  void handle_mail(Time now, const wire::Mail& mail);
  Entry* next_to_send(Time now, const std::optional<Pace>& pace);
  void send(Time now, Entry& entry);
  void ask(Time now, uint16_t most);
  uint16_t room() const { return in_call_ ? kInCallBytes : wire::kMailItemsBytesMax; }

  Attachment& attachment_;
  const Admission& admission_;
  const Outputs& out_;
  std::vector<Entry> queue_;
  bool has_new_ = false;
  std::optional<Time> looked_;  // at the door
  std::optional<Time> opens_;   // something is held back: when to ask again
  std::vector<Recipient> turned_away_;
  std::map<std::pair<policy::Class, std::string>, Verdict> verdicts_;  // since looked_
  struct Refusal {
    Verdict verdict;
    Time until{};
  };
  std::map<std::string, Refusal> refused_by_node_;  // by person
  std::optional<Verdict> held_back_;
  Carried carried_;
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
