// Private to src/chat: the device that chats, whom it knows, and what leaves it in the current turn. Shared by all
// groups; the Chat owns it.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "chat/chain.h"
#include "chat/chat.h"

namespace farline::chat {

struct Contact {
  wire::DeviceId id;
  std::string name;    // as in the certificate
  std::string person;  // folded
  crypto::PublicKey static_key{};
  crypto::SigningPublicKey signing_key{};
  crypto::Hash credential{};  // of the one that is kept
};

inline constexpr size_t kContactsMax = 4000;
inline constexpr size_t kPrekeysMax = 4;  // the newest, and those others may still be using
inline constexpr size_t kHandlesMax = 2000;
inline constexpr size_t kAnswersWaitingMax = 400;
inline constexpr uint64_t kPrekeySeconds = 7 * 24 * 3600;

class Device {
 public:
  explicit Device(Setup setup);
  // Reads incarnation, prekeys and contacts; makes them when the store is empty.
  Result<void> load();

  // A device whose certificate verifies becomes a contact. Gives nothing when it does not.
  const Contact* learn(Bytes credential);
  // All that were learnt once, anew: by what Trust says of them now.
  void judge();
  const Contact* contact(wire::DeviceId id) const;
  const std::map<wire::DeviceId, Contact>& contacts() const { return contacts_; }

  wire::DeviceId id() const { return id_; }
  const std::string& person() const { return person_; }
  const Identity& identity() const { return setup_.identity; }
  Store& store() const { return setup_.store; }
  Rng& rng() const { return setup_.rng; }
  const crypto::Asymmetric& asymmetric() const { return setup_.asymmetric; }

  // The entry that begins this incarnation's logs.
  const ByteVector& introduction() const { return introduction_; }
  LogId events_log() const { return events_log_; }
  // Another copy of this device writes the same logs: go on under new ones.
  void new_incarnation();

  struct NumberedKey {
    uint32_t number = 0;
    uint64_t made = 0;  // wall, seconds
    crypto::KeyPair pair;
  };
  // Made anew when the newest is older than a week.
  const NumberedKey& fresh_prekey(WallTime wall);
  // Number 0 is the lasting key; nothing when it was thrown away.
  const crypto::KeyPair* prekey(uint32_t number) const;

  void set_reachable(wire::DeviceId id, bool is) { is ? void(reachable_.insert(id)) : void(reachable_.erase(id)); }
  bool is_reachable(wire::DeviceId id) const { return reachable_.contains(id); }

  // --- The turn
  Commit& changes() { return changes_; }
  void save(StateKind kind, const GroupId& group, Bytes key, ByteVector value);
  void send(Output output) { outputs_[static_cast<size_t>(output.urgency)].push_back({std::move(output), {}}); }
  // A piece of a file for one device; asked for again while it waits here, it is sent once.
  struct PieceFor {
    std::array<uint8_t, 8> device{};
    FileHash file{};
    BlockPlace place;
    uint8_t piece = 0;
    friend auto operator<=>(const PieceFor&, const PieceFor&) = default;
  };
  bool is_waiting(const PieceFor& piece) const { return pieces_waiting_.contains(piece); }
  void send_piece(const PieceFor& piece, Output output);
  size_t pieces_waiting() const { return pieces_waiting_.size(); }
  // More waits to leave than answers to all partners at once are.
  bool is_flooded(Urgency urgency) const;
  FileStore& files() const { return setup_.files; }
  // A handle by which a carrier says that it holds a message.
  uint64_t handle_of(const GroupId& group, EntryId id);
  std::optional<std::pair<GroupId, EntryId>> of_handle(uint64_t handle) const;
  void tell(Event event) { events_.push_back(std::move(event)); }
  // Makes the turn durable; what it sends may leave after this only.
  Result<void> finish_turn();
  bool failed() const { return failed_; }
  bool poll_output(Output& out, Urgency least);
  bool poll_event(Event& out);
  // Counts up whenever a contact is added.
  uint64_t contacts_version() const { return contacts_version_; }

 private:
  Result<void> load_own();
  void save_own();
  void introduce();

  Setup setup_;
  wire::DeviceId id_;
  std::string person_;
  std::array<uint8_t, 8> incarnation_{};
  ByteVector introduction_;
  LogId events_log_;
  std::vector<NumberedKey> prekeys_;  // ascending
  std::map<wire::DeviceId, Contact> contacts_;
  uint64_t contacts_version_ = 0;
  std::set<wire::DeviceId> reachable_;
  Commit changes_;
  struct Waiting {
    Output output;
    std::optional<PieceFor> piece;
  };
  std::array<std::deque<Waiting>, 3> outputs_;  // by urgency
  std::set<PieceFor> pieces_waiting_;           // of outputs_
  std::deque<Event> events_;
  bool failed_ = false;
  std::map<uint64_t, std::pair<GroupId, EntryId>> handles_;
};

}  // namespace farline::chat
