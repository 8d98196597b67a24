#include "client/policy_traffic.h"

namespace farline::client {
namespace {

constexpr Duration kSpread = 60s;  // after an attachment: a whole site may have got its link back
constexpr unsigned kNewsRepeats = 3;
constexpr Duration kPieceOnThinLink = 4s;  // kPieceBytesMax at 2,400 bit/s, with its headers

}  // namespace

void PolicyTraffic::hold(Time now, const Held& held) {
  const bool is_other = held.version != source_.version();
  if (!held.bundle.empty()) source_.hold(held.version, held.bundle);
  is_whole_ = held.is_whole;
  if (End* from = std::exchange(delivered_, nullptr)) from->fetch.settle(now, held.version);
  for (End* end : {&node_, &peer_})
    if (end->fetch.version() <= held.version) end->fetch.stop();
  peer_.tell = is_other;
  if (is_other && attachment_.is_attached()) tell_node(now);
}

void PolicyTraffic::tell_node(Time now) {
  ByteVector message = encoded(wire::PolicyNews{version()});
  attachment_.send_encoded(now, message);
  news_.start(now, std::move(message), attachment_.repeat_interval(), kNewsRepeats);
}

std::optional<ByteVector> PolicyTraffic::poll_file() {
  if (!file_) return std::nullopt;
  delivered_ = file_->from;
  ByteVector bytes = std::move(file_->bytes);
  file_.reset();
  return bytes;
}

// Without its site's file the same version is news, too.
policy::PolicyFetch::Have PolicyTraffic::have() const {
  return {is_whole_ ? source_.version() : wire::PolicyVersion{}, source_.bundle()};
}

// --- The node --------------------------------------------------------------------------------------------------------

void PolicyTraffic::attached(Time now, wire::PolicyVersion version) {
  node_.wanted.reset();
  news_.stop();
  if (version < source_.version()) tell_node(now);  // the attachment may have begun before this was held
  Time first = now;
  if (version > source_.version() && !source_.bundle().empty())
    first += Duration{static_cast<int64_t>(rng_.below(static_cast<uint64_t>(kSpread.count())))};
  node_.fetch.hear(now, version, have(), first);
}

bool PolicyTraffic::handle(Time now, const wire::ControlMessage& message) {
  if (const auto* news = std::get_if<wire::PolicyNews>(&message)) {
    take_news(now, news->held);
  } else if (const auto* wanted = std::get_if<wire::PolicyWanted>(&message)) {
    news_.stop();
    node_.wanted = *wanted;
  } else if (const auto* part = std::get_if<wire::PolicyPart>(&message)) {
    take_part(now, node_, *part);
  } else {
    return false;
  }
  return true;
}

void PolicyTraffic::take_news(Time now, wire::PolicyVersion version) {
  const bool nothing_more = version <= source_.version() && node_.fetch.unanswered() > 0;
  if (version < node_.fetch.version() || nothing_more) node_.fetch.stop();  // it does not have what was asked for
  if (nothing_more) return;
  node_.fetch.hear(now, version, have(), now);
  if (version > source_.version()) return;
  if (news_.is_running())
    news_.stop();
  else
    attachment_.send(now, wire::PolicyNews{source_.version()});  // it did not know
}

PolicyTraffic::Pace PolicyTraffic::idle_pace() const {
  return {.most = policy::kPieceBytesMax, .every = {}, .patience = attachment_.repeat_interval() + kPieceOnThinLink};
}

void PolicyTraffic::send_due(Time now, const std::optional<Pace>& pace) {
  if (!attachment_.is_attached()) return;
  if (const Bytes message = news_.poll(now); !message.empty()) attachment_.send_encoded(now, message);
  Pace with = pace.value_or(idle_pace());
  with.patience = std::max(with.patience, idle_pace().patience);
  if (const auto message = poll(now, node_, with)) attachment_.send(now, *message);
}

std::optional<Time> PolicyTraffic::next_timeout() const {
  if (!attachment_.is_attached()) return std::nullopt;
  return earliest(news_.due(), node_.fetch.due());
}

// --- Both ------------------------------------------------------------------------------------------------------------

std::optional<wire::ControlMessage> PolicyTraffic::poll(Time now, End& end, const Pace& pace) {
  if (std::exchange(end.tell, false)) return wire::PolicyNews{source_.version()};
  if (end.wanted && (!end.answered || now - *end.answered >= pace.every)) {
    auto wanted = *std::exchange(end.wanted, std::nullopt);
    wanted.most = std::min(wanted.most, pace.most);
    end.answered = now;
    if (const auto part = source_.answer(wanted)) return *part;
    return wire::PolicyNews{source_.version()};
  }
  if (const auto question = end.fetch.poll(now, pace)) return *question;
  return std::nullopt;
}

void PolicyTraffic::take_part(Time now, End& end, const wire::PolicyPart& part) {
  if (auto whole = end.fetch.handle(now, part)) file_ = {&end, std::move(*whole)};
}

// --- The far device --------------------------------------------------------------------------------------------------

void PolicyTraffic::peer_connected(Time now, wire::PolicyVersion version) {
  peer_ = {};
  peer_.fetch.hear(now, version, have(), now);
}

bool PolicyTraffic::poll_payload(Time now, const Pace& pace, ByteVector& out) {
  // What the node gives need not be asked for twice.
  const bool from_node = attachment_.is_attached() && node_.fetch.version() >= peer_.fetch.version();
  if (from_node && peer_.fetch.is_running() && !peer_.wanted && !peer_.tell) return false;
  const auto message = poll(now, peer_, pace);
  if (!message) return false;
  out.resize(1 + wire::kControlMessageMax);
  Writer writer(out);
  writer.u8(wire::kPolicyPayload);
  wire::encode_control(*message, writer);
  out.resize(writer.size());
  return true;
}

Result<void> PolicyTraffic::handle_payload(Time now, Bytes payload) {
  const auto message = wire::decode_control(payload.subspan(1), wire::ControlFrom::client);
  if (!message) return message.error();
  if (const auto* wanted = std::get_if<wire::PolicyWanted>(&*message)) {
    peer_.wanted = *wanted;
  } else if (const auto* part = std::get_if<wire::PolicyPart>(&*message)) {
    take_part(now, peer_, *part);
  } else if (const auto* news = std::get_if<wire::PolicyNews>(&*message)) {
    if (news->held <= source_.version()) peer_.fetch.stop();
    peer_.fetch.hear(now, news->held, have(), now);
  } else {
    return Error{Errc::malformed, "nothing of a policy"};
  }
  return {};
}

}  // namespace farline::client
