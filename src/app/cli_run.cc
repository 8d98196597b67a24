// run: stays attached, takes calls, and makes calls for other farline-cli programs of the same profile.
#include <cstdio>
#include <map>
#include <memory>

#include "app/answer_line.h"
#include "app/chat_calls.h"
#include "app/cli_call_session.h"
#include "app/cli_chat.h"
#include "app/cli_commands.h"
#include "app/cli_control.h"
#include "app/cli_policy.h"
#include "app/json_line.h"
#include "app/policy_change.h"
#include "host/clock.h"
#include "host/control_pipe.h"

namespace farline::app {
namespace {

// capture and playout of the n-th call of a run: "out.wav", then "out-2.wav", so that no call overwrites another.
host::AudioSinkSpec numbered(host::AudioSinkSpec sink, unsigned call) {
  if (sink.kind != host::AudioSinkSpec::Kind::wav || call < 2) return sink;
  const size_t dot = sink.name.rfind('.');
  sink.name.insert(dot == std::string::npos ? sink.name.size() : dot, "-" + std::to_string(call));
  return sink;
}

class Runner {
 public:
  Runner(const CommonOptions& common, const RunOptions& options, Profile& profile)
      : common_(common),
        options_(options),
        profile_(profile),
        report_(start_, common.json, print_line),
        chat_timer_(loop_, [this] { chat_timed_out(); }),
        leave_(loop_, [this] { leave(); }),
        cleanup_(loop_, [this] {
          if (session_over_) session_.reset();
          session_over_ = false;
        }) {}

  ExitCode run(CallSound sound) {
    sound_ = std::move(sound);
    auto chat = ChatLink::open(profile_);
    if (!chat) return fail(common_, code_of(chat.error()), chat.error().what);
    chat_ = std::move(*chat);
    auto phone = Phone::open(
        loop_, profile_, phone_options(common_, profile_, options_.max_bps, options_.relay_only, options_.tariff),
        {.on_event = [this](Time now, const client::Event& e) { on_event(now, e); },
         .on_source_ended =
             [this](Time now) {
               if (session_) session_->source_ended(now);
             },
         .on_sound_failed =
             [this](Time now, const Error& e) {
               if (session_) session_->sound_failed(now, e);
             },
         .on_save_failed = [this](const Error& e) { stop(ExitCode::io, e.what); },
         .on_carrier = [this](const NodeCarrier::Status& status) { report_.carrier(host::read_clock(), status); },
         .on_turn = [this] { follow_chat(); }});
    if (!phone) return fail(common_, code_of(phone.error()), phone.error().what);
    phone_ = std::move(*phone);
    auto server = host::ControlServer::listen(loop_, Profile::control_path(profile_.directory()),
                                              {.on_request = [this](auto client, Bytes b) { on_request(client, b); },
                                               .on_closed = [this](auto client) { on_closed(client); }});
    if (!server) return fail(common_, ExitCode::config, server.error().what);
    server_ = std::move(*server);
    host::Signals signals(loop_, [this](host::Signal signal) {
      if (signal == host::Signal::hangup)
        phone_->network_changed();
      else
        begin_leaving();
    });
    loop_.run();
    session_.reset();
    server_.reset();
    phone_.reset();
    return code_;
  }

 private:
  void on_event(Time now, const client::Event& event) {
    if (const auto callee = untaken_.handle(event))  // a disk that refuses has said so already
      (void)write_missed_call(chat_->chat(), chat_->now(), profile_.identity().name, *callee);
    if (event.kind == client::EventKind::refused) {
      report_.event(now, event);
      stop(ExitCode::refused, {});
      return;
    }
    if (event.kind == client::EventKind::incoming) {
      begin_incoming(now, event);
      return;
    }
    if (event.kind == client::EventKind::held || event.kind == client::EventKind::released)
      for (const auto& [client, json] : tails_)
        Report(start_, json, [&, to = client](const std::string& line) { send_output(to, line); }).event(now, event);
    const bool of_call = event.call != 0;
    if (session_ && (of_call || asker_)) session_->handle_event(now, event);
    if (!of_call) report_.event(now, event);
  }

