// Timers: wall clock   start: the node's start   every kTellWallClockEvery   effect: the core is told what time it is
//         drain        start: SIGTERM, SIGINT     drain_seconds              effect: the end, whoever is still attached
//         store again  start: the disk took none  every kStoreAgain          effect: what is kept is saved
#include "app/node_daemon.h"

#include "app/lan.h"
#include "app/node_control.h"
#include "app/program.h"
#include "backbone/nats_bus.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/http_server.h"
#include "host/log_stderr.h"
#include "host/service_manager.h"
#include "host/tls_server.h"
#include "policy/signed_policy.h"
#include "wire/packet.h"

namespace farline::app {
namespace {

constexpr Duration kTellWallClockEvery = 1min;
constexpr Duration kStoreAgain = 5s;

class NodeDaemon {
 public:
  NodeDaemon(NodeHome& home, const NodeOptions& options, const ReadOptions& read_again)
      : home_(home),
        options_(options),
        read_again_(read_again),
        manager_(loop_),
        log_(options.log_level, host::read_clock()),
        service_(home, log_, !options.backbone.empty()),
        store_(home.sink()),
        wall_clock_(loop_, [this] { tell_wall_time(); }),
        drain_(loop_, [this] { end(); }),
        store_again_(loop_, [this] { save_again(); }),
        signals_(loop_, [this](host::Signal signal) { handle(signal); }) {
    listen(options.listen);
    if (!options.tls_listen.empty()) listen_tls(options);
    if (options.answers_lan) answer_lan();
    if (!options.backbone.empty()) join(options.backbone);
    if (!options.metrics.empty()) show_figures(options.metrics);
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
    if (tls_) print_out("tls: " + host::to_text(tls_->local_address()));
    if (pages_) print_out("metrics: http://" + host::to_text(pages_->local_address()) + "/");
    log("started");
    read_policy();
    manager_.ready();
    loop_.run();
    if (failure_) throw Failure(*failure_);
    if (store_.is_keeping())
      if (const auto saved = store_.retry(); !saved)
        fail(ExitCode::io, home_.folder().path + "/node.db", saved.error());
    log("stopped");
  }

 private:
  void listen(const std::string& text) {
    const auto address = host::parse_address(text);
    if (!address && address.error().code == Errc::malformed) fail(ExitCode::usage, "--listen " + text, address.error());
    if (!address) fail(ExitCode::network, "--listen " + text, address.error());
    auto driver = host::Driver::open(loop_, *address, service_.core(), store_,
                                     {.after_turn =
                                          [this](Time) {
                                            service_.core().set_store_full(store_.is_keeping());
                                            carry_frames();
                                            end_when_drained();
                                          },
                                      .save_failed = [this](const Error& error) { save_failed(error); },
                                      .goes_on = [this] { return keeps_records(); },
                                      .is_voice = wire::is_media});
    if (!driver) fail(ExitCode::network, "cannot listen on " + text, driver.error());
    driver_ = std::move(*driver);
    tell_wall_time();
  }

  static crypto::TlsIdentity tls_identity(const NodeOptions& options) {
    if (options.tls_chain.empty() != options.tls_key.empty())
      throw Failure(ExitCode::usage, "--tls-certificate and --tls-key go together");
    if (options.tls_chain.empty()) return crypto::TlsIdentity::make();
    const auto chain = host::read_file(options.tls_chain, crypto::kTlsPemBytesMax);
    if (!chain) fail(ExitCode::config, options.tls_chain, chain.error());
    auto key = host::read_file(options.tls_key, crypto::kTlsPemBytesMax);
    if (!key) fail(ExitCode::config, options.tls_key, key.error());
    auto identity = crypto::TlsIdentity::from_pem(as_text(*chain), as_text(*key));
    crypto::wipe(*key);
    if (!identity) fail(ExitCode::config, options.tls_chain + ", " + options.tls_key, identity.error());
    return *std::move(identity);
  }
  void listen_tls(const NodeOptions& options) {
    const auto address = host::parse_address(options.tls_listen);
    if (!address) fail(ExitCode::usage, "--tls-listen " + options.tls_listen, address.error());
    auto server = host::TlsServer::listen(
        loop_, {.address = *address,
                .identity = tls_identity(options),
                .may_be_lost = wire::is_media,
                .received = [this](const Address& from, Bytes datagram) { driver_->deliver(from, datagram); }});
    if (!server) fail(ExitCode::network, "cannot listen on " + options.tls_listen, server.error());
    tls_ = std::move(*server);
    driver_->set_side_carrier(tls_.get());
  }

