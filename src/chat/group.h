// Private to src/chat: one conversation as this device has it. What is durable goes through Device::save and
// Device::changes in the turn in which it changes; everything of a Peer is forgotten at a restart and learnt again.
//   group_log.cc    own entries, others' entries, time          group_keys.cc  epochs
//   group_sync.cc   who has what, who is asked                  group_send.cc  entries to others
//   group_view.cc   messages as people see them             group_files.cc  blocks of files, to and from others
#pragma once

#include "chat/device.h"
#include "chat/roster.h"
#include "chat/seal.h"
#include "chat/sync_message.h"

namespace farline::chat {

inline constexpr size_t kAuthorsMax = 1000;         // incarnations of devices that ever wrote
inline constexpr size_t kIncarnationsMax = 24;      // of one device: nobody takes the places of others
inline constexpr uint32_t kEventEntriesMax = 2000;  // of one log of events; what stands behind them has no effect
inline constexpr size_t kEpochsMax = 32;            // keys kept: what comes later than this many epochs is synchronised
inline constexpr uint64_t kEpochSeconds = 7 * 24 * 3600;
inline constexpr Hlc kAheadMax = 24 * 3600 * kHlcPerSecond;  // that one member's clock can pull ours
inline constexpr Duration kHorizonEvery = 60s;
inline constexpr Hlc kMergedHlcMax = Hlc{1} << 39;  // the year 2242
inline constexpr uint32_t kPublishMax = 1000;       // own messages that go out at once
inline constexpr size_t kStashMax = 200;            // live entries that wait for those before them, of one group
inline constexpr size_t kStashOfOneMax = 50;        // and of one device
inline constexpr size_t kEpochsOfOneMax = 8;        // new ones of one device in kEpochsOfOneIn; more is a flood
inline constexpr Duration kEpochsOfOneIn = 1h;
inline constexpr size_t kReceiptDevicesMax = 8;  // in larger groups arrival is learnt by synchronising
inline constexpr size_t kPartnersMax = 2;
inline constexpr Duration kReceiptDelay = 20s;
inline constexpr Duration kSignDelay = 60s;
inline constexpr Duration kSummaryEvery = 60s;  // doubling to kSummaryEveryMax while nothing comes back
inline constexpr Duration kSummaryEveryMax = 1h;
inline constexpr Duration kAskPatience = 120s;  // since the last batch; then asked again, for what is missing only
inline constexpr size_t kEarlyMax = 16;         // batches that overtook others: all that one ask brings
inline constexpr Duration kOvertakenPatience = 20s;
inline constexpr Duration kAskAlone = 10min;         // longer than 8 kB take; then others are asked for the same
inline constexpr uint64_t kFileOfferedBytes = 4096;  // files up to this size are fetched by themselves
inline constexpr uint64_t kNotePushedBytes = 8176;   // one block: 92 s at 700 bit/s go with their message
inline constexpr Duration kNotePatience = 30s;       // until what comes by itself is asked for: 4 kB at 2400 bit/s
inline constexpr size_t kEarlyPiecesMax = 12;        // of voice notes that overtook their message
inline constexpr size_t kFetchesMax = 200;           // files of one group under way
inline constexpr size_t kOffersOfOneMax = 20;        // of them of one author, that nobody asked for here
inline constexpr Duration kFilePatience = 120s;      // since the last piece; then another is asked
inline constexpr Duration kFileReturn = 4s;          // until who came back is asked again: a piece at 2400 bit/s
inline constexpr Duration kFileRestPatience = 8s;    // since the last piece that was asked for before a cut
inline constexpr Duration kFileRest = 1h;            // until who had it not is asked again
inline constexpr Duration kFileQuick = 2s;  // blocks that come in this time are asked for by twos, fours, eights
inline constexpr Duration kFilePieceEvery = 125ms;    // a node takes ten messages a second from a device
inline constexpr size_t kFilePiecesWaitingMax = 200;  // to others; more is not read from the disk
inline constexpr uint32_t kAskBytes = 8000;           // under way at once: 27 s at 2400 bit/s

struct Author {
  wire::DeviceId device;
  std::string name;
  std::string person;
  crypto::SigningPublicKey key{};
  uint32_t prekey = 0;
  crypto::PublicKey prekey_key{};
  Hlc latest = 0;
  bool forked = false;
};

struct Epoch {
  uint32_t number = 0;
  uint32_t tag = 0;
  uint64_t made = 0;  // wall, seconds, as this device learnt of it
  std::array<uint8_t, 8> removals_hash{};
  EpochKey key;
  std::set<wire::DeviceId> confirmed;  // used it
  std::set<wire::DeviceId> told;       // were sent it; not durable
};

struct Peer {
  bool reachable = false;
  bool partner = false;                                // asked us for a summary, or was chosen
  std::map<LogId, uint32_t> known;                     // entries it has
  std::map<LogId, std::vector<Summary::Item>> offers;  // what it said last: the runs of each log, ascending
  std::map<LogId, uint32_t> said;                      // in our last digest or question: what an answer is about
  std::optional<Time> summary_at;
  Duration patience = kSummaryEvery;
  std::optional<Time> receipt_at;
  std::set<LogId> receipts;
  std::optional<Time> asked_until;
  Time asked_at{};
  bool asked_gave = false;  // something new came of it
  std::set<LogId> asking;
};

// A file that is wanted here. Blocks are durable; which of them are missing is found out again after a restart.
struct Fetch {
  EntryId entry;
  Content content;
  uint8_t level = 0;  // that is being filled; all above it are whole
  std::set<uint32_t> missing;
  struct Part {
    ByteVector bytes;
    uint16_t missing = 0;  // bit by piece
  };
  std::map<uint32_t, Part> parts;  // of blocks that were asked for
  std::optional<wire::DeviceId> asked;
  Time asked_at{};
  Time until{};
  bool gave = false;     // something, since it was asked
  bool is_rest = false;  // of what it was asked for before it was gone for a while
  size_t vain = 0;       // times that nothing came: those of which something comes go first
  size_t window = 1;     // blocks
  std::set<wire::DeviceId> without;
  std::optional<Time> rest_until;
  std::optional<Time> coming_until;  // by itself, with the message
};

class Group {
 public:
  Group(Device& device, GroupId id) : device_(device), id_(id) {}
  // Begins it with this founding event, whose hash is its id.
  Result<void> found(const Now& now, ByteVector founding);
  bool has_epochs() const { return !epochs_.empty(); }
  Result<void> load(std::vector<State> states);