  void begin_incoming(Time now, const client::Event& event) {
    ++calls_;
    CallSound sound = sound_;
    sound.sink = numbered(sound.sink, calls_);
    session_over_ = false;
    asker_.reset();
    session_ =
        std::make_unique<CallSession>(loop_, *phone_, CallOrder{{}, sound, {}, {}},
                                      Report(start_, common_.json, print_line), [this](ExitCode) { end_session(); });
    phone_->set_sound(sound);
    report_.event(now, event);
    if (options_.answer == AnswerMode::automatic)
      phone_->answer();
    else if (options_.answer == AnswerMode::ask)
      report_.note("answer with: farline-cli --profile " + profile_.directory() + " answer   (or: hangup)");
  }

  void end_session() {
    session_over_ = true;
    cleanup_.start(0ms);  // not from inside the session's own function
  }

  // --- Other programs of this profile ---
  void on_request(host::ControlClientId client, Bytes bytes) {
    const auto request = decode_request(bytes);
    if (!request) {
      answer(client, ExitCode::bad_data, request.error().what);
      return;
    }
    switch (request->verb) {
      case ControlRequest::Verb::call:
        begin_call(client, *request);
        return;
      case ControlRequest::Verb::status:
        send_status(client, *request);
        return;
      case ControlRequest::Verb::policy_show:
        for (const std::string& line : policy_lines(phone_->core().admission(), host::read_clock(), request->json))
          send_output(client, line);
        break;
      case ControlRequest::Verb::policy_import:
      case ControlRequest::Verb::policy_open:
        change_policy(client, *request);
        return;
      case ControlRequest::Verb::chat:
        if (do_chat(client, *request)) return;
        break;
      case ControlRequest::Verb::answer:
        phone_->answer();
        break;
      case ControlRequest::Verb::hang_up:
        phone_->hang_up();
        break;
      case ControlRequest::Verb::mute:
        phone_->set_muted(true);
        break;
      case ControlRequest::Verb::unmute:
        phone_->set_muted(false);
        break;
      case ControlRequest::Verb::press:
        return press(client, request->name);
      case ControlRequest::Verb::block:
        phone_->set_blocked(request->name, true);
        break;
      case ControlRequest::Verb::unblock:
        phone_->set_blocked(request->name, false);
        break;
    }
    answer(client, ExitCode::ok, {});
  }

  void send_output(host::ControlClientId client, const std::string& text) {
    server_->send_line(client, format_answer_line({.code = {}, .text = text}));
  }
  void answer(host::ControlClientId client, ExitCode code, std::string_view what) {
    if (!what.empty()) send_output(client, "error: " + std::string(what));
    server_->send_line(client, format_answer_line({code, {}}));
    server_->close(client);
  }

  void press(host::ControlClientId client, const std::string& keys) {
    bool is_pressed = true;
    phone_->turn([&](Time) {
      for (const char key : keys) is_pressed = is_pressed && phone_->core().press_key(key);
    });
    answer(client, is_pressed ? ExitCode::ok : ExitCode::network,
           is_pressed ? "" : "not pressed: no call runs, or the other end does not take keys");
  }

  void begin_call(host::ControlClientId client, const ControlRequest& request) {
    const auto source = host::parse_audio_source(request.source);
    const auto sink = host::parse_audio_sink(request.sink);
    if (!source || !sink) {
      answer(client, ExitCode::usage, source ? sink.error().what : source.error().what);
      return;
    }
    if (source->kind == host::AudioSourceSpec::Kind::raw || sink->kind == host::AudioSinkSpec::Kind::raw) {
      answer(client, ExitCode::usage, "a running `run` owns this profile: raw sound on - works only without it");
      return;
    }
    if (session_ && !session_over_) {
      answer(client, ExitCode::busy, "a call is running already");
      return;
    }
    CallOrder order{request.name,
                    {*source, *sink, options_.sound.clock_ppm, options_.sound.turn_taking},
                    {},
                    {.max_bps = request.max_bps, .relay_only = request.relay_only, .stream = {}},
                    request.bulk_bytes};
    if (request.duration_ms > 0) order.duration = std::chrono::milliseconds(request.duration_ms);
    asker_ = client;
    session_over_ = false;
    const Time now = host::read_clock();
    const auto sink_line = [this, client](const std::string& line) { send_output(client, line); };
    session_ = std::make_unique<CallSession>(loop_, *phone_, std::move(order), Report(now, request.json, sink_line),
                                             [this, client](ExitCode code) {
                                               asker_.reset();
                                               answer(client, code, {});
                                               end_session();
                                             });
    if (phone_->core().is_attached()) session_->handle_event(now, {.kind = client::EventKind::attached});
    session_->start(now);
  }

