// call: one call from its own process, or handed to the `run` that owns the profile.
#include <memory>

#include "app/answer_line.h"
#include "app/chat_calls.h"
#include "app/chat_link.h"
#include "app/cli_call_session.h"
#include "app/cli_commands.h"
#include "app/cli_control.h"
#include "host/clock.h"
#include "host/control_pipe.h"
#include "host/file.h"

namespace farline::app {
namespace {

// Without a supernode there is nobody to ask: given up after this long.
constexpr Duration kAttachTimeout = 60s;
constexpr Duration kGoodbyeTimeout = 8s;
constexpr Duration kHurryTimeout = 2s;  // a person waits for the prompt

class Caller {
 public:
  Caller(const CommonOptions& common, const CallCommand& options, Profile& profile)
      : common_(common),
        profile_(profile),
        report_(start_, common.json, print_line),
        attach_deadline_(loop_, [this] { stop(ExitCode::network, "no answer from the supernode; check the network"); }),
        leave_(loop_, [this] { leave(); }) {
    order_.name = options.name;
    order_.options = {.max_bps = options.max_bps, .relay_only = options.relay_only, .stream = {}};
    order_.bulk_bytes = options.bulk_bytes;
    if (options.duration_s > 0) order_.duration = Duration{static_cast<int64_t>(options.duration_s * 1e9)};
  }

  ExitCode run(CallSound sound, const TariffOption& tariff) {
    order_.sound = std::move(sound);
    auto phone = Phone::open(
        loop_, profile_, phone_options(common_, profile_, order_.options.max_bps, order_.options.relay_only, tariff),
        {.on_event = [this](Time now, const client::Event& e) { on_event(now, e); },
         .on_source_ended =
             [this](Time now) {
               if (session_) session_->source_ended(now);
             },
         .on_sound_failed = [this](Time now, const Error& e) { session_->sound_failed(now, e); },
         .on_save_failed = [this](const Error& e) { stop(ExitCode::io, e.what); },
         .on_carrier = [this](const NodeCarrier::Status& status) { report_.carrier(host::read_clock(), status); }});
    if (!phone) return fail(common_, code_of(phone.error()), phone.error().what);
    phone_ = std::move(*phone);
    host::Signals signals(loop_, [this](host::Signal) { interrupt(); });
    attach_deadline_.start(kAttachTimeout);
    loop_.run();
    session_.reset();
    phone_.reset();
    return code_;
  }

 private:
  void on_event(Time now, const client::Event& event) {
    if (is_finished_) return;  // what rings while we say good-bye is another call
    if (const auto callee = untaken_.handle(event)) note_missed_call(*callee);
    if (event.kind == client::EventKind::refused) {
      report_.event(now, event);
      stop(ExitCode::refused, {});
    } else if (event.kind == client::EventKind::incoming) {
      return;  // one call from this process: it rings out at the far end
    } else if (session_) {
      session_->handle_event(now, event);
    } else {
      report_.event(now, event);
      if (event.kind != client::EventKind::attached) return;
      attach_deadline_.stop();
      const auto done = [this](ExitCode code) { finish(code); };
      session_ = std::make_unique<CallSession>(loop_, *phone_, order_, report_, done);
      session_->start(now);
    }
  }

  // It leaves with the next `run`.
  void note_missed_call(const std::string& callee) {
    auto chat = ChatLink::open(profile_);
    if (!chat) return report_.note("the chats cannot be opened: " + std::string(chat.error().what));
    const auto done = write_missed_call((*chat)->chat(), (*chat)->now(), profile_.identity().name, callee);
    if (!done) report_.note("the missed call is not in the chat: " + std::string(done.error().what));
  }

  void finish(ExitCode code) {
    is_finished_ = true;
    code_ = code;
    goodbye_until_ = host::read_clock() + kGoodbyeTimeout;
    leave_.start(0ms);
  }
  void leave() {
    const Time now = host::read_clock();
    const bool is_parting = phone_->core().is_saying_goodbye() && now < goodbye_until_;
    if (!is_parting && !hurry_until_) {
      hurry_until_ = now + kHurryTimeout;
      phone_->hurry();
    }
    if (is_parting || (phone_->core().is_hurrying() && now < *hurry_until_)) {
      leave_.start(50ms);
      return;
    }
    phone_->detach();
    loop_.stop();
  }
  void interrupt() {
    if (interrupted_ || !session_) {
      loop_.stop();
      return;
    }
    interrupted_ = true;
    session_->hang_up();
  }
  void stop(ExitCode code, std::string_view what) {
    if (!what.empty()) report_.error(host::read_clock(), code, what);
    code_ = code;
    loop_.stop();
  }

