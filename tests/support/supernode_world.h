// A supernode with a toy organisation, and MiniClients joined to it by function calls: no network, time moves when the
// test says so. Every datagram the node sends is kept until somebody takes it, with the one that caused it.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "policy/signed_policy.h"
#include "supernode/supernode.h"
#include "support/fake_asymmetric.h"
#include "support/memory_mail.h"
#include "support/mini_client.h"
#include "wire/order.h"

namespace farline::testing {

class SilentLog final : public Log {
 public:
  void write(Time, LogLevel, const char*, std::initializer_list<LogField>) override { ++lines; }
  uint64_t lines = 0;
};

struct WorldOptions {
  bool is_trial = false;
  std::string site{};
  size_t sessions_max = wire::kSessionsMax;
  const crypto::Asymmetric* asymmetric = nullptr;  // nothing: the toy
  bool has_mail = true;                            // false: as one who stands in for a node
};

class SupernodeWorld {
 public:
  static constexpr uint64_t kWall = 1'800'000'000;

  explicit SupernodeWorld(const WorldOptions& options = {})
      : options_(options), asymmetric(options.asymmetric ? *options.asymmetric : fake_), rng_(1) {
    root = asymmetric.generate_signing_key_pair(rng_);
    static_keys_ = asymmetric.generate_key_pair(rng_);
    issuer_ = asymmetric.generate_signing_key_pair(rng_);
    issuer_certificate = wire::encode_and_sign(
        {.role = wire::Role::issuer,
         .name = "node",
         .static_key = {},
         .signing_key = issuer_.public_key,
         .issued = {kWall - 1000},
         .expires = {kWall + 1000 * 24 * 3600},
         .issuer = wire::key_id_of(root.public_key),
         .limits = {.site = options.site, .roles = wire::role_bit(wire::Role::device), .validity_days = 366}},
        root, asymmetric);
    start();
  }

  // A new process over what was saved.
  void start() {
    node.reset();
    node = std::make_unique<supernode::Supernode>(
        supernode::Config{.keys = {static_keys_.copy(), issuer_.copy(), issuer_certificate, root.public_key, former()},
                          .is_trial = options_.is_trial,
                          .site = options_.site,
                          .sessions_max = options_.sessions_max},
        supernode::Environment{rng_, asymmetric, log, options_.has_mail ? &mail : nullptr});
    for (const auto& [key, value] : saved) node->load({key.first, key.second, value});
    mail.read([&](const SaveRecord& record) { node->load(record); });
    sent.clear();
    node->set_wall_time(now, {kWall + static_cast<uint64_t>(now.time_since_epoch() / 1s)});
  }

  void advance(Duration by) {
    const Time until = now + by;
    for (auto due = node->next_timeout(); due && *due <= until; due = node->next_timeout()) {
      now = std::max(now, *due);
      node->handle_timeout(now);
      drain();
    }
    now = until;
  }

  // Two handshakes in a row are answered at once (supernode/handshakes.h): let a moment pass before the next.
  bool is_patient = true;

  // Gives the node a datagram; what it sends is appended to `sent`, and returned when it is exactly one.
  std::optional<Transmit> deliver(const Address& from, Bytes datagram) {
    const auto type = wire::packet_type(datagram);
    const bool asks =
        type == wire::PacketType::handshake_initiation || type == wire::PacketType::handshake_initiation_cookie;
    if (asks && is_patient) advance(25ms);
    const size_t before = sent.size();
    node->handle_datagram(now, from, datagram);
    drain();
    if (sent.size() != before + 1) return std::nullopt;
    return sent.back();
  }
  std::optional<Transmit> deliver(MiniClient& from, Bytes datagram) { return deliver(from.address, datagram); }

  // The next control message for `client` among what was sent to its address; others for it are dropped.
  template <typename Message>
  std::optional<Message> take(MiniClient& client) {
    while (!sent.empty()) {
      for (auto it = sent.begin();; ++it) {
        if (it == sent.end()) return std::nullopt;
        if (it->to != client.address) continue;
        last_ = it->datagram;
        sent.erase(it);
        break;
      }
      const auto message = client.open(last_.bytes());
      if (!message) continue;
      if (const auto* wanted = std::get_if<Message>(&*message)) return *wanted;
    }
    return std::nullopt;
  }
  void send(MiniClient& from, const wire::ControlMessage& message, bool long_header = false) {
    deliver(from, from.record(now, message, long_header));
  }

