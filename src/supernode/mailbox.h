// Sealed messages on their way to devices (docs/PROTOCOL.md section 11): who is attached gets one at once, and until a
// device has said that it holds it, it waits on disk. RAM has an index (about 200 bytes a message), no bodies but those
// of the last moment.
//
// A device at another node, or at home there (its certificate is by that node's key), gets its messages by way of that
// node (mailbox_between.cc): they wait here, on disk, until it says that they are safe there.
//
// Messages are written together, some times a second, straight to their own store: it answers before the sender is
// told. When it cannot, mail is refused and nothing else happens; the node's records and its calls never wait for mail.
// They are what the node sheds first: rates and bounds are below.
//
// A message x:        MAIL_PUT            commit          all have taken it   30 d    restart
//   fresh             ticket              stored, told    told                -       lost, never confirmed
//   stored            told                -               erased              erased  as before
//
// Timers: commit    start: something to write            200 ms           effect: one write
//         retry     start: a MAIL that wants an answer   10 s .. 10 min   effect: the same MAIL again
//         transfer  start: a NODE_MAIL                   2 s .. 1 min     effect: again, to where the device is now
//         look      start: backbone up, mail waits       30 s             effect: what belongs elsewhere goes there
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "supernode/elsewhere.h"
#include "supernode/mail_store.h"
#include "supernode/sessions.h"

namespace farline::supernode {

inline constexpr uint64_t kMailDays = 30;
inline constexpr size_t kMailMax = 200'000;  // one message for n devices counts n times
inline constexpr size_t kMailTotalBytesMax = 256 * 1024 * 1024;
inline constexpr size_t kMailPerBoxMax = 500;
inline constexpr size_t kMailPerBoxBytesMax = 256 * 1024;
inline constexpr size_t kMailPerSenderMax = 2000;
inline constexpr size_t kMailPerSenderBytesMax = 1024 * 1024;
inline constexpr size_t kMailItemsAtOnce = 16;    // of one MAIL: each may be a read from disk
inline constexpr size_t kMailUnaskedBytes = 300;  // of one MAIL that nobody asked for: a second at 2,400 bit/s
inline constexpr size_t kMailFreshMax = 256;      // messages that wait for one commit
inline constexpr size_t kMailTakenRemembered = 8192;
inline constexpr Duration kMailCommitEvery = 200ms;
inline constexpr size_t kMailForOthersMax = 50'000;  // of kMailMax: for devices that never were here
inline constexpr size_t kMailTransfersMax = 32;      // devices whose mail is on its way to another node, 4 kB each

class Mailbox {
 public:
  struct Parts {
    const NodeClock& clock;
    Sessions& sessions;
    const Directory& directory;
    Elsewhere& elsewhere;
    Backbone& backbone;
    const wire::Issuers& issuers;
    Door& door;
    Counters& counters;
    Log& log;
    const crypto::SigningPublicKey& own_issuer;
    bool has_backbone = false;
    MailStore* store;  // nothing: no messages are kept here
  };
  explicit Mailbox(const Parts& parts) : parts_(parts) {}

  // RecordKind::mail_for of an earlier run; skips what was not saved by this.
  void load(Bytes key, Bytes value);

  void handle(Time now, Session& sender, const wire::MailPut& put);
  // One for which other nodes had to be asked.
  void handle_found(Time now, Session& sender, const wire::MailPut& put);
  void handle(Time now, Session& device, const wire::MailTaken& taken);
  // Something waits for it: said in the handshake (wire::kNodeHasMail).
  bool has_mail(const wire::DeviceId& device) const { return boxes_.contains(device); }
  // Its session has just been committed: it asks, or is told again.
  void arrived(Time now, Session& session);

  // --- Other nodes ---
  void handle(Time now, const wire::NodeId& from, const wire::NodeMail& mail);
  void handle(Time now, const wire::NodeId& from, const wire::NodeMailAnswer& answer);
  // The device may be at another node now: what waits for it goes there.
  void depart(Time now, const wire::DeviceId& device);
  // The others have been asked about it.
  void found(Time now, const wire::DeviceId& device);
  void nodes_changed(Time now);
  void backbone_down() { transfers_.clear(); }

  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;
  void sweep(Time now);

  size_t count() const { return count_; }  // messages that wait, once for each device
  size_t bytes() const { return bytes_; }

