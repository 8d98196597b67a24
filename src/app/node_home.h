// The folder of one node: who it is, which organisation it serves, and the supernode's records, all sealed in node.db
// under node.key. One process at a time holds its lock. Everything here throws Failure (program.h).
//   lock   node.key (or --key-file)   node.db   mail.db   control.sock while the node runs
// mail.db holds the messages that wait for devices. A node whose mail.db cannot be used goes on without one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/node_records.h"
#include "app/patient_store.h"
#include "host/file.h"
#include "host/system_rng.h"
#include "store/key_slot.h"
#include "store/record_store.h"
#include "supernode/mail_store.h"
#include "supernode/supernode.h"
#include "wire/delegation.h"
#include "wire/issuers.h"

namespace farline::app {

struct NodeFolder {
  std::string path;
  std::string key_file;         // empty: node.key in it
  std::string passphrase_file;  // empty: a new key file is protected by its mode only

  std::string key_path() const { return key_file.empty() ? path + "/node.key" : key_file; }
  std::string copy_path() const { return path + "/node.db.copy"; }  // for a backup
  std::string control_path() const { return path + "/control.sock"; }
};

// Messages that wait, sealed like the node's own records but in a file of their own.
class NodeMail final : public supernode::MailStore {
 public:
  explicit NodeMail(std::unique_ptr<store::RecordStore> store) : store_(std::move(store)) {}
  Result<void> save(std::span<const SaveRecord> records) override { return store_->save(records); }
  Result<ByteVector> find(uint8_t kind, Bytes key) override { return store_->find(kind, key); }
  Result<std::vector<SaveRecord>> load(uint8_t kind) { return store_->load(kind); }

 private:
  std::unique_ptr<store::RecordStore> store_;
};

class NodeHome {
 public:
  // Nothing when another process holds it.
  static std::unique_ptr<NodeHome> open(const NodeFolder& folder);
  // The same, and makes what is missing. What is new has no identity until it is saved.
  static std::unique_ptr<NodeHome> open_or_create(const NodeFolder& folder);

  bool is_new() const { return !identity_; }
  // Of one that is not new.
  const NodeIdentity& identity() const { return *identity_; }
  const NodeOrganisation& organisation() const { return *organisation_; }
  const NodeSettings& settings() const { return settings_; }

  // A trial organisation of this node alone, valid from `now` for 366 days. In memory: see save.
  void make_trial(WallTime now);
  // A new static key; the present one is accepted until `former_until`, and with that in the past none of the former
  // is. In memory: see save. Throws Failure when there are too many.
  void rotate(WallTime now, WallTime former_until);
  // Whether it is this organisation's, by the policy in force here too.
  bool counts_as_root(const crypto::SigningPublicKey& key);
  // And has the signatures that the policy in force here asks for. Errors: wire/issuers.h.
  Result<wire::Certificate> verify(const wire::Delegation& delegation);
  // Instead of the organisation until now. In memory: see save.
  void adopt(const wire::Delegation& delegation);
  void set_settings(NodeSettings settings) { settings_ = std::move(settings); }
  // All of it and `also`, or nothing.
  void save(std::vector<SaveRecord> also = {});

  supernode::Config config(bool has_backbone = false) const;
  // The core's records of an earlier run.
  void load_into(supernode::Supernode& core);
  // So that the core goes on believing what the present delegation signed.
  SaveRecord issuer_record() const;
  // Records that erase what the core saved for the organisation until now.
  std::vector<SaveRecord> erased_core_records();

  // node.db as it is now, at NodeFolder::copy_path.
  void copy_store();

  PatientStore& sink() { return *patient_; }  // the core's
  const PatientStore& sink() const { return *patient_; }
  supernode::MailStore* mail() { return mail_.get(); }  // nothing: it cannot be used
  Rng& rng() { return rng_; }
  const NodeFolder& folder() const { return folder_; }

 private:
  NodeHome(const NodeFolder& folder, host::ProfileLock lock) : folder_(folder), lock_(std::move(lock)) {}
  static std::unique_ptr<NodeHome> lock(const NodeFolder& folder);
  store::MasterKey open_or_create_key();
  void open_store(const store::MasterKey& master);
  void open_mail(const store::MasterKey& master);
  std::vector<SaveRecord> load(uint8_t kind);
  wire::Issuers issuers();  // none but the roots, as the policy has them
  void load_identity();
  void check_organisation() const;

  NodeFolder folder_;
  host::ProfileLock lock_;
  host::SystemRng rng_;
  std::unique_ptr<store::RecordStore> store_;
  std::unique_ptr<PatientStore> patient_;
  std::unique_ptr<NodeMail> mail_;
  std::optional<NodeIdentity> identity_;
  std::optional<NodeOrganisation> organisation_;
  NodeSettings settings_;
};

}  // namespace farline::app