  // Another static key, from the next start on; the present one is accepted until then.
  void rotate(WallTime former_until) {
    former_keys_.push_back({std::exchange(static_keys_, asymmetric.generate_key_pair(rng_)), former_until});
  }
  const crypto::PublicKey& node_key() const { return static_keys_.public_key; }
  std::unique_ptr<MiniClient> new_client() {
    return std::make_unique<MiniClient>(++clients_, asymmetric, static_keys_.public_key);
  }
  wire::Token invite(supernode::InvitationOrder order = {}) {
    const auto invitation = node->invite(now, order);
    INVARIANT(invitation.has_value());
    drain();
    return invitation->token;
  }
  // Signed by the root.
  Result<supernode::OrderTaken> take_order(const wire::Order& order) {
    auto taken = node->take_order(now, wire::encode_and_sign(order, root, asymmetric));
    drain();
    return taken;
  }
  // Enrols through the wire; the client stays in that session.
  wire::EnrolStatus enrol(MiniClient& client, const wire::Token& token, std::string_view name) {
    const auto response = deliver(client, client.enrol_with(token));
    INVARIANT(response && client.take_response(now, response->datagram.bytes()));
    sent.clear();
    send(client, client.enrol_request(name));
    const auto answer = take<wire::Enrolled>(client);
    INVARIANT(answer.has_value());
    if (answer->status == wire::EnrolStatus::done)
      client.certificate = to_vector(answer->certificates[answer->certificate_count - 1]);
    return answer->status;
  }
  // Attaches through the wire and commits; nothing when the node does not let it in.
  bool attach(MiniClient& client, bool with_certificate = false) {
    const auto response =
        deliver(client, with_certificate ? client.attach_with_certificate() : client.attach_by_hash());
    if (!response) return false;
    const auto payload = client.take_response(now, response->datagram.bytes());
    sent.clear();
    if (!payload || payload->status != wire::AttachStatus::attached) return false;
    deliver(client, client.keepalive());
    sent.clear();
    return true;
  }
  // Enrolled and attached.
  std::unique_ptr<MiniClient> member(std::string_view name, uint8_t role = 0) {
    auto client = new_client();
    INVARIANT(enrol(*client, invite({.uses = 1, .name = std::string(name), .role = role}), name) ==
              wire::EnrolStatus::done);
    INVARIANT(attach(*client));
    return client;
  }
  std::vector<supernode::FormerKey> former() const {
    std::vector<supernode::FormerKey> out;
    for (const auto& key : former_keys_) out.push_back({key.keys.copy(), key.until});
    return out;
  }
  // The .policy file of this organisation's root.
  ByteVector policy_file(policy::RootPolicy rules, const std::vector<policy::SitePolicy>& sites) const {
    ByteVector behind;
    rules.sites.clear();
    for (const policy::SitePolicy& site : sites) {
      const ByteVector bytes = policy::sign_site(site, root, asymmetric);
      rules.sites.push_back(policy::pin_of(bytes, site.serial));
      behind.insert(behind.end(), bytes.begin(), bytes.end());
    }
    ByteVector out = policy::sign_root(rules, std::span(&root, 1), asymmetric);
    out.insert(out.end(), behind.begin(), behind.end());
    return out;
  }
  // A device certificate that this node did not issue.
  ByteVector certificate_by_root(const MiniClient& client, const std::string& name, uint64_t expires = kWall + 1000) {
    return wire::encode_and_sign({.role = wire::Role::device,
                                  .name = name,
                                  .static_key = client.keys.public_key,
                                  .signing_key = client.signing_keys.public_key,
                                  .issued = {kWall - 100},
                                  .expires = {expires},
                                  .issuer = wire::key_id_of(root.public_key),
                                  .limits = {}},
                                 root, asymmetric);
  }

  void drain() {
    for (SaveRecord record; node->poll_save(record);) {
      if (record.value.empty())
        saved.erase({record.kind, record.key});
      else
        saved[{record.kind, record.key}] = record.value;
      ++saves;
    }
    for (Transmit out; node->poll_transmit(out);) sent.push_back(out);
  }

 private:
  WorldOptions options_;
  FakeAsymmetric fake_;

 public:
  const crypto::Asymmetric& asymmetric;
  SilentLog log;
  crypto::SigningKeyPair root;
  ByteVector issuer_certificate;
  std::unique_ptr<supernode::Supernode> node;
  std::deque<Transmit> sent;
  std::map<std::pair<uint8_t, ByteVector>, ByteVector> saved;
  uint64_t saves = 0;
  MemoryMail mail;
  Time now = Time{} + 1h;

 private:
  SeededRng rng_;
  crypto::KeyPair static_keys_;
  std::vector<supernode::FormerKey> former_keys_;
  crypto::SigningKeyPair issuer_;
  uint64_t clients_ = 0;
  Datagram last_;
};

}  // namespace farline::testing
