#include "app/cli_profile.h"

#include "app/key_file.h"
#include "client/records.h"
#include "wire/cbor.h"

namespace farline::app {
namespace {

constexpr uint8_t kCoreKinds[] = {
    static_cast<uint8_t>(client::RecordKind::counter), static_cast<uint8_t>(client::RecordKind::node_knows_us),
    static_cast<uint8_t>(client::RecordKind::device),  static_cast<uint8_t>(client::RecordKind::caller_counter),
    static_cast<uint8_t>(client::RecordKind::blocked), static_cast<uint8_t>(client::RecordKind::network),
};

std::string key_path(const std::string& directory) {
  return directory + "/profile.key";
}

SaveRecord record(ProfileRecord kind, Bytes key, Bytes value) {
  return {static_cast<uint8_t>(kind), to_vector(key), to_vector(value)};
}

std::array<uint8_t, 8> encode_u64(uint64_t value) {
  std::array<uint8_t, 8> out{};
  Writer(out).u64(value);
  return out;
}

}  // namespace

ByteVector encode_node(const NodeSetting& node) {
  return wire::cbor_item(64 + node.host.size(), [&](wire::CborWriter& out) {
    out.array(3);
    out.text(node.host);
    out.unsigned_integer(node.port);
    out.bytes(node.key);
  });
}

Result<NodeSetting> decode_node(Bytes record) {
  wire::CborReader in(record);
  NodeSetting node;
  in.expect_array(3);
  node.host = std::string(in.text());
  const uint64_t port = in.unsigned_integer();
  node.port = static_cast<uint16_t>(port);
  node.key = in.byte_array<32>();
  if (!in.finish() || port != node.port)
    return Error{Errc::malformed, "the profile's supernode is damaged; restore a backup or enroll again"};
  return node;
}

bool Profile::exists(const std::string& directory) {
  return host::File::open(key_path(directory), host::File::Mode::read).has_value();
}

Result<void> Profile::open_store(const store::MasterKey& master) {
  auto store = store::RecordStore::open(directory_ + "/profile.db", master, *rng_);
  if (!store) return store.error();
  store_ = std::move(*store);
  return {};
}

Result<Profile> Profile::open(const std::string& directory, const std::string& passphrase_file) {
  if (!exists(directory)) return Error{Errc::not_found, "there is no profile here; make one with `enroll`"};
  auto lock = host::ProfileLock::acquire(directory + "/lock");
  if (!lock) return lock.error();
  Profile profile(directory, std::move(*lock));
  const auto master = open_key_file(key_path(directory), passphrase_file);
  if (!master) return master.error();
  if (const auto opened = profile.open_store(*master); !opened) return opened.error();
  auto identity = profile.store_->load(static_cast<uint8_t>(ProfileRecord::identity));
  if (!identity) return identity.error();
  auto node = profile.store_->load(static_cast<uint8_t>(ProfileRecord::node));
  if (!node) return node.error();
  if (identity->empty() || node->empty())
    return Error{Errc::not_found, "enrolment into this profile did not finish; remove the folder and `enroll` again"};
  if (const auto checked = client::decode_identity(identity->front().value); !checked) return checked.error();
  profile.identity_ = std::move(identity->front().value);
  auto setting = decode_node(node->front().value);
  if (!setting) return setting.error();
  profile.node_ = std::move(*setting);
  return profile;
}

Result<Profile> Profile::create(NewProfile content) {
  if (const auto made = host::make_private_directory(content.directory); !made) return made.error();
  auto lock = host::ProfileLock::acquire(content.directory + "/lock");
  if (!lock) return lock.error();
  if (exists(content.directory))
    return Error{Errc::denied, "there is a profile here already; choose another folder, or remove it first"};
  Profile profile(content.directory, std::move(*lock));
  const auto master =
      create_key_file(key_path(content.directory), {content.passphrase_file, content.no_passphrase}, *profile.rng_);
  if (!master) return master.error();
  if (const auto opened = profile.open_store(*master); !opened) return opened.error();
  profile.identity_ = client::encode_identity(content.identity);
  profile.node_ = std::move(content.node);
  std::vector<SaveRecord> records = std::move(content.core_records);
  records.push_back(record(ProfileRecord::identity, {}, profile.identity_));
  records.push_back(record(ProfileRecord::node, {}, encode_node(profile.node_)));
  if (const auto saved = profile.store_->save(records); !saved) return saved.error();
  return profile;
}

client::Identity Profile::identity() const {
  return std::move(client::decode_identity(identity_)).value();
}

Result<std::vector<SaveRecord>> Profile::core_records() {
  std::vector<SaveRecord> all;
  for (const uint8_t kind : kCoreKinds) {
    auto records = store_->load(kind);
    if (!records) return records.error();
    for (SaveRecord& r : *records) all.push_back(std::move(r));
  }
  return all;
}

Result<void> Profile::add_missed_call(const MissedCall& call) {
  std::vector<SaveRecord> changes{record(ProfileRecord::missed_call, encode_u64(call.at.seconds), as_bytes(call.name))};
  const auto kept = missed_calls();
  for (size_t i = 0; i + kMissedCallsMax <= kept.size(); ++i)
    changes.push_back(record(ProfileRecord::missed_call, encode_u64(kept[i].at.seconds), {}));
  return store_->save(changes);
}

std::vector<MissedCall> Profile::missed_calls() {
  std::vector<MissedCall> out;
  const auto records = store_->load(static_cast<uint8_t>(ProfileRecord::missed_call));
  if (!records) return out;
  for (const SaveRecord& r : *records) out.push_back({WallTime{Reader(r.key).u64()}, std::string(as_text(r.value))});
  return out;
}

}  // namespace farline::app
