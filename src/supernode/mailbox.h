// Sealed messages on their way to devices (docs/PROTOCOL.md section 11): who is attached gets one at once, and until a
// device has said that it holds it, it waits on disk. RAM has an index (about 200 bytes a message), no bodies but those
// of the last moment.
//
// Messages are written together, some times a second, straight to their own store: it answers before the sender is
// told. When it cannot, mail is refused and nothing else happens; the node's records and its calls never wait for mail.
// They are what the node sheds first: rates and bounds are below.
//
// A message x:        MAIL_PUT            commit          all have taken it   30 d    restart
//   fresh             ticket              stored, told    told                -       lost, never confirmed
//   stored            told                -               erased              erased  as before
//
// Timers: commit  start: something to write            200 ms           effect: one write
//         retry   start: a MAIL that wants an answer   10 s .. 10 min   effect: the same MAIL again
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

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

class Mailbox {
 public:
  struct Parts {
    const NodeClock& clock;
    Sessions& sessions;
    const Directory& directory;
    Door& door;
    Counters& counters;
    Log& log;
    MailStore* store;  // nothing: no messages are kept here
  };
  explicit Mailbox(const Parts& parts) : parts_(parts) {}

  // RecordKind::mail_for of an earlier run; skips what was not saved by this.
  void load(Bytes key, Bytes value);

  void handle(Time now, Session& sender, const wire::MailPut& put);
  void handle(Time now, Session& device, const wire::MailTaken& taken);
  // Something waits for it: said in the handshake (wire::kNodeHasMail).
  bool has_mail(const wire::DeviceId& device) const { return boxes_.contains(device); }
  // Its session has just been committed: it asks, or is told again.
  void arrived(Time now, Session& session);

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
  struct Objection {
    wire::MailRefusal reason = wire::MailRefusal::busy;
    uint8_t rule = 0;      // by_policy: policy::Rule
    uint16_t again_s = 0;  // when to come again
    friend auto operator<=>(const Objection&, const Objection&) = default;
  };
  static Objection because(wire::MailRefusal reason);
  using Refused = std::map<Objection, ByteVector>;
  struct Question {
    Session& sender;
    const wire::MailPut& put;
    Id id{};
  };

  void put(Time now, const Question& question);
  std::optional<Objection> objection(Time now, const Question& question, const wire::DeviceId& recipient);
  std::optional<wire::MailRefusal> keep(Time now, const Question& question, const wire::DeviceId& recipient);
  bool pass_on(Time now, const Question& question, const wire::DeviceId& recipient);
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
  void due_by(Time when) { commit_due_ = std::min(when, commit_due_.value_or(when)); }

  Parts parts_;
  std::map<Id, Body> bodies_;
  std::map<wire::DeviceId, Box> boxes_;   // none is empty
  std::map<wire::DeviceId, Load> loads_;  // by sender
  size_t count_ = 0;
  size_t bytes_ = 0;
  uint64_t next_sequence_ = 1;
  std::vector<Fresh> fresh_;
  std::vector<SaveRecord> erased_;
  std::vector<Ticket> tickets_;
  std::optional<Time> commit_due_;
  Time failing_until_{};
  std::set<std::pair<Id, wire::DeviceId>> taken_;  // lately: a repeated MAIL_PUT brings nothing twice
  std::deque<std::pair<Id, wire::DeviceId>> taken_order_;
  std::set<std::pair<Time, wire::DeviceId>> retries_;
  RateLimit puts_{300, Duration{1s} / 300};
  RateLimit reads_{100, Duration{1s} / 100};
  RateLimit trouble_log_{1, 1min};
  std::optional<Time> swept_;
};

}  // namespace farline::supernode
