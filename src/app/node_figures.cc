#include "app/node_figures.h"

#include <algorithm>

#include "host/file.h"
#include "host/process_figures.h"

namespace farline::app {
namespace {

constexpr const char* kClients = "Clients";
constexpr const char* kCalls = "Calls";
constexpr const char* kMail = "Messages";
constexpr const char* kNodes = "Other nodes";
constexpr const char* kRefused = "Refused";
constexpr const char* kNetwork = "Network";
constexpr const char* kMachine = "Machine";
constexpr const char* kPolicy = "Policy";

class List {
 public:
  explicit List(std::vector<Figure>& out) : out_(out) {}
  List& now(const char* group, std::string name, uint64_t value, const char* help) {
    out_.push_back({group, std::move(name), value, Figure::Kind::gauge, help});
    return *this;
  }
  List& count(const char* group, std::string name, uint64_t value, const char* help) {
    out_.push_back({group, std::move(name), value, Figure::Kind::counter, help});
    return *this;
  }

 private:
  std::vector<Figure>& out_;
};

void add_clients(List& list, const supernode::Status& status, const supernode::Counters& counters) {
  list.now(kClients, "attached", status.attached, "devices attached")
      .now(kClients, "pending", status.pending, "handshakes answered and not heard of since")
      .now(kClients, "handshakes_waiting", status.waiting, "handshakes in the queue, at most two seconds of work")
      .now(kClients, "devices", status.devices, "devices enrolled here or known")
      .now(kClients, "people", status.people, "people they belong to")
      .now(kClients, "invitations", status.invitations, "open invitations")
      .now(kClients, "under_former_root", status.under_former_root,
           "devices whose certificates are not under the policy's first root key, or under too few")
      .now(kClients, "audit_reports", status.audit_reports, "reports of devices kept for farline-admin audit")
      .count(kClients, "handshakes", counters.handshakes, "handshakes worked on")
      .count(kClients, "attached_total", counters.attached, "attaches completed")
      .count(kClients, "enrolled_total", counters.enrolled, "devices enrolled");
}

void add_calls(List& list, const supernode::Status& status, const supernode::Counters& counters) {
  list.now(kCalls, "legs", status.legs, "calls set up or going on through this node")
      .count(kCalls, "calls_total", counters.calls, "calls set up")
      .count(kCalls, "relayed_packets", counters.relayed_packets, "media packets relayed")
      .count(kCalls, "relayed_bytes", counters.relayed_bytes, "media bytes relayed, UDP payload")
      .count(kCalls, "relay_over_quota", counters.relay_over_quota, "media packets dropped: above the call's rate")
      .count(kCalls, "relay_over_cap", counters.relay_over_cap, "media packets dropped: above the policy's rate");
}

void add_nodes(List& list, Time now, const supernode::Supernode& core) {
  const supernode::Status status = core.status();
  const supernode::Counters& counters = core.counters();
  list.now(kNodes, "backbone_up", status.backbone_up ? 1 : 0, "whether the bus to other nodes is there")
      .now(kNodes, "nodes", core.other_nodes(now), "other nodes that are there")
      .now(kNodes, "present", core.present(), "attached devices that other nodes can find here")
      .count(kNodes, "backbone_questions", counters.backbone_questions, "questions put to other nodes")
      .count(kNodes, "backbone_refused", counters.backbone_refused, "frames and claims of others not believed");
}

void add_mail(List& list, const supernode::Status& status, const supernode::Counters& counters) {
  list.now(kMail, "mail", status.mail, "messages that wait, once for each device")
      .now(kMail, "mail_bytes", status.mail_bytes, "their bytes")
      .count(kMail, "mail_kept", counters.mail_kept, "messages kept for absent devices")
      .count(kMail, "mail_delivered", counters.mail_delivered, "messages whose receipt was confirmed")
      .count(kMail, "mail_passed_on", counters.mail_passed_on, "messages passed on to who was attached")
      .count(kMail, "mail_moved", counters.mail_moved, "messages handed over to other nodes")
      .count(kMail, "mail_refused", counters.mail_refused, "messages refused")
      .count(kMail, "mail_expired", counters.mail_expired, "messages nobody came for");
}

void add_refusals(List& list, const supernode::Counters& counters) {
  list.count(kRefused, "cookies_sent", counters.cookies_sent, "strangers asked to show their address under load")
      .count(kRefused, "rate_limited", counters.rate_limited, "told to come back later, or above a limit")
      .count(kRefused, "node_full", counters.node_full, "handshakes refused: no room for more clients")
      .count(kRefused, "refused", counters.refused, "authentic and not allowed")
      .count(kRefused, "malformed", counters.malformed, "datagrams that are not Farline's")
      .count(kRefused, "unauthentic", counters.unauthentic, "datagrams with a wrong MAC, tag or signature")
      .count(kRefused, "replayed", counters.replayed, "datagrams seen before")
      .count(kRefused, "unknown_session", counters.unknown_session, "datagrams of no session here");
  for (size_t i = 0; i < policy::kRuleCount; ++i) {
    if (counters.refused_by_rule[i] == 0) continue;
    std::string name = "refused_" + std::string(policy::name_of(static_cast<policy::Rule>(i)));
    std::ranges::replace(name, '-', '_');
    list.count(kRefused, std::move(name), counters.refused_by_rule[i], "calls refused by this rule of the policy");
  }
}

void add_network(List& list, const host::TrafficCounters& traffic) {
  list.count(kNetwork, "packets_rx", traffic.packets_rx, "datagrams received")
      .count(kNetwork, "packets_tx", traffic.packets_tx, "datagrams sent")
      .count(kNetwork, "bytes_rx", traffic.bytes_rx, "bytes received, IP and UDP headers included")
      .count(kNetwork, "bytes_tx", traffic.bytes_tx, "bytes sent, IP and UDP headers included")
      .count(kNetwork, "send_dropped", traffic.send_dropped, "datagrams the system would not send");
}

void add_machine(List& list, Time now, const NodePlace& place) {
  const auto process = host::read_process_figures();
  const auto store = host::File::open(place.folder + "/node.db", host::File::Mode::read);
  const auto store_size = store ? store->size() : Result<uint64_t>(uint64_t{0});
  const uint64_t free = host::disk_free_bytes(place.folder);
  list.now(kMachine, "uptime_seconds", static_cast<uint64_t>((now - place.started) / 1s), "since the start")
      .now(kMachine, "memory_bytes", process.resident_bytes, "resident memory of this process")
      .count(kMachine, "processor_milliseconds", process.processor_milliseconds, "processor time of this process")
      .now(kMachine, "store_bytes", store_size ? *store_size : 0, "size of node.db")
      .now(kMachine, "store_kept", place.store_kept, "records that wait for space on the disk; 0: all is saved");
  if (free != UINT64_MAX) list.now(kMachine, "disk_free_bytes", free, "free on the disk of the node's folder");
}

void add_policy(List& list, const supernode::PolicyInForce& policy, const supernode::Counters& counters) {
  list.now(kPolicy, "policy_generation", policy.version.generation, "generation of the policy in force")
      .now(kPolicy, "policy_serial", policy.version.serial, "serial of the policy in force")
      .now(kPolicy, "policy_sites", policy.sites, "sites whose files are here")
      .now(kPolicy, "in_floor", policy.in_floor, "attached devices that may call emergency contacts alone")
      .count(kPolicy, "policies_gone_back", counters.policies_gone_back, "devices that came with an older policy")
      .count(kPolicy, "glass_opened", counters.glass_opened, "break-glass codes used");
}

std::string shown(const Figure& figure) {
  std::string digits = std::to_string(figure.value);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, "\u202f");  // thin space, for people
  return digits;
}

}  // namespace

