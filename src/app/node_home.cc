#include "app/node_home.h"

#include <algorithm>
#include <cstdio>

#include "app/key_file.h"
#include "app/program.h"
#include "supernode/policy_shelf.h"
#include "supernode/records.h"
#include "wire/limits.h"

namespace farline::app {
namespace {

constexpr uint64_t kTrialDays = 366;

[[noreturn]] void damaged() {
  throw Failure(ExitCode::config, "node.db holds records that this program did not write; restore a backup");
}

template <typename T>
T undamaged(Result<T> decoded) {
  if (!decoded) damaged();
  return std::move(*decoded);
}

bool is_there(const std::string& path) {
  return host::File::open(path, host::File::Mode::read).has_value();
}

}  // namespace

std::unique_ptr<NodeHome> NodeHome::lock(const NodeFolder& folder) {
  auto lock = host::ProfileLock::acquire(folder.path + "/lock");
  if (lock) return std::unique_ptr<NodeHome>(new NodeHome(folder, std::move(*lock)));
  if (lock.error().code == Errc::denied && is_there(folder.path + "/lock")) return nullptr;
  fail_unless_io(ExitCode::config, folder.path + " cannot be used", lock.error());
}

std::unique_ptr<NodeHome> NodeHome::open(const NodeFolder& folder) {
  if (!is_there(folder.path + "/lock"))
    throw Failure(ExitCode::config,
                  "there is no node in " + folder.path + "; start it once: farline-node --data " + folder.path);
  auto home = lock(folder);
  if (!home) return home;
  const auto master = open_key_file(folder.key_path(), folder.passphrase_file);
  if (!master) fail_unless_io(ExitCode::config, folder.key_path(), master.error());
  home->open_store(*master);
  if (home->is_new())
    throw Failure(ExitCode::config, "the first start of the node in " + folder.path +
                                        " did not finish; start it: farline-node --data " + folder.path);
  return home;
}

std::unique_ptr<NodeHome> NodeHome::open_or_create(const NodeFolder& folder) {
  if (const auto made = host::make_private_directory(folder.path); !made)
    fail_unless_io(ExitCode::config, folder.path + " cannot be made", made.error());
  auto home = lock(folder);
  if (!home) return home;
  home->open_store(home->open_or_create_key());
  return home;
}

store::MasterKey NodeHome::open_or_create_key() {
  const std::string path = folder_.key_path();
  auto master = open_key_file(path, folder_.passphrase_file);
  if (master) return std::move(*master);
  if (is_there(path)) fail_unless_io(ExitCode::config, path, master.error());
  if (is_there(folder_.path + "/node.db"))
    throw Failure(ExitCode::config, path + " is missing; without it node.db cannot be read: bring it back");
  auto created = create_key_file(path, {folder_.passphrase_file, folder_.passphrase_file.empty()}, rng_);
  if (!created) fail_unless_io(ExitCode::config, path, created.error());
  return std::move(*created);
}

void NodeHome::open_store(const store::MasterKey& master) {
  const std::string path = folder_.path + "/node.db";
  auto store = store::RecordStore::open(path, master, rng_);
  if (!store) fail_unless_io(ExitCode::config, path, store.error());
  store_ = std::move(*store);
  patient_ = std::make_unique<PatientStore>(*store_);
  open_mail(master);
  load_identity();
}

// Presence and calls do not depend on it: what is wrong with it is said, and the node goes on.
void NodeHome::open_mail(const store::MasterKey& master) {
  const std::string path = folder_.path + "/mail.db";
  auto store = store::RecordStore::open(path, master, rng_);
  if (store) {
    mail_ = std::make_unique<NodeMail>(std::move(*store));
    return;
  }
  std::fprintf(stderr, "farline-node: no mail is kept here, %s cannot be used: %.*s\n", path.c_str(),
               static_cast<int>(store.error().what.size()), store.error().what.data());
}

std::vector<SaveRecord> NodeHome::load(uint8_t kind) {
  auto records = store_->load(kind);
  if (!records) fail_unless_io(ExitCode::config, folder_.path + "/node.db", records.error());
  return std::move(*records);
}

void NodeHome::load_identity() {
  auto identity = load(static_cast<uint8_t>(NodeRecord::identity));
  const auto organisation = load(static_cast<uint8_t>(NodeRecord::organisation));
  const auto settings = load(static_cast<uint8_t>(NodeRecord::settings));
  if (identity.empty()) return;
  if (organisation.empty() || settings.empty()) damaged();
  identity_ = undamaged(decode_identity(identity.front().value));
  crypto::wipe(identity.front().value);
  organisation_ = undamaged(decode_node_organisation(organisation.front().value));
  settings_ = undamaged(decode_settings(settings.front().value));
  check_organisation();
}

void NodeHome::check_organisation() const {
  const std::array<Bytes, 1> chain{organisation_->issuer_certificate};
  const auto issuer =
      wire::verify_chain(chain, {organisation_->root_key, wire::Role::issuer, {}}, crypto::real_asymmetric());
  if (!issuer || issuer->signing_key != identity_->issuer_keys.public_key) damaged();
}

void NodeHome::make_trial(WallTime now) {
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  identity_ = {asymmetric.generate_key_pair(rng_), asymmetric.generate_signing_key_pair(rng_), {}};
  const crypto::SigningKeyPair root = asymmetric.generate_signing_key_pair(rng_);
  const wire::Certificate issuer{
      .role = wire::Role::issuer,
      .name = "Trial",
      .signing_key = identity_->issuer_keys.public_key,
      .issued = now,
      .expires = {now.seconds + kTrialDays * 24 * 3600},
      .issuer = wire::key_id_of(root.public_key),
      .limits = {.site = {},
                 .roles = wire::role_bit(wire::Role::device) | wire::role_bit(wire::Role::node),
                 .validity_days = wire::kDeviceCertificateDays},
  };
  organisation_ = {.root_key = root.public_key,
                   .issuer_certificate = wire::encode_and_sign(issuer, root, asymmetric),
                   .is_trial = true,
                   .root_secret = root.secret.copy()};
}

void NodeHome::rotate(WallTime now, WallTime former_until) {
  auto& former = identity_->former_keys;
  std::erase_if(former, [&](const supernode::FormerKey& key) { return former_until <= now || key.until <= now; });
  if (former.size() >= supernode::kFormerKeysMax)
    throw Failure(ExitCode::refused, "there are " + std::to_string(former.size()) +
                                         " former keys already; the first one ends on " +
                                         date_text(former.front().until) + "; --keep-days 0 ends all of them now");
  auto present = std::exchange(identity_->static_keys, crypto::real_asymmetric().generate_key_pair(rng_));
  if (former_until > now) former.push_back({std::move(present), former_until});
}

wire::Issuers NodeHome::issuers() {
  supernode::Outbox out;
  supernode::PolicyShelf shelf(policy::pin_of(organisation_->root_key), crypto::real_asymmetric(), out);
  for (const SaveRecord& record : load(static_cast<uint8_t>(supernode::RecordKind::policy_root)))
    shelf.load_root(record.value);
  wire::Issuers issuers(organisation_->root_key, crypto::real_asymmetric());
  issuers.follow(shelf.roots(), {});
  return issuers;
}

bool NodeHome::counts_as_root(const crypto::SigningPublicKey& key) {
  return issuers().counts_as_root(key);
}

Result<wire::Certificate> NodeHome::verify(const wire::Delegation& delegation) {
  return issuers().verify(delegation.issuer_certificate);
}

void NodeHome::adopt(const wire::Delegation& delegation) {
  organisation_ = {.root_key = delegation.root_key,
                   .issuer_certificate = delegation.issuer_certificate,
                   .is_trial = false,
                   .root_secret = std::nullopt};
  check_organisation();
}

void NodeHome::save(std::vector<SaveRecord> also) {
  const auto add = [&](NodeRecord kind, ByteVector value) {
    also.push_back({.kind = static_cast<uint8_t>(kind), .key = {}, .value = std::move(value)});
  };
  add(NodeRecord::identity, encode(*identity_));
  add(NodeRecord::organisation, encode(*organisation_));
  add(NodeRecord::settings, encode(settings_));
  const auto saved = store_->save(also);
  for (SaveRecord& record : also) crypto::wipe(record.value);
  if (!saved) fail_unless_io(ExitCode::config, folder_.path + "/node.db", saved.error());
}

void NodeHome::copy_store() {
  const std::string path = folder_.copy_path();
  auto copied = host::write_file_durable(path, {});  // private before anything is in it
  if (copied) copied = store_->copy_to(path);
  if (!copied) fail_unless_io(ExitCode::config, path, copied.error());
}

supernode::Config NodeHome::config(bool has_backbone) const {
  const auto issuer = wire::parse_certificate(organisation_->issuer_certificate);
  INVARIANT(issuer.has_value());  // checked when it was loaded or made
  std::vector<supernode::FormerKey> former_keys;
  for (const supernode::FormerKey& key : identity_->former_keys) former_keys.push_back({key.keys.copy(), key.until});
  return {.keys = {.static_keys = identity_->static_keys.copy(),
                   .issuer_keys = identity_->issuer_keys.copy(),
                   .issuer_certificate = organisation_->issuer_certificate,
                   .root_key = organisation_->root_key,
                   .former_keys = std::move(former_keys)},
          .is_trial = organisation_->is_trial,
          .site = issuer->limits.site,
          .has_backbone = has_backbone};
}

void NodeHome::load_into(supernode::Supernode& core) {
  for (const auto kind : supernode::kRecordKinds)
    for (const SaveRecord& record : load(static_cast<uint8_t>(kind))) core.load(record);
  if (!mail_) return;
  const auto waiting = mail_->load(static_cast<uint8_t>(supernode::RecordKind::mail_for));
  if (waiting)
    for (const SaveRecord& record : *waiting) core.load(record);
  else
    mail_.reset();
}

SaveRecord NodeHome::issuer_record() const {
  const ByteVector& issuer = organisation_->issuer_certificate;
  return {.kind = static_cast<uint8_t>(supernode::RecordKind::issuer),
          .key = to_vector(wire::certificate_hash_of(issuer).bytes),
          .value = issuer};
}

std::vector<SaveRecord> NodeHome::erased_core_records() {
  std::vector<SaveRecord> erased;
  for (const auto kind : supernode::kRecordKinds)
    for (SaveRecord& record : load(static_cast<uint8_t>(kind)))
      erased.push_back({.kind = record.kind, .key = std::move(record.key), .value = {}});
  return erased;
}

}  // namespace farline::app
