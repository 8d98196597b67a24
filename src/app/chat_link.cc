#include "app/chat_link.h"

#include "app/stored_door.h"
#include "crypto/asymmetric.h"
#include "host/clock.h"
#include "wire/name.h"

namespace farline::app {
namespace {

constexpr Duration kLookAgain = 10min;
constexpr size_t kPiecesAhead = 4;  // more than are in flight at once: the link is never idle for want of one
constexpr size_t kCredentialCertificatesMax = 4;

void append_certificate(Bytes certificate, ByteVector& out) {
  const size_t before = out.size();
  out.resize(before + 2 + certificate.size());
  Writer writer(MutableBytes(out).subspan(before));
  writer.u16(static_cast<uint16_t>(certificate.size()));
  writer.bytes(certificate);
}

}  // namespace

OrganisationTrust::OrganisationTrust(const client::Identity& identity)
    : issuers_(identity.root_key, crypto::real_asymmetric()), own_(credential_of(identity)) {
  for (const ByteVector& issuer : identity.issuers) issuers_.load(issuer);
}

void OrganisationTrust::load(Profile& profile) {
  StoredDoor stored(profile);
  if (!stored.open()) return;
  const policy::Bundle* bundle = stored.door().bundle();
  issuers_.follow(stored.door().roots(),
                  bundle ? wire::Issuers::Keys(bundle->root.revoked_issuers) : wire::Issuers::Keys());
  const auto records = profile.core_records();
  if (!records) return;
  for (const SaveRecord& record : *records)
    if (record.kind == static_cast<uint8_t>(client::RecordKind::issuer)) issuers_.load(record.value);
}

bool OrganisationTrust::follow(const wire::Issuers& issuers) {
  if (followed_ == issuers.version()) return false;
  followed_ = issuers.version();
  issuers_.follow(issuers);
  return true;
}

ByteVector OrganisationTrust::credential_of(const client::Identity& identity) {
  ByteVector out;
  for (const ByteVector& issuer : identity.issuers) append_certificate(issuer, out);
  append_certificate(identity.certificate, out);
  return out;
}

ByteVector OrganisationTrust::credential_of(const client::FoundDevice& device) {
  ByteVector out;
  for (const ByteVector& issuer : device.issuers) append_certificate(issuer, out);
  append_certificate(device.certificate, out);
  return out;
}

// The last one of a credential, with those before it learnt; nothing: it is none.
Bytes OrganisationTrust::certificate_in(Bytes credential) const {
  Reader in(credential);
  Bytes last;
  for (size_t i = 0; in.remaining() > 0; ++i) {
    if (!last.empty()) (void)issuers_.add(last);
    last = in.bytes(in.u16());
    if (!in.ok() || last.empty() || i == kCredentialCertificatesMax) return {};
  }
  return last;
}

Result<wire::Certificate> OrganisationTrust::verify(Bytes credential) const {
  const Bytes certificate = certificate_in(credential);
  if (certificate.empty()) return Error{Errc::malformed, "not a list of certificates"};
  return equal(credential, own_) ? wire::parse_certificate(certificate) : issuers_.verify(certificate);
}

bool OrganisationTrust::counts(Bytes credential) const {
  const auto certificate = wire::parse_certificate(certificate_in(credential));
  return certificate && issuers_.knows(certificate->issuer);
}

std::optional<client::Verdict> held_back(const chat::GroupInfo& group, std::string_view own_name,
                                         const MessageDoor& door) {
  for (const std::string& name : group.members) {
    if (wire::is_same_name(name, own_name)) continue;
    client::Verdict verdict = door(name);
    if (!verdict.allowed) return verdict;
  }
  return std::nullopt;
}

Result<std::unique_ptr<ChatLink>> ChatLink::open(Profile& profile) {
  std::unique_ptr<ChatLink> link(new ChatLink(profile));
  link->trust_.load(profile);
  client::Identity identity = profile.identity();
  ByteVector credential = OrganisationTrust::credential_of(identity);
  auto chat = chat::Chat::open({.store = profile.chats(),
                                .files = profile.files(),
                                .rng = link->rng_,
                                .asymmetric = crypto::real_asymmetric(),
                                .trust = link->trust_,
                                .identity = {.static_key = std::move(identity.static_keys),
                                             .signing_key = std::move(identity.signing_keys),
                                             .credential = std::move(credential)}},
                               link->now());
  if (!chat) return chat.error();
  link->chat_ = std::move(*chat);
  return link;
}

chat::Now ChatLink::now() const {
  return {host::read_clock(), host::read_wall_clock()};
}

void ChatLink::follow(client::Client& client, const Turn& turn) {
  if (trust_.follow(client.issuers())) chat_->judge(now());
  take_arrived(client, turn);
  client::FoundPerson person;
  while (client.poll_found(person)) {
    for (const client::FoundDevice& device : person.devices) {
      const ByteVector credential = OrganisationTrust::credential_of(device);
      if (!chat_->learn(now(), credential)) continue;
      if (const auto certificate = trust_.verify(credential))
        chat_->reachable(now(), wire::device_id_of(certificate->static_key), device.is_attached);
    }
  }
  client::MailOutcome outcome;
  while (client.poll_mail_outcome(outcome)) {
    is_full_ = false;
    const bool is_absent = outcome.refused == wire::MailRefusal::absent;
    if (is_absent || outcome.is_opening)
      for (const wire::DeviceId& device : outcome.devices) chat_->reachable(now(), device, outcome.is_opening);
    else if (!outcome.refused)
      chat_->relayed(outcome.handle);
  }
  const bool is_attached = client.is_attached();
  if (is_attached && !was_attached_) {
    looked_for_.clear();
    chat_->publish(now());
  }
  was_attached_ = is_attached;
  const std::set<std::string> names = wanted_names();
  if (!names.empty())
    turn([&](Time at) {
      for (const std::string& name : names) client.find_person(at, name);
    });
  post(client, turn);
}

void ChatLink::take_arrived(client::Client& client, const Turn& turn) {
  bool any = false;
  client::MailReceived mail;
  while (client.poll_mail(mail)) {
    any = true;
    chat_->reachable(now(), mail.sender, true);
    chat_->take(now(), mail.sender, mail.sealed);
  }
  if (any) turn([&](Time at) { client.mail_is_kept(at); });
}

void ChatLink::post(client::Client& client, const Turn& turn) {
  while (!is_full_) {
    chat::Output next;
    const auto least = client.bulk_mail_waiting() < kPiecesAhead ? chat::Urgency::file : chat::Urgency::sync;
    if (!held_ && chat_->poll_output(next, least)) held_ = std::move(next);
    if (!held_) return;
    std::vector<std::string> people;
    for (const wire::DeviceId& device : held_->to) people.push_back(chat_->name_of(device));
    const bool is_file = held_->urgency == chat::Urgency::file;
    turn([&](Time at) {
      is_full_ = !client.post_mail(at, {.to = held_->to,
                                        .people = people,
                                        .sealed = held_->bytes,
                                        .what = is_file ? policy::Class::files : policy::Class::messages,
                                        .keep = held_->keep,
                                        .is_live = held_->urgency == chat::Urgency::live,
                                        .handle = held_->handle});
    });
    if (!is_full_) held_.reset();
  }
}

// Whom something can be sealed for only when their devices are known; and, each time this device attaches, who of those
// may have what is missing here is there.
std::set<std::string> ChatLink::wanted_names() {
  std::set<std::string> names;
  if (!was_attached_) return names;
  for (const std::string& name : chat_->unknown_names()) names.insert(name);
  for (const chat::GroupInfo& group : chat_->groups())
    if (!group.settled || group.fetching) names.insert(group.members.begin(), group.members.end());
  const Time at = host::read_clock();
  std::erase_if(names, [&](const std::string& name) {
    const auto last = looked_for_.find(name);
    return !wire::check_name(name) || (last != looked_for_.end() && at - last->second < kLookAgain);
  });
  for (const std::string& name : names) looked_for_[name] = at;
  return names;
}

}  // namespace farline::app
