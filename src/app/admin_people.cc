#include "app/admin_people.h"

#include "admin/people.h"
#include "app/admin_files.h"
#include "app/admin_org.h"
#include "host/address_text.h"
#include "host/system_rng.h"
#include "wire/certificate.h"
#include "wire/limits.h"
#include "wire/name.h"
#include "wire/order.h"

namespace farline::app {
namespace {

struct NodePlace {
  crypto::PublicKey key{};
  std::string host;
  uint16_t port = 0;
};

NodePlace place_of(const crypto::PublicKey& key, const std::string& address, const std::string& option) {
  const auto where = host::split_address(address);
  if (!where || where->port == 0 || !wire::check_invitation_host(where->host))
    throw Failure(ExitCode::usage, option + ": " + address + " is not HOST:PORT where devices reach the node");
  return {key, where->host, where->port};
}

NodePlace place_in_policy(const std::string& path) {
  const Contents contents = read_policy(path);
  for (const policy::Supernode& node : contents.root.rules.supernodes)
    if (node.roles.all_or_has(policy::NodeRole::directory)) return place_of(node.key, node.address, path);
  throw Failure(ExitCode::bad_data, path + " names no supernode to enrol at; use --node KEY@HOST:PORT");
}

NodePlace node_asked_for(const InviteOrder& wanted) {
  if (!wanted.invitation.empty()) {
    const auto known = wire::invitation_from_text(wanted.invitation);
    if (!known) fail(ExitCode::bad_data, "--invitation", known.error());
    return {known->node_key, known->host, known->port};
  }
  if (!wanted.policy.empty()) return place_in_policy(wanted.policy);
  const size_t at = wanted.node.find('@');
  const auto key = node_key_from_hex(std::string_view(wanted.node).substr(0, at));
  if (at == std::string::npos || !key)
    throw Failure(ExitCode::usage,
                  "which node? --node KEY@HOST:PORT (what farline-admin invitation show prints as node_key, host and "
                  "port), --invitation with one of the node, or --policy with one that names it");
  return place_of(*key, wanted.node.substr(at + 1), "--node");
}

std::vector<admin::Person> people_asked_for(const InviteOrder& wanted) {
  const admin::Person usual{.name = wanted.name, .role = wanted.role, .hours = wanted.hours};
  if (!wanted.csv_file.empty()) {
    const ByteVector csv = read_input(wanted.csv_file, admin::kPeopleBytesMax);
    admin::People list = admin::read_people(as_text(csv), usual);
    std::string lines = "nobody is invited";
    for (const admin::Problem& problem : list.errors)
      lines += "\n" + wanted.csv_file + ":" + std::to_string(problem.line) + ": " + problem.key +
               (problem.key.empty() ? "" : " ") + problem.what;
    if (!list.errors.empty()) throw Failure(ExitCode::bad_data, lines);
    return std::move(list.people);
  }
  if (const auto checked = wire::check_name(wanted.name); !checked && !wanted.name.empty())
    fail(ExitCode::usage, "--name " + wanted.name, checked.error());
  return {usual};
}

wire::Order new_order(WallTime now) {
  host::SystemRng rng;
  wire::Order out;
  out.id = rng.array<8>();
  out.issued = now;
  return out;
}

void write_order(const wire::Order& order, const OrderFile& file) {
  const auto signers = open_signers(file.folder, file.keys);
  const unsigned threshold = read_organisation(file.folder).threshold;
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  const bool is_by_several = threshold > 1 || signers.size() > 1;
  write_output(file.out_file, is_by_several ? wire::encode_and_sign(order, signers, asymmetric)
                                            : wire::encode_and_sign(order, signers.front(), asymmetric));
  note_missing_signatures(signers.size(), threshold);
}

WallTime hours_from(WallTime now, uint32_t hours) {
  return {now.seconds + uint64_t{3600} * hours};
}

}  // namespace

std::vector<std::string> invite_people(const InviteOrder& wanted) {
  const NodePlace node = node_asked_for(wanted);
  const std::vector<admin::Person> people = people_asked_for(wanted);
  const Organisation organisation = read_organisation(wanted.order.folder);
  const WallTime now = present();
  host::SystemRng rng;
  wire::Order order = new_order(now);
  order.nodes = {node.key};
  std::string list = admin::csv_line({"name", "role", "expires", "invitation"});
  std::vector<std::string> lines;
  for (const admin::Person& person : people) {
    const wire::Invitation invitation{.root_key_hash = wire::root_key_hash_of(organisation.root_key),
                                      .node_key = node.key,
                                      .token = rng.array<16>(),
                                      .expires = hours_from(now, person.hours),
                                      .host = node.host,
                                      .port = node.port};
    const bool is_short = person.role == policy::Role::guest && wanted.days == 0;
    order.invitations.push_back({.token = wire::token_hash_of(invitation.token),
                                 .uses = wanted.uses,
                                 .expires = invitation.expires,
                                 .name = person.name,
                                 .role = static_cast<uint8_t>(person.role),
                                 .days = is_short ? 1 : wanted.days});
    const std::string text = wire::invitation_to_text(invitation);
    list +=
        admin::csv_line({person.name, std::string(policy::name_of(person.role)), date_text(invitation.expires), text});
    if (wanted.csv_file.empty()) lines.push_back("invitation: " + text);
  }
  if (!wanted.list_file.empty()) write_output(wanted.list_file, as_bytes(list));
  write_order(order, wanted.order);
  if (!wanted.csv_file.empty() && wanted.list_file.empty()) {
    list.pop_back();
    return {list};
  }
  if (!wanted.list_file.empty()) lines.push_back("written: " + wanted.list_file + " (secret until it is used)");
  lines.push_back("written: " + wanted.order.out_file + "; at the node: farline-node --data DIR import " +
                  wanted.order.out_file);
  return lines;
}

std::vector<std::string> renew_devices(const RenewOrder& wanted) {
  const WallTime now = present();
  wire::Order order = new_order(now);
  if (!wanted.node_key.empty()) {
    const auto key = node_key_from_hex(wanted.node_key);
    if (!key) throw Failure(ExitCode::usage, "--node needs the 64 hexadecimal digits of a node's key");
    order.nodes = {*key};
  }
  for (const std::string& device : wanted.devices) {
    auto id = device_from_hex(device);
    if (!id) {
      const auto certificate = wire::parse_certificate(read_input(device, wire::kCertificateBytesMax));
      if (!certificate || certificate->role != wire::Role::device)
        throw Failure(ExitCode::usage,
                      device + " is neither a device's id (16 digits) nor a file with its certificate");
      id = wire::device_id_of(certificate->static_key);
    }
    order.renewals.push_back(
        {.device = *id, .expires = hours_from(now, wanted.hours), .role = {}, .days = wanted.days});
    if (!wanted.role.empty())
      order.renewals.back().role = static_cast<uint8_t>(choice<policy::Role>("--role", wanted.role));
  }
  write_order(order, wanted.order);
  return {"written: " + wanted.order.out_file + "; at the node: farline-node --data DIR import " +
          wanted.order.out_file};
}

}  // namespace farline::app
