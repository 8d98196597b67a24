#include "supernode/policy_shelf.h"

#include <algorithm>

#include "policy/codec.h"
#include "wire/name.h"

namespace farline::supernode {

// --- Loading ---------------------------------------------------------------------------------------------------------

void PolicyShelf::load_root(Bytes value) {
  Reader reader(value);
  const WallTime got{reader.u64()};
  const Bytes file = reader.rest();
  const auto payload = policy::unverified_payload(file);
  if (!reader.ok() || !payload) return;
  auto root = policy::decode_root(*payload);
  if (!root) return;
  const policy::Held held = policy::held_of(*root, file);
  put({.root = std::move(*root), .bytes = to_vector(file), .held = held, .got = got});
}

void PolicyShelf::load_site(Bytes value) {
  if (auto site = read_site(value)) sites_.insert(std::move(*site));
  is_fresh_ = false;
}

std::optional<std::pair<PolicyShelf::Pin, PolicyShelf::Site>> PolicyShelf::read_site(Bytes signed_site) {
  const auto payload = policy::unverified_payload(signed_site);
  if (!payload) return {};
  auto site = policy::decode_site(*payload);
  if (!site) return {};
  auto name = wire::fold_name(site->name.text);
  if (!name) return {};
  const Pin pin = policy::pin_of(signed_site, site->serial).bytes;
  return std::pair(pin, Site{to_vector(signed_site), std::move(*site), std::move(*name)});
}

// --- Taking ----------------------------------------------------------------------------------------------------------

Result<PolicyShelf::Taken> PolicyShelf::take(Bytes file, WallTime now) {
  const auto parts = policy::split_policy_file(file);
  if (!parts) return parts.error();
  auto root = policy::verify_root(parts->root, pin_, asymmetric_);
  if (!root) return root.error();
  const policy::Held held = policy::held_of(*root, parts->root);
  if (is_in_force())
    if (const auto follows = policy::check_succession(versions_.front().held, held); !follows) return follows.error();
  std::map<Pin, Site> sites;
  for (const Bytes part : parts->sites) {
    auto site = read_site(part);
    if (site && sites_.contains(site->first) &&
        std::ranges::find(root->sites, policy::SitePin{site->first}) != root->sites.end())
      continue;  // verified when it came
    if (const auto verified = policy::verify_site(part, {*root, pin_}, asymmetric_); !verified) return verified.error();
    if (!site) return Error{Errc::malformed, "site's policy has no right name"};
    sites.insert(std::move(*site));
  }
  const bool is_newer = !is_in_force() || held.hash != versions_.front().held.hash;
  if (!is_newer && sites.empty()) return Taken::nothing_new;
  for (auto& [pin, site] : sites) {
    out_.save(RecordKind::policy_site, pin, site.bytes);
    sites_.insert({pin, std::move(site)});
  }
  if (is_newer) {
    put({.root = std::move(*root), .bytes = to_vector(parts->root), .held = held, .got = now});
    save(versions_.front());
    prune();
  }
  is_fresh_ = false;
  return is_newer ? Taken::newer : Taken::sites;
}

// Newest first, also when they are loaded in any order.
void PolicyShelf::put(Version version) {
  const auto before =
      std::ranges::find_if(versions_, [&](const Version& held) { return held.number() < version.number(); });
  versions_.insert(before, std::move(version));
  pin_ = policy::next_pin(versions_.front().root, enrolled_);
  is_fresh_ = false;
}

void PolicyShelf::save(const Version& version) {
  ByteVector value(8 + version.bytes.size());
  Writer writer(value);
  writer.u64(version.got.seconds);
  writer.bytes(version.bytes);
  out_.save(RecordKind::policy_root, version.held.hash, value);
}

void PolicyShelf::prune() {
  while (versions_.size() > kPolicyVersionsMax) {
    out_.erase(RecordKind::policy_root, versions_.back().held.hash);
    versions_.pop_back();
  }
  std::erase_if(sites_, [&](const auto& entry) {
    const bool is_named = std::ranges::any_of(versions_, [&](const Version& version) {
      return std::ranges::find(version.root.sites, policy::SitePin{entry.first}) != version.root.sites.end();
    });
    if (!is_named) out_.erase(RecordKind::policy_site, entry.first);
    return !is_named;
  });
}

// --- Asking ----------------------------------------------------------------------------------------------------------

wire::PolicyVersion PolicyShelf::version() const {
  return is_in_force() ? versions_.front().number() : wire::PolicyVersion{};
}

size_t PolicyShelf::site_count() const {
  if (!is_in_force()) return 0;
  const auto& named = versions_.front().root.sites;
  return static_cast<size_t>(
      std::ranges::count_if(named, [&](const policy::SitePin& pin) { return sites_.contains(pin.bytes); }));
}

const PolicyShelf::Site* PolicyShelf::site_in(const Version& version, std::string_view name) const {
  for (const policy::SitePin& pin : version.root.sites) {
    const auto site = sites_.find(pin.bytes);
    if (site != sites_.end() && site->second.name == name) return &site->second;
  }
  return nullptr;
}

void PolicyShelf::refresh() {
  if (is_fresh_) return;
  is_fresh_ = true;
  rules_.clear();
  revoked_.clear();
  if (!is_in_force()) return;
  const Version& newest = versions_.front();
  rules_.emplace("", policy::merge(newest.root, nullptr));
  for (const policy::SitePin& pin : newest.root.sites)
    if (const auto site = sites_.find(pin.bytes); site != sites_.end())
      rules_.emplace(site->second.name, policy::merge(newest.root, &site->second.policy));
  for (const auto& [site, rules] : rules_) revoked_.insert(revoked_.end(), rules.revoked.begin(), rules.revoked.end());
  std::ranges::sort(revoked_, {}, &wire::DeviceId::bytes);
  revoked_.erase(std::unique(revoked_.begin(), revoked_.end()), revoked_.end());
}

const policy::Effective* PolicyShelf::rules_of(std::string_view site) {
  refresh();
  if (rules_.empty()) return nullptr;
  const auto found = rules_.find(site);
  return found == rules_.end() ? &rules_.begin()->second : &found->second;  // "" comes first
}

bool PolicyShelf::is_revoked(const wire::DeviceId& device) {
  refresh();
  return std::ranges::binary_search(revoked_, device.bytes, {}, &wire::DeviceId::bytes);
}

std::vector<ByteVector> PolicyShelf::bundles_for(std::string_view site) const {
  std::vector<ByteVector> out;
  for (const Version& version : versions_) {
    ByteVector bundle = version.bytes;
    if (const Site* its = site_in(version, site)) bundle.insert(bundle.end(), its->bytes.begin(), its->bytes.end());
    out.push_back(std::move(bundle));
  }
  return out;
}

}  // namespace farline::supernode
