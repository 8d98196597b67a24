// The chat of one device, without I/O: groups, logs, keys, synchronisation. Persistent, offline first: every command
// works without a network and is durable when it returns; what it leads to goes out when others can be reached.
//
// Owns nothing it refers to: store, files, rng, asymmetric and trust outlive it. One thread. A turn is a command or
// take() or handle_timeout(), then poll_output() and poll_event() until both are empty, then next_timeout().
//
// The carrier (mailbox at a supernode, a session between two devices, a LAN) takes Outputs to devices and brings their
// bytes to take() with the sender it authenticated. It may lose, repeat and reorder them; it need not be asked twice:
// whatever was lost is found by synchronising. Errors: Errc::io when the store refused (nothing has changed; the Chat
// is then done for and is opened again), not_found, denied (not an admin, not a member), limit, malformed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "chat/body.h"
#include "chat/file_store.h"
#include "chat/group_event.h"
#include "chat/store.h"
#include "crypto/asymmetric.h"
#include "wire/certificate.h"
#include "wire/ids.h"

namespace farline::chat {

// A credential is whatever proves a device to others: its certificate, and its issuers' when others may not know them.
class Trust {
 public:
  virtual ~Trust() = default;
  // The certificate at the end of it when it chains to the organisation's root and is not revoked. Not: whether it is
  // valid today; what was signed last year stays signed.
  virtual Result<wire::Certificate> verify(Bytes credential) const = 0;
  // Whether one that verified once does still: its issuer may have been withdrawn, its root dropped.
  virtual bool counts(Bytes credential) const { return verify(credential).has_value(); }
};

struct Identity {
  crypto::KeyPair static_key;
  crypto::SigningKeyPair signing_key;
  ByteVector credential;
};

struct Setup {
  Store& store;
  FileStore& files;
  Rng& rng;
  const crypto::Asymmetric& asymmetric;
  const Trust& trust;
  Identity identity;
  bool restored = false;  // the store came out of a backup or was copied: write under a fresh incarnation
};

// Wall time as the device knows it best; zero: unknown. It may be wrong.
struct Now {
  Time time;
  WallTime wall;
};

struct NewGroup {
  std::string title;
  std::vector<std::string> members;  // names as in certificates; oneself is added, as admin
  History history = History::all;
};

struct NewFile {
  std::string name;  // is made a safe_file_name()
  uint64_t size = 0;
  bool is_photo = false;
  // Fills `out` with what stands at `offset` of it.
  std::function<Result<void>(uint64_t offset, MutableBytes out)> read;
};

struct NewVoiceNote {
  Bytes bytes;  // voice/note.h; at most kVoiceNoteBytesMax
  uint16_t tenths = 0;
  uint8_t codec = 0;
};

struct GroupInfo {
  GroupId id;
  std::string title;
  std::vector<std::string> members;  // in order of their folded names
  std::vector<std::string> admins;
  bool member = false;     // false: has left, was removed, or the founding event has not arrived yet
  std::string removed_by;  // the folded name of who removed this person, when somebody did
  bool settled = true;     // false: some history is still to come
  bool fetching = false;   // a file that is wanted here
  History history = History::all;
  size_t unread = 0;  // counts to 1000
  std::optional<Order> newest;
};

// Of what this person wrote; for a group the least of its members'. Never "failed": a slow link is only slow.
enum class Delivery : uint8_t { queued, on_relay, on_device, read };

struct Reaction {
  std::string author;
  std::string text;
};

// A shown entry with its edits and reactions applied.
struct Message {
  GroupId group;
  Order order;
  std::string author;  // name; empty when the introduction has not arrived
  bool own = false;    // by this person, on any device
  Body body;           // after edits; `Erased` when its author deleted it
  bool edited = false;
  bool signed_by_author = false;  // false: came live, the author's signature is still under way
  bool forked = false;            // of a log that went two ways (a restored backup, a cloned disk)
  Delivery delivery = Delivery::queued;
  std::vector<Reaction> reactions;
};

// --- What comes out
// ---------------------------------------------------------------------------------------------------
enum class Urgency : uint8_t { live, sync, file };  // what comes earlier goes first
struct Output {
  std::vector<wire::DeviceId> to;  // 1 to 64: one upload for all of them
  ByteVector bytes;                // sealed; at most kSealedBytesMax
  Urgency urgency = Urgency::live;
  bool keep = false;    // a mailbox shall hold it for devices that are absent
  uint64_t handle = 0;  // for relayed(); 0: nothing is shown of it
};
inline constexpr size_t kSealedBytesMax = 1000;

struct MessageArrived {
  Message message;
  bool history = false;  // came by synchronisation, not live
};
struct MessageChanged {  // edited, deleted, reacted to, or its delivery
  GroupId group;
  EntryId id;
};
struct GroupChanged {
  GroupId group;
};
struct ForkFound {
  GroupId group;
  std::string author;
};
using Event = std::variant<MessageArrived, MessageChanged, GroupChanged, ForkFound>;

class Chat {
 public:
  // Errc::auth when the store belongs to another device.
  static Result<std::unique_ptr<Chat>> open(Setup setup, const Now& now);
  ~Chat();

