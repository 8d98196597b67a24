// Devices that are attached to other nodes: asking where they are, and what is remembered of the answers. Nothing is
// believed that was not signed: a certificate by an issuer of the organisation, a place by the device itself, where the
// highest sequence wins, so answers may come in any order. Soft state in RAM.
//
//   question x input:  answer of one of those asked     all have answered   kQuestionTime   bus down
//   open               remembered                       settled             settled         settled
//
// Timer: question   start: asked   wire::kQuestionTime   effect: settled with what has come
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "supernode/backbone.h"
#include "supernode/directory.h"
#include "supernode/sessions.h"

namespace farline::supernode {

class Elsewhere {
 public:
  struct Parts {
    const Environment& environment;
    const NodeClock& clock;
    Sessions& sessions;
    Directory& directory;
    const wire::Issuers& issuers;
    Backbone& backbone;
    Counters& counters;
  };
  explicit Elsewhere(const Parts& parts) : parts_(parts) {}

  // --- What is remembered ---
  // Certificates seen through other nodes; not this node's own directory.
  const Device* find(const wire::DeviceId& id) const;
  const Device* find_any(const wire::CertificateWanted& wanted) const;
  std::vector<const Device*> devices_of(const std::string& person) const;
  struct Where {
    wire::NodeId node;
    bool is_fresh = false;  // it was said lately, and the node is there
  };
  std::optional<Where> where(Time now, const wire::DeviceId& id) const;
  // Whether this certificate came lately from a node that is there.
  bool is_fresh(Time now, const wire::DeviceId& id) const;
  // That node says that it does not have the device.
  void not_there(const wire::DeviceId& id, const wire::NodeId& node);
  // A certificate that came with a signal. False: it is none of the organisation's, or not this device's.
  bool learn(Time now, const wire::DeviceId& id, Bytes certificate);

  // --- Questions ---
  // What to go on with once the question is settled.
  struct Asker {
    wire::DeviceId device;
    uint8_t request = 0;     // of a LOOKUP,
    std::string name;        // as it was asked
    bool is_second = false;  // by the name with this node's site
    ByteVector message{};    // or a message of the device, encoded
    bool is_mail = false;    // or mail that waits for the device
  };
  // False: there is nobody to ask, or too much is being asked.
  bool ask(Time now, const std::string& person, Asker asker);
  bool ask(Time now, const wire::DeviceId& device, Asker asker);
  void handle(Time now, const wire::NodeId& from, const wire::NodeQuestion& question);
  void handle(Time now, const wire::NodeId& from, const wire::NodeAnswer& answer);
  void handle(Time now, const wire::NodeId& from, const wire::NodeArrival& arrival);
  // Once each.
  std::vector<Asker> take_settled();
  // Devices of which it was heard that they are at another node now. Once each.
  std::vector<wire::DeviceId> take_placed() { return std::exchange(placed_, {}); }
  // Here or elsewhere; null: not known.
  const Device* known(const wire::DeviceId& id) const;

  // --- Our own devices ---
  // It says that it is here. False: the signature is wrong.
  bool told(Session& session, const wire::Presence& presence);
  // All of them again, to nodes that have joined.
  void republish();

  void backbone_down();  // nobody answers any more
  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;

 private:
  struct Seen {
    Device device;
    Time learned{};
  };
  struct Place {
    wire::NodeId node;
    wire::PresenceRecord presence;
    Time learned{};
  };
  struct Question {
    std::string person;  // empty: by device
    wire::DeviceId device;
    Time due{};
    std::set<wire::NodeId> waiting;
    std::vector<Asker> askers;
  };
  bool ask(Time now, Question question, Asker asker);
  void settle(uint32_t number);
  bool is_about(const Question& question, const wire::DeviceId& id) const;
  std::optional<wire::DeviceId> learn(Time now, Bytes certificate);
  void place(Time now, const wire::DeviceId& id, const wire::NodeId& node, const wire::PresenceRecord& presence);
  void make_room();

  Parts parts_;
  std::map<wire::DeviceId, Seen> seen_;
  std::map<std::string, std::set<wire::DeviceId>> people_;
  std::map<wire::DeviceId, Place> places_;
  std::map<uint32_t, Question> questions_;
  uint32_t last_question_ = 0;
  std::vector<Asker> settled_;
  std::vector<wire::DeviceId> placed_;  // of this turn
};

}  // namespace farline::supernode
