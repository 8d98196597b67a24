// The outage of 22 December 2010 in virtual time: of many supernodes with very many clients a share dies at once, and
// the clients look for new ones. The decisions are the product's (client/attach_policy.h, supernode/attach_load.h),
// without the cryptography between them; --naive replaces them by what brought that network down: try again after a
// second, take everybody in, and end when it is too much.
//
//   sim_outage [--clients N] [--nodes N] [--lost SHARE] [--room TIMES] [--rate PER_SECOND] [--dedicated N]
//              [--seconds S] [--seed N] [--naive] [--json FILE] [--check]
//
// --check fails when what docs/ARCHITECTURE.md promises did not hold: no node ended by load; where the rest has room
// for all without dedicated nodes, T95 <= 1.2 W + 5 s, T99 <= 1.6 W + 10 s, a peak of three times what the rest can
// take and three tries a client; with dedicated nodes T99 <= 330 s and five tries; where there is no room for all, the
// room is used to 99 %.
//
// A dead node does not answer. A refusal costs kRefusalShare of an attach. A node with more than kQueueFatal of work,
// or (naive) more clients than it has room for, ends and is back kRestart later. Time is that of the nodes; the way to
// them takes none.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "client/attach_policy.h"
#include "supernode/attach_load.h"
#include "support/seeded_rng.h"

namespace farline::sim {
namespace {

constexpr double kRefusalShare = 0.02;
constexpr Duration kQueueFatal = 60s;
constexpr Duration kRestart = 120s;
constexpr Duration kNaiveRetry = 1s;
constexpr uint16_t kCandidates = 20;
constexpr size_t kPeakSeconds = 5;
constexpr size_t kGrainsPerSecond = 100;
constexpr Duration kGrain = Duration{1s} / kGrainsPerSecond;
constexpr uint32_t kDedicatedClients = 100'000;
constexpr uint32_t kDedicatedPerSecond = 1000;

struct Options {
  uint32_t clients = 1'000'000;
  uint32_t nodes = 2000;
  double lost = 0.5;
  double room = 2.5;   // of a node, as a multiple of its usual number of clients
  uint32_t rate = 20;  // attaches a second and node
  uint32_t dedicated = 0;
  uint32_t seconds = 600;
  uint64_t seed = 1;
  bool naive = false;
  bool check = false;
  std::string json;
};

struct Node {
  supernode::AttachLoad load;
  uint32_t room = 0;
  double attach_seconds = 0;
  bool is_up = true;
  uint32_t clients = 0;
  Time busy_until{};                // with everything: attaches, refusals
  std::vector<uint32_t> members{};  // has had: whose home is this node still is one
};

struct Client {
  client::AttachPolicy policy;
  std::array<uint16_t, kCandidates> candidates{};
  int32_t home = -1;
  bool was_displaced = false;
};

struct Second {
  uint32_t attached = 0;
  uint32_t tries = 0;
  uint32_t up = 0;
};

class Outage {
 public:
  explicit Outage(const Options& options)
      : options_(options), rng_(options.seed), grains_(options.seconds * kGrainsPerSecond) {
    make_nodes();
    make_clients();
  }

  void run() {
    kill_share();
    for (now_ = 0; now_ < grains_.size(); ++now_) {
      // What is put into the grain that is being worked off comes last in it.
      for (size_t i = 0; i < grains_[now_].size(); ++i) handle(grains_[now_][i]);
      std::vector<Event>().swap(grains_[now_]);
      if ((now_ + 1) % kGrainsPerSecond != 0) continue;
      seconds_.push_back({attached_, tries_, up_});
      tries_ = 0;
    }
  }

  // Prints; an exit code.
  int report() const;

 private:
  enum class What : uint8_t { attempt, answered, silence, node_up };
  struct Event {
    Time at{};
    uint32_t who = 0;   // a client, or a node
    uint32_t node = 0;  // that answers
    What what = What::attempt;
  };

