#include "app/admin_policy.h"

#include <algorithm>
#include <cstdio>

#include "admin/known_nodes.h"
#include "app/admin_files.h"
#include "app/facts.h"
#include "app/program.h"
#include "host/file.h"
#include "policy/explain.h"
#include "policy/signed_policy.h"
#include "wire/name.h"

namespace farline::app {
namespace {

std::vector<std::string> describe_files(const Contents& policy, const char* state, bool json) {
  std::string sites;
  for (const policy::SitePolicy& site : policy.sites) sites += (sites.empty() ? "" : ", ") + site.name.text;
  return Facts()
      .text("organisation", policy.root.organisation.text)
      .number("generation", policy.root.generation)
      .number("serial", policy.root.serial)
      .text("from", policy::Form<policy::Day>::text(policy.root.from))
      .text("until", policy::Form<policy::Day>::text(policy.root.until))
      .number("signatures_needed", policy.root.threshold.value_or(1))
      .text("sites", sites)
      .number("bytes", policy.file.size())
      .text("state", state)
      .lines(json);
}

bool is_expired(const policy::RootPolicy& root) {
  return present() >= end_of_day(root.until);
}

policy::RootPin read_pin(const VerificationOrder& order) {
  return {order.organisation, read_root_keys(order.root_files), order.threshold};
}

[[noreturn]] void fail_verification(const std::string& path, const Error& error) {
  fail(code_for_signed(error), path, error);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void note_doubtful_nodes(const admin::Plan& next, const SigningOrder& order) {
  admin::KnownNodes known;
  std::vector<std::string> folders = order.folders;
  for (const std::string& path : order.keys.paths) folders.push_back(folder_of(path));
  for (const std::string& folder : folders)
    for (const crypto::PublicKey& key : certified_nodes(folder)) known.certified.push_back(key);
  if (!order.previous.empty()) {
    known.previous = read_plan(order.previous);
  } else if (!order.out_file.empty()) {
    try {
      known.previous = read_plan(order.out_file);
    } catch (const Failure&) {  // there is none yet, or what is there is no policy
    }
  }
  for (const std::string& line : admin::doubtful_nodes(next, known))
    std::fprintf(stderr, "%s: warning: %s\n", order.source.c_str(), line.c_str());
}

// What a step does, padded by who prints it.
const char* word_for(policy::Verdict verdict) {
  switch (verdict) {
    case policy::Verdict::silent:
      return "-";
    case policy::Verdict::allows:
      return "ALLOWS";
    case policy::Verdict::forbids:
      return "FORBIDS";
    case policy::Verdict::not_asked:
      return "not asked";
  }
  return "";
}

}  // namespace

policy::Request request_of(const Question& question) {
  policy::Request request;
  request.role = choice<policy::Role>("--role", question.role);
  request.what = choice<policy::Class>("--class", question.what);
  request.build.platform = choice<policy::Platform>("--platform", question.platform);
  if (!question.build.empty()) {
    const auto version = policy::Form<policy::Version>::parse(question.build);
    if (!version) throw Failure(ExitCode::usage, "--build: write " + policy::Form<policy::Version>::expected());
    request.build.version = *version;
  }
  if (!question.build_hash.empty()) {
    const auto hash = from_hex(question.build_hash);
    if (!hash || hash->size() < sizeof(policy::ShortHash))
      throw Failure(ExitCode::usage, "--build-hash: write 32 hexadecimal digits or more");
    std::copy_n(hash->begin(), sizeof(policy::ShortHash), request.build.hash.emplace().begin());
  }
  if (!question.device.empty()) {
    const auto device = device_from_hex(question.device);
    if (!device) throw Failure(ExitCode::usage, "--device: write 16 hexadecimal digits");
    request.device = *device;
  }
  request.peer = question.peer;
  request.is_running = question.is_running;
  return request;
}

void check_source(const SigningOrder& order) {
  const admin::Source source = read_source_file(order.source);
  note_doubtful_nodes({source.root, source.sites}, order);
}

std::vector<std::string> sign_policy(const SigningOrder& order) {
  admin::Source source = read_source_file(order.source);
  const auto keys = open_root_keys(order.keys);
  note_doubtful_nodes({source.root, source.sites}, order);
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  ByteVector sites;
  for (const policy::SitePolicy& site : source.sites) {
    const ByteVector file = policy::sign_site(site, keys[0], asymmetric);
    source.root.sites.push_back(policy::pin_of(file, site.serial));
    sites.insert(sites.end(), file.begin(), file.end());
  }
  // Sorted, because the order of the source would say something of sites that are not named here.
  std::ranges::sort(source.root.sites,
                    [](const policy::SitePin& a, const policy::SitePin& b) { return a.bytes < b.bytes; });
  ByteVector out = policy::sign_root(source.root, keys, asymmetric);
  const size_t root_bytes = out.size();
  out.insert(out.end(), sites.begin(), sites.end());
  write_output(order.out_file, out);
  const uint32_t needed = source.root.threshold.value_or(1);
  if (keys.size() < needed)
    std::fprintf(stderr, "note: %zu of %u signatures; the others are added by farline-admin policy cosign\n",
                 keys.size(), needed);
  return Facts()
      .text("written", order.out_file)
      .number("generation", source.root.generation)
      .number("serial", source.root.serial)
      .number("root_bytes", root_bytes)
      .number("site_bytes", sites.size())
      .lines(false);
}

std::vector<std::string> cosign_policy(const SigningOrder& order) {
  const Contents policy = read_policy(order.source);
  ByteVector root = to_vector(policy.parts.root);
  for (const crypto::SigningKeyPair& key : open_root_keys(order.keys)) {
    auto more = policy::cosign_root(root, key, crypto::real_asymmetric());
    if (!more) fail_verification(order.source, more.error());
    root = std::move(*more);
  }
  const Bytes sites = Bytes(policy.file).subspan(policy.parts.root.size());
  root.insert(root.end(), sites.begin(), sites.end());
  write_output(order.out_file, root);
  return Facts().text("written", order.out_file).number("bytes", root.size()).lines(false);
}

std::vector<std::string> verify_policy(const VerificationOrder& order) {
  const policy::RootPin pin = read_pin(order);
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  const Contents policy = read_policy(order.file);
  const auto root = policy::verify_root(policy.parts.root, pin, asymmetric);
  if (!root) fail_verification(order.file, root.error());
  for (const Bytes site : policy.parts.sites)
    if (const auto verified = policy::verify_site(site, {*root, pin}, asymmetric); !verified)
      fail_verification(order.file, verified.error());
  if (is_expired(*root))
    throw Failure(ExitCode::refused, order.file + ": has expired on " + policy::Form<policy::Day>::text(root->until));
  return describe_files(policy, "verified", order.json);
}

std::vector<std::string> show_policy(const std::string& file, bool json) {
  const Contents policy = read_policy(file);
  if (json) return describe_files(policy, "not verified", true);
  return {admin::write_source(policy.root, policy.sites)};
}

std::vector<std::string> explain_policy(const Question& question) {
  const WallTime at = time_asked_for(question.at);
  const policy::Request request = request_of(question);
  const admin::Plan plan = read_plan(question.file);
  policy::Effective policy = policy::merge(plan.root, site_asked_for(plan.sites, question.site));
  if (question.build.empty()) policy.builds = {};
  const policy::Decision decision = policy::decide(policy, request, {at, {}});
  const std::string reason = policy::reason(decision, request, policy.zone);
  std::vector<policy::Step> steps = policy::explain(policy, request, at);
  for (policy::Step& step : steps)
    if (step.rule == policy::Rule::build && question.build.empty() && !step.why.empty())
      step.why = "left out: name a build with --build 0.2.0 --platform windows";
  if (question.json) {
    std::string list;
    for (const policy::Step& step : steps)
      list += (list.empty() ? "" : ",") + JsonLine()
                                              .text("rule", name_of(step.rule))
                                              .text("says", word_for(step.verdict))
                                              .text("why", step.why)
                                              .finish();
    return {JsonLine()
                .boolean("allowed", decision.allowed)
                .text("rule", name_of(decision.rule))
                .text("reason", reason)
                .raw("steps", "[" + list + "]")
                .finish()};
  }
  std::vector<std::string> out{(decision.allowed ? "allowed: " : "refused: ") + reason + "."};
  for (const policy::Step& step : steps) {
    char head[64];
    std::snprintf(head, sizeof head, "%-12s %-9s", std::string(name_of(step.rule)).c_str(), word_for(step.verdict));
    out.push_back(step.why.empty() ? std::string(head) : head + (" " + step.why));
  }
  return out;
}

std::vector<std::string> decide_policy(const Question& question) {
  const WallTime at = time_asked_for(question.at);
  const policy::Request request = request_of(question);
  const Contents contents = read_policy(question.file);
  const policy::Effective policy = policy::merge(contents.root, site_asked_for(contents.sites, question.site));
  const policy::Decision decision = policy::decide(policy, request, {at, {}});
  const std::string reason = policy::reason(decision, request, policy.zone);
  const std::string until =
      decision.until ? policy::time_text(*decision.until, policy.zone.offset_at(policy::quarter_of(*decision.until)))
                     : "";
  if (!question.json)
    return {decision.allowed ? "allowed" : "refused", "rule: " + std::string(name_of(decision.rule)), reason};
  JsonLine line;
  line.boolean("allowed", decision.allowed).text("rule", name_of(decision.rule)).text("reason", reason);
  until.empty() ? line.raw("until", "null") : line.text("until", until);
  return {line.boolean("update", decision.should_update).finish()};
}

}  // namespace farline::app