  const GroupId& id() const { return id_; }
  const Roster& roster() const { return roster_; }
  bool is_member() const { return roster_.members.contains(device_.person()); }

  // --- group_log.cc
  // Own entries; signed by the next summary.
  Result<EntryId> write_message(const Now& now, const Body& body);
  Result<void> write_event(const Now& now, const GroupEvent& event);
  void renew_prekey(const Now& now);
  Removed removal_of(std::string_view name) const;

  // --- group_keys.cc
  void take_epoch(const Now& now, const Contact& from, const SealedEpoch& sealed);
  bool take(const Now& now, wire::DeviceId from, Bytes sealed);  // false: no epoch of this group opens it
  void load_epoch(Bytes value);

  // --- group_send.cc
  // What this device wrote and nobody is known to have: to all, by the carrier that is there now.
  void publish(const Now& now);

  // --- group_sync.cc
  void reachable(const Now& now, wire::DeviceId device, bool is);
  // Something came that no key opens: perhaps an epoch was missed, and saying so in the last one known brings it.
  void unread_message(const Now& now, wire::DeviceId from);
  void contacts_changed();
  // After any turn: members that came, and can be reached already.
  void refresh(const Now& now);
  void handle_timeout(const Now& now);
  std::optional<Time> next_timeout() const;

  // --- group_files.cc
  Result<EntryId> write_file(const Now& now, const NewFile& file);
  Result<EntryId> write_voice_note(const Now& now, const NewVoiceNote& note);
  Result<void> want_file(EntryId id, const Content& content);
  bool may_offer(EntryId id) const;
  void load_file(Bytes key, Bytes value);
  // After any turn.
  void fetch_files(const Now& now);
  bool wants_file(const FileHash& file) const { return fetches_.contains(file); }

