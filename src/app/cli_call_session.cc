#include "app/cli_call_session.h"

#include "host/clock.h"

namespace farline::app {
namespace {

// Of no meaning, and does not compress.
void fill_bulk(uint32_t offset, MutableBytes out) {
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(offset++ * 2654435761U >> 24);
}

}  // namespace

CallSession::CallSession(host::Loop& loop, Phone& phone, CallOrder order, Report report, Done done)
    : phone_(phone),
      order_(std::move(order)),
      report_(std::move(report)),
      done_(std::move(done)),
      stats_(loop, [this] { tick(); }),
      hang_up_at_(loop, [this] { phone_.hang_up(); }) {}

void CallSession::start(Time now) {
  phone_.set_sound(order_.sound);
  client::CallOptions options = order_.options;
  if (order_.bulk_bytes > 0) options.stream = {order_.bulk_bytes, fill_bulk};
  const auto id = phone_.call(order_.name, std::move(options));
  if (id) return;
  const ExitCode code = id.error().code == Errc::denied ? ExitCode::busy : ExitCode::bad_data;
  report_.error(now, code, id.error().what);
  done_(code);
}

void CallSession::tick() {
  report_.stats(host::read_clock(), phone_.stats());
  stats_.start(kStatsEvery);
}

void CallSession::handle_event(Time now, const client::Event& event) {
  switch (event.kind) {
    case client::EventKind::connected:
      connected_ = true;
      report_.event(now, event);
      stats_.start(kStatsEvery);
      if (order_.duration && !failed_) hang_up_at_.start(*order_.duration);
      break;
    case client::EventKind::ended:
      stats_.stop();
      hang_up_at_.stop();
      report_.ended(now, event, phone_.stats());
      done_(failed_.value_or(exit_code(event.reason, connected_)));
      break;
    case client::EventKind::attached:
    case client::EventKind::detached:
    case client::EventKind::refused:
    case client::EventKind::incoming:
    case client::EventKind::ringing:
    case client::EventKind::stalled:
    case client::EventKind::resumed:
    case client::EventKind::new_device:
    case client::EventKind::policy:
    case client::EventKind::closing:
    case client::EventKind::held:
    case client::EventKind::released:
    case client::EventKind::break_glass:
      report_.event(now, event);
      break;
  }
}

void CallSession::source_ended(Time) {
  if (!order_.duration && !order_.name.empty()) hang_up_at_.start(kTail);
}

void CallSession::sound_failed(Time now, const Error& error) {
  failed_ = ExitCode::io;
  report_.error(now, ExitCode::io, error.what);
  hang_up_at_.start(0ms);
}

}  // namespace farline::app