  void answer_lan() {
    auto door = LanDoor::open(loop_, home_.identity(), driver_->local_address().port, home_.rng());
    if (!door) fail(ExitCode::network, "cannot answer on the local network (UDP port 4748)", door.error());
    lan_ = std::move(*door);
  }

  void join(const std::vector<std::string>& servers) {
    auto bus = backbone::NatsBus::open(
        loop_, servers, to_hex(service_.core().node_id().bytes),
        {.changed = [this](bool is_up) { driver_->turn([&](Time now) { service_.core().set_backbone(now, is_up); }); },
         .received =
             [this](Bytes frame) { driver_->turn([&](Time now) { service_.core().handle_backbone(now, frame); }); }});
    if (!bus) fail(ExitCode::usage, "--backbone " + servers.front(), bus.error());
    bus_ = std::move(*bus);
  }
  void carry_frames() {
    for (supernode::BackboneSend out; bus_ && service_.core().poll_backbone(out);)
      bus_->send(out.to ? std::optional(to_hex(out.to->bytes)) : std::nullopt, out.frame);
  }

  void show_figures(const std::string& text) {
    const auto address = host::parse_address(text);
    if (!address) fail(ExitCode::usage, "--metrics " + text, address.error());
    auto server = host::HttpServer::listen(loop_, *address, [this](std::string_view path) { return page(path); });
    if (!server) fail(ExitCode::network, "--metrics " + text, server.error());
    pages_ = std::move(*server);
  }

  host::HttpPage page(std::string_view path) {
    const char* state = is_draining_ ? "going away" : "serving";
    if (path == "/healthz") return {.status = is_draining_ ? 503 : 200, .body = std::string(state) + "\n"};
    if (path != "/" && path != "/metrics") return {.status = 404, .body = "there are /, /metrics and /healthz\n"};
    const std::vector<Figure> figures = service_.figures(host::read_clock(), *driver_);
    if (path == "/") return {.type = "text/html; charset=utf-8", .body = health_page(figures, state)};
    return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(figures)};
  }

  void tell_wall_time() {
    driver_->turn([&](Time now) { service_.core().set_wall_time(now, host::read_wall_clock()); });
    wall_clock_.start(kTellWallClockEvery);
  }

  // What the answer says is on disk before it is given.
  std::optional<NodeAnswer> answer(const NodeQuestion& question) {
    NodeAnswer answer;
    const uint64_t delayed = store_.delayed();
    driver_->turn([&](Time now) { answer = service_.answer(now, question, driver_.get()); });
    if (store_.delayed() != delayed)
      return NodeAnswer{.code = ExitCode::io, .error = "the disk is full; nothing was given out", .lines = {}};
    if (failure_) return NodeAnswer{.code = failure_->code(), .error = failure_->what(), .lines = {}};
    return answer;
  }

  // A file that is bad leaves in force what is, and says so.
  void read_policy() {
    if (options_.policy_file.empty()) return;
    const auto file = host::read_file(options_.policy_file, policy::kPolicyFileBytesMax);
    NodeAnswer answer{.code = ExitCode::io, .error = {}, .lines = {}};
    if (file)
      driver_->turn([&](Time now) { answer = service_.take_policy(now, *file); });
    else
      answer.error = file.error().what;
    for (const std::string& line : answer.lines) print_out(line);
    if (answer.code == ExitCode::ok) return;
    log_.write(host::read_clock(), LogLevel::error, "policy_refused");
    std::fprintf(stderr, "farline-node: %s: %s\n", options_.policy_file.c_str(), answer.error.c_str());
  }