 private:
  using Id = std::array<uint8_t, 16>;
  struct Body {
    wire::DeviceId sender;
    uint16_t size = 0;
    uint16_t waiting = 0;  // devices
    bool is_stored = false;
    WallTime expires;
    ByteVector sealed{};  // until the commit
  };
  struct Box {
    std::map<uint64_t, Id> items;  // by age
    size_t bytes = 0;
    bool is_of_others = false;  // the device never was here
  };
  struct Load {
    size_t count = 0;
    size_t bytes = 0;
  };
  struct Fresh {
    Id id{};
    wire::DeviceId recipient;
    uint64_t sequence = 0;
  };
  struct Ticket {
    wire::DeviceId sender;
    uint8_t number = 0;
  };
  struct NodeTicket {
    wire::NodeId node;
    uint32_t number = 0;
    wire::DeviceId to;
    ByteVector results{};
  };
  struct Message {
    wire::DeviceId sender;
    Bytes sealed;
    Id id{};
    WallTime expires{};
  };
  // What is on its way to the node where the device is.
  struct Transfer {
    wire::NodeId to;
    uint32_t number = 0;
    std::vector<uint64_t> sequences{};
    Time due{};
    Duration patience{};
  };
  struct Objection {
    wire::MailRefusal reason = wire::MailRefusal::busy;
    uint8_t rule = 0;      // by_policy: policy::Rule
    uint16_t again_s = 0;  // when to come again
    friend auto operator<=>(const Objection&, const Objection&) = default;
  };
  struct Charge {
    uint32_t bytes = 0;    // of the packet
    bool is_free = false;  // to or from contacts
  };
  static Objection because(wire::MailRefusal reason);
  using Refused = std::map<Objection, ByteVector>;
  struct Question {
    Session& sender;
    const wire::MailPut& put;
    Message message{};
    bool is_settled = false;  // whom nobody knows, the other nodes do not know either
    Duration room_in{};       // until it fits what its sender may send, but to or from contacts
  };

  // What a MAIL_PUT or MAIL of so many bytes takes of a policy's caps and quotas.
  bool is_free(const wire::DeviceId& sender, const wire::DeviceId& recipient);
  void charge(Time now, Session& session, Door::Way way, const Charge& charge);
  bool may_pass_down(Time now, Session& session, const Charge& charge);

  static Message message_of(const wire::DeviceId& sender, Bytes sealed);
  bool ask_for_unknown(Time now, const Session& sender, const wire::MailPut& put);
  void put(Time now, Question question);
  std::optional<Objection> objection(Time now, const Question& question, const wire::DeviceId& recipient);
  std::optional<wire::MailRefusal> keep(Time now, const Message& message, const wire::DeviceId& recipient);
  bool pass_on(Time now, const Message& message, const wire::DeviceId& recipient);
  bool pass_on_here(Time now, const Message& message, const wire::DeviceId& recipient);
  void push_fresh(Time now, size_t from);
  void refuse(Time now, Session& sender, const Refused& refused, uint8_t number);
  void push(Time now, const wire::DeviceId& recipient, uint64_t sequence);
  void send_waiting(Time now, Session& session, size_t most);
  void send_flight(Time now, Session& session, size_t left);
  Result<ByteVector> sealed_of(const Id& id, const Body& body);
  void insert(const wire::DeviceId& recipient, uint64_t sequence, const Id& id);
  void erase(const wire::DeviceId& recipient, uint64_t sequence);
  void commit(Time now);
  void confirm(Time now, std::span<const Ticket> tickets);
  void retry(Time now);

  bool is_home(const Device& device) const;
  std::optional<wire::NodeId> destination(Time now, const wire::DeviceId& device) const;
  void take_along(Time now);
  void transfer(Time now, const wire::DeviceId& device, bool may_ask);
  void look_around(Time now);
  void retry_transfers(Time now);
  wire::NodeMailResult receive(Time now, const wire::DeviceId& to, const wire::NodeMailItem& item);
  void answer(const NodeTicket& ticket);
  void remember_taken(const Id& id, const wire::DeviceId& device);
  void due_by(Time when) { commit_due_ = std::min(when, commit_due_.value_or(when)); }

  Parts parts_;
  std::map<Id, Body> bodies_;
  std::map<wire::DeviceId, Box> boxes_;   // none is empty
  std::map<wire::DeviceId, Load> loads_;  // by sender
  size_t count_ = 0;
  size_t bytes_ = 0;
  size_t count_of_others_ = 0;
  uint64_t next_sequence_ = 1;
  std::vector<Fresh> fresh_;
  std::vector<SaveRecord> erased_;
  std::vector<Ticket> tickets_;
  std::vector<NodeTicket> node_tickets_;
  std::optional<Time> commit_due_;
  Time failing_until_{};
  std::set<std::pair<Id, wire::DeviceId>> taken_;  // lately: a repeated MAIL_PUT brings nothing twice
  std::deque<std::pair<Id, wire::DeviceId>> taken_order_;
  std::set<std::pair<Time, wire::DeviceId>> retries_;
  RateLimit puts_{300, Duration{1s} / 300};
  RateLimit reads_{100, Duration{1s} / 100};
  RateLimit trouble_log_{1, 1min};
  std::map<wire::DeviceId, Transfer> transfers_;
  std::deque<wire::DeviceId> departing_;
  std::set<wire::DeviceId> is_departing_;
  uint32_t last_transfer_ = 0;
  RateLimit departures_{64, 10ms};
  RateLimit questions_{64, 100ms};
  RateLimit transfers_in_{300, Duration{1s} / 300};
  std::optional<Time> departure_due_;
  std::optional<Time> look_due_;
  wire::DeviceId looked_at_;  // the last one; zeros: it begins
  std::optional<Time> swept_;
};

}  // namespace farline::supernode