  const CommonOptions& common_;
  Profile& profile_;
  Time start_ = host::read_clock();
  host::Loop loop_;
  Report report_;
  CallOrder order_;
  std::unique_ptr<Phone> phone_;
  std::unique_ptr<CallSession> session_;
  UntakenCalls untaken_;
  host::Timer attach_deadline_;
  host::Timer leave_;
  Time goodbye_until_{};
  std::optional<Time> hurry_until_;
  bool is_finished_ = false;
  bool interrupted_ = false;
  ExitCode code_ = ExitCode::ok;
};

bool is_raw(const SoundOptions& sound) {
  return sound.source == "-" || sound.sink == "-";
}

// A relative path means the asking program's folder, not that of the `run`.
std::string absolute(const std::string& spec) {
  const bool loop = spec.starts_with("loop:");
  const std::string path = loop ? spec.substr(5) : spec;
  const bool is_file = path.ends_with(".wav");
  if (!is_file) return spec;
  const auto full = host::absolute_path(path);
  return (loop ? "loop:" : "") + full;
}

}  // namespace

std::optional<ExitCode> ask_owner(const CommonOptions& common, const ControlRequest& request, const PrintLine& print) {
  host::Loop loop;
  std::optional<ExitCode> code;
  bool answered = false;
  auto client = host::ControlClient::connect(loop, Profile::control_path(common.profile),
                                             {.on_line =
                                                  [&](std::string_view line) {
                                                    answered = true;
                                                    const auto told = parse_answer_line(line);
                                                    if (told && !told->code) print(std::string(told->text));
                                                    if (told && told->code) code = *told->code;
                                                  },
                                              .on_closed = [&] { loop.stop(); }});
  client->send_request(encode_request(request));
  host::Signals signals(loop, [&](host::Signal) {
    code = ExitCode::ok;
    loop.stop();  // the owner sees the pipe close and hangs up
  });
  loop.run();
  if (!code && answered) code = ExitCode::internal;
  return code;
}

ExitCode call(const CommonOptions& common, const CallCommand& options) {
  const auto source = host::parse_audio_source(options.sound.source);
  if (!source) return fail(common, ExitCode::usage, source.error().what);
  const auto sink = host::parse_audio_sink(options.sound.sink);
  if (!sink) return fail(common, ExitCode::usage, sink.error().what);
  if (sink->kind == host::AudioSinkSpec::Kind::raw) keep_stdout_for_sound();
  using Kind = host::AudioSourceSpec::Kind;
  if ((source->kind == Kind::wav || source->kind == Kind::wav_loop) &&
      !host::File::open(source->name, host::File::Mode::read))
    return fail(common, ExitCode::io, "cannot read the WAV file given with --audio-in");

  auto profile = open_profile(common);
  if (profile) {
    Caller caller(common, options, *profile);
    return caller.run({*source, *sink, options.sound.clock_ppm, options.sound.turn_taking}, options.tariff);
  }
  if (profile.error().code != Errc::denied) return fail(common, ExitCode::config, profile.error().what);
  if (is_raw(options.sound))
    return fail(common, ExitCode::usage, "a running `run` owns this profile: raw sound on - works only without it");
  const auto code = ask_owner(common, {.verb = ControlRequest::Verb::call,
                                       .name = options.name,
                                       .source = absolute(options.sound.source),
                                       .sink = absolute(options.sound.sink),
                                       .duration_ms = static_cast<uint64_t>(options.duration_s * 1000),
                                       .max_bps = options.max_bps,
                                       .relay_only = options.relay_only,
                                       .bulk_bytes = options.bulk_bytes,
                                       .json = common.json});
  if (!code)
    return fail(common, ExitCode::config, "another process owns this profile and does not answer; end it first");
  return *code;
}

}  // namespace farline::app
