#include "app/node_service.h"

#include "app/facts.h"
#include "app/program.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/network_address.h"
#include "wire/cbor.h"
#include "wire/invitation.h"
#include "wire/order.h"

namespace farline::app {
namespace {

constexpr size_t kAuditPage = 50;  // of at most 4 kB each as text; a control pipe holds 256 kB

size_t accepted_former_keys(const NodeIdentity& identity) {
  return static_cast<size_t>(std::ranges::count_if(
      identity.former_keys, [now = host::read_wall_clock()](const auto& key) { return now < key.until; }));
}

}  // namespace

ByteVector encode(const NodeQuestion& question) {
  return wire::cbor_item(64 + question.order.name.size() + question.advertise.size() + question.file.size(),
                         [&](wire::CborWriter& out) {
                           out.array(9);
                           out.unsigned_integer(static_cast<uint64_t>(question.kind));
                           out.unsigned_integer(question.order.uses);
                           out.unsigned_integer(question.order.hours);
                           out.text(question.order.name);
                           out.unsigned_integer(question.order.role);
                           out.unsigned_integer(question.order.days);
                           out.text(question.advertise);
                           out.boolean(question.json);
                           out.bytes(question.file);
                         });
}

Result<NodeQuestion> decode_question(Bytes bytes) {
  wire::CborReader in(bytes);
  in.expect_array(9);
  const uint64_t kind = in.unsigned_integer();
  const uint64_t uses = in.unsigned_integer();
  const uint64_t hours = in.unsigned_integer();
  NodeQuestion question;
  question.order.uses = static_cast<uint32_t>(uses);
  question.order.hours = static_cast<uint32_t>(hours);
  question.order.name = in.text();
  const uint64_t role = in.unsigned_integer();
  const uint64_t days = in.unsigned_integer();
  question.order.role = static_cast<uint8_t>(role);
  question.order.days = static_cast<uint32_t>(days);
  question.advertise = in.text();
  question.json = in.boolean();
  question.file = to_vector(in.bytes());
  if (const auto read = in.finish(); !read) return read.error();
  if (kind < 1 || kind > 6 || uses > UINT32_MAX || hours > UINT32_MAX || role > UINT8_MAX || days > UINT32_MAX)
    return Error{Errc::unsupported, "the running node is of another version; restart it"};
  question.kind = static_cast<NodeQuestion::Kind>(kind);
  return question;
}

void check_advertise(const std::string& host_and_port) {
  const auto parts = host::split_address(host_and_port);
  if (!parts || !wire::check_invitation_host(parts->host) || parts->port == 0)
    throw Failure(ExitCode::usage,
                  "--advertise needs HOST:PORT that devices reach this node at, for example "
                  "node.example.org:4747 or [2001:db8::1]:4747");
}

NodeService::NodeService(NodeHome& home, Log& log, bool has_backbone)
    : home_(home),
      started_(host::read_clock()),
      core_(home.config(has_backbone),
            {.rng = home.rng(), .asymmetric = crypto::real_asymmetric(), .log = log, .mail = home.mail()}) {
  home_.load_into(core_);
}

std::string NodeService::advertised() const {
  if (!home_.settings().advertise.empty()) return home_.settings().advertise;
  auto listened = host::parse_address(home_.settings().listened);
  if (!listened) return "";
  const auto any_v4 = Address::v4(0, 0, 0, 0, 0);
  if (listened->ip == Address{}.ip || listened->ip == any_v4.ip)
    listened->ip = host::first_network_address().value_or(Address::v4(127, 0, 0, 1, 0)).ip;
  return host::to_text(*listened);
}

std::string NodeService::invitation(Time now, const NodeQuestion& question) {
  const auto where = host::split_address(question.advertise.empty() ? advertised() : question.advertise);
  if (!where || where->port == 0 || !wire::check_invitation_host(where->host))
    throw Failure(ExitCode::config, "where devices reach this node is not known; use --advertise HOST:PORT");
  const auto made = core_.invite(now, question.order);
  if (!made)
    fail(made.error().code == Errc::malformed ? ExitCode::usage : ExitCode::refused, "no invitation", made.error());
  return "invitation: " + wire::invitation_to_text({
                              .root_key_hash = wire::root_key_hash_of(home_.organisation().root_key),
                              .node_key = home_.identity().static_keys.public_key,
                              .token = made->token,
                              .expires = made->expires,
                              .host = where->host,
                              .port = where->port,
                          });
}

std::string NodeService::take_order(Time now, Bytes file) {
  const auto taken = core_.take_order(now, file);
  if (!taken) {
    const bool is_full = taken.error().code == Errc::limit;
    fail(is_full ? ExitCode::refused : code_for_signed(taken.error()), "this order is not taken", taken.error());
  }
  return "taken: " + std::to_string(taken->invitations) + " invitations and " + std::to_string(taken->renewals) +
         " renewals, until " + date_text(taken->until);
}

// Of another node: what it signs is believed here.
std::string NodeService::take_delegation(std::string_view text) {
  const auto delegation = wire::delegation_from_text(text, crypto::real_asymmetric());
  if (!delegation) fail(ExitCode::bad_data, "this delegation is not taken", delegation.error());
  const auto issuer = wire::parse_certificate(delegation->issuer_certificate).value();
  if (issuer.signing_key == home_.identity().issuer_keys.public_key)
    throw Failure(ExitCode::refused, "this delegation is for this node itself: stop the node and adopt it");
  if (const auto valid = wire::check_validity(issuer, host::read_wall_clock()); !valid)
    fail(ExitCode::refused, "this delegation is not taken", valid.error());
  if (const auto taken = core_.take_issuer(delegation->issuer_certificate); !taken)
    fail(ExitCode::refused, "this delegation is not of this organisation, or not taken", taken.error());
  return "taken: devices that " + issuer.name + " certifies may come here, until " + date_text(issuer.expires);
}

NodeAnswer NodeService::answer(Time now, const NodeQuestion& question, const host::Driver* driver) {
  try {
    switch (question.kind) {
      case NodeQuestion::Kind::invite:
        return {.error = {}, .lines = {invitation(now, question)}};
      case NodeQuestion::Kind::import:
        if (wire::looks_like_delegation(as_text(question.file)))
          return {.error = {}, .lines = {take_delegation(as_text(question.file))}};
        if (!wire::looks_like_order(question.file)) return take_policy(now, question.file);
        return {.error = {}, .lines = {take_order(now, question.file)}};
      case NodeQuestion::Kind::status:
        if (driver != nullptr) return status(now, question.json, *driver);
        throw Failure(ExitCode::network,
                      "the node is not running; start it: farline-node --data " + home_.folder().path);
      case NodeQuestion::Kind::request:
        return {.error = {},
                .lines = {wire::request_to_text(home_.identity().static_keys.public_key, home_.identity().issuer_keys,
                                                crypto::real_asymmetric())}};
      case NodeQuestion::Kind::backup:
        home_.copy_store();
        return {};
      case NodeQuestion::Kind::audit:
        return {.error = {}, .lines = audit_page(question.file, driver != nullptr ? kAuditPage : SIZE_MAX)};
    }
    throw Failure(ExitCode::internal, "no such question");
  } catch (const Failure& failure) {
    return {.code = failure.code(), .error = failure.what(), .lines = {}};
  }
}

std::string NodeService::policy_in_words(Time now) const {
  const auto policy = core_.policy_in_force(now);
  if (!policy) return "no policy is in force";
  return "generation " + std::to_string(policy->version.generation) + " serial " +
         std::to_string(policy->version.serial) + ", valid until " + policy::Form<policy::Day>::text(policy->until) +
         ", is in force";
}

const NodeAnswer kTrialHasNoPolicy{
    .code = ExitCode::refused,
    .error =
        "this node serves a trial organisation, which has no policies: nobody holds its root key. Let it adopt an "
        "organisation first: farline-node request, farline-admin delegate, farline-node adopt (docs/ADMIN.md)",
    .lines = {}};

NodeAnswer NodeService::take_policy(Time now, Bytes file) {
  if (home_.organisation().is_trial) return kTrialHasNoPolicy;
  const auto taken = core_.take_policy(now, file);
  if (taken) {
    NodeAnswer answer{.error = {}, .lines = {"policy: " + policy_in_words(now)}};
    if (const auto open = core_.enrolment_open(now); !open)
      answer.lines.push_back("note: " + std::string(open.error().what));
    return answer;
  }
  return {.code = code_for_signed(taken.error()),
          .error = std::string(taken.error().what) + "; " + policy_in_words(now),
          .lines = {}};
}

std::vector<std::string> NodeService::audit_page(Bytes after, size_t most) const {
  std::vector<std::string> lines;
  for (const supernode::AuditItem& item : core_.audit_reports(after, most))
    lines.push_back(to_hex(item.key) + " " + to_hex(item.record));
  return lines;
}

std::vector<Figure> NodeService::figures(Time now, const host::Driver& driver) const {
  return node_figures(now, {.core = core_,
                            .traffic = driver.traffic(),
                            .started = started_,
                            .folder = home_.folder().path,
                            .store_kept = home_.sink().kept()});
}

NodeAnswer NodeService::status(Time now, bool json, const host::Driver& driver) const {
  const auto issuer = wire::parse_certificate(home_.organisation().issuer_certificate);
  Facts facts;
  facts.text("listening", host::to_text(driver.local_address()))
      .text("advertised", advertised())
      .text("organisation", home_.organisation().is_trial ? "trial" : issuer->name)
      .text("root_key", to_hex(home_.organisation().root_key))
      .text("issuer_key", to_hex(home_.identity().issuer_keys.public_key))
      .text("node_key", to_hex(home_.identity().static_keys.public_key))
      .number("former_keys", accepted_former_keys(home_.identity()))
      .text("site", issuer->limits.site)
      .text("enrols_until", date_text(issuer->expires));
  const auto open = core_.enrolment_open(now);
  facts.text("enrols", open ? "yes" : "no: " + std::string(open.error().what));
  if (const auto policy = core_.policy_in_force(now))
    facts.text("policy_until", policy::Form<policy::Day>::text(policy->until));
  for (const Figure& figure : figures(now, driver)) facts.number(figure.name.c_str(), figure.value);
  return {.error = {}, .lines = facts.lines(json)};
}

std::vector<SaveRecord> take_saves(supernode::Supernode& core) {
  std::vector<SaveRecord> saves;
  SaveRecord record;
  while (core.poll_save(record)) saves.push_back(std::move(record));
  return saves;
}

}  // namespace farline::app
