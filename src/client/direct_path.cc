#include "client/direct_path.h"

#include <algorithm>
#include <utility>

#include "client/open_counted.h"
#include "wire/packet.h"

namespace farline::client {
namespace {

constexpr unsigned kProbesOfRound = 3;
constexpr Duration kProbeIntervalMin = 1s;  // however near they are: a thin link's voice comes first
constexpr Duration kProbeIntervalMax = 5s;
constexpr Duration kPatienceMin = 1s;  // the relay is always there: going back too early costs little
constexpr int kPatiencePackets = 3;
constexpr Duration kAgainFirst = 5s;
constexpr Duration kAgainMax = 5min;
constexpr unsigned kAgainTimes = 4;
constexpr Duration kHeldLong = 1min;                     // such a path died for a new reason
constexpr Duration kRelayEvery = wire::kLegIdleMax / 3;  // the node may miss two

// RFC 1122 section 3.2.1.3, RFC 5771, RFC 4291.
bool is_unicast(const Address& a) {
  return a.is_v4() ? a.ip[12] != 0 && a.ip[12] < 224 : a.ip != Address{}.ip && a.ip[0] != 0xff;
}

}  // namespace

DirectPath::DirectPath(Setup setup, Time now)
    : setup_(std::move(setup)), patience_(kPatienceMin), again_wait_(kAgainFirst) {
  try_again(now);
}

void DirectPath::set_own(Time now, std::optional<Address> as_seen, std::optional<Address> own_network) {
  Addresses own;
  if (as_seen) own.list[own.count++] = *as_seen;
  if (as_seen && own_network && *own_network != *as_seen) own.list[own.count++] = *own_network;
  if (own == own_) return;
  own_ = own;
  if (own_.count == 0) return;
  tell_addresses({}, {});
  if (route_) return;
  try_again(now);
  punch(now);
}

void DirectPath::set_pass(Time now, Bytes pass) {
  if (!setup_.needs_pass || equal(pass, pass_)) return;
  pass_ = to_vector(pass);
  if (own_.count == 0) return;
  tell_addresses({}, {});
  try_again(now);
}

std::optional<ByteVector> DirectPath::poll_shown_pass() {
  return std::exchange(shown_pass_, std::nullopt);
}

void DirectPath::admit(Time now, Time until) {
  admitted_until_ = until;
  if (!route_) punch(now);
}

// --- In --------------------------------------------------------------------------------------------------------------

bool DirectPath::handle_message(Time now, const std::optional<Address>& from, Bytes sframe, Counters& counters) {
  std::array<uint8_t, 1280> plaintext;
  const auto opened = open_counted(setup_.seal, sframe, plaintext, counters);
  if (!opened) return false;
  const auto message = wire::decode_path_message(opened->payload);
  if (!message) {
    ++counters.malformed;
    return true;
  }
  if (!message->pass.empty()) shown_pass_ = to_vector(message->pass);
  if (from && from == route_) heard(now);
  if (message->answer) take_answer(now, *message->answer, from);
  if (message->has_addresses) take_addresses(now, *message);
  if (message->question) take_question(now, *message->question, from);
  return true;
}

void DirectPath::take_addresses(Time now, const wire::PathMessage& message) {
  const Addresses addresses{message.addresses, message.address_count};
  const bool moved = theirs_.count > 0 && addresses != theirs_;
  theirs_ = addresses;
  if (moved) {
    leave(now);
    try_again(now);
  }
  if (!route_) punch(now);
}

void DirectPath::take_answer(Time now, uint8_t answer, const std::optional<Address>& from) {
  Question& question = questions_[answer % questions_.size()];
  if (!question.is_open || question.number != answer || question.to != from) return;
  question.is_open = false;
  Candidate* candidate = from ? find(*from) : nullptr;
  if (!candidate) return;
  candidate->answered = candidate->proven = true;
  candidate->probes_left = 0;
  if (!route_) go(now, *from);
}

void DirectPath::take_question(Time now, uint8_t question, const std::optional<Address>& from) {
  if ((from && !may_go(now)) || !answers_.take(now)) return;
  if (!from) {
    tell_addresses({}, question);
    return;
  }
  Candidate* candidate = find_or_add(*from);
  if (!candidate) return;
  if (!candidate->answered) {
    candidate->was_answered = ask(now, *candidate, question);
  } else {
    candidate->was_answered = true;
    send(*from, {.answer = question});
  }
}

void DirectPath::heard_media(Time now, const std::optional<Address>& from, Duration packet_time) {
  patience_ = std::max<Duration>(kPatienceMin, kPatiencePackets * packet_time);
  if (!from) {
    if (route_ && theirs_direct_) leave(now);  // they have gone back, and know why
    return;
  }
  Candidate* candidate = may_go(now) ? find_or_add(*from) : nullptr;
  if (!candidate) return;
  if (candidate->answered || candidate->was_answered) {
    // They send media there only after an answer of ours got through: our way to them is proven as well.
    if (!route_) go(now, *from);
    heard(now);
  } else {
    leave(now);  // they have moved, or their NAT has
    probe(now, *candidate);
    handle_timeout(now);
  }
  theirs_direct_ = true;
}

// --- Routes ----------------------------------------------------------------------------------------------------------

void DirectPath::go(Time now, const Address& to) {
  route_ = to;
  routed_ = now;
  was_direct_ = true;
  dead_at_ = now + setup_.round_trip + patience_;  // their media follow when they know it too
  relay_due_ = now + kRelayEvery;
  again_due_.reset();
  for (Candidate& candidate : candidates_) candidate.probes_left = 0;
}

void DirectPath::leave(Time now) {
  if (!route_) return;
  route_.reset();
  theirs_direct_ = false;
  for (Candidate& candidate : candidates_) candidate.answered = candidate.was_answered = false;
  if (now - routed_ >= kHeldLong) again_wait_ = kAgainFirst;
  try_again(now);
}

void DirectPath::try_again(Time now) {
  again_left_ = kAgainTimes;
  if (setup_.is_caller) again_due_ = now + again_wait_ + 3 * probe_interval();  // behind the round under way
}

// --- Punching --------------------------------------------------------------------------------------------------------

void DirectPath::punch(Time now) {
  if (!may_go(now)) return;
  for (size_t i = 0; i < theirs_.count; ++i) {
    Candidate* candidate = is_worth_probing(i) ? find_or_add(theirs_.list[i]) : nullptr;
    if (candidate) probe(now, *candidate);
  }
  handle_timeout(now);
}

void DirectPath::probe(Time now, Candidate& candidate) {
  if (candidate.probes_left > 0 || candidate.answered) return;
  candidate.probes_left = kProbesOfRound;
  candidate.due = std::max(candidate.due, now);
}

bool DirectPath::is_worth_probing(size_t index) const {
  const Address& address = theirs_.list[index];
  if (own_.count == 0 || !is_unicast(address) || (setup_.v4_only && !address.is_v4())) return false;
  if (std::ranges::count(own_.list, address) > 0) return false;
  if (address.is_loopback() && !own_.list[0].is_loopback()) return false;
  // Theirs on their own network: only when that can be ours, because one NAT stands before both.
  return index == 0 || own_.list[0].ip == theirs_.list[0].ip;
}

DirectPath::Candidate* DirectPath::find(const Address& address) {
  const auto found = std::ranges::find(candidates_, address, &Candidate::address);
  return found == candidates_.end() ? nullptr : &*found;
}

DirectPath::Candidate* DirectPath::find_or_add(const Address& address) {
  if (Candidate* known = find(address)) return known;
  if (candidates_.size() >= kCandidatesMax) {
    // Those that never answered stay: they have had all they get.
    const auto forgotten = std::ranges::find_if(
        candidates_, [&](const Candidate& candidate) { return candidate.proven && candidate.address != route_; });
    if (forgotten == candidates_.end()) return nullptr;
    candidates_.erase(forgotten);
  }
  return &candidates_.emplace_back(Candidate{.address = address});
}

// With an answer to a question from there, when there is one. False: that address has had all it gets.
bool DirectPath::ask(Time now, Candidate& candidate, std::optional<uint8_t> answer) {
  if (!candidate.proven && candidate.probes >= kProbesMax) return false;
  if (!candidate.proven) ++candidate.probes;
  candidate.due = now + probe_interval();
  send(candidate.address, {.question = new_question(candidate.address), .answer = answer});
  return true;
}

Duration DirectPath::probe_interval() const {
  return std::clamp<Duration>(setup_.round_trip, kProbeIntervalMin, kProbeIntervalMax);
}

void DirectPath::handle_timeout(Time now) {
  if (route_ && (now >= dead_at_ || !may_go(now))) leave(now);
  if (route_ && now >= relay_due_) {
    relay_due_ = now + kRelayEvery;
    tell_addresses({}, {});
  }
  if (again_due_ && now >= *again_due_) {
    again_due_.reset();
    if (again_left_ > 0 || was_direct_) {
      if (again_left_ > 0) --again_left_;
      again_wait_ = std::min<Duration>(2 * again_wait_, kAgainMax);
      again_due_ = now + again_wait_ + 3 * probe_interval();
      tell_addresses(new_question({}), {});
    }
  }
  for (Candidate& candidate : candidates_) {
    if (candidate.probes_left == 0 || now < candidate.due) continue;
    --candidate.probes_left;
    ask(now, candidate);
  }
}

std::optional<Time> DirectPath::next_timeout() const {
  std::optional<Time> next = again_due_;
  if (route_) next = earliest(next, std::min(dead_at_, relay_due_));
  if (route_ && setup_.needs_pass) next = earliest(next, admitted_until_);
  for (const Candidate& candidate : candidates_)
    if (candidate.probes_left > 0) next = earliest(next, candidate.due);
  return next;
}

// --- Out -------------------------------------------------------------------------------------------------------------

void DirectPath::tell_addresses(std::optional<uint8_t> question, std::optional<uint8_t> answer) {
  if (setup_.needs_pass && (pass_.empty() || is_thin_)) return;
  send({}, {.question = question,
            .answer = answer,
            .has_addresses = true,
            .addresses = own_.list,
            .address_count = own_.count,
            .pass = route_ ? Bytes{} : Bytes(pass_)});  // on a direct path it has been seen
}

uint8_t DirectPath::new_question(const std::optional<Address>& to) {
  const uint8_t number = next_question_++;
  questions_[number % questions_.size()] = {true, number, to};
  return number;
}

void DirectPath::send(const std::optional<Address>& to, const wire::PathMessage& message) {
  std::array<uint8_t, wire::kPathMessageBytesMax> plain{};
  Writer payload(plain);
  wire::encode_path_message(message, payload);
  Packet& packet = out_.emplace_back(Packet{to, {}});
  Writer w(packet.datagram.data);
  wire::encode_media_header({to ? wire::kDirectChannel : setup_.channel}, w);
  setup_.seal.seal(payload.written(), w);
  packet.datagram.size = static_cast<uint16_t>(w.size());
}

std::optional<DirectPath::Packet> DirectPath::poll() {
  if (out_.empty()) return std::nullopt;
  Packet packet = std::move(out_.front());
  out_.pop_front();
  return packet;
}

}  // namespace farline::client
