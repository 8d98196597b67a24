#include "app/desktop_session.h"

#include <chrono>

#include "app/desktop_folder.h"
#include "app/policy_change.h"
#include "client/view_of.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "wire/name.h"

namespace farline::app {
namespace {

constexpr Duration kTick = 1s;
constexpr Duration kDraftAfter = 2s;
constexpr Duration kKeepEvery = 10min;
constexpr Duration kPhoneAgain = 10s;
constexpr Duration kSaidToRunEvery = 20s;

std::string folded(const std::string& name) {
  const auto out = wire::fold_name(name);
  return out ? *out : name;
}

// Days since 1970 and months since year 0, by UTC.
std::pair<uint32_t, uint32_t> today() {
  const std::chrono::sys_days day{std::chrono::days(host::read_wall_clock().seconds / 86400)};
  const std::chrono::year_month_day date(day);
  const int month = int{date.year()} * 12 + static_cast<int>(unsigned{date.month()}) - 1;
  return {static_cast<uint32_t>(day.time_since_epoch().count()), static_cast<uint32_t>(month)};
}

bool is_tariff(const std::string& text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

Phone::Options phone_options(const client::Settings& settings, uint32_t send_bps, uint32_t receive_bps) {
  Phone::Options out{.max_bps = settings.max_bps, .relay_only = settings.relay_only, .has_own_sound = true};
  if (const auto proxy = host::parse_proxy_setting(settings.proxy)) out.carrier.proxy = *proxy;
  out.asks_lan = settings.asks_lan;
  if (send_bps != 0) out.max_bps = send_bps;
  out.receive_max_bps = receive_bps;
  if (is_tariff(settings.tariff)) {
    if (const auto tariff = parse_tariff(settings.tariff)) out.tariff = *tariff;
  } else {
    out.tariff_link = settings.tariff;
  }
  return out;
}

}  // namespace

DesktopSession::DesktopSession(host::Loop& loop, Profile profile, DesktopSound& sound, Hooks hooks, Limits limits)
    : loop_(loop),
      profile_(std::move(profile)),
      sound_(sound),
      hooks_(std::move(hooks)),
      limits_(limits),
      name_(profile_.identity().name),
      records_(profile_.store()),
      meter_(records_.meter()),
      tick_(loop, [this] { tick(); }),
      keep_(loop,
            [this] {
              saved(records_.set_meter(meter_));
              keep_.start(kKeepEvery);
            }),
      phone_timer_(loop, [this] { open_phone(); }),
      chat_timer_(loop,
                  [this] {
                    chat_link_->handle_timeout();
                    follow_chat();
                  }),
      draft_timer_(loop, [this] { go_on_with_chat(); }),
      files_timer_(loop,
                   [this] {
                     is_watching_files_ = false;
                     chat_->look_at_files();
                     watch_files();
                     hooks_.changed();
                   }),
      key_up_(loop, [this] { apply_mute(); }) {
  const auto [day, month] = today();
  meter_.turn_to(day, month);
  sound_.choose(settings().input, settings().output);
  open_chat();
  open_phone();
  keep_.start(kKeepEvery);
}

DesktopSession::~DesktopSession() {
  if (chat_) chat_->keep_draft();
  if (phone_) phone_->detach();
  count_bytes();
  (void)records_.set_meter(meter_);
  sound_.set_call(false);
  sound_.ring(DesktopTones::Kind::none);
}

void DesktopSession::open_phone() {
  reopen_phone_ = false;
  if (phone_) {
    count_bytes();
    phone_->detach();
    phone_.reset();
  }
  all_bytes_ = 0;
  trying_since_ = host::read_clock();
  auto phone = Phone::open(loop_, profile_, phone_options(settings(), limits_.send_bps, limits_.receive_bps),
                           {.on_event = [this](Time now, const client::Event& e) { on_event(now, e); },
                            .on_source_ended = [](Time) {},
                            .on_sound_failed = [](Time, const Error&) {},
                            .on_save_failed = [this](const Error& e) { hooks_.save_failed(e); },
                            .on_carrier = [this](const NodeCarrier::Status&) { hooks_.changed(); },
                            .on_turn = [this] { follow_chat(); }});
  if (phone) {
    phone_ = std::move(*phone);
    problem_ = client::Problem::none;
  } else {
    problem_ = client::Problem::no_network;
    detail_ = phone.error().what;
    phone_timer_.start(kPhoneAgain);
  }
  tick_.start(kTick);
  hooks_.changed();
}

// --- What happens ----------------------------------------------------------------------------------------------------

void DesktopSession::on_event(Time now, const client::Event& event) {
  using client::EventKind;
  if (const auto callee = untaken_.handle(event); callee && chat_link_)
    (void)write_missed_call(chat_link_->chat(), chat_link_->now(), name_, *callee);
  switch (event.kind) {
    case EventKind::attached:
      trying_since_.reset();
      attached_to_ = place_of(phone_->core().node());
      problem_ = client::Problem::none;
      break;
    case EventKind::detached:
      trying_since_ = now;
      tick_.start(kTick);
      break;
    case EventKind::refused:
      problem_ = client::Problem::refused;
      detail_ = event.text;
      trying_since_ = now;
      break;
    case EventKind::incoming:
      begin(now, event.peer, false);
      call_->id = event.call;
      // They were in a call with us a moment ago and nobody hung up: it goes on.
      if (event.takes_up) {
        phone_->answer();
        break;
      }
      tell(DesktopNotice::Kind::incoming, event.peer);
      if (!settings().do_not_disturb || call_->is_emergency) sound_.ring(DesktopTones::Kind::incoming);
      break;
    case EventKind::ringing:
      learn(event.peer, client::Presence::attached);
      sound_.ring(DesktopTones::Kind::outgoing);
      break;
    case EventKind::connected:
      on_connected(now);
      break;
    case EventKind::ended:
      on_ended(event);
      break;
    case EventKind::new_device:
      if (call_ && folded(call_->peer) == folded(event.peer)) call_->peer_changed_device = true;
      break;
    case EventKind::closing:
      if (call_) {
        call_->closes_at = now + event.left;
        call_->closing = event.verdict;
      }
      break;
    case EventKind::stalled:
    case EventKind::resumed:
      if (call_ && phone_) call_->stats = phone_->stats();
      break;
    case EventKind::policy:
    case EventKind::break_glass:
    case EventKind::held:
    case EventKind::released:
      if (chat_) chat_->door_changed();
      break;
  }
  follow_state(now);
  hooks_.changed();
}

// --- Chats -----------------------------------------------------------------------------------------------------------

void DesktopSession::open_chat() {
  auto link = ChatLink::open(profile_);
  if (!link) {
    chat_trouble_ = link.error().what;
    return;
  }
  chat_link_ = std::move(*link);
  chat_ = std::make_unique<DesktopChat>(chat_link_->chat(), profile_.chats(), name_);
  notes_ = std::make_unique<DesktopNotes>(
      loop_, *chat_link_, sound_,
      DesktopNotes::Hooks{.changed = [this] { hooks_.changed(); },
                          .chat_with =
                              [this](const std::string& person) {
                                return app::chat_with(chat_link_->chat(), chat_link_->now(), name_, person);
                              },
                          .done = [this](const Result<void>& result) { chat_done(result); }});
  chat_->set_door([this](const std::string& person) {
    return phone_ ? phone_->core().may_write(host::read_clock(), person) : client::Verdict{.allowed = true};
  });
}

void DesktopSession::follow_chat() {
  if (!chat_link_) return;
  if (phone_)
    chat_link_->follow(phone_->core(), [this](const std::function<void(Time)>& mutation) { phone_->turn(mutation); });
  chat::Event event;
  while (chat_link_->chat().poll_event(event)) {
    chat_->handle(event);
    const auto* arrived = std::get_if<chat::MessageArrived>(&event);
    const bool is_news = arrived && !arrived->history && !arrived->message.own;
    if (is_news && records_.alerts(to_text(arrived->message.group), text_in(arrived->message.body)))
      tell(DesktopNotice::Kind::message, arrived->message.author);
    hooks_.changed();
  }
  watch_files();
  chat_timer_.stop();
  if (const auto due = chat_link_->next_timeout()) chat_timer_.start(std::max(*due - host::read_clock(), Duration{}));
}

// One tick after another while some of a file may come.
void DesktopSession::watch_files() {
  if (is_watching_files_ || !chat_->is_file_coming()) return;
  is_watching_files_ = true;
  files_timer_.start(kTick);
}

void DesktopSession::chat_done(const Result<void>& result) {
  if (!result && result.error().code == Errc::io) return hooks_.save_failed(result.error());
  follow_chat();
  draft_timer_.start(chat_->is_searching() ? 0ms : kDraftAfter);
  hooks_.changed();
}

void DesktopSession::go_on_with_chat() {
  if (chat_->search_on())
    draft_timer_.start(0ms);
  else
    chat_->keep_draft();
  hooks_.changed();
}

void DesktopSession::begin(Time now, std::string peer, bool outgoing) {
  if (notes_) notes_->stop();
  ended_.reset();
  refused_.reset();
  call_ = Running{};
  call_->peer = std::move(peer);
  call_->outgoing = outgoing;
  call_->is_emergency = is_emergency(call_->peer);
  call_->since = now;
  apply_mute();
  prepare_sound();
  tick_.start(kTick);
}

void DesktopSession::prepare_sound() {
  const bool microphone = sound_.is_microphone();
  phone_->core().set_sound_options(
      {.speech_input = {.echo_cancellation = sound_.may_echo(),
                        .noise_suppression = microphone,
                        .gain_control = microphone,
                        .pauses = settings().transmit != client::TransmitMode::continuous}});
}

void DesktopSession::on_connected(Time now) {
  if (!call_) return;
  tell(DesktopNotice::Kind::call_over, call_->peer);
  call_->was_connected = true;
  call_->stats = phone_->stats();  // what the other end understands is shown at once
  learn(call_->peer, client::Presence::attached);
  sound_.set_call(true);
  keep_saying_that_it_runs(now);
}

void DesktopSession::on_ended(const client::Event& event) {
  sound_.set_call(false);
  sound_.ring(DesktopTones::Kind::none);
  if (!call_) return;
  const client::CallStats stats = phone_->stats();
  count_bytes();
  const bool missed = event.reason == client::EndReason::missed;
  if (call_->was_connected || (call_->outgoing && event.reason != client::EndReason::hung_up))
    sound_.ring(DesktopTones::Kind::ended);
  if (event.reason == client::EndReason::not_attached) learn(call_->peer, client::Presence::away);
  if (event.reason == client::EndReason::not_allowed) refused_ = event.verdict;
  const bool is_unheard =
      call_->was_connected ? stats.stalled_for >= client::kStalledTooLong : call_->outgoing && is_untaken(event.reason);
  const Duration lasted = call_->was_connected ? client::shown(stats).connected_for : Duration{};
  ended_ = client::EndedView{.peer = call_->peer,
                             .outgoing = call_->outgoing,
                             .reason = event.reason,
                             .verdict = event.verdict,
                             .offers_note = chat_ && (is_unheard || missed),
                             .lasted = lasted,
                             .bytes = stats.bytes_tx + stats.bytes_rx,
                             .cost = stats.cost};
  if (stats.cost) {
    meter_.cost_month_micros += static_cast<uint64_t>(stats.cost->amount * 1e6);
    meter_.currency = stats.cost->currency;
  }
  saved(records_.add_recent({.peer = call_->peer,
                             .at = host::read_wall_clock(),
                             .outgoing = call_->outgoing,
                             .reason = event.reason,
                             .lasted = lasted,
                             .is_new = missed}));
  if (call_->was_connected) saved(records_.set_running({}));
  saved(records_.set_meter(meter_));
  tell(missed ? DesktopNotice::Kind::missed : DesktopNotice::Kind::call_over, call_->peer);
  recorder_.reset();
  call_.reset();
  if (reopen_phone_) phone_timer_.start(0ms);  // not from inside its own event
}

void DesktopSession::follow_state(Time now) {
  if (!call_ || !phone_) return;
  const client::CallState state = phone_->core().call_state();
  if (state == call_->state) return;
  call_->state = state;
  call_->since = now;
}

void DesktopSession::tick() {
  const Time now = host::read_clock();
  if (call_ && phone_) {
    call_->stats = phone_->stats();
    if (call_->state == client::CallState::connected) {
      if (call_->history.size() >= client::kCallSamplesMax) call_->history.erase(call_->history.begin());
      call_->history.push_back(client::sample_of(call_->stats));
      if (now - call_->saved_at >= kSaidToRunEvery) keep_saying_that_it_runs(now);
    }
  }
  const bool measures = phone_ && phone_->core().link_figures().is_running;
  if (call_ || trying_since_ || measures) tick_.start(kTick);
  hooks_.changed();
}

void DesktopSession::keep_saying_that_it_runs(Time now) {
  call_->saved_at = now;
  saved(records_.set_running(DesktopRecords::Running{call_->peer, host::read_wall_clock()}));
}

void DesktopSession::saved(const Result<void>& result) {
  if (!result) hooks_.save_failed(result.error());
}

bool DesktopSession::is_emergency(const std::string& name) const {
  return phone_ && policy::is_contact(phone_->core().admission().effective(), name);
}

void DesktopSession::tell(DesktopNotice::Kind kind, const std::string& peer) {
  const bool is_urgent = call_ && call_->is_emergency && kind != DesktopNotice::Kind::message;
  hooks_.notice({.kind = kind,
                 .peer = peer,
                 .hides_text = settings().hide_notification_text,
                 .is_quiet = settings().do_not_disturb && !is_urgent,
                 .is_emergency = is_urgent});
}

void DesktopSession::learn(const std::string& name, client::Presence presence) {
  presence_[folded(name)] = {presence, host::read_wall_clock()};
}

// Bytes since the last time, by class: what the call says, and of all the rest that they are none of.
void DesktopSession::count_bytes() {
  if (!phone_) return;
  const auto [day, month] = today();
  meter_.turn_to(day, month);
  const auto add = [&](policy::Class what, uint64_t bytes) {
    client::MeterRow& row = meter_.rows[static_cast<size_t>(what)];
    row.today_bytes += bytes;
    row.month_bytes += bytes;
  };
  uint64_t of_classes = 0;
  if (call_) {
    const client::CallStats stats = phone_->stats();
    const uint64_t voice = stats.voice_bytes_tx + stats.voice_bytes_rx;
    const uint64_t bulk = stats.bulk_bytes_tx + stats.bulk_bytes_rx;
    if (voice >= call_->voice_bytes && bulk >= call_->bulk_bytes) {
      add(policy::Class::voice, voice - call_->voice_bytes);
      add(policy::Class::files, bulk - call_->bulk_bytes);
      of_classes = voice - call_->voice_bytes + bulk - call_->bulk_bytes;
      call_->voice_bytes = voice;
      call_->bulk_bytes = bulk;
    }
  }
  const client::Counters& counters = phone_->core().counters();
  const uint64_t all = counters.bytes_sent + counters.bytes_received;
  meter_.idle_month_bytes += all - all_bytes_ - std::min(of_classes, all - all_bytes_);
  all_bytes_ = all;
}

// --- The person ------------------------------------------------------------------------------------------------------

void DesktopSession::start_call(const std::string& name) {
  if (!phone_ || call_) return;
  if (const auto good = wire::fold_name(name); !good) {
    problem_ = client::Problem::bad_name;
    hooks_.changed();
    return;
  }
  begin(host::read_clock(), name, true);
  const auto id = phone_->call(name, {});
  if (!id)
    call_.reset();
  else if (call_)  // not refused at once, which has ended it
    call_->id = *id;
  follow_state(host::read_clock());
  hooks_.changed();
}

void DesktopSession::answer() {
  sound_.ring(DesktopTones::Kind::none);
  if (phone_) phone_->answer();
  follow_state(host::read_clock());
  hooks_.changed();
}
void DesktopSession::hang_up() {
  if (phone_) phone_->hang_up();
  hooks_.changed();
}

void DesktopSession::mute(bool on) {
  if (call_) call_->is_muted = on;
  apply_mute();
}
void DesktopSession::deafen(bool on) {
  if (call_) call_->is_deafened = on;
  hooks_.changed();
}
void DesktopSession::hold(bool on) {
  if (call_) call_->is_on_hold = on;
  tell_note();
  apply_mute();
}
void DesktopSession::tell_note() {
  if (phone_ && call_) phone_->core().set_note({.holds = call_->is_on_hold, .records = recorder_ != nullptr});
}
void DesktopSession::record(bool on) {
  if (!on) recorder_.reset();
  const bool may =
      phone_ && call_ && call_->stats.takes_notes && !phone_->core().admission().forbids(policy::Feature::recording);
  if (on && may && !recorder_) {
    auto recorder = DesktopRecorder::open(person_folder(profile_.directory()) + "/farline-call-" +
                                          std::to_string(host::read_wall_clock().seconds) + ".wav");
    if (recorder) {
      recorder_ = std::move(*recorder);
      saved_path_ = recorder_->path();
      problem_ = client::Problem::none;
    } else {
      problem_ = client::Problem::disk_full;
      detail_ = recorder.error().what;
    }
  }
  tell_note();
  hooks_.changed();
}
void DesktopSession::talk(bool down) {
  if (!call_) return;
  const bool was_talking = std::exchange(call_->is_talking, down);
  if (was_talking && !down)
    key_up_.start(std::chrono::milliseconds(settings().key_up_delay_ms));
  else
    apply_mute();
  hooks_.changed();
}

void DesktopSession::press_key(char key) {
  if (!phone_ || !call_) return;
  bool is_pressed = false;
  phone_->turn([&](Time) { is_pressed = phone_->core().press_key(key); });
  std::string& keys = call_->keys_pressed;
  if (is_pressed) keys += key;
  if (keys.size() > client::kKeysShown) keys.erase(0, keys.size() - client::kKeysShown);
  hooks_.changed();
}

void DesktopSession::apply_mute() {
  key_up_.stop();
  if (phone_) phone_->set_muted(is_silent_there());
  hooks_.changed();
}

bool DesktopSession::is_silent_there() const {
  const bool waits_for_key = settings().transmit == client::TransmitMode::push_to_talk && call_ && !call_->is_talking;
  const bool is_recording = notes_ && notes_->is_recording();
  return call_ && (call_->is_muted || call_->is_on_hold || waits_for_key || is_recording);
}

void DesktopSession::take_up() {
  if (!records_.interrupted()) return;
  const std::string peer = records_.interrupted()->peer;
  saved(records_.set_running({}));
  start_call(peer);
}

void DesktopSession::forget_ended() {
  ended_.reset();
  refused_.reset();
  if (!call_ && records_.interrupted()) saved(records_.set_running({}));
  if (problem_ != client::Problem::no_network && problem_ != client::Problem::refused) problem_ = client::Problem::none;
  hooks_.changed();
}

void DesktopSession::look_at_missed() {
  saved(records_.look_at_missed());
  hooks_.changed();
}

void DesktopSession::set_person(const std::string& name, bool is_kept) {
  if (wire::check_name(name))
    saved(records_.set_person(name, is_kept));
  else
    problem_ = client::Problem::bad_name;
  hooks_.changed();
}

void DesktopSession::block(const std::string& name, bool on) {
  if (phone_) phone_->set_blocked(name, on);
  hooks_.changed();
}

void DesktopSession::retry_now() {
  if (phone_)
    phone_->network_changed();
  else
    open_phone();
}

void DesktopSession::check_link() {
  if (phone_) phone_->check_link();
  tick_.start(kTick);
  hooks_.changed();
}

void DesktopSession::import_policy(const std::string& path) {
  if (!phone_) return;
  const PolicyOutcome outcome = import_policy_file(
      path, [&](Bytes file) { return phone_->import_policy(file); }, phone_->core().admission());
  problem_ = outcome.code == ExitCode::ok ? client::Problem::none : client::Problem::bad_policy_file;
  detail_ = outcome.text;
  hooks_.changed();
}

void DesktopSession::break_glass(const std::string& code) {
  if (!phone_) return;
  const PolicyOutcome outcome = open_glass(
      code, [&](const policy::GlassCode& c) { return phone_->break_glass(c); }, phone_->core().admission());
  problem_ = outcome.code == ExitCode::ok ? client::Problem::none : client::Problem::bad_code;
  detail_ = outcome.text;
  hooks_.changed();
}

void DesktopSession::change_settings(client::Settings settings) {
  const client::Settings before = records_.settings();
  saved(records_.set_settings(std::move(settings)));
  const client::Settings& after = records_.settings();
  sound_.choose(after.input, after.output);
  apply_mute();
  const bool attaches_otherwise = before.relay_only != after.relay_only || before.max_bps != after.max_bps ||
                                  before.tariff != after.tariff || before.proxy != after.proxy ||
                                  before.asks_lan != after.asks_lan;
  if (attaches_otherwise && call_) reopen_phone_ = true;
  if (attaches_otherwise && !call_) open_phone();
  hooks_.changed();
}

}  // namespace farline::app
