#include "client/audit_feed.h"

#include <utility>

namespace farline::client {
namespace {

constexpr Duration kOthersEvery = 5min;  // what keeps a session alive, where nobody calls

std::optional<AuditLog::Terms> terms_of(const Admission& admission) {
  const policy::Bundle* bundle = admission.bundle();
  if (bundle == nullptr) return {};
  const policy::Build& build = admission.build();
  return AuditLog::Terms{policy::version_of(*bundle),
                         {static_cast<uint8_t>(build.platform), build.version.code},
                         bundle->effective.log_days.value_or(kAuditDaysMax)};
}

}  // namespace

void AuditFeed::follow(Time now, const Turn& turn) {
  now_ = now;
  log_.set_terms(now, terms_of(turn.admission));
  log_.set_wall(now, turn.admission.time(now).at.value_or(WallTime{}));
  const bool call_is_over = std::exchange(was_in_call_, turn.in_call) && !turn.in_call;
  if (call_is_over) others_due_.reset();
  count(now, turn.admission.take_counted());
  if (call_is_over) log_.keep();
  log_.handle_timeout(now, turn.in_call);
  const Bytes report = log_.due(now, turn.attachment.is_attached() && !turn.in_call);
  if (!report.empty()) turn.attachment.send(now, wire::Audit{report});
}

void AuditFeed::count(Time now, const UsageMeter::Share& share) {
  uint64_t classed = 0;
  for (size_t i = 0; i < share.bytes.size(); ++i) {
    const Duration spoken = i == static_cast<size_t>(policy::Class::voice) ? share.spoken : Duration{};
    if (share.bytes[i] > 0 || spoken > 0s)
      log_.count(now, static_cast<wire::AuditUse>(i), {.spoken = spoken, .bytes = share.bytes[i]});
    classed += share.bytes[i];
  }
  if (share.messages > 0) log_.count(now, wire::AuditUse::messages, {.count = share.messages});
  bytes_ += classed;
  if (classed == 0 && others_due_ && now < *others_due_) return;
  others_due_ = now + kOthersEvery;
  const uint64_t all = out_.counters.bytes_sent + out_.counters.bytes_received;
  if (all <= bytes_) return;
  log_.count(now, wire::AuditUse::other, {.bytes = all - bytes_});
  bytes_ = all;
}

void AuditFeed::note(const Event& event, const Admission& admission) {
  switch (event.kind) {
    case EventKind::connected: {
      log_.count(now_, wire::AuditUse::voice, {.count = 1});
      // Where anybody might be called, a call to a contact is one like others.
      const bool is_emergency = admission.decide(now_, {.peer = event.peer}).rule == policy::Rule::emergency;
      if (is_emergency && !admission.decide(now_, {}).allowed)
        log_.count(now_, wire::AuditUse::emergency, {.count = 1});
      break;
    }
    case EventKind::break_glass:
      if (event.peer.empty()) log_.count(now_, wire::AuditUse::break_glass, {.count = 1});
      break;
    case EventKind::detached:
      log_.count(now_, AuditLog::Trouble::attachment_lost);
      break;
    case EventKind::stalled:
      log_.count(now_, AuditLog::Trouble::stall);
      break;
    case EventKind::ended:
      if (event.reason == EndReason::failed || event.reason == EndReason::unreachable)
        log_.count(now_, AuditLog::Trouble::call_failed);
      if (event.reason == EndReason::not_allowed || event.reason == EndReason::closed_by_policy)
        log_.count(now_, AuditLog::Trouble::call_refused);
      break;
    case EventKind::attached:
    case EventKind::refused:
    case EventKind::incoming:
    case EventKind::ringing:
    case EventKind::resumed:
    case EventKind::new_device:
    case EventKind::policy:
    case EventKind::closing:
    case EventKind::held:
    case EventKind::released:
      break;
  }
}

}  // namespace farline::client