  // --- Chat ---
  // True: the answer was given, or comes line by line.
  bool do_chat(host::ControlClientId client, const ControlRequest& request) {
    if (request.source == "tail") {
      tails_[client] = request.json;
      return true;
    }
    const ChatAnswer done = app::do_chat({profile_, *chat_, message_door()},
                                         {request.source, request.name, request.sink, request.extra, request.json},
                                         [&](const std::string& line) { send_output(client, line); });
    if (done.code != ExitCode::ok) {
      if (request.json) {
        send_output(
            client,
            JsonLine().text("event", "error").text("message", done.error).number("code", number(done.code)).finish());
        answer(client, done.code, {});
      } else {
        answer(client, done.code, done.error);
      }
    }
    follow_chat();
    return done.code != ExitCode::ok;
  }

  MessageDoor message_door() {
    return [this](const std::string& person) { return phone_->core().may_write(host::read_clock(), person); };
  }
  // What it does makes turns of the core, each of which calls it again: not from inside itself.
  void follow_chat() {
    if (!phone_) return;  // it is being opened
    follow_again_ = true;
    if (std::exchange(is_following_, true)) return;
    while (std::exchange(follow_again_, false)) {
      chat_->follow(phone_->core(), [this](const std::function<void(Time)>& mutation) { phone_->turn(mutation); });
      show_arrivals();
    }
    is_following_ = false;
    chat_timer_.stop();
    if (const auto due = chat_->next_timeout()) chat_timer_.start(std::max(*due - host::read_clock(), Duration{}));
  }
  void show_arrivals() {
    chat::Event event;
    while (chat_->chat().poll_event(event)) {
      const auto* arrived = std::get_if<chat::MessageArrived>(&event);
      if (!arrived) continue;
      for (const auto& [client, json] : tails_)
        send_output(client, message_line(chat_->chat(), arrived->message, std::nullopt, json));
    }
  }
  void chat_timed_out() {
    chat_->handle_timeout();
    follow_chat();
  }

  void on_closed(host::ControlClientId client) {
    tails_.erase(client);
    if (asker_ == client && session_) session_->hang_up();  // its person pressed Ctrl-C
  }

  void send_status(host::ControlClientId client, const ControlRequest& request);
  void change_policy(host::ControlClientId client, const ControlRequest& request);

  // --- The end ---
  void begin_leaving() {
    if (leaving_) {
      loop_.stop();  // asked twice: now
      return;
    }
    leaving_ = true;
    phone_->hang_up();
    leave_deadline_ = host::read_clock() + 6s;
    leave();
  }
  void leave() {
    if (phone_->core().is_saying_goodbye() && host::read_clock() < leave_deadline_) {
      leave_.start(50ms);
      return;
    }
    phone_->detach();
    loop_.stop();
  }
  void stop(ExitCode code, std::string_view what) {
    if (!what.empty()) report_.error(host::read_clock(), code, what);
    code_ = code;
    loop_.stop();
  }

