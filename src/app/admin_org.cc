#include "app/admin_org.h"

#include <algorithm>
#include <cstdio>

#include "app/program.h"
#include "crypto/pem.h"
#include "host/file.h"
#include "host/system_rng.h"
#include "policy/schema.h"
#include "wire/cbor.h"
#include "wire/delegation.h"
#include "wire/name.h"

namespace farline::app {
namespace {

constexpr size_t kOrganisationBytesMax = 256;
constexpr unsigned kRootKeyFilesMax = 99;
constexpr size_t kNodesBytesMax = 64 * 1024;

std::string public_path(const std::string& folder) {
  return folder + "/org.cbor";
}

std::string nodes_path(const std::string& folder) {
  return folder + "/nodes";
}

std::string last_part(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path.substr(path.find_last_of('/') + 1);
}

// Of the root keys, counted from 1.
std::string pair_path(const std::string& folder, unsigned i) {
  return folder + (i == 1 ? "/org" : "/org-" + std::to_string(i));
}

// path.pem, then path.key, which is not there yet.
void write_key_pair(const std::string& path, const crypto::SigningKeyPair& pair, const KeyProtection& protection) {
  host::SystemRng rng;
  if (const auto written = host::write_file_durable(path + ".pem", as_bytes(crypto::to_pem(pair.public_key))); !written)
    fail_unless_io(ExitCode::config, path + ".pem", written.error());
  if (const auto written = write_key_file(path + ".key", pair.secret, protection, rng); !written)
    fail_unless_io(ExitCode::config, path + ".key", written.error());
}

}  // namespace

ByteVector encode(const Organisation& organisation) {
  return wire::cbor_item(kOrganisationBytesMax, [&](wire::CborWriter& out) {
    const bool has_threshold = organisation.threshold > 1;
    out.array(has_threshold ? 4 : 3);
    out.text(organisation.name);
    out.bytes(organisation.root_key);
    out.unsigned_integer(organisation.made.seconds);
    if (has_threshold) out.unsigned_integer(organisation.threshold);
  });
}

Result<Organisation> decode_organisation(Bytes file) {
  wire::CborReader in(file);
  Organisation organisation;
  constexpr Error kDamaged{Errc::malformed, "is damaged; bring back a copy of the folder"};
  const size_t fields = in.array();
  if (in.ok() && fields != 3 && fields != 4) return kDamaged;
  organisation.name = in.text();
  organisation.root_key = in.byte_array<33>();
  organisation.made.seconds = in.unsigned_integer();
  const uint64_t threshold = fields == 4 ? in.unsigned_integer() : 1;
  if (!in.finish() || !wire::check_name(organisation.name)) return kDamaged;
  if (threshold > policy::kRootKeysMax || (fields == 4 && threshold < 2)) return kDamaged;
  organisation.threshold = static_cast<unsigned>(threshold);
  return organisation;
}

Organisation make_organisation(const NewOrganisation& wanted) {
  const std::string name = wanted.name.empty() ? last_part(wanted.folder) : wanted.name;
  if (const auto checked = wire::check_name(name); !checked) fail(ExitCode::usage, "--name " + name, checked.error());
  if (const auto made = host::make_private_directory(wanted.folder); !made)
    fail_unless_io(ExitCode::config, wanted.folder + " cannot be made", made.error());
  host::SystemRng rng;
  const crypto::SigningKeyPair root = crypto::real_asymmetric().generate_signing_key_pair(rng);
  const Organisation organisation{
      .name = name, .root_key = root.public_key, .made = present(), .threshold = wanted.threshold};
  const unsigned keys = wanted.threshold == 1 ? 1 : wanted.threshold + 1;
  for (unsigned i = 1; i <= keys; ++i) {
    const auto there = host::File::open(pair_path(wanted.folder, i) + ".key", host::File::Mode::read);
    if (there || there.error().code != Errc::not_found)
      throw Failure(ExitCode::config,
                    "there is an organisation in " + wanted.folder + " already; choose another folder");
  }
  // The first key last: what was cut short before it can be repeated.
  if (const auto written = host::write_file_durable(public_path(wanted.folder), encode(organisation)); !written)
    fail_unless_io(ExitCode::config, public_path(wanted.folder), written.error());
  for (unsigned i = 2; i <= keys; ++i)
    write_key_pair(pair_path(wanted.folder, i), crypto::real_asymmetric().generate_signing_key_pair(rng),
                   wanted.protection);
  write_key_pair(pair_path(wanted.folder, 1), root, wanted.protection);
  return organisation;
}

std::vector<crypto::SigningPublicKey> root_keys_in(const std::string& folder) {
  std::vector<crypto::SigningPublicKey> keys;
  for (unsigned i = 1; i <= kRootKeyFilesMax; ++i) {
    const std::string path = pair_path(folder, i) + ".pem";
    const auto content = host::read_file(path, crypto::kPemBytesMax);
    if (!content && content.error().code == Errc::not_found) break;
    if (!content) fail_unless_io(ExitCode::config, path, content.error());
    const auto key = crypto::signing_public_key_from_pem(as_text(*content));
    if (!key) fail(ExitCode::config, path, key.error());
    keys.push_back(*key);
  }
  return keys;
}

std::string add_root_key(const std::string& folder, const KeyProtection& protection) {
  read_organisation(folder);
  const size_t number = root_keys_in(folder).size() + 1;
  if (number > kRootKeyFilesMax) throw Failure(ExitCode::refused, folder + " has as many root keys as it can");
  const std::string path = pair_path(folder, static_cast<unsigned>(number));
  host::SystemRng rng;
  write_key_pair(path, crypto::real_asymmetric().generate_signing_key_pair(rng), protection);
  return path;
}

Organisation read_organisation(const std::string& folder) {
  const std::string path = public_path(folder);
  const auto content = host::read_file(path, kOrganisationBytesMax);
  if (!content) fail_unless_io(ExitCode::config, path, content.error());
  auto organisation = decode_organisation(*content);
  if (!organisation) throw Failure(ExitCode::config, path + " " + std::string(organisation.error().what));
  return std::move(*organisation);
}

std::vector<crypto::SigningPublicKey> root_keys_to_name(const std::string& folder) {
  auto keys = root_keys_in(folder);
  const auto present = std::ranges::find(keys, read_organisation(folder).root_key);
  if (present == keys.end()) throw Failure(ExitCode::config, "no .pem in " + folder + " is the root key of org.cbor");
  std::rotate(keys.begin(), present, present + 1);
  return keys;
}

namespace {

void write_organisation(const std::string& folder, const Organisation& organisation) {
  if (const auto written = host::write_file_durable(public_path(folder), encode(organisation)); !written)
    fail_unless_io(ExitCode::config, public_path(folder), written.error());
}

}  // namespace

Organisation set_threshold(const std::string& folder, unsigned threshold) {
  Organisation organisation = read_organisation(folder);
  const size_t keys = root_keys_in(folder).size();
  if (threshold > keys)
    throw Failure(ExitCode::usage,
                  folder + " has " + std::to_string(keys) + " root keys; make another with farline-admin org rotate");
  organisation.threshold = threshold;
  write_organisation(folder, organisation);
  return organisation;
}

Organisation use_root_key(const std::string& folder, size_t number) {
  Organisation organisation = read_organisation(folder);
  const auto keys = root_keys_in(folder);
  if (number == 0 || number > keys.size())
    throw Failure(ExitCode::usage, folder + " has root keys 1 to " + std::to_string(keys.size()) +
                                       "; make another with farline-admin org rotate");
  organisation.root_key = keys[number - 1];
  write_organisation(folder, organisation);
  return organisation;
}

std::vector<crypto::SigningKeyPair> open_root_keys(const KeyFiles& files) {
  std::vector<crypto::SigningKeyPair> keys;
  for (const std::string& path : files.paths) {
    auto secret = open_key_file(path, files.passphrase_file);
    if (!secret) fail_unless_io(ExitCode::config, path, secret.error());
    const auto public_key = crypto::real_asymmetric().signing_public_key(*secret);
    if (!public_key) throw Failure(ExitCode::config, path + " does not hold the key of an organisation");
    for (const crypto::SigningKeyPair& other : keys)
      if (other.public_key == *public_key) throw Failure(ExitCode::usage, path + " is given twice");
    keys.push_back({std::move(*secret), *public_key});
  }
  if (keys.size() > policy::kRootKeysMax) throw Failure(ExitCode::usage, "--key: at most 8 keys");
  return keys;
}

std::vector<crypto::SigningKeyPair> open_signers(const std::string& folder, const KeyFiles& others) {
  const Organisation organisation = read_organisation(folder);
  const auto keys = root_keys_in(folder);
  const auto present = std::ranges::find(keys, organisation.root_key);
  if (present == keys.end()) throw Failure(ExitCode::config, "no .pem in " + folder + " is the root key of org.cbor");
  KeyFiles files = others;
  const std::string own = pair_path(folder, static_cast<unsigned>(present - keys.begin()) + 1) + ".key";
  files.paths.insert(files.paths.begin(), own);
  auto signers = open_root_keys(files);
  if (signers.front().public_key != organisation.root_key)
    throw Failure(ExitCode::config, own + " and org.cbor in " + folder + " are of two organisations");
  return signers;
}

void note_missing_signatures(size_t signatures, unsigned threshold) {
  if (signatures < threshold)
    std::fprintf(stderr, "note: %zu of %u signatures; the others are added by farline-admin cosign\n", signatures,
                 threshold);
}

std::optional<crypto::PublicKey> node_key_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  crypto::PublicKey out{};
  if (!bytes || bytes->size() != out.size()) return {};
  std::ranges::copy(*bytes, out.begin());
  return out;
}

