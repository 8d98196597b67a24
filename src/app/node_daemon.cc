// Timer: wall clock   start: the node's start   every kTellWallClockEvery   effect: the core is told what time it is
#include "app/node_daemon.h"

#include "app/node_control.h"
#include "app/program.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/log_stderr.h"
#include "policy/signed_policy.h"

namespace farline::app {
namespace {

constexpr Duration kTellWallClockEvery = 1min;

class NodeDaemon {
 public:
  NodeDaemon(NodeHome& home, const NodeOptions& options)
      : home_(home),
        log_(options.log_level, host::read_clock()),
        service_(home, log_),
        wall_clock_(loop_, [this] { tell_wall_time(); }),
        signals_(loop_, [this](host::Signal signal) { handle(signal); }),
        policy_file_(options.policy_file) {
    listen(options.listen);
    control_ = std::make_unique<NodeControl>(loop_, home.folder(),
                                             [this](const NodeQuestion& question) { return answer(question); });
  }

  // What invitations need is known now: the port.
  void remember(const NodeOptions& options, bool is_first_start) {
    NodeSettings settings = home_.settings();
    settings.listened = host::to_text(driver_->local_address());
    if (!options.advertise.empty()) settings.advertise = options.advertise;
    const bool changed = settings != home_.settings();
    home_.set_settings(settings);
    if (is_first_start) {
      first_invitation_ = service_.invitation(host::read_clock(), {.order = {}, .advertise = {}});
      home_.save(take_saves(service_.core()));
    } else if (changed) {
      home_.save();
    }
  }

  void run() {
    print_out("listening: " + home_.settings().listened);
    if (!first_invitation_.empty()) {
      print_out(first_invitation_);
      const bool is_a_guess = home_.settings().advertise.empty() && service_.advertised() != home_.settings().listened;
      if (is_a_guess)
        std::fprintf(stderr,
                     "farline-node: invitations lead to %s; if devices reach this node elsewhere, restart it with "
                     "--advertise HOST:PORT\n",
                     service_.advertised().c_str());
    }
    log("started");
    read_policy();
    loop_.run();
    if (failure_) throw Failure(*failure_);
    log("stopped");
  }

 private:
  void listen(const std::string& text) {
    const auto address = host::parse_address(text);
    if (!address && address.error().code == Errc::malformed) fail(ExitCode::usage, "--listen " + text, address.error());
    if (!address) fail(ExitCode::network, "--listen " + text, address.error());
    auto driver =
        host::Driver::open(loop_, *address, service_.core(), home_.sink(),
                           {.after_turn = {}, .save_failed = [this](const Error& error) { save_failed(error); }});
    if (!driver) fail(ExitCode::network, "cannot listen on " + text, driver.error());
    driver_ = std::move(*driver);
    tell_wall_time();
  }

  void tell_wall_time() {
    driver_->turn([&](Time now) { service_.core().set_wall_time(now, host::read_wall_clock()); });
    wall_clock_.start(kTellWallClockEvery);
  }

  // What the answer says is on disk before it is given.
  std::optional<NodeAnswer> answer(const NodeQuestion& question) {
    NodeAnswer answer;
    driver_->turn([&](Time now) { answer = service_.answer(now, question, driver_.get()); });
    if (failure_) return NodeAnswer{.code = failure_->code(), .error = failure_->what(), .lines = {}};
    return answer;
  }

  // A file that is bad leaves in force what is, and says so.
  void read_policy() {
    if (policy_file_.empty()) return;
    const auto file = host::read_file(policy_file_, policy::kPolicyFileBytesMax);
    NodeAnswer answer{.code = ExitCode::io, .error = {}, .lines = {}};
    if (file)
      driver_->turn([&](Time now) { answer = service_.take_policy(now, *file); });
    else
      answer.error = file.error().what;
    for (const std::string& line : answer.lines) print_out(line);
    if (answer.code == ExitCode::ok) return;
    log_.write(host::read_clock(), LogLevel::error, "policy_refused");
    std::fprintf(stderr, "farline-node: %s: %s\n", policy_file_.c_str(), answer.error.c_str());
  }

  // Called by the loop, which nothing may be thrown through.
  void handle(host::Signal signal) {
    if (signal == host::Signal::hangup) {
      log("reload");
      try {
        read_policy();
      } catch (const Failure& failure) {  // nobody reads standard output any more
        failure_ = failure;
        loop_.stop();
      }
      return;
    }
    driver_->turn([&](Time now) { service_.core().shut_down(now); });
    loop_.stop();
  }

  void save_failed(const Error& error) {
    failure_ = Failure(error.code == Errc::io ? ExitCode::io : ExitCode::config,
                       home_.folder().path + "/node.db: " + std::string(error.what));
    loop_.stop();
  }

  void log(const char* event) {
    const supernode::Status status = service_.core().status();
    log_.write(host::read_clock(), LogLevel::notice, event,
               {{"devices", static_cast<int64_t>(status.devices)},
                {"attached", static_cast<int64_t>(status.attached)},
                {"trial", home_.organisation().is_trial ? 1 : 0}});
  }

  NodeHome& home_;
  host::StderrLog log_;
  host::Loop loop_;
  NodeService service_;
  std::unique_ptr<host::Driver> driver_;
  host::Timer wall_clock_;
  host::Signals signals_;
  std::unique_ptr<NodeControl> control_;
  const std::string policy_file_;
  std::string first_invitation_;
  std::optional<Failure> failure_;
};

}  // namespace

void run_node(NodeHome& home, const NodeOptions& options) {
  if (!options.advertise.empty()) check_advertise(options.advertise);
  const bool is_first_start = home.is_new();
  if (!options.policy_file.empty() && (is_first_start || home.organisation().is_trial))
    throw Failure(kTrialHasNoPolicy.code, kTrialHasNoPolicy.error);
  if (is_first_start) {
    home.make_trial(present());
  }
  NodeDaemon daemon(home, options);
  daemon.remember(options, is_first_start);
  daemon.run();
}

}  // namespace farline::app