  // --- group_view.cc
  GroupInfo info() const;
  Result<Message> message_of(const StoredEntry& entry) const;
  void relayed(EntryId id);
  Result<void> mark_read(const Now& now, const Order& seen_up_to, bool tell);
  std::optional<Order> read_up_to() const { return marker_; }
  void set_horizon(const Now& now);
  void load_marker(Bytes value);
  void load_arrivals(Bytes key, Bytes value);
  bool settled() const;

 private:
  // group_log.cc
  Log& log_of(LogId id);
  void save_log(const Log& log);
  void save_author(LogId events);
  Result<void> load_author(LogId events, Bytes value);
  Result<void> load_events(LogId events);
  LogId own_events() const { return device_.events_log(); }
  LogId own_messages() const;
  Hlc clock(const Now& now) const;
  Result<EntryId> append(const Now& now, LogId log, ByteVector bytes);
  Result<void> ensure_introduced(const Now& now);
  void sign(LogId log);
  bool ingest(const Now& now, wire::DeviceId from, const BatchRun& run);
  bool introduce(const BatchRun& run);
  bool confirm(const Now& now, Log& log, const Author& author, const BatchRun& run);
  enum class Fit : uint8_t { fits, provisional_differs, differs };
  Fit fit(const Log& log, const BatchRun& run, std::span<const ChainHash> hashes) const;
  bool is_proven(const Log& log, const Author& author, const BatchRun& run, std::span<const ChainHash> hashes) const;
  void drop_provisional(Log& log);
  bool add_missing(const Now& now, Log& log, const BatchRun& run, std::span<const ChainHash> hashes);
  void took(const Now& now, StoredEntry entry, bool history);
  void took_event(const StoredEntry& entry);
  void took_message(const Now& now, const StoredEntry& entry, bool history);
  void reckon(bool loading);
  std::vector<StoredEntry> read(LogId log, Stretch stretch) const;
  void show_again(const std::string& person);
  bool counts(const Author& author, Hlc hlc) const;
  const Author* author_of(LogId log) const;
  void fork_found(Log& log);
  std::optional<ChainHash> hash_at(const Log& log, uint32_t seq) const;

  // group_keys.cc
  Epoch* current_epoch();
  Epoch& epoch_to_write(const Now& now);
  Epoch& make_epoch(const Now& now);
  void save_epoch(const Epoch& epoch);
  void tell_epoch(Epoch& epoch, wire::DeviceId device);
  void send_sealed(const Now& now, std::vector<wire::DeviceId> to, Bytes payload, Output output);
  void forget_epochs();

  // group_sync.cc
  void take_payload(const Now& now, wire::DeviceId from, SyncMessage message);
  void take_live(const Now& now, wire::DeviceId from, const Live& live);
  bool try_live(const Now& now, wire::DeviceId from, const Live& live);
  void try_stash(const Now& now);
  void take_summary(const Now& now, wire::DeviceId from, const Summary& summary);
  void take_batch(const Now& now, wire::DeviceId from, Batch& batch);
  bool ingest_all(const Now& now, wire::DeviceId from, Batch batch);
  void answer(const Now& now, wire::DeviceId from, Peer& peer, const Summary& summary);
  void send_summary(const Now& now, wire::DeviceId to, Summary::Kind kind, std::vector<Summary::Item> items);
  void send_digest(const Now& now, wire::DeviceId to);
  std::array<uint8_t, 8> digest() const;
  std::vector<Summary::Item> summary_items() const;
  std::vector<Summary::Item> summary_items_of(const Log& log) const;
  void ask_next(const Now& now, wire::DeviceId from);
  void ask_others(const Now& now);
  void choose_partners(const Now& now);
  void news(const Now& now, Duration delay, const wire::DeviceId* except);
  bool lacks_something(const Peer& peer) const;
  bool is_other_way(const Log& log, const Summary::Item& theirs) const;
  void arrived(wire::DeviceId at, LogId log, uint32_t count);
  bool was_removed() const { return !is_member() && roster_.removers.contains(device_.person()); }