std::vector<crypto::PublicKey> certified_nodes(const std::string& folder) {
  std::vector<crypto::PublicKey> out;
  const auto content = host::read_file(nodes_path(folder), kNodesBytesMax);
  if (!content) return out;
  for (std::string_view rest = as_text(*content); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto key = node_key_from_hex(rest.substr(0, end))) out.push_back(*key);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

namespace {

// What is left out here costs a warning at `policy sign`, so a folder that cannot be written stops nothing.
void note_certified(const std::string& folder, const crypto::PublicKey& node) {
  auto keys = certified_nodes(folder);
  if (std::ranges::find(keys, node) != keys.end()) return;
  keys.push_back(node);
  const size_t most = kNodesBytesMax / (2 * node.size() + 1);
  if (keys.size() > most) keys.erase(keys.begin());
  std::string text;
  for (const crypto::PublicKey& key : keys) text += to_hex(key) + "\n";
  if (!host::write_file_durable(nodes_path(folder), as_bytes(text)))
    std::fprintf(stderr, "note: %s cannot be written\n", nodes_path(folder).c_str());
}

}  // namespace

wire::Certificate delegate(const DelegationOrder& order) {
  const auto text = host::read_file(order.request_file, wire::kDelegationTextMax);
  if (!text) fail(ExitCode::bad_data, order.request_file, text.error());
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  const auto request = wire::request_from_text(as_text(*text), asymmetric);
  if (!request) fail(ExitCode::bad_data, order.request_file, request.error());
  if (!order.limits.site.empty() && !wire::check_name("x@" + order.limits.site))
    throw Failure(ExitCode::usage, "--site " + order.limits.site + " cannot follow an @ in a name");

  const Organisation organisation = read_organisation(order.folder);
  const WallTime now = present();
  const auto signers = open_signers(order.folder, order.keys);
  const crypto::SigningKeyPair& root = signers.front();
  const wire::Certificate certificate{
      .role = wire::Role::issuer,
      .name = organisation.name,
      .signing_key = request->issuer_key,
      .issued = now,
      .expires = {now.seconds + uint64_t{order.days} * 24 * 3600},
      .issuer = wire::key_id_of(root.public_key),
      .limits = order.limits,
  };
  const bool is_by_several = organisation.threshold > 1 || signers.size() > 1;
  auto encoded = is_by_several ? wire::encode_and_sign(certificate, signers, asymmetric)
                               : Result<ByteVector>(wire::encode_and_sign(certificate, root, asymmetric));
  if (!encoded) fail(ExitCode::usage, "the delegation", encoded.error());
  const std::string answer =
      wire::delegation_to_text({.root_key = root.public_key, .issuer_certificate = std::move(*encoded)});
  if (const auto written = host::write_file_durable(order.out_file, as_bytes(answer + "\n")); !written)
    fail(ExitCode::io, order.out_file, written.error());
  note_certified(order.folder, request->node_key);
  note_missing_signatures(signers.size(), organisation.threshold);
  return certificate;
}

}  // namespace farline::app
