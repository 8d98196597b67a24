// What a person asks a node: invitations, how it stands, its request to an organisation, an
// order of it (wire/order.h). Asked of the running node
// through its control socket, or answered by the program itself when none runs; both answer with NodeService.
#pragma once

#include <string>
#include <vector>

#include "app/exit_codes.h"
#include "app/node_figures.h"
#include "app/node_home.h"
#include "host/driver.h"

namespace farline::app {

inline constexpr size_t kImportBytesMax = 60 * 1024;  // in one frame of the control socket

struct NodeQuestion {
  enum class Kind : uint8_t { invite = 1, status = 2, request = 3, import = 4, audit = 5, backup = 6 };
  Kind kind = Kind::status;
  supernode::InvitationOrder order;  // invite
  std::string advertise;             // invite; HOST:PORT, empty: as remembered
  bool json = false;                 // status
  ByteVector file{};                 // import; at most kImportBytesMax. audit: the key of the last report seen
};
ByteVector encode(const NodeQuestion& question);
Result<NodeQuestion> decode_question(Bytes bytes);

// An answer to `audit` has a line for each report, "KEY RECORD" in hexadecimal: as many as fit one answer of a running
// node, all of a node that does not run, none behind the last.

struct NodeAnswer {
  ExitCode code = ExitCode::ok;
  std::string error;               // unless ok
  std::vector<std::string> lines;  // for standard output
};

// Where invitations send people: HOST:PORT with a host that an invitation can hold. Throws Failure (usage).
void check_advertise(const std::string& host_and_port);

// To whoever gives a policy to a node of a trial organisation.
extern const NodeAnswer kTrialHasNoPolicy;

class NodeService {
 public:
  // A home that is not new. Outlived by it and by `log`.
  NodeService(NodeHome& home, Log& log, bool has_backbone = false);

  supernode::Supernode& core() { return core_; }

  // A command of the core: records to save come out of it. `driver` when the node runs.
  NodeAnswer answer(Time now, const NodeQuestion& question, const host::Driver* driver = nullptr);
  // A .policy file of the organisation. Not ok: 65 damaged, 77 not this organisation's or older than what is in force,
  // and nothing has changed.
  NodeAnswer take_policy(Time now, Bytes file);
  // Throws Failure.
  std::string invitation(Time now, const NodeQuestion& question);
  std::string advertised() const;
  std::vector<Figure> figures(Time now, const host::Driver& driver) const;

 private:
  NodeAnswer status(Time now, bool json, const host::Driver& driver) const;
  std::string policy_in_words(Time now) const;
  std::string take_order(Time now, Bytes file);        // throws Failure
  std::string take_delegation(std::string_view text);  // throws Failure
  std::vector<std::string> audit_page(Bytes after, size_t most) const;

  NodeHome& home_;
  const Time started_;
  supernode::Supernode core_;
};

// Records the core wants saved, for those who run it without a driver.
std::vector<SaveRecord> take_saves(supernode::Supernode& core);

}  // namespace farline::app
