#include "policy/decide.h"

namespace farline::policy {
namespace {

// Tue 2026-11-24 at 08:00
std::string moment(WallTime time, const Zone& zone) {
  const std::string text = time_text(time, zone.offset_at(quarter_of(time)));
  const auto day = Form<Day>::parse(std::string_view(text).substr(0, 10));
  if (!day) return text;
  return std::string(name_of(day->weekday())) + " " + text.substr(0, 10) + " at " + text.substr(11, 5);
}

std::string subject(Class what) {
  std::string out(name_of(what));
  out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out + (what == Class::messages || what == Class::files ? " are" : " is");
}

}  // namespace

std::string reason(const Decision& decision, const Request& request, const Zone& zone) {
  const auto with_time = [&](const std::string& text, const char* what_then, const char* otherwise) {
    return text + (decision.until ? what_then + moment(*decision.until, zone) + ", site time" : otherwise);
  };
  switch (decision.rule) {
    case Rule::revoked:
      return "This device was reported lost or withdrawn";
    case Rule::emergency:
      return "Emergency contacts can always be reached, and can always reach others";
    case Rule::time:
      return "The time is not known for certain; only emergency contacts can be reached until it is";
    case Rule::validity:
      if (decision.allowed) return "The policy has expired; people of the same site can still be reached";
      return with_time("The policy is not in force; only emergency contacts can be reached", "; it begins on ", "");
    case Rule::serial:
      return "This device does not have the policy that is in force yet; only emergency contacts can be reached until "
             "it does";
    case Rule::break_glass:
      return "A break-glass code has lifted the rules for a while";
    case Rule::build:
      return "This version of the program is blocked; update it";
    case Rule::feature:
      return request.role == Role::guest && request.what != Class::video && request.what != Class::files
                 ? "Guests are not admitted"
                 : subject(request.what) + " not allowed here";
    case Rule::hours:
      if (decision.allowed) return with_time("Closed, but a running call may be finished", "; it ends on ", "");
      return with_time(subject(request.what) + " closed at this hour", "; open again on ", "; no opening hour is near");
    case Rule::quota:
      return with_time("The allowance is used up", "; renewed on ", "");
    case Rule::open:
      return with_time(subject(request.what) + " allowed", " until ", "");
  }
  return {};
}

}  // namespace farline::policy