  // group_files.cc
  using ReadAt = std::function<Result<void>(uint64_t offset, MutableBytes out)>;
  Result<void> keep_content(Content& content, const ReadAt& read_at);
  // The block that goes with this entry, and the name of its file.
  struct Sound {
    FileHash file;
    ByteVector block;
  };
  std::optional<Sound> pushed_sound(const StoredEntry& entry);
  void push_sound(const Now& now, EntryId id, const Sound& sound);
  void want_voice_note(const Now& now, EntryId id, const Content& content);
  void save_file(const FileHash& file, EntryId entry, bool wanted);
  void take_file_ask(const Now& now, wire::DeviceId from, const FileAsk& ask);
  void take_file_piece(const Now& now, wire::DeviceId from, const FilePiece& piece);
  void take_block(const Now& now, Fetch& fetch, uint32_t index);
  bool is_block_of(const Fetch& fetch, BlockPlace place, Bytes bytes) const;
  bool find_missing(Fetch& fetch);
  void ask_blocks(const Now& now, Fetch& fetch);
  std::optional<wire::DeviceId> who_may_have(const Fetch& fetch) const;
  void give_up_on(const Now& now, Fetch& fetch, bool for_now);
  void file_peer_changed(const Now& now, wire::DeviceId id, bool is);
  void handle_file_timeout(const Now& now);

  // group_send.cc
  void publish_events(const Now& now);
  void publish_messages(const Now& now);
  void publish_signature(const Now& now);
  void tell_removed(const std::vector<wire::DeviceId>& gone, uint32_t tag);
  void send_live(const Now& now, const StoredEntry& entry, Hlc before, uint64_t handle);
  void send_batch(const Now& now, std::vector<wire::DeviceId> to, const Batch& batch, Urgency urgency);
  void send_asked(const Now& now, wire::DeviceId to, const Ask& ask);
  // What is still to be sent of one stretch that was asked for, from its end downwards.
  struct Cursor {
    LogId log;
    uint32_t first = 0;
    uint32_t next = 0;                                // entries below it are to come; first == next: done
    std::optional<crypto::Signature> signature = {};  // that the next run has to bring
  };
  using Held = std::vector<std::vector<StoredEntry>>;
  std::vector<Cursor> cursors_of(const Ask& ask) const;
  Cursor* newest_of(std::vector<Cursor>& cursors) const;
  Batch pack(std::vector<Cursor>& cursors, size_t text_bytes, Hlc not_before, Held& held) const;
  Hlc history_from(wire::DeviceId device) const;

  // group_view.cc
  struct Arrival {
    uint32_t on_device = 0;
    uint32_t read = 0;
  };
  Delivery delivery_of(EntryId id) const;
  Arrival arrival_of(const std::string& person, LogId log) const;
  uint32_t first_unsent() const;
  void save_arrivals(const std::string& person);
  void took_read(const Author& author, const Read& read);
  void set_marker(const Order& order);

  Device& device_;
  GroupId id_;
  std::map<LogId, Log> logs_;
  std::map<LogId, Author> authors_;  // by log of events
  std::vector<PlacedEvent> events_;  // in order
  Roster roster_;
  std::vector<wire::DeviceId> devices_;  // of members, without this one, ascending
  bool devices_changed_ = false;
  std::vector<Epoch> epochs_;
  std::map<wire::DeviceId, Peer> peers_;
  struct Stashed {
    wire::DeviceId from;
    Live live;
  };
  std::vector<Stashed> stash_;
  std::vector<std::pair<wire::DeviceId, Batch>> early_;
  struct EpochsOfOne {
    Time since{};
    size_t count = 0;
  };
  std::map<wire::DeviceId, EpochsOfOne> epochs_of_;  // that came
  bool live_ = false;                                // what is taken came live
  uint32_t published_events_ = 0;                    // of the own log; not durable
  LogId published_log_;
  uint32_t published_messages_ = 0;
  LogId published_messages_log_;
  std::optional<Time> sign_at_;
  std::optional<Order> marker_;
  std::optional<Order> newest_;
  std::optional<Hlc> horizon_;  // what is later was written by a clock that is wrong, or ours is
  Time horizon_until_{};
  std::optional<Order> late_marker_;
  std::map<std::string, std::map<LogId, Arrival>> arrivals_;  // by person; of this person's logs
  std::map<LogId, uint32_t> relayed_;
  std::map<FileHash, Fetch> fetches_;
  std::vector<std::pair<wire::DeviceId, FilePiece>> early_pieces_;
  std::optional<Time> next_file_ask_;
};

}  // namespace farline::chat
