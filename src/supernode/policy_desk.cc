#include "supernode/policy_desk.h"

#include <algorithm>

#include "wire/name.h"

namespace farline::supernode {
namespace {

constexpr policy::PolicyFetch::Pace kPace{.most = policy::kPieceBytesMax, .every = {}, .patience = 8s};
constexpr unsigned kAskedInVain = 4;  // 2 minutes, all in all
constexpr Duration kDistrustSilent = 10min;
constexpr size_t kLookedAtAStep = 1000;

}  // namespace

std::string PolicyDesk::site_of(const wire::DeviceId& device) const {
  const Device* known = directory_.find(device);
  return known ? std::string(wire::site_of(known->person)) : std::string();
}

// --- Serving ---------------------------------------------------------------------------------------------------------

policy::PolicySource& PolicyDesk::source_for(const std::string& site) {
  if (const auto known = sources_.find(site); known != sources_.end()) return known->second;
  if (sources_.size() >= kSourcesMax) sources_.clear();
  policy::PolicySource& source = sources_[site];
  const auto bundles = shelf_.bundles_for(site);  // newest first
  for (size_t i = bundles.size(); i-- > 1;) source.add_base(bundles[i]);
  if (!bundles.empty()) source.hold(shelf_.version(), bundles.front());
  return source;
}

void PolicyDesk::handle(Time now, Session& session, const wire::PolicyWanted& wanted) {
  if (const auto part = source_for(site_of(session.device)).answer(wanted))
    sessions_.send(now, session, *part);
  else
    sessions_.send(now, session, wire::PolicyNews{shelf_.version()});
}

// --- Fetching --------------------------------------------------------------------------------------------------------

// Something newer, or its site's file where there is none here.
bool PolicyDesk::may_have_news(const Session& session) {
  if (session.visitor.policy != shelf_.version()) return session.visitor.policy > shelf_.version();
  if (!shelf_.is_in_force() || shelf_.site_count() == shelf_.root().sites.size()) return false;
  const std::string site = site_of(session.device);
  return !site.empty() && source_for(site).bundle().size() == shelf_.versions().front().bytes.size();
}

void PolicyDesk::arrived(Time now, const Session& session) {
  if (!directory_.find(session.device)) return;
  if (session.visitor.policy < shelf_.version() && !walk_due_) walk_due_ = now + kWalkAgainMax;
  if (!may_have_news(session) || candidates_.size() >= kCandidatesMax) return;
  if (std::ranges::find(candidates_, session.device) == candidates_.end()) candidates_.push_back(session.device);
  fetch_next(now);
}

void PolicyDesk::told(Time now, Session& session, wire::PolicyVersion before) {
  const bool is_asked = fetching_ && fetching_->from == session.device;
  if (is_asked && session.visitor.policy <= shelf_.version()) drop(now, policy::PolicyFetch::kRefusedFor);
  if (session.visitor.policy != before) sessions_.send(now, session, wire::PolicyNews{shelf_.version()});  // heard
  arrived(now, session);
}

void PolicyDesk::fetch_next(Time now) {
  while (!fetching_ && !candidates_.empty()) {
    const wire::DeviceId device = candidates_.front();
    candidates_.pop_front();
    const Session* session = sessions_.of(device);
    const auto distrusted = distrusted_.find(device);
    if (!session || !may_have_news(*session) || (distrusted != distrusted_.end() && now < distrusted->second)) continue;
    fetching_.emplace(Fetching{device, session->visitor.policy, {}});
    const bool is_newer = fetching_->claimed > shelf_.version();
    const wire::PolicyVersion have = is_newer ? shelf_.version() : wire::PolicyVersion{};
    fetching_->fetch.hear(now, fetching_->claimed, {have, source_for(site_of(device)).bundle()}, now);
    ask(now);
  }
}

void PolicyDesk::ask(Time now) {
  if (!fetching_ || now < fetching_->fetch.due().value_or(now)) return;
  Session* session = sessions_.of(fetching_->from);
  if (!session || fetching_->fetch.unanswered() >= kAskedInVain) {
    drop(now, kDistrustSilent);
  } else if (const auto question = fetching_->fetch.poll(now, kPace)) {
    sessions_.send(now, *session, *question);
  }
}

std::optional<ByteVector> PolicyDesk::handle(Time now, const Session& session, const wire::PolicyPart& part) {
  if (!fetching_ || fetching_->from != session.device) return std::nullopt;
  auto file = fetching_->fetch.handle(now, part);
  if (!fetching_->fetch.is_running())
    drop(now, policy::PolicyFetch::kRefusedFor);
  else if (!file)
    ask(now);
  return file;
}

void PolicyDesk::settle(Time now) {
  if (!fetching_) return;
  fetching_->fetch.settle(now, shelf_.version());
  if (fetching_->fetch.is_running())
    ask(now);  // the whole file, where the difference was bad
  else
    drop(now, shelf_.version() >= fetching_->claimed ? Duration{} : policy::PolicyFetch::kRefusedFor);
}

void PolicyDesk::drop(Time now, Duration distrust) {
  if (distrust > Duration{}) {
    std::erase_if(distrusted_, [&](const auto& entry) { return now >= entry.second; });
    if (distrusted_.size() >= kDistrustedMax) distrusted_.erase(distrusted_.begin());
    distrusted_[fetching_->from] = now + distrust;
  }
  fetching_.reset();
  fetch_next(now);
}

// --- Telling ---------------------------------------------------------------------------------------------------------

void PolicyDesk::rules_changed(Time now) {
  sources_.clear();
  walk_due_ = now;
  walk_again_ = kWalkAgainFirst;
  walked_.reset();
  tell_all_ = true;
}

void PolicyDesk::walk(Time now) {
  size_t told = 0;
  for (size_t i = 0; i < kLookedAtAStep && told < kToldAStep; ++i) {
    Session* session = sessions_.after(walked_);
    if (!session) {
      walk_due_.reset();
      if (std::exchange(somebody_is_behind_, false)) walk_due_ = now + walk_again_;
      walk_again_ = std::min(4 * walk_again_, kWalkAgainMax);
      walked_.reset();
      tell_all_ = false;
      return;
    }
    walked_ = session->device;
    const bool is_behind = session->visitor.policy < shelf_.version();
    if (!session->may_call() || (!is_behind && !tell_all_) || session->visitor.policy > shelf_.version()) continue;
    somebody_is_behind_ |= is_behind;
    sessions_.send(now, *session, wire::PolicyNews{shelf_.version()});
    ++told;
  }
  walk_due_ = now + kWalkStep;
}

void PolicyDesk::handle_timeout(Time now) {
  ask(now);
  if (walk_due_ && now >= *walk_due_) walk(now);
}

std::optional<Time> PolicyDesk::next_timeout() const {
  const auto due = fetching_ ? fetching_->fetch.due() : std::nullopt;
  if (!due || !walk_due_) return due ? due : walk_due_;
  return std::min(*due, *walk_due_);
}

}  // namespace farline::supernode
