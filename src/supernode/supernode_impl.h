// Private to supernode*.cc: what a Supernode is made of. supernode.cc has the packets and the core's side,
// supernode_between.cc what it has to do with other nodes.
#pragma once

#include "supernode/audit_store.h"
#include "supernode/calls.h"
#include "supernode/drain.h"
#include "supernode/handshakes.h"
#include "supernode/mailbox.h"
#include "supernode/orders.h"
#include "supernode/policy_desk.h"
#include "supernode/supernode.h"
#include "wire/name.h"
#include "wire/pass.h"

namespace farline::supernode {

struct Supernode::Impl {
  Impl(Config given, Environment given_environment)
      : config(std::move(given)),
        environment(given_environment),
        sessions(environment.rng, out, counters),
        directory(out),
        invitations(out),
        issuers(config.keys.root_key, environment.asymmetric),
        door({.config = config,
              .asymmetric = environment.asymmetric,
              .clock = clock,
              .out = out,
              .directory = directory,
              .issuers = issuers}),
        enrolment({.config = config,
                   .asymmetric = environment.asymmetric,
                   .clock = clock,
                   .directory = directory,
                   .invitations = invitations,
                   .counters = counters,
                   .issuers = issuers}),
        orders({.config = config,
                .asymmetric = environment.asymmetric,
                .clock = clock,
                .out = out,
                .invitations = invitations,
                .directory = directory,
                .enrolment = enrolment,
                .issuers = issuers}),
        backbone({.config = config,
                  .environment = environment,
                  .clock = clock,
                  .out = out,
                  .issuers = issuers,
                  .counters = counters}),
        elsewhere({.environment = environment,
                   .clock = clock,
                   .sessions = sessions,
                   .directory = directory,
                   .issuers = issuers,
                   .backbone = backbone,
                   .counters = counters}),
        mailbox({.clock = clock,
                 .sessions = sessions,
                 .directory = directory,
                 .elsewhere = elsewhere,
                 .backbone = backbone,
                 .issuers = issuers,
                 .door = door,
                 .counters = counters,
                 .log = environment.log,
                 .own_issuer = config.keys.issuer_keys.public_key,
                 .has_backbone = config.has_backbone,
                 .store = environment.mail}),
        handshakes({.config = config,
                    .environment = environment,
                    .clock = clock,
                    .out = out,
                    .sessions = sessions,
                    .directory = directory,
                    .invitations = invitations,
                    .enrolment = enrolment,
                    .orders = orders,
                    .door = door,
                    .mailbox = mailbox,
                    .counters = counters}),
        calls({.rng = environment.rng,
               .out = out,
               .sessions = sessions,
               .directory = directory,
               .elsewhere = elsewhere,
               .backbone = backbone,
               .door = door,
               .counters = counters}),
        leaving(sessions, calls),
        desk(sessions, directory, door.shelf()),
        audit({.config = config,
               .asymmetric = environment.asymmetric,
               .clock = clock,
               .directory = directory,
               .out = out,
               .counters = counters,
               .issuers = issuers}) {
    INVARIANT(issuers.add(config.keys.issuer_certificate).has_value());  // the host verified it
  }

  Result<bool> take_issuer(Bytes certificate) {
    auto added = issuers.add(certificate);
    if (added && *added) out.save(RecordKind::issuer, wire::certificate_hash_of(certificate).bytes, certificate);
    return added;
  }

  void dispatch(Time now, const Address& from, Bytes datagram);
  void handle_handshake(Time now, const Address& from, Bytes datagram);
  void handle_record(Time now, const Address& from, Bytes datagram);
  void handle_message(Time now, Session& session, const wire::ControlMessage& message);
  void handle(Time now, Session& session, const wire::Lookup& lookup);
  void answer(Time now, Session& session, Elsewhere::Asker lookup, bool is_settled);
  void settle(Time now);
  void handle_frame(Time now, Bytes frame);
  void set_backbone(Time now, bool is_up);
  void handle(Time now, Session& session, const wire::Presence& presence);
  void want_presences(Time now);
  void handle(Time now, Session& session, const wire::CertificateWanted& wanted);
  void handle(Time now, Session& session, const wire::Enrol& request);
  void handle(Time now, Session& session, const wire::PolicyNews& news);
  void handle(Time now, Session& session, const wire::PolicyPart& part);
  void handle(Time now, Session& session, const wire::BreakGlass& glass);
  Result<bool> take_policy(Time now, Bytes file);
  void follow_roots();
  void handle(Time now, Session& session, const wire::PassWanted& wanted);
  void rules_changed(Time now);
  void handle(Time now, Session& session, const wire::Renew& request);
  void handle(Time now, Session& session, const wire::Audit& message);
  void arm(Time now);

  const Config config;
  const Environment environment;
  Counters counters;
  Outbox out;
  NodeClock clock;
  Sessions sessions;
  Directory directory;
  Invitations invitations;
  wire::Issuers issuers;
  Door door;
  Enrolment enrolment;
  Orders orders;
  bool is_store_full = false;
  Backbone backbone;
  Elsewhere elsewhere;
  Mailbox mailbox;
  Handshakes handshakes;
  Calls calls;
  Drain leaving;
  PolicyDesk desk;
  AuditStore audit;
  std::optional<Time> sweep_due;
  std::optional<Time> shutting_down;
  RateLimit full_log{1, 1min};
  RateLimit load_log{1, 1min};
};

}  // namespace farline::supernode
