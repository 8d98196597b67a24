// What the user of farline-cli sees of a call: lines of text, or with --json one object a line (docs/CLI.md).
#pragma once

#include <functional>
#include <string>

#include "app/exit_codes.h"
#include "app/json_line.h"
#include "app/node_carrier.h"
#include "client/events.h"

namespace farline::app {

class Report {
 public:
  using Sink = std::function<void(const std::string& line)>;
  // `start` is t = 0.
  Report(Time start, bool json, Sink sink) : start_(start), json_(json), sink_(std::move(sink)) {}

  void event(Time now, const client::Event& event);
  void stats(Time now, const client::CallStats& stats);
  // The totals of a call, after its end; the last line about it.
  void ended(Time now, const client::Event& event, const client::CallStats& stats);
  void carrier(Time now, const NodeCarrier::Status& status);
  void error(Time now, ExitCode code, std::string_view what);
  // Text mode only.
  void note(std::string_view text);

 private:
  void line(const std::string& text) { sink_(text); }
  double since_start(Time now) const { return to_seconds(now - start_); }

  Time start_;
  bool json_;
  Sink sink_;
};

// `rule`, `until` and `message` of a decision.
void add_verdict(JsonLine& json, const client::Verdict& verdict);
std::string_view reason_word(client::EndReason reason);
ExitCode exit_code(client::EndReason reason, bool was_connected);

}  // namespace farline::app