std::vector<Figure> node_figures(Time now, const NodePlace& place) {
  std::vector<Figure> figures;
  List list(figures);
  const supernode::Status status = place.core.status();
  const supernode::Counters& counters = place.core.counters();
  add_clients(list, status, counters);
  add_calls(list, status, counters);
  add_mail(list, status, counters);
  if (status.has_backbone) add_nodes(list, now, place.core);
  add_refusals(list, counters);
  add_network(list, place.traffic);
  add_machine(list, now, place);
  if (const auto policy = place.core.policy_in_force(now)) add_policy(list, *policy, counters);
  return figures;
}

std::string metrics_text(const std::vector<Figure>& figures) {
  std::string out;
  for (const Figure& figure : figures) {
    const bool is_counter = figure.kind == Figure::Kind::counter;
    const std::string name =
        "farline_node_" + figure.name + (is_counter && !figure.name.ends_with("_total") ? "_total" : "");
    out += "# HELP " + name + " " + figure.help + "\n# TYPE " + name + (is_counter ? " counter\n" : " gauge\n") + name +
           " " + std::to_string(figure.value) + "\n";
  }
  return out;
}

std::string health_page(const std::vector<Figure>& figures, std::string_view state) {
  std::string out =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"10\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>farline-node</title><style>"
      "body{font:16px/1.5 system-ui,sans-serif;max-width:44em;margin:2em auto;padding:0 1em;color:#222}"
      "h1{font-size:1.4em}h2{font-size:1em;margin:1.5em 0 .3em;color:#456}table{width:100%;border-collapse:collapse}"
      "td{padding:.15em 0;border-bottom:1px solid "
      "#eee}td:last-child{text-align:right;font-variant-numeric:tabular-nums}"
      "</style><h1>farline-node is ";
  out += state;
  out += "</h1>";
  const char* group = nullptr;
  for (const Figure& figure : figures) {
    if (group == nullptr || std::string_view(group) != figure.group) {
      if (group != nullptr) out += "</table>";
      group = figure.group;
      out += std::string("<h2>") + group + "</h2><table>";
    }
    out += std::string("<tr><td>") + figure.help + "</td><td>" + shown(figure) + "</td></tr>";
  }
  return out + "</table></html>\n";
}

}  // namespace farline::app
