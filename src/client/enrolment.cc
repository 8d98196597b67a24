#include "client/enrolment.h"

#include "client/admission.h"
#include "wire/certificate.h"
#include "wire/name.h"

namespace farline::client {
namespace {

Error refusal(wire::EnrolStatus status) {
  switch (status) {
    case wire::EnrolStatus::name_not_allowed:
      return {Errc::denied, "this name is not allowed here; use 1 to 64 letters, and the site the invitation is for"};
    case wire::EnrolStatus::name_taken:
      return {Errc::denied, "this name is taken; choose another, or ask for an invitation made for this name"};
    case wire::EnrolStatus::invitation_over:
      return {Errc::denied, "the invitation is used up or expired; ask for a new one"};
    case wire::EnrolStatus::store_full:
      return {Errc::denied,
              "the supernode's disk is full, it can enrol nobody now; try again later, or tell its administrator"};
    case wire::EnrolStatus::signature_wrong:
    case wire::EnrolStatus::done:
      break;
  }
  return {Errc::auth, "the supernode refused the enrolment; try again with a new invitation"};
}

// A node of a site adds "@site" to a name that has none.
bool is_name_asked_for(std::string_view given, std::string_view asked) {
  const auto folded = wire::fold_name(given);
  const auto wanted = wire::fold_name(asked);
  return folded && wanted && (*folded == *wanted || folded->starts_with(*wanted + "@"));
}

}  // namespace

Enrolment::Enrolment(Request request, Rng& rng, const crypto::Asymmetric& asymmetric)
    : request_(std::move(request)),
      asymmetric_(asymmetric),
      identity_{.static_keys = asymmetric.generate_key_pair(rng),
                .signing_keys = asymmetric.generate_signing_key_pair(rng),
                .name = request_.name,
                .certificate = {},
                .issuers = {}},
      counter_(out_),
      attachment_({.node = {request_.node_address, request_.invitation.node_key},
                   .static_keys = identity_.static_keys,
                   .certificate = {},
                   .token = request_.invitation.token,
                   .asymmetric = asymmetric,
                   .rng = rng},
                  counter_, out_) {}

void Enrolment::start(Time now, WallTime wall) {
  if (const auto checked = wire::check_name(request_.name); !checked) {
    finish(checked.error());
    return;
  }
  give_up_at_ = now + kTimeout;
  attachment_.start(now, wall);
  take_events(now);
}

void Enrolment::take_events(Time now) {
  while (!out_.events.empty()) {
    const Event event = out_.events.front();
    out_.events.pop_front();
    if (event.kind == EventKind::attached)
      send_request(now);
    else if (event.kind == EventKind::refused)
      finish(Error{Errc::denied, event.text});
  }
}

void Enrolment::send_request(Time now) {
  wire::Enrol message{.name = request_.name, .signing_key = identity_.signing_keys.public_key};
  ByteVector signed_bytes = to_vector(as_bytes("farline enrol"));
  for (const Bytes part : {Bytes(attachment_.session_hash()), as_bytes(request_.name), Bytes(message.signing_key)})
    signed_bytes.insert(signed_bytes.end(), part.begin(), part.end());
  message.signature = asymmetric_.sign(identity_.signing_keys, signed_bytes);
  ByteVector request = encoded(message);
  attachment_.send_encoded(now, request);
  repeat_.start(now, std::move(request), attachment_.repeat_interval());
}

void Enrolment::on_enrolled(const wire::Enrolled& reply) {
  is_name_refused_ =
      reply.status == wire::EnrolStatus::name_not_allowed || reply.status == wire::EnrolStatus::name_taken;
  if (reply.status != wire::EnrolStatus::done)
    finish(refusal(reply.status));
  else
    finish(accept(reply));
}

Result<Identity> Enrolment::accept(const wire::Enrolled& reply) {
  if (wire::root_key_hash_of(reply.root_key) != request_.invitation.root_key_hash)
    return Error{Errc::auth, "the supernode belongs to another organisation than the invitation; do not use it"};
  const std::span<const Bytes> chain = std::span(reply.certificates).first(reply.certificate_count);
  const auto certificate =
      wire::verify_chain(chain, {reply.root_key, wire::Role::device, attachment_.wall_time(now_)}, asymmetric_);
  if (!certificate) return certificate.error();
  if (certificate->static_key != identity_.static_keys.public_key ||
      certificate->signing_key != identity_.signing_keys.public_key)
    return Error{Errc::auth, "the supernode certified other keys than ours; do not use it"};
  if (!is_name_asked_for(certificate->name, request_.name))
    return Error{Errc::auth, "the supernode certified another name than ours; do not use it"};
  identity_.name = certificate->name;
  identity_.root_key = reply.root_key;
  out_.saves.push_back(clock_record(0, attachment_.node_time(now_)));  // for the first policy
  identity_.certificate = to_vector(chain.back());
  for (const Bytes issuer : chain.first(chain.size() - 1)) identity_.issuers.push_back(to_vector(issuer));
  return Identity{.static_keys = identity_.static_keys.copy(),
                  .signing_keys = identity_.signing_keys.copy(),
                  .name = identity_.name,
                  .certificate = identity_.certificate,
                  .issuers = identity_.issuers,
                  .root_key = identity_.root_key};
}

void Enrolment::finish(Result<Identity> outcome) {
  if (outcome_) return;
  repeat_.stop();
  attachment_.stop(now_);
  outcome_.emplace(std::move(outcome));
}

Result<Identity> Enrolment::take_result() {
  INVARIANT(outcome_.has_value());
  return std::move(*outcome_);
}

void Enrolment::handle_datagram(Time now, const Address& from, Bytes datagram) {
  now_ = now;
  ++out_.counters.datagrams;
  out_.counters.bytes_received += datagram.size() + out_.header_bytes(from);
  if (from != request_.node_address) {
    ++out_.counters.unexpected;
    return;
  }
  const auto message = attachment_.handle(now, datagram);
  take_events(now);
  if (!message) return;
  if (const auto* reply = std::get_if<wire::Enrolled>(&*message))
    on_enrolled(*reply);
  else
    ++out_.counters.unexpected;
}

void Enrolment::handle_timeout(Time now) {
  now_ = now;
  if (outcome_) return;
  if (now >= give_up_at_) {
    finish(Error{Errc::io,
                 "no answer from the supernode: check the network, and whether the invitation is used up or expired"});
    return;
  }
  attachment_.handle_timeout(now);
  take_events(now);
  if (const Bytes request = repeat_.poll(now); !request.empty()) {
    attachment_.send_encoded(now, request);
    if (attachment_.is_attached()) attachment_.check(now);  // a node that restarted has forgotten the session
  }
}

CarrierChoice::Look Enrolment::carrier_look() const {
  return {.asked_since = outcome_ ? std::nullopt : attachment_.asked_since(), .round_trip = attachment_.round_trip()};
}

void Enrolment::check_node(Time now) {
  if (attachment_.is_attached() && !outcome_) attachment_.check(now);
}

void Enrolment::carrier_changed(Time now, std::optional<uint32_t> header_bytes) {
  out_.carrier.reset();
  if (header_bytes) out_.carrier = {node().address, *header_bytes};
  check_node(now);
}

bool Enrolment::poll_save(SaveRecord& out) {
  return Outputs::poll(out_.saves, out);
}

bool Enrolment::poll_transmit(Transmit& out) {
  return Outputs::poll(out_.transmits, out);
}

std::optional<Time> Enrolment::next_timeout() const {
  if (outcome_) return std::nullopt;
  return earliest(earliest(attachment_.next_timeout(), repeat_.due()), give_up_at_);
}

}  // namespace farline::client
