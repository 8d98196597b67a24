// The chat of a profile (chat/chat.h), and its way to others: by mail through the client core (client/mail.h). Works
// without a client too; then everything waits for one. One thread, that of the loop.
//
// What arrives is on disk (Chat::take) before the node is told to forget it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "app/cli_profile.h"
#include "chat/chat.h"
#include "client/client.h"
#include "wire/issuers.h"

namespace farline::app {

// Credentials are certificates, the one to believe last: each `size u16`, bytes.
class OrganisationTrust final : public chat::Trust {
 public:
  explicit OrganisationTrust(const client::Identity& identity);
  // The device's own is believed, whatever became of its issuer: what was written stays readable.
  Result<wire::Certificate> verify(Bytes credential) const override;
  bool counts(Bytes credential) const override;
  // What an earlier run has learnt, and what the policy says.
  void load(Profile& profile);
  // As the client judges. True when something has changed.
  bool follow(const wire::Issuers& issuers);

  static ByteVector credential_of(const client::Identity& identity);
  static ByteVector credential_of(const client::FoundDevice& device);

 private:
  Bytes certificate_in(Bytes credential) const;

  mutable wire::Issuers issuers_;  // learns those that verify
  ByteVector own_;
  std::optional<uint64_t> followed_;  // the version
};

// Whether a message may go to this person now.
using MessageDoor = std::function<client::Verdict(const std::string& person)>;
// What a message of ours to these people waits for, where it waits for the policy; nothing: not for that.
std::optional<client::Verdict> held_back(const chat::GroupInfo& group, std::string_view own_name,
                                         const MessageDoor& door);

class ChatLink {
 public:
  // The profile outlives it.
  static Result<std::unique_ptr<ChatLink>> open(Profile& profile);

  chat::Chat& chat() { return *chat_; }
  chat::Now now() const;

  // --- With a client: after each of its turns, and after each command to the chat.
  using Turn = std::function<void(const std::function<void(Time)>&)>;  // one turn of the client's driver
  void follow(client::Client& client, const Turn& turn);
  // The chat's own timers; the host wakes it.
  std::optional<Time> next_timeout() const { return chat_->next_timeout(); }
  void handle_timeout() { chat_->handle_timeout(now()); }

 private:
  explicit ChatLink(const Profile& profile) : trust_(profile.identity()) {}
  void take_arrived(client::Client& client, const Turn& turn);
  void post(client::Client& client, const Turn& turn);
  std::set<std::string> wanted_names();

  host::SystemRng rng_;
  OrganisationTrust trust_;
  std::unique_ptr<chat::Chat> chat_;
  std::optional<chat::Output> held_;  // while the client's queue is full
  bool is_full_ = false;
  bool was_attached_ = false;
  std::map<std::string, Time> looked_for_;  // when last
};

}  // namespace farline::app