  void make_nodes();
  void make_clients();
  void kill_share();
  void end_node(Time now, uint32_t node);
  void displace(Time now, uint32_t client);
  void handle(const Event& event);
  void attempt(Time now, uint32_t who);
  void attempt_naive(Time now, uint32_t who, uint32_t node);
  void attach(Time now, uint32_t who, uint32_t node);
  void schedule(uint32_t who, Time now, client::AttachPolicy::Try attempt) {
    push({.at = now + attempt.after, .who = who});
  }
  void push(const Event& event) {
    const auto grain = std::max<size_t>(now_, static_cast<size_t>(event.at.time_since_epoch() / kGrain));
    if (grain < grains_.size()) grains_[grain].push_back(event);
  }
  uint32_t node_of(const Client& client) const {
    const uint32_t candidate = client.policy.candidate();
    return candidate < kCandidates ? client.candidates[candidate] : options_.nodes + (candidate - kCandidates);
  }
  double capacity_per_second() const;
  double peak() const;
  double tries_each() const { return displaced_ ? static_cast<double>(all_tries_) / displaced_ : 0; }
  bool holds() const;
  int write_json() const;
  double seconds_until(double share) const;

  Options options_;
  testing::SeededRng rng_;
  std::vector<Node> nodes_;
  std::vector<Client> clients_;
  std::vector<std::vector<Event>> grains_;  // of time, from the loss on
  size_t now_ = 0;
  std::vector<Second> seconds_;
  uint32_t attached_ = 0;
  uint32_t displaced_ = 0;  // by the loss itself
  uint32_t tries_ = 0;
  uint64_t all_tries_ = 0;
  uint32_t up_ = 0;
  uint32_t ended_ = 0;  // by overload
};

void Outage::make_nodes() {
  const auto room = static_cast<uint32_t>(options_.room * options_.clients / options_.nodes);
  for (uint32_t i = 0; i < options_.nodes + options_.dedicated; ++i) {
    const bool is_dedicated = i >= options_.nodes;
    const supernode::AttachLoad::Size size{is_dedicated ? kDedicatedPerSecond : options_.rate,
                                           is_dedicated ? kDedicatedClients : room};
    nodes_.push_back(Node{.load = supernode::AttachLoad(size),
                          .room = size.clients_max,
                          .attach_seconds = 1.0 / size.attaches_per_second});
  }
  up_ = static_cast<uint32_t>(nodes_.size());
}

void Outage::make_clients() {
  clients_.reserve(options_.clients);
  const client::AttachPolicy::Candidates candidates{kCandidates, static_cast<uint16_t>(options_.dedicated)};
  for (uint32_t i = 0; i < options_.clients; ++i) {
    Client client{.policy = client::AttachPolicy(candidates)};
    for (uint16_t& candidate : client.candidates) candidate = static_cast<uint16_t>(rng_.next() % options_.nodes);
    client.candidates[0] = static_cast<uint16_t>(i % options_.nodes);
    clients_.push_back(client);
  }
  const uint32_t usual = options_.clients / options_.nodes;
  for (uint32_t i = 0; i < options_.clients; ++i) {
    Client& client = clients_[i];
    Node& node = nodes_[client.candidates[0]];
    client.home = client.candidates[0];
    client.policy.attached(std::chrono::seconds(node.load.spread_seconds(usual)));
    node.members.push_back(i);
    ++node.clients;
  }
  attached_ = options_.clients;
}

void Outage::kill_share() {
  const auto lost = static_cast<uint32_t>(options_.lost * options_.nodes);
  for (uint32_t node = 0; node < lost; ++node) end_node(Time{}, node);  // everybody's candidates are drawn by lot
  displaced_ = options_.clients - attached_;
  for (Client& client : clients_) client.was_displaced = client.home < 0;
}

void Outage::end_node(Time now, uint32_t index) {
  Node& node = nodes_[index];
  node.is_up = false;
  --up_;
  node.clients = 0;
  for (const uint32_t member : node.members)
    if (clients_[member].home == static_cast<int32_t>(index)) displace(now, member);
  node.members.clear();
}

void Outage::displace(Time now, uint32_t who) {
  Client& client = clients_[who];
  client.home = -1;
  --attached_;
  auto next = client.policy.lost(rng_);
  if (options_.naive) next.after = Duration{static_cast<int64_t>(rng_.below(1'000'000'000))};
  schedule(who, now, next);
}

void Outage::handle(const Event& event) {
  switch (event.what) {
    case What::attempt:
      attempt(event.at, event.who);
      return;
    case What::answered:
      if (nodes_[event.node].is_up)
        attach(event.at, event.who, event.node);
      else
        schedule(event.who, event.at, clients_[event.who].policy.silent(rng_, client::AttachPolicy::kSilence));
      return;
    case What::silence: {
      auto next = clients_[event.who].policy.silent(rng_, client::AttachPolicy::kSilence);
      if (options_.naive) next.after = kNaiveRetry;
      schedule(event.who, event.at, next);
      return;
    }
    case What::node_up:
      nodes_[event.who].is_up = true;
      nodes_[event.who].busy_until = event.at;
      ++up_;
      return;
  }
}

void Outage::attempt(Time now, uint32_t who) {
  ++tries_;
  ++all_tries_;
  Client& client = clients_[who];
  const uint32_t index = node_of(client);
  Node& node = nodes_[index];
  if (!node.is_up) {
    push({.at = now + client::AttachPolicy::kSilence, .who = who, .what = What::silence});
    return;
  }
  if (options_.naive) {
    attempt_naive(now, who, index);
    return;
  }
  node.busy_until = std::max(node.busy_until, now);
  const auto retry_after = node.load.ask(now, node.clients, rng_);
  const double work = node.attach_seconds * (retry_after ? kRefusalShare : 1);
  node.busy_until += Duration{static_cast<int64_t>(work * 1e9)};
  if (node.busy_until - now > kQueueFatal) {  // refusals alone have done it
    ++ended_;
    push({.at = now + client::AttachPolicy::kSilence, .who = who, .what = What::silence});
    end_node(now, index);
    push({.at = now + kRestart, .who = index, .what = What::node_up});
  } else if (retry_after) {
    schedule(who, now, client.policy.busy(rng_, std::chrono::seconds(*retry_after)));
  } else {
    ++node.clients;  // its place is taken from now on
    push({.at = now + node.load.waiting(now), .who = who, .node = index, .what = What::answered});
  }
}

void Outage::attempt_naive(Time now, uint32_t who, uint32_t index) {
  Node& node = nodes_[index];
  node.busy_until = std::max(node.busy_until, now) + Duration{static_cast<int64_t>(node.attach_seconds * 1e9)};
  const Duration wait = node.busy_until - now;
  if (wait > kQueueFatal || node.clients >= node.room) {
    ++ended_;
    push({.at = now + client::AttachPolicy::kSilence, .who = who, .what = What::silence});
    end_node(now, index);
    push({.at = now + kRestart, .who = index, .what = What::node_up});
  } else if (wait > client::AttachPolicy::kSilence) {  // the work is done for nobody
    push({.at = now + client::AttachPolicy::kSilence, .who = who, .what = What::silence});
  } else {
    ++node.clients;
    push({.at = now + wait, .who = who, .node = index, .what = What::answered});
  }
}

void Outage::attach(Time, uint32_t who, uint32_t index) {
  Client& client = clients_[who];
  Node& node = nodes_[index];
  client.home = static_cast<int32_t>(index);
  client.policy.attached(std::chrono::seconds(node.load.spread_seconds(node.clients)));
  node.members.push_back(who);
  ++attached_;
}

double Outage::capacity_per_second() const {
  return (1 - options_.lost) * options_.nodes * options_.rate + double{kDedicatedPerSecond} * options_.dedicated;
}

// Until this share of all clients is attached; -1: never.
double Outage::seconds_until(double share) const {
  const double wanted = options_.clients * share;
  for (size_t i = 0; i < seconds_.size(); ++i)
    if (seconds_[i].attached >= wanted) return static_cast<double>(i + 1);
  return -1;
}

// Of what those that are left can take, in the worst kPeakSeconds.
double Outage::peak() const {
  double peak = 0;
  double tries = 0;
  for (size_t i = 0; i < seconds_.size(); ++i) {
    tries += seconds_[i].tries;
    if (i >= kPeakSeconds) tries -= seconds_[i - kPeakSeconds].tries;
    peak = std::max(peak, tries / kPeakSeconds / capacity_per_second());
  }
  return peak;
}

bool Outage::holds() const {
  if (ended_ > 0) return false;
  const double room = std::floor((1 - options_.lost) * options_.nodes) * nodes_.front().room +
                      double{kDedicatedClients} * options_.dedicated;
  if (room < options_.clients) return attached_ >= 0.99 * room;
  const double t95 = seconds_until(0.95);
  const double t99 = seconds_until(0.99);
  const unsigned spread = nodes_.front().load.spread_seconds(options_.clients / options_.nodes);
  if (t95 < 0 || t99 < 0) return false;
  if (options_.dedicated > 0) return t99 <= 330 && tries_each() <= 5;
  return t95 <= 1.2 * spread + 5 && t99 <= 1.6 * spread + 10 && peak() <= 3 && tries_each() <= 3;
}

int Outage::report() const {
  std::printf(
      "%s: T95 %.0f s, T99 %.0f s, attached at the end %.1f %%, nodes ended by load %u,\n"
      "  peak offered %.2f of what the rest can take, tries per displaced client %.2f\n",
      options_.naive ? "naive" : "farline", seconds_until(0.95), seconds_until(0.99),
      100.0 * attached_ / options_.clients, ended_, peak(), tries_each());
  if (!options_.json.empty() && write_json() != 0) return 1;
  if (!options_.check || holds()) return 0;
  std::fprintf(stderr, "sim_outage: this is not what was promised (see the head of tests/sim/outage.cc)\n");
  return 1;
}

int Outage::write_json() const {
  std::FILE* file = std::fopen(options_.json.c_str(), "w");
  if (!file) {
    std::perror(options_.json.c_str());
    return 1;
  }
  const unsigned spread = nodes_.front().load.spread_seconds(options_.clients / options_.nodes);
  std::fprintf(file,
               "{\"policy\": \"%s\", \"clients\": %u, \"nodes\": %u, \"lost\": %g, \"room\": %g, \"rate\": %u, "
               "\"dedicated\": %u, \"seed\": %llu, \"spread\": %u,\n \"t95\": %g, \"t99\": %g, \"attached\": %.5f, "
               "\"ended\": %u, \"peak\": %.3f, \"tries\": %.3f, \"capacity\": %.0f,\n \"seconds\": [",
               options_.naive ? "naive" : "farline", options_.clients, options_.nodes, options_.lost, options_.room,
               options_.rate, options_.dedicated, static_cast<unsigned long long>(options_.seed), spread,
               seconds_until(0.95), seconds_until(0.99), static_cast<double>(attached_) / options_.clients, ended_,
               peak(), tries_each(), capacity_per_second());
  for (size_t i = 0; i < seconds_.size(); ++i)
    std::fprintf(file, "%s[%u, %u, %u]", i ? ", " : "", seconds_[i].attached, seconds_[i].tries, seconds_[i].up);
  std::fprintf(file, "]}\n");
  return std::fclose(file) == 0 ? 0 : 1;
}

template <typename T>
bool read(const char* text, T& out) {
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, out);
  return result.ec == std::errc() && result.ptr == end;
}

bool parse(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--naive" || word == "--check") {
      (word == "--naive" ? options.naive : options.check) = true;
      continue;
    }
    if (i + 1 == count) return false;
    const char* value = words[++i];
    const bool is_read = word == "--clients"     ? read(value, options.clients)
                         : word == "--nodes"     ? read(value, options.nodes)
                         : word == "--lost"      ? read(value, options.lost)
                         : word == "--room"      ? read(value, options.room)
                         : word == "--rate"      ? read(value, options.rate)
                         : word == "--dedicated" ? read(value, options.dedicated)
                         : word == "--seconds"   ? read(value, options.seconds)
                         : word == "--seed"      ? read(value, options.seed)
                                                 : word == "--json" && (options.json = value, true);
    if (!is_read) return false;
  }
  return options.nodes > 0 && options.nodes < 60'000 && options.clients >= options.nodes && options.rate > 0 &&
         options.lost >= 0 && options.lost < 1 && options.dedicated < 1000;
}

}  // namespace
}  // namespace farline::sim

int main(int count, char** words) {
  farline::sim::Options options;
  if (!farline::sim::parse(count, words, options)) {
    std::fprintf(stderr, "sim_outage: see the head of tests/sim/outage.cc for its options\n");
    return 2;
  }
  farline::sim::Outage outage(options);
  outage.run();
  return outage.report();
}
