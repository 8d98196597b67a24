#include "app/admin_files.h"

#include <algorithm>
#include <cstdio>

#include "crypto/pem.h"
#include "host/file.h"
#include "policy/codec.h"

namespace farline::app {
namespace {

// file:line: key what
std::string problem_line(const std::string& path, const admin::Problem& problem, const char* kind) {
  return path + ":" + std::to_string(problem.line) + ": " + kind + problem.key + (problem.key.empty() ? "" : " ") +
         problem.what;
}

template <typename T>
T decode_part(const std::string& path, Bytes part, Result<T> (*decode)(Bytes)) {
  const auto payload = policy::unverified_payload(part);
  if (!payload) fail(ExitCode::bad_data, path, payload.error());
  auto decoded = decode(*payload);
  if (!decoded) fail(ExitCode::bad_data, path, decoded.error());
  return std::move(*decoded);
}

// A COSE_Sign1 begins with tag 18, a COSE_Sign with tag 98; no text does.
bool is_signed_file(Bytes content) {
  return !content.empty() && (content[0] == 0xd2 || content[0] == 0xd8);
}

}  // namespace

ByteVector read_input(const std::string& path, size_t bytes_max) {
  auto content = host::read_file(path, bytes_max);
  if (!content) fail_unless_io(ExitCode::bad_data, path, content.error());
  return std::move(*content);
}

void write_output(const std::string& path, Bytes content) {
  if (const auto written = host::write_file_durable(path, content); !written) fail(ExitCode::io, path, written.error());
}

std::vector<crypto::SigningPublicKey> read_root_keys(const std::vector<std::string>& paths) {
  std::vector<crypto::SigningPublicKey> keys;
  if (paths.size() > policy::kRootKeysMax) throw Failure(ExitCode::usage, "--root: at most 8 keys");
  for (const std::string& path : paths) {
    const ByteVector pem = read_input(path, crypto::kPemBytesMax);
    const auto key = crypto::signing_public_key_from_pem(as_text(pem));
    if (!key) fail(ExitCode::config, path, key.error());
    for (const crypto::SigningPublicKey& other : keys)
      if (other == *key) throw Failure(ExitCode::usage, path + " is given twice");
    keys.push_back(*key);
  }
  return keys;
}

admin::Source parse_source(const std::string& path, Bytes text) {
  admin::Source source = admin::read_source(as_text(text));
  if (!source.errors.empty()) {
    std::string lines = "this is no policy yet";
    for (const admin::Problem& problem : source.errors) lines += "\n" + problem_line(path, problem, "");
    throw Failure(ExitCode::bad_data, lines);
  }
  for (const admin::Problem& problem : source.warnings)
    std::fprintf(stderr, "%s\n", problem_line(path, problem, "note: ").c_str());
  return source;
}

admin::Source read_source_file(const std::string& path) {
  return parse_source(path, read_input(path, admin::kSourceBytesMax));
}

Contents read_policy(const std::string& path) {
  return parse_policy(path, read_input(path, policy::kPolicyFileBytesMax));
}

Contents parse_policy(const std::string& path, ByteVector file) {
  Contents out;
  out.file = std::move(file);
  auto parts = policy::split_policy_file(out.file);
  if (!parts) fail(ExitCode::bad_data, path, parts.error());
  out.parts = std::move(*parts);
  out.root = decode_part(path, out.parts.root, policy::decode_root);
  for (const Bytes site : out.parts.sites) out.sites.push_back(decode_part(path, site, policy::decode_site));
  return out;
}

admin::Plan read_plan(const std::string& path) {
  ByteVector file = read_input(path, policy::kPolicyFileBytesMax);
  if (is_signed_file(file)) {
    Contents contents = parse_policy(path, std::move(file));
    return {std::move(contents.root), std::move(contents.sites)};
  }
  admin::Source source = parse_source(path, file);
  return {std::move(source.root), std::move(source.sites)};
}

std::optional<wire::DeviceId> device_from_hex(const std::string& text) {
  const auto bytes = from_hex(text);
  wire::DeviceId out;
  if (!bytes || bytes->size() != out.bytes.size()) return {};
  std::ranges::copy(*bytes, out.bytes.begin());
  return out;
}

const policy::SitePolicy* site_asked_for(const std::vector<policy::SitePolicy>& sites, const std::string& name) {
  std::string names;
  for (const policy::SitePolicy& site : sites) {
    if (site.name.text == name) return &site;
    names += (names.empty() ? "" : ", ") + site.name.text;
  }
  if (!name.empty()) throw Failure(ExitCode::usage, "--site " + name + ": the policy has no such site, only: " + names);
  if (sites.size() > 1)
    throw Failure(ExitCode::usage, "the policy has several sites: choose one with --site: " + names);
  return sites.empty() ? nullptr : &sites[0];
}

WallTime time_asked_for(const std::string& text) {
  if (text.empty()) return present();
  if (const auto time = policy::time_from_text(text)) return *time;
  throw Failure(ExitCode::usage, "--at " + text + ": write a time such as 2026-11-23T19:30+02:00");
}

}  // namespace farline::app
