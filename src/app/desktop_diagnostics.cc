#include "app/desktop_diagnostics.h"

#include "policy/decide.h"

namespace farline::app {
namespace {

class Sheet {
 public:
  void line(const char* what, const std::string& value) { text_ += std::string(what) + ": " + value + "\n"; }
  void line(const char* what, uint64_t value) { line(what, std::to_string(value)); }
  void yes(const char* what, bool value) { line(what, std::string(value ? "yes" : "no")); }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

uint64_t number(auto value) {
  return static_cast<uint64_t>(value);
}

void add_link(Sheet& sheet, const client::LinkView& link) {
  sheet.yes("attached", link.is_attached);
  sheet.line("trying for, seconds", number(link.trying_for / 1s));
  sheet.line("round trip to the supernode, ms", link.rtt_ms);
  sheet.yes("proxy", !link.proxy.empty());
  sheet.line("cap, bit/s", link.cap_bps);
  sheet.yes("cap by policy", link.is_cap_policy);
  if (link.check.is_done)
    sheet.line("link check, bit/s up and down", std::to_string(link.check.up_bps) + " " +
                                                    std::to_string(link.check.down_bps) + ", lost " +
                                                    std::to_string(link.check.loss));
  for (const client::MeterRow& row : link.meter)
    if (row.month_bytes > 0)
      sheet.line("bytes this month", std::string(policy::name_of(row.what)) + " " + std::to_string(row.month_bytes));
  sheet.line("other bytes this month", link.idle_month_bytes);
}

void add_call(Sheet& sheet, const client::CallView& call) {
  const client::CallStats& stats = call.stats;
  sheet.line("call state", number(call.state));
  sheet.line("call quality, mine and theirs",
             std::to_string(number(call.mine)) + " " + std::to_string(number(call.theirs)));
  sheet.line("rung", std::string(stats.rung));
  sheet.line("wire, bit/s out and in", std::to_string(stats.wire_tx_bps) + " " + std::to_string(stats.wire_rx_bps));
  sheet.line("loss, in and out", std::to_string(stats.loss) + " " + std::to_string(stats.peer_loss));
  sheet.line("round trip, ms", stats.rtt_ms);
  sheet.line("playout delay, ms", stats.playout_delay_ms);
  sheet.yes("stalled", stats.is_stalled);
  sheet.yes("direct", stats.is_direct);
}

}  // namespace

std::string diagnostics(const client::View& view) {
  Sheet sheet;
  sheet.line("farline", view.build);
  sheet.line("stage", number(view.stage));
  sheet.line("problem", number(view.problem));
  sheet.yes("passphrase", view.has_passphrase);
  sheet.line("people", view.people.size());
  add_link(sheet, view.link);
  if (view.call) add_call(sheet, *view.call);
  for (const client::RecentView& call : view.recent)
    sheet.line("past call", std::string(call.outgoing ? "out" : "in") + ", reason " +
                                std::to_string(number(call.reason)) + ", seconds " +
                                std::to_string(number(call.lasted / 1s)));
  sheet.yes("policy in force", view.rules.is_in_force);
  sheet.yes("policy is current", view.rules.is_current);
  sheet.line("policy serial", view.rules.serial);
  sheet.yes("time is certain", view.rules.is_time_certain);
  for (size_t i = 0; i < view.rules.classes.size(); ++i)
    sheet.line(policy::name_of(static_cast<policy::Class>(i)).data(),
               std::string(policy::name_of(view.rules.classes[i].now.rule)));
  sheet.line("sound devices, in and out",
             std::to_string(view.sound.inputs.size()) + " " + std::to_string(view.sound.outputs.size()));
  sheet.yes("microphone", view.sound.has_input);
  sheet.yes("speaker", view.sound.has_output);
  sheet.line("language", view.settings.language);
  return std::move(sheet).text();
}

}  // namespace farline::app
