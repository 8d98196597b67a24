// farline-admin policy: from an administrator's TOML to a signed file, and back into words. Everything here throws
// Failure (program.h): bad_data for what is no policy, refused for signatures that do not suffice.
#pragma once

#include <string>
#include <vector>

#include "app/admin_org.h"
#include "policy/decide.h"

namespace farline::app {

struct SigningOrder {
  std::string source;  // TOML; to cosign: a .policy file
  KeyFiles keys;
  std::string out_file;
  std::string previous;  // a policy or its source: what is in force; empty: what `out_file` holds, if it does
  std::vector<std::string> folders;  // organisations whose nodes are known, beside those of the keys
};
// What was written, in lines.
std::vector<std::string> sign_policy(const SigningOrder& order);
std::vector<std::string> cosign_policy(const SigningOrder& order);
// Reads a source and says what is wrong with it.
void check_source(const SigningOrder& order);

struct VerificationOrder {
  std::string file;
  std::vector<std::string> root_files;  // PEM
  std::string organisation;
  uint32_t threshold = 1;
  bool json = false;
};
std::vector<std::string> verify_policy(const VerificationOrder& order);
// Not verified.
std::vector<std::string> show_policy(const std::string& file, bool json);

struct Question {
  std::string file;
  std::string site;  // may be empty when the file has one at most
  std::string at;    // 2026-11-23T19:30+02:00; empty: now
  std::string role = "staff";
  std::string what = "voice";
  std::string build;
  std::string platform = "linux";
  std::string build_hash;
  std::string peer;
  std::string device;
  bool is_running = false;
  bool json = false;
};
// Of the words in it; a build that was not named stays at 0.0.0.
policy::Request request_of(const Question& question);
std::vector<std::string> explain_policy(const Question& question);
std::vector<std::string> decide_policy(const Question& question);

}  // namespace farline::app
