// A profile: the folder that holds one device. profile.key (key slots), profile.db (sealed records), chat.db, lock, and
// control.sock while a `run` owns it; profile.mark says, sealed, which policy was held last: a second place for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/key_file.h"
#include "client/admission.h"
#include "host/address_text.h"
#include "host/file.h"
#include "host/system_rng.h"
#include "store/chat_files.h"
#include "store/chat_store.h"
#include "store/key_slot.h"
#include "store/record_store.h"

namespace farline::app {

// Records of the programs themselves; the client core's kinds are below 100 (client/records.h).
enum class ProfileRecord : uint8_t {
  identity = 200,
  node = 201,
  missed_call = 202,
  settings = 203,  // this and the following: desktop_records.h
  recent = 204,
  person = 205,
  interrupted = 206,
  meter = 207,
  alerts = 208,
};

struct NodeSetting {
  std::string host;
  uint16_t port = 0;
  crypto::PublicKey key{};
  friend bool operator==(const NodeSetting&, const NodeSetting&) = default;
};
client::NodeTarget target_of(const NodeSetting& node);  // without an address
NodeSetting setting_of(const client::NodeTarget& node, const NodeSetting& current);
// As the profile's store keeps it.
ByteVector encode_node(const NodeSetting& node);
Result<NodeSetting> decode_node(Bytes record);

struct MissedCall {
  WallTime at;
  std::string name;
};

class Profile {
 public:
  static constexpr size_t kMissedCallsMax = 50;

  // Errors say what to do next. Errc::denied: another process owns it.
  static Result<Profile> open(const std::string& directory, const std::string& passphrase_file);
  // With the passphrase at hand; empty: none. Errc::auth: it is wrong.
  static Result<Profile> open_with(const std::string& directory, Bytes passphrase);
  struct NewProfile {
    std::string directory;
    KeyProtection protection;
    client::Identity identity;
    NodeSetting node;
    std::vector<SaveRecord> core_records;  // of the enrolment
  };
  static Result<Profile> create(NewProfile content);

  Profile(Profile&& from) noexcept;
  ~Profile();

  static std::string control_path(const std::string& directory) { return directory + "/control.sock"; }
  static std::string key_path(const std::string& directory) { return directory + "/profile.key"; }
  static bool exists(const std::string& directory);
  // Destroys the keys, so that nothing of it can be read again, then the rest. Of one that is not open.
  static Result<void> wipe(const std::string& directory);

  const std::string& directory() const { return directory_; }
  client::Identity identity() const;
  const NodeSetting& node() const { return node_; }
  // Another one, from now on.
  Result<void> set_node(NodeSetting node);
  // Where it is: for this run, what --node said.
  host::HostAndPort node_place() const { return place_.value_or(host::HostAndPort{node_.host, node_.port}); }
  void set_node_place(host::HostAndPort place) { place_ = std::move(place); }
  bool has_node_place() const { return place_.has_value(); }
  store::RecordStore& store() { return *store_; }
  store::ChatStore& chats() { return *chats_; }
  store::ChatFiles& files() { return *files_; }  // of the chats
  // Where the client core saves: the store, and the mark in its second place too.
  RecordSink& sink();
  // What the client core saved, for Client::load.
  Result<std::vector<SaveRecord>> core_records();
  Result<void> add_missed_call(const MissedCall& call);
  std::vector<MissedCall> missed_calls();

 private:
  Profile(std::string directory, host::ProfileLock lock);
  static Result<Profile> open_by(const std::string& directory,
                                 const std::function<Result<store::MasterKey>(const std::string&)>& open_key);
  Result<void> open_store(const store::MasterKey& master);

  std::string directory_;
  host::ProfileLock lock_;
  std::unique_ptr<host::SystemRng> rng_ = std::make_unique<host::SystemRng>();  // the store refers to it
  std::unique_ptr<store::RecordStore> store_;
  std::unique_ptr<store::ChatStore> chats_;
  std::unique_ptr<store::ChatFiles> files_;
  class Sink;
  std::unique_ptr<Sink> sink_;
  ByteVector identity_;
  NodeSetting node_;
  std::optional<host::HostAndPort> place_;
};

}  // namespace farline::app
