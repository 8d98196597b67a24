// Files and words that the commands of farline-admin take alike. Everything here throws Failure (program.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/differences.h"
#include "admin/source.h"
#include "app/program.h"
#include "policy/decide.h"
#include "policy/signed_policy.h"

namespace farline::app {

ByteVector read_input(const std::string& path, size_t bytes_max);
void write_output(const std::string& path, Bytes content);

// PEM, one each; at most policy::kRootKeysMax, all different.
std::vector<crypto::SigningPublicKey> read_root_keys(const std::vector<std::string>& paths);

// Warnings go to standard error; errors end the program with all of them. `path` names the text there.
admin::Source read_source_file(const std::string& path);
admin::Source parse_source(const std::string& path, Bytes text);

// What a policy file holds, with the signatures still to be believed.
struct Contents {
  ByteVector file;
  policy::PolicyFile parts;
  policy::RootPolicy root;
  std::vector<policy::SitePolicy> sites;
};

Contents read_policy(const std::string& path);
Contents parse_policy(const std::string& path, ByteVector file);

// Of a source or of a signed file, whichever it is.
admin::Plan read_plan(const std::string& path);

// 16 digits.
std::optional<wire::DeviceId> device_from_hex(const std::string& text);

// The site of that name. An empty name: the only one there is, or none.
const policy::SitePolicy* site_asked_for(const std::vector<policy::SitePolicy>& sites, const std::string& name);

// 2026-11-23T19:30+02:00; empty: now.
WallTime time_asked_for(const std::string& text);

template <policy::Choice E>
E choice(const char* option, const std::string& word) {
  if (const auto found = policy::choice_named<E>(word)) return *found;
  throw Failure(ExitCode::usage, std::string(option) + " " + word + ": write " + policy::names_in_words<E>());
}

}  // namespace farline::app
