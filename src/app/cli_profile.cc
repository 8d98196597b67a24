#include "app/cli_profile.h"

#include "client/node_list.h"
#include "client/records.h"
#include "client/renewal.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "wire/cbor.h"

namespace farline::app {
namespace {

constexpr uint8_t kCoreKinds[] = {
    static_cast<uint8_t>(client::RecordKind::counter),       static_cast<uint8_t>(client::RecordKind::node_knows_us),
    static_cast<uint8_t>(client::RecordKind::device),        static_cast<uint8_t>(client::RecordKind::caller_counter),
    static_cast<uint8_t>(client::RecordKind::blocked),       static_cast<uint8_t>(client::RecordKind::network),
    static_cast<uint8_t>(client::RecordKind::policy),        static_cast<uint8_t>(client::RecordKind::policy_mark),
    static_cast<uint8_t>(client::RecordKind::policy_clock),  static_cast<uint8_t>(client::RecordKind::usage),
    static_cast<uint8_t>(client::RecordKind::glass_to_tell), static_cast<uint8_t>(client::RecordKind::certificate),
    static_cast<uint8_t>(client::RecordKind::audit_counts),  static_cast<uint8_t>(client::RecordKind::audit_report),
    static_cast<uint8_t>(client::RecordKind::issuer),        static_cast<uint8_t>(client::RecordKind::node),
};
constexpr uint8_t kMarkKind = static_cast<uint8_t>(client::RecordKind::policy_mark);
constexpr size_t kMarkFileBytesMax = 64 * 1024;

SaveRecord record(ProfileRecord kind, Bytes key, Bytes value) {
  return {static_cast<uint8_t>(kind), to_vector(key), to_vector(value)};
}

std::array<uint8_t, 8> encode_u64(uint64_t value) {
  std::array<uint8_t, 8> out{};
  Writer(out).u64(value);
  return out;
}

}  // namespace

// profile.mark: nonce 12 B, then the mark under ChaCha20-Poly1305 with a key of the master key (HKDF, RFC 5869).
class Profile::Sink final : public RecordSink {
 public:
  Sink(store::RecordStore& store, std::string path, const store::MasterKey& master, Rng& rng)
      : store_(store),
        path_(std::move(path)),
        key_(crypto::hkdf_extract(as_bytes("farline profile mark 1"), master.bytes())),
        rng_(rng) {}

  Result<void> save(std::span<const SaveRecord> records) override {
    if (const auto saved = store_.save(records); !saved) return saved;
    for (const SaveRecord& r : records)
      if (r.kind == kMarkKind)
        if (const auto written = write_mark(r.value); !written) return written;
    return {};
  }
  // Nothing when there is none, or not one of ours: it is written again then.
  std::optional<SaveRecord> mark() const {
    const auto file = host::read_file(path_, kMarkFileBytesMax);
    crypto::Nonce nonce{};
    if (!file || file->size() < nonce.size() + crypto::kTagBytes) return {};
    const Bytes sealed = Bytes(*file).subspan(nonce.size());
    std::copy_n(file->begin(), nonce.size(), nonce.begin());
    ByteVector plain(sealed.size() - crypto::kTagBytes);
    if (!crypto::open(key_, {nonce, {}}, sealed, plain)) return {};
    return record(static_cast<ProfileRecord>(kMarkKind), {}, plain);
  }

 private:
  Result<void> write_mark(Bytes mark) {
    crypto::Nonce nonce{};
    rng_.fill(nonce);
    ByteVector file(nonce.size() + mark.size() + crypto::kTagBytes);
    std::ranges::copy(nonce, file.begin());
    crypto::seal(key_, {nonce, {}}, mark, MutableBytes(file).subspan(nonce.size()));
    return host::write_file_durable(path_, file);
  }

  store::RecordStore& store_;
  std::string path_;
  crypto::Secret<32> key_;
  Rng& rng_;
};

Profile::Profile(std::string directory, host::ProfileLock lock)
    : directory_(std::move(directory)), lock_(std::move(lock)) {}
Profile::Profile(Profile&& from) noexcept = default;
Profile::~Profile() = default;

RecordSink& Profile::sink() {
  return *sink_;
}

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

client::NodeTarget target_of(const NodeSetting& node) {
  return {{}, node.key, host::to_text(host::HostAndPort{node.host, node.port})};
}

NodeSetting setting_of(const client::NodeTarget& node, const NodeSetting& current) {
  const auto where = host::split_address(node.place);
  return where ? NodeSetting{where->host, where->port, node.static_key} : current;
}

bool Profile::exists(const std::string& directory) {
  return host::File::open(key_path(directory), host::File::Mode::read).has_value();
}

Result<void> Profile::wipe(const std::string& directory) {
  const auto key_gone = host::wipe_file(key_path(directory));
  for (const char* name : {"/profile.mark", "/profile.db", "/profile.db-wal", "/profile.db-shm", "/chat.db",
                           "/chat.db-wal", "/chat.db-shm", "/files.db", "/files.db-wal", "/files.db-shm"})
    (void)host::wipe_file(directory + name);
  return key_gone;
}

Result<void> Profile::open_store(const store::MasterKey& master) {
  auto store = store::RecordStore::open(directory_ + "/profile.db", master, *rng_);
  if (!store) return store.error();
  store_ = std::move(*store);
  auto chats = store::ChatStore::open(directory_ + "/chat.db", master, *rng_);
  if (!chats) return chats.error();
  chats_ = std::move(*chats);
  auto files = store::ChatFiles::open(directory_ + "/files.db", master, *rng_);
  if (!files) return files.error();
  files_ = std::move(*files);
  sink_ = std::make_unique<Sink>(*store_, directory_ + "/profile.mark", master, *rng_);
  return {};
}

Result<Profile> Profile::open(const std::string& directory, const std::string& passphrase_file) {
  return open_by(directory, [&](const std::string& path) { return open_key_file(path, passphrase_file); });
}
Result<Profile> Profile::open_with(const std::string& directory, Bytes passphrase) {
  return open_by(directory, [&](const std::string& path) { return open_key_file_with(path, passphrase); });
}

Result<Profile> Profile::open_by(const std::string& directory,
                                 const std::function<Result<store::MasterKey>(const std::string&)>& open_key) {
  if (!exists(directory)) return Error{Errc::not_found, "there is no profile here; make one with `enroll`"};
  auto lock = host::ProfileLock::acquire(directory + "/lock");
  if (!lock) return lock.error();
  Profile profile(directory, std::move(*lock));
  const auto master = open_key(key_path(directory));
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
  const auto renewed = profile.store_->load(static_cast<uint8_t>(client::RecordKind::certificate));
  if (!renewed) return renewed.error();
  if (!renewed->empty()) {
    client::Identity current = profile.identity();
    if (client::renew_from_record(current, renewed->front().value, crypto::real_asymmetric()))
      profile.identity_ = client::encode_identity(current);
  }
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
  const auto master = create_key_file(key_path(content.directory), content.protection, *profile.rng_);
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

Result<void> Profile::set_node(NodeSetting node) {
  const std::vector<SaveRecord> records{record(ProfileRecord::node, {}, encode_node(node))};
  if (const auto saved = store_->save(records); !saved) return saved;
  node_ = std::move(node);
  return {};
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
  if (auto mark = sink_->mark()) all.push_back(std::move(*mark));
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
