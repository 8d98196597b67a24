#include <algorithm>

#include "policy/decide.h"
#include "policy/schema.h"

namespace farline::policy {
namespace {

std::optional<uint32_t> stricter(std::optional<uint32_t> a, std::optional<uint32_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// A site's choice among the root's; its own where that is delegated. A choice of none would cut the site off.
std::vector<Supernode> choose(const std::vector<Supernode>& root, const std::vector<Supernode>& site, bool delegated) {
  std::vector<Supernode> out;
  for (const Supernode& node : site) {
    const bool is_the_roots = std::ranges::find(root, node.key, &Supernode::key) != root.end();
    if (delegated || is_the_roots) out.push_back(node);
  }
  return out.empty() ? root : out;
}

}  // namespace

Effective merge(const RootPolicy& root, const SitePolicy* site_policy) {
  const Rules none;
  const Rules& site = site_policy ? site_policy->rules : none;
  const Rules& all = root.rules;
  Effective out;
  out.from = root.from;
  out.until = root.until;
  out.grace_days = root.grace_days.value_or(kGraceDays);

  const bool has_own_zone = site.utc_offset.has_value();
  out.zone.utc_offset = (has_own_zone ? site : all).utc_offset.value_or(UtcOffset{});
  out.zone.transitions = (has_own_zone ? site : all).transitions;

  const Calendar site_calendar{site.hours ? site.hours : all.hours, site.holidays ? site.holidays : all.holidays};
  out.calendars = {Calendar{root.delegates.has(Delegable::hours) ? site_calendar.hours : all.hours,
                            root.delegates.has(Delegable::holidays) ? site_calendar.holidays : all.holidays},
                   site_calendar};
  out.call_grace_minutes = stricter(all.call_grace_minutes, site.call_grace_minutes).value_or(kCallGraceMinutes);

  out.builds = {all.builds, site.builds};
  out.forbidden = {all.forbid.bits | site.forbid.bits};
  out.contacts = all.contacts;
  append(out.contacts, site.contacts);
  out.revoked = all.revoked;
  append(out.revoked, site.revoked);
  out.supernodes = choose(all.supernodes, site.supernodes, root.delegates.has(Delegable::supernodes));
  out.quotas = all.quotas;
  append(out.quotas, site.quotas);
  out.tariffs = site.tariffs.empty() ? all.tariffs : site.tariffs;
  out.break_glass = all.break_glass;
  out.log_days = stricter(all.log_days, site.log_days);
  out.client_bps = stricter(all.client_bps, site.client_bps);
  out.site_bps = stricter(all.site_bps, site.site_bps);
  out.client_megabytes_a_month = stricter(all.client_megabytes_a_month, site.client_megabytes_a_month);
  out.site_megabytes_a_month = stricter(all.site_megabytes_a_month, site.site_megabytes_a_month);
  return out;
}

}  // namespace farline::policy
