// What surrounds one call for the one who asked for it: its report, a line of figures each second, the end after
// --duration or at the end of the WAV file.
#pragma once

#include <functional>
#include <optional>

#include "app/cli_phone.h"
#include "app/cli_report.h"

namespace farline::app {

struct CallOrder {
  std::string name;  // empty: an incoming call
  CallSound sound;
  std::optional<Duration> duration;  // from connected on
  client::CallOptions options{};
  uint32_t bulk_bytes = 0;
};

class CallSession {
 public:
  using Done = std::function<void(ExitCode)>;
  CallSession(host::Loop& loop, Phone& phone, CallOrder order, Report report, Done done);

  void start(Time now);  // an outgoing call
  // True when the event was about this call.
  void handle_event(Time now, const client::Event& event);
  void source_ended(Time now);
  void sound_failed(Time now, const Error& error);
  void hang_up() { phone_.hang_up(); }

 private:
  static constexpr Duration kStatsEvery = 1s;
  // The far end plays out what it has buffered before it hears the hang-up.
  static constexpr Duration kTail = 3s;

  void tick();

  Phone& phone_;
  CallOrder order_;
  Report report_;
  Done done_;
  host::Timer stats_;
  host::Timer hang_up_at_;
  bool connected_ = false;
  std::optional<ExitCode> failed_;
};

}  // namespace farline::app