  // --- Groups
  Result<GroupId> new_group(const Now& now, const NewGroup& group);
  Result<void> invite(const Now& now, const GroupId& group, std::string_view name);
  Result<void> remove(const Now& now, const GroupId& group, std::string_view name);
  Result<void> make_admin(const Now& now, const GroupId& group, std::string_view name);
  Result<void> rename(const Now& now, const GroupId& group, std::string_view title);
  Result<void> leave(const Now& now, const GroupId& group);
  // Local: forgets a group that was left, with its history.
  Result<void> forget(const GroupId& group);
  std::vector<GroupInfo> groups() const;

  // --- Messages. Text, reply, edit, deletion, reaction, check-in, file, voice note, missed call: chat/body.h.
  Result<EntryId> send(const Now& now, const GroupId& group, const Body& body);
  // --- Files, at most kFileBytesMax. Blocks go from member to member, behind everything else that is said; what is
  // small is fetched by itself, the rest when somebody wants it, from whoever has it, across cuts and restarts.
  Result<EntryId> send_file(const Now& now, const GroupId& group, const NewFile& file);
  // Goes with the message to whom a block of it reaches at once; a longer one is fetched when somebody wants it.
  Result<EntryId> send_voice_note(const Now& now, const GroupId& group, const NewVoiceNote& note);
  // The content of a file or a voice note; goes on until all of it is here. MessageChanged tells when.
  Result<void> fetch_file(const Now& now, const GroupId& group, EntryId id);
  // Bytes of it that are here.
  Result<uint64_t> file_bytes_here(const Content& content) const;
  bool is_file_here(const Content& content) const;
  // What is missing of it was asked for, or will be from whoever has it.
  bool is_file_wanted(const GroupId& group, const Content& content) const;
  // Gives it to `write` from its beginning. Errc::not_found when some of it is not here, Errc::auth when it is damaged.
  Result<void> read_file(const Content& content, const std::function<Result<void>(Bytes)>& write) const;

  // Everything up to and with `order` was seen by the person; others are told when `tell` (policy).
  Result<void> mark_read(const Now& now, const GroupId& group, const Order& order, bool tell);
  Result<void> mark_all_read(const Now& now, bool tell);
  std::optional<Order> read_up_to(const GroupId& group) const;
  Result<void> set_draft(const GroupId& group, std::string_view text);
  std::string draft(const GroupId& group) const;
  Result<std::vector<Message>> page(const PageQuery& query);
  Result<Message> message(const GroupId& group, EntryId id);

  // --- Others
  // A device of somebody: from a lookup, a certificate in a call, an invitation. Kept.
  Result<void> learn(const Now& now, Bytes credential);
  // What Trust believes has changed. Whose credential counts no more is written to no more and heard no more, under
  // keys that it does not have; what it wrote stays.
  void judge(const Now& now);
  // Names of members none of whose devices is known, so that nothing can be sealed for them yet.
  std::vector<std::string> unknown_names() const;
  // Of a device that was learnt, as in its certificate; else empty.
  std::string name_of(wire::DeviceId device) const;
  // A carrier is there: what was written without one goes out.
  void publish(const Now& now);
  // Whether a device can be spoken to now; the partners of synchronisation are chosen among these.
  void reachable(const Now& now, wire::DeviceId device, bool is);
  // The carrier holds an Output durably (a mailbox confirmed it).
  void relayed(uint64_t handle);
  void take(const Now& now, wire::DeviceId from, Bytes sealed);
  void handle_timeout(const Now& now);
  std::optional<Time> next_timeout() const;
  // Not what is less urgent than `least`. Pieces of files are best left here while the carrier is busy with others:
  // here those that are asked for again, because a link was cut, are known.
  bool poll_output(Output& out, Urgency least = Urgency::file);
  bool poll_event(Event& out);

 private:
  class State;
  explicit Chat(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace farline::chat
