// What the audit log learns of the client core: after each turn under which policy and when things happen, what a call
// has used since, and each event on its way to the shell. Sends reports when the link is quiet.
#pragma once

#include "client/admission.h"
#include "client/attachment.h"
#include "client/audit_log.h"

namespace farline::client {

class AuditFeed {
 public:
  AuditFeed(const AuditLog::Setup& setup, Outputs& out) : log_(setup, out), out_(out) {}

  void load(const SaveRecord& record) { log_.load(record); }

  // After each turn.
  struct Turn {
    Admission& admission;
    Attachment& attachment;
    bool in_call = false;  // or one that is still being ended
  };
  void follow(Time now, const Turn& turn);
  void note(const Event& event, const Admission& admission);
  void acknowledged(Time now, uint32_t number) { log_.acknowledged(now, number); }
  void hurry(Time now) { log_.hurry(now); }
  bool has_reports() const { return log_.has_reports(); }
  // This device leaves: what was counted is saved.
  void keep() { log_.keep(); }

  std::optional<Time> next_timeout() const { return log_.next_timeout(); }

 private:
  void count(Time now, const UsageMeter::Share& share);

  AuditLog log_;
  Outputs& out_;
  Time now_{};  // of the last turn
  bool was_in_call_ = false;
  uint64_t bytes_ = 0;  // of the device, counted so far
  std::optional<Time> others_due_;
};

}  // namespace farline::client
