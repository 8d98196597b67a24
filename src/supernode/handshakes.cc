#include "supernode/handshakes.h"

#include "crypto/hash.h"
#include "wire/name.h"

namespace farline::supernode {
namespace {

// One that no set of this version has, when this version does not know it.
policy::Platform platform_of(const wire::BuildClaim& build) {
  constexpr uint8_t kUnknown = 31;
  return static_cast<policy::Platform>(std::min(build.platform, kUnknown));
}

std::optional<wire::CertificateHash> hash_in(const wire::InitiationPayload& payload) {
  const auto* request = std::get_if<wire::AttachRequest>(&payload);
  return request ? std::optional(request->certificate_hash) : std::nullopt;
}

uint64_t counter_in(const wire::InitiationPayload& payload) {
  return std::visit([](const auto& request) { return request.counter; }, payload);
}

}  // namespace

void Handshakes::handle(Time now, const Address& from, Bytes datagram) {
  const auto frame = wire::decode_initiation(datagram);
  if (!frame) {
    ++parts_.counters.malformed;
    return;
  }
  const auto clients = static_cast<uint32_t>(parts_.sessions.committed_count());
  const crypto::KeyPair* own = gate_.admit(now, from, *frame, clients, parts_.out);
  if (own == nullptr) return;
  if (waiting_.empty() && next_ <= now + kEach) {
    answer(now, from, *own, datagram);
    return;
  }
  waiting_.push_back({from, own, {}});
  waiting_.back().datagram.assign(datagram);
}

void Handshakes::handle_timeout(Time now) {
  if (waiting_.empty() || next_ > now + kEach) return;
  const Waiting waited = std::move(waiting_.front());
  waiting_.pop_front();
  answer(now, waited.from, *waited.own, waited.datagram.bytes());
}

std::optional<Time> Handshakes::next_timeout() const {
  if (waiting_.empty()) return std::nullopt;
  return next_ - kEach;
}

void Handshakes::answer(Time now, const Address& from, const crypto::KeyPair& own, Bytes datagram) {
  next_ = std::max(next_, now) + kEach;
  const auto frame = wire::decode_initiation(datagram);
  if (parts_.sessions.pending_full()) {
    ++parts_.counters.node_full;
    return;
  }
  ++parts_.counters.handshakes;
  crypto::Handshake noise({.pattern = crypto::kNoiseIk,
                           .role = crypto::NoiseRole::responder,
                           .asymmetric = parts_.environment.asymmetric,
                           .rng = parts_.environment.rng,
                           .prologue = as_bytes("farline 1 attach"),
                           .local_static = &own});
  std::array<uint8_t, wire::kInitiationPayloadMax> plain{};
  const auto size = noise.read_message(frame->noise, plain);
  if (!size) {
    ++parts_.counters.unauthentic;
    return;
  }
  const auto payload = wire::decode_initiation_payload(Bytes(plain).first(*size));
  if (!payload) {
    ++parts_.counters.malformed;
    return;
  }
  const crypto::PublicKey static_key = noise.remote_static().value();
  const Question question{.now = now,
                          .from = from,
                          .sender = frame->sender,
                          .fingerprint = crypto::sha256({datagram.subspan(1, 3), frame->noise}),
                          .static_key = static_key,
                          .device = wire::device_id_of(static_key),
                          .brought = hash_in(*payload),
                          .counter = counter_in(*payload)};
  std::visit(wire::Overloaded{
                 [&](const wire::AttachRequest& request) { attach(question, noise, request); },
                 [&](const wire::EnrolRequest& request) { enrol(question, noise, request); },
             },
             *payload);
}

void Handshakes::attach(const Question& question, crypto::Handshake& noise, const wire::AttachRequest& request) {
  std::optional<wire::Certificate> brought;
  if (request.certificate.empty()) {
    const Device* known = parts_.directory.find(question.device);
    if (!known || known->certificate_hash != request.certificate_hash) {
      refuse(question, noise, wire::AttachStatus::certificate_wanted);
      return;
    }
    if (known->is_expired(parts_.clock.at(question.now)) && !may_renew(question)) {
      refuse(question, noise, wire::AttachStatus::certificate_refused);
      return;
    }
  } else if (!is_replaced(question, request)) {
    brought = certificate_of(question, noise, request);
    if (!brought) return;
  }
  if (parts_.door.is_revoked(question.device)) {
    refuse(question, noise, wire::AttachStatus::revoked);
    return;
  }
  const Device* known = parts_.directory.find(question.device);
  if (known && known->static_key != question.static_key) {
    ++parts_.counters.refused;
    return;
  }
  if (!is_fresh(question, request.counter, known ? known->counter : 0) || !has_room(question, noise)) return;
  if (brought && (!known || !equal(known->certificate, request.certificate))) {
    parts_.directory.put(*brought, request.certificate, request.counter, parts_.clock.at(question.now));
  } else {
    parts_.directory.raise_counter(question.device, request.counter);
  }
  parts_.orders.move_to_first_root(question.now, *parts_.directory.find(question.device));
  open_session(question, noise, visitor_of(question, request), nullptr);
}

Visitor Handshakes::visitor_of(const Question& question, const wire::AttachRequest& request) {
  const Device& device = *parts_.directory.find(question.device);
  Visitor visitor{.policy = {}, .build = {}, .own = {}};
  visitor.build = {.platform = platform_of(request.build), .version = {request.build.version}, .hash = {}};
  if (parts_.door.claims(visitor, device, request.policy)) {
    ++parts_.counters.policies_gone_back;
    parts_.environment.log.write(question.now, LogLevel::warning, "policy_of_a_device_went_back",
                                 {{"serial", request.policy.serial}, {"held_before", device.policy.serial}});
  }
  parts_.door.seat(visitor, device);
  return visitor;
}

// An order lets it have a new certificate, so it may come with one that has expired.
bool Handshakes::may_renew(const Question& question) const {
  return parts_.orders.renewal_of(question.device, parts_.clock.at(question.now)) != nullptr;
}

// This node has renewed the certificate that the device brings, and the answer to it was lost.
bool Handshakes::is_replaced(const Question& question, const wire::AttachRequest& request) const {
  const Device* known = parts_.directory.find(question.device);
  if (!known || known->static_key != question.static_key || known->is_expired(parts_.clock.at(question.now)))
    return false;
  const auto brought = wire::parse_certificate(request.certificate);
  const auto ours = wire::parse_certificate(known->certificate);
  return brought && ours && brought->static_key == question.static_key && brought->issued < ours->issued;
}

std::optional<wire::Certificate> Handshakes::certificate_of(const Question& question, crypto::Handshake& noise,
                                                            const wire::AttachRequest& request) {
  const WallTime wall = parts_.clock.at(question.now);
  const Device* known = parts_.directory.find(question.device);
  // A signature costs milliseconds: what was verified once is not verified again.
  const auto certificate = known && equal(known->certificate, request.certificate)
                               ? wire::parse_certificate(request.certificate)
                               : parts_.enrolment.verify(request.certificate);
  const bool is_over = certificate && wall.seconds != 0 && wall >= certificate->expires;
  if (!certificate || (!wire::check_validity(*certificate, wall) && !(is_over && may_renew(question)))) {
    refuse(question, noise, wire::AttachStatus::certificate_refused);
    return std::nullopt;
  }
  if (certificate->static_key != question.static_key ||
      wire::certificate_hash_of(request.certificate) != request.certificate_hash) {
    ++parts_.counters.refused;
    return std::nullopt;
  }
  const std::string person = wire::fold_name(certificate->name).value();
  const bool is_listed = known && known->person == person;
  if (!is_listed && !parts_.directory.has_room_for(person, wall)) {
    refuse(question, noise, wire::AttachStatus::full);
    return std::nullopt;
  }
  return *certificate;
}

void Handshakes::enrol(const Question& question, crypto::Handshake& noise, const wire::EnrolRequest& request) {
  const Device* known = parts_.directory.find(question.device);
  const wire::TokenHash invitation = wire::token_hash_of(request.token);
  if (parts_.door.is_revoked(question.device)) {
    refuse(question, noise, wire::AttachStatus::revoked);
    return;
  }
  // A known device may ask again after its invitation was used up by its own first try.
  const Invitations::Entry* open = parts_.invitations.find(invitation, parts_.clock.at(question.now));
  if ((!known && !open) || (known && known->static_key != question.static_key)) {
    ++parts_.counters.refused;
    return;
  }
  if (!parts_.enrolment.is_open(question.now)) {
    refuse(question, noise, wire::AttachStatus::enrolment_closed);
    return;
  }
  // A device that is not known yet has its counter with the session that enrols it.
  const uint64_t highest = std::max(known ? known->counter : 0, parts_.sessions.enrol_counter(question.device));
  if (!is_fresh(question, request.counter, highest) || !has_room(question, noise)) return;
  if (known) parts_.directory.raise_counter(question.device, request.counter);
  auto context = std::make_unique<EnrolContext>();
  context->static_key = question.static_key;
  context->invitation = invitation;
  if (open) context->root = open->root;
  context->counter = request.counter;
  open_session(question, noise, {}, std::move(context));
}

bool Handshakes::is_fresh(const Question& question, uint64_t counter, uint64_t highest) {
  if (const ResponseBytes* response = parts_.sessions.cached_response(question.device, question.fingerprint)) {
    parts_.out.push(question.from).assign(*response);
    return false;
  }
  if (counter > highest) return true;
  ++parts_.counters.replayed;
  return false;
}

bool Handshakes::has_room(const Question& question, crypto::Handshake& noise) {
  if (parts_.sessions.of(question.device)) return true;
  if (parts_.sessions.committed_count() + parts_.sessions.pending_count() < parts_.config.sessions_max) return true;
  refuse(question, noise, wire::AttachStatus::full);
  return false;
}

void Handshakes::open_session(const Question& question, crypto::Handshake& noise, Visitor visitor,
                              std::unique_ptr<EnrolContext> enrol) {
  const wire::SessionIndex index = parts_.sessions.new_index();
  const auto status = enrol ? wire::AttachStatus::enrolment_open : wire::AttachStatus::attached;
  const auto response = make_response(question, noise, index, status);
  if (!response) return;
  if (enrol) enrol->handshake_hash = noise.handshake_hash();
  Session session{
      .index = index,
      .device = question.device,
      .address = question.from,
      .transport = session::Transport(session::Side::node, noise.split(), question.sender, question.now),
      .enrol = std::move(enrol),
      .visitor = std::move(visitor),
      .heard = question.now,
  };
  session.presence_terms = {question.counter, {parts_.clock.at(question.now).seconds + wire::kPresenceSeconds}};
  parts_.sessions.add(std::move(session), {question.fingerprint, *response});
  parts_.out.push(question.from).assign(*response);
}

void Handshakes::refuse(const Question& question, crypto::Handshake& noise, wire::AttachStatus status) {
  ++(status == wire::AttachStatus::full ? parts_.counters.node_full : parts_.counters.refused);
  // The index names no session; its place in the packet may not be 0.
  if (const auto response = make_response(question, noise, parts_.sessions.new_index(), status))
    parts_.out.push(question.from).assign(*response);
}

std::optional<ResponseBytes> Handshakes::make_response(const Question& question, crypto::Handshake& noise,
                                                       wire::SessionIndex index, wire::AttachStatus status) {
  std::array<uint8_t, wire::kResponsePayloadMax> payload{};
  Writer payload_writer(payload);
  wire::encode_response_payload({.status = status,
                                 .time = parts_.clock.at(question.now),
                                 .policy = parts_.door.shelf().version(),
                                 .spread_seconds = gate_.spread_seconds(parts_.sessions.committed_count()),
                                 .capabilities = capabilities_for(question),
                                 .address = question.from},
                                payload_writer);
  ResponseBytes response(7 + wire::kNoiseIk2Overhead + payload_writer.size());
  Writer writer(response);
  writer.u8(static_cast<uint8_t>(wire::PacketType::handshake_response));
  writer.u24(index);
  writer.u24(question.sender);
  if (noise.write_message(payload_writer.written(), writer.space(writer.capacity_left()))) return response;
  ++parts_.counters.unauthentic;  // a key of low order
  return std::nullopt;
}

uint16_t Handshakes::capabilities_for(const Question& question) const {
  const Device* device = parts_.directory.find(question.device);
  if (!device) return 0;
  const bool has_certificate =
      question.brought && (*question.brought != device->certificate_hash || may_renew(question));
  return static_cast<uint16_t>((parts_.door.wants_build_hash(*device) ? wire::kNodeWantsBuildHash : 0) |
                               (has_certificate ? wire::kNodeHasCertificate : 0) |
                               (parts_.mailbox.has_mail(device->id) ? wire::kNodeHasMail : 0) |
                               (parts_.config.has_backbone ? wire::kNodeWantsPresence : 0));
}

}  // namespace farline::supernode