  const CommonOptions& common_;
  const RunOptions& options_;
  Profile& profile_;
  Time start_ = host::read_clock();
  host::Loop loop_;
  Report report_;
  CallSound sound_;
  std::unique_ptr<ChatLink> chat_;
  UntakenCalls untaken_;
  std::unique_ptr<Phone> phone_;
  std::map<host::ControlClientId, bool> tails_;  // who watches messages arrive; with JSON
  std::unique_ptr<host::ControlServer> server_;
  std::unique_ptr<CallSession> session_;
  bool session_over_ = false;
  std::optional<host::ControlClientId> asker_;
  unsigned calls_ = 0;
  bool is_following_ = false;
  bool follow_again_ = false;
  host::Timer chat_timer_;
  host::Timer leave_;
  host::Timer cleanup_;
  Time leave_deadline_{};
  bool leaving_ = false;
  ExitCode code_ = ExitCode::ok;
};

const char* state_word(client::CallState state) {
  switch (state) {
    case client::CallState::idle:
      return "idle";
    case client::CallState::looking_up:
      return "looking-up";
    case client::CallState::calling:
      return "calling";
    case client::CallState::ringing_there:
      return "ringing-there";
    case client::CallState::ringing_here:
      return "ringing-here";
    case client::CallState::answering:
      return "answering";
    case client::CallState::connected:
      return "connected";
  }
  return "idle";
}

void Runner::send_status(host::ControlClientId client, const ControlRequest& request) {
  const client::Client& core = phone_->core();
  const NodeCarrier::Status& carrier = phone_->carrier();
  const auto& counters = core.counters();
  const auto contacts = core.contacts();
  const auto missed = profile_.missed_calls();
  if (request.json) {
    JsonLine json;
    json.text("name", profile_.identity().name).boolean("running", true).boolean("attached", core.is_attached());
    json.text("carrier", carrier.is_tls ? "tls" : "udp");
    if (!carrier.proxy.empty()) json.text("proxy", carrier.proxy);
    json.text("supernode", core.node().place)
        .text("call", state_word(core.call_state()))
        .number("contacts", static_cast<int64_t>(contacts.size()));
    json.number("missed_calls", static_cast<int64_t>(missed.size()));
    json.number("bytes_sent", static_cast<int64_t>(counters.bytes_sent));
    json.number("bytes_received", static_cast<int64_t>(counters.bytes_received));
    json.number("dropped", static_cast<int64_t>(counters.malformed + counters.unauthentic + counters.replayed +
                                                counters.unknown_session + counters.unexpected));
    send_output(client, json.finish());
  } else {
    send_output(client, "name: " + profile_.identity().name);
    send_output(client, std::string("attached: ") + (core.is_attached() ? "yes" : "no, looking for a supernode"));
    send_output(client, (core.is_attached() ? "supernode: " : "supernode tried: ") + core.node().place);
    const std::string by_proxy = carrier.proxy.empty() ? "" : " through the proxy " + carrier.proxy;
    if (core.is_attached()) send_output(client, carrier.is_tls ? "by: TLS" + by_proxy : "by: UDP");
    send_output(client, std::string("call: ") + state_word(core.call_state()));
    for (const auto& contact : contacts)
      send_output(client, "contact: " + contact.name + (contact.blocked ? " (blocked)" : ""));
    for (const auto& m : missed) send_output(client, "missed call: " + m.name);
  }
  answer(client, ExitCode::ok, {});
}

void Runner::change_policy(host::ControlClientId client, const ControlRequest& request) {
  const client::Admission& admission = phone_->core().admission();
  const PolicyOutcome outcome =
      request.verb == ControlRequest::Verb::policy_import
          ? import_policy_file(
                request.source, [&](Bytes file) { return phone_->import_policy(file); }, admission)
          : open_glass(
                request.name, [&](const policy::GlassCode& code) { return phone_->break_glass(code); }, admission);
  const bool done = outcome.code == ExitCode::ok;
  if (request.json) {
    JsonLine json;
    json.text("event", done ? "policy" : "error").text("message", outcome.text);
    if (!done) json.number("code", number(outcome.code));
    send_output(client, json.finish());
    answer(client, outcome.code, {});
  } else {
    if (done) send_output(client, outcome.text);
    answer(client, outcome.code, done ? std::string_view() : outcome.text);
  }
}

}  // namespace

ExitCode run(const CommonOptions& common, const RunOptions& options) {
  const auto source = host::parse_audio_source(options.sound.source);
  if (!source) return fail(common, ExitCode::usage, source.error().what);
  const auto sink = host::parse_audio_sink(options.sound.sink);
  if (!sink) return fail(common, ExitCode::usage, sink.error().what);
  if (sink->kind == host::AudioSinkSpec::Kind::raw) keep_stdout_for_sound();
  auto profile = open_profile(common);
  if (!profile) return fail(common, ExitCode::config, profile.error().what);
  Runner runner(common, options, *profile);
  return runner.run({*source, *sink, options.sound.clock_ppm, options.sound.turn_taking});
}

}  // namespace farline::app