  void reload() {
    manager_.reloading();
    log("reload");
    try {
      NodeOptions now = read_again_();
      if (now.listen != options_.listen || now.advertise != options_.advertise || now.metrics != options_.metrics ||
          now.backbone != options_.backbone || now.tls_listen != options_.tls_listen ||
          now.tls_chain != options_.tls_chain || now.tls_key != options_.tls_key ||
          now.answers_lan != options_.answers_lan)
        std::fprintf(
            stderr,
            "farline-node: another listen, advertise, metrics, backbone, lan or TLS is taken at the next start\n");
      options_ = std::move(now);
      log_.set_level(options_.log_level);
    } catch (const Failure& failure) {
      log_.write(host::read_clock(), LogLevel::error, "options_refused");
      std::fprintf(stderr, "farline-node: %s; the options stay as they are\n", failure.what());
    }
    read_policy();
    manager_.ready();
  }

  // The attached go elsewhere first; a second signal, or nobody there, is the end at once.
  void leave() {
    const auto within = std::chrono::seconds(options_.drain_seconds);
    manager_.stopping(within);
    if (is_draining_ || options_.drain_seconds == 0) return end();
    is_draining_ = true;
    log("draining");
    drain_.start(within);
    driver_->turn([&](Time now) { service_.core().drain(now, within); });
  }
  void end_when_drained() {
    if (is_draining_ && service_.core().status().attached == 0) loop_.stop();
  }
  void end() {
    driver_->turn([&](Time now) { service_.core().shut_down(now); });
    loop_.stop();
  }

  // Called by the loop, which nothing may be thrown through.
  void handle(host::Signal signal) {
    if (signal == host::Signal::hangup) {
      try {
        reload();
      } catch (const Failure& failure) {  // nobody reads standard output any more
        failure_ = failure;
        loop_.stop();
      }
      return;
    }
    leave();
  }

  // A full disk ends nothing: what belongs on it waits in memory.
  bool keeps_records() {
    if (!store_.is_keeping()) return false;
    log_.write(host::read_clock(), LogLevel::error, "store_full", {{"kept", static_cast<int64_t>(store_.kept())}});
    store_again_.start(kStoreAgain);
    return true;
  }
  void save_again() {
    if (!store_.is_keeping()) return;
    if (!store_.retry()) return store_again_.start(kStoreAgain);
    log("store_back");
    service_.core().set_store_full(false);
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
  NodeOptions options_;
  const ReadOptions& read_again_;
  host::Loop loop_;
  host::ServiceManager manager_;
  host::StderrLog log_;
  NodeService service_;
  PatientStore& store_;
  std::unique_ptr<host::Driver> driver_;
  std::unique_ptr<host::TlsServer> tls_;
  std::unique_ptr<LanDoor> lan_;
  std::unique_ptr<backbone::NatsBus> bus_;
  host::Timer wall_clock_;
  host::Timer drain_;
  host::Timer store_again_;
  host::Signals signals_;
  std::unique_ptr<NodeControl> control_;
  std::unique_ptr<host::HttpServer> pages_;
  bool is_draining_ = false;
  std::string first_invitation_;
  std::optional<Failure> failure_;
};

}  // namespace

void run_node(NodeHome& home, const NodeOptions& options, const ReadOptions& read_again) {
  if (!options.advertise.empty()) check_advertise(options.advertise);
  const bool is_first_start = home.is_new();
  if (!options.policy_file.empty() && (is_first_start || home.organisation().is_trial))
    throw Failure(kTrialHasNoPolicy.code, kTrialHasNoPolicy.error);
  if (is_first_start) {
    home.make_trial(present());
  }
  NodeDaemon daemon(home, options, read_again);
  daemon.remember(options, is_first_start);
  daemon.run();
}

}  // namespace farline::app
