// Mail for devices at other nodes. Who has a message keeps it until another node says that it is safe there; that is
// the node where the device is attached, else the one whose key certified it (its home), and no other takes it, so that
// mail never goes in circles however old the news of a device are.
#include <algorithm>

#include "supernode/mailbox.h"

namespace farline::supernode {
namespace {

constexpr Duration kTransferFirst = 2s;
constexpr Duration kTransferMax = 1min;
constexpr Duration kDepartureEvery = 50ms;
constexpr Duration kMailLookEvery = 30s;
constexpr Duration kLookStep = 50ms;
constexpr size_t kLookedAtOnce = 1000;  // boxes

}  // namespace

// --- Whose it is -----------------------------------------------------------------------------------------------------

bool Mailbox::is_home(const Device& device) const {
  const wire::Authority* issuer = parts_.issuers.authority(device.issuer);
  return issuer && issuer->signing_key == parts_.own_issuer;
}

// Nothing: here, or nowhere that is known of.
std::optional<wire::NodeId> Mailbox::destination(Time now, const wire::DeviceId& device) const {
  if (parts_.sessions.of(device)) return std::nullopt;
  const auto where = parts_.elsewhere.where(now, device);
  if (where && parts_.backbone.is_live(now, where->node)) return where->node;
  const Device* known = parts_.elsewhere.known(device);
  const wire::Authority* issuer = known ? parts_.issuers.authority(known->issuer) : nullptr;
  return issuer ? parts_.backbone.live_with(now, issuer->signing_key) : std::nullopt;
}

// Asks the others about recipients that are not known here; true: the message waits for what they say.
bool Mailbox::ask_for_unknown(Time now, const Session& sender, const wire::MailPut& put) {
  if (!parts_.backbone.is_up()) return false;
  std::vector<wire::DeviceId> unknown;
  for (size_t i = 0; i < put.recipient_count(); ++i)
    if (!parts_.elsewhere.known(put.recipient(i)) && questions_.take(now)) unknown.push_back(put.recipient(i));
  if (unknown.empty()) return false;
  ByteVector message(wire::kControlMessageMax);
  Writer writer(message);
  wire::encode_control(put, writer);
  message.resize(writer.size());
  const wire::DeviceId last = unknown.back();
  unknown.pop_back();
  for (const wire::DeviceId& device : unknown)
    (void)parts_.elsewhere.ask(now, device, {.device = device, .name = {}, .is_mail = true});
  return parts_.elsewhere.ask(now, last, {.device = sender.device, .name = {}, .message = std::move(message)});
}

// --- Away ------------------------------------------------------------------------------------------------------------

void Mailbox::depart(Time now, const wire::DeviceId& device) {
  if (!parts_.has_backbone || !has_mail(device) || transfers_.contains(device) || parts_.sessions.of(device)) return;
  if (is_departing_.insert(device).second) departing_.push_back(device);
  take_along(now);
}

void Mailbox::found(Time now, const wire::DeviceId& device) {
  if (!transfers_.contains(device)) transfer(now, device, false);
}

void Mailbox::nodes_changed(Time now) {
  look_due_ = now;
  looked_at_ = {};
}

void Mailbox::take_along(Time now) {
  departure_due_.reset();
  while (!departing_.empty() && parts_.backbone.is_up()) {
    if (transfers_.size() >= kMailTransfersMax) return;  // goes on with the next answer
    if (!departures_.take(now)) {
      departure_due_ = now + kDepartureEvery;
      return;
    }
    const wire::DeviceId device = departing_.front();
    departing_.pop_front();
    is_departing_.erase(device);
    transfer(now, device, true);
  }
}

// As much as fits a frame, the oldest first.
void Mailbox::transfer(Time now, const wire::DeviceId& device, bool may_ask) {
  const auto box = boxes_.find(device);
  if (box == boxes_.end() || parts_.sessions.of(device)) return;
  const auto before = transfers_.find(device);
  const Duration patience =
      before == transfers_.end() ? kTransferFirst : std::min(2 * before->second.patience, kTransferMax);
  if (before != transfers_.end()) transfers_.erase(before);
  const auto to = destination(now, device);
  if (!to) {
    if (may_ask && !parts_.elsewhere.known(device) && questions_.take(now))
      (void)parts_.elsewhere.ask(now, device, {.device = device, .name = {}, .is_mail = true});
    return;
  }
  Transfer next{.to = *to, .patience = patience};
  ByteVector items;
  std::vector<uint64_t> gone;
  for (const auto& [sequence, id] : box->second.items) {
    const Body& body = bodies_.at(id);
    if (items.size() + wire::kNodeMailItemOverhead + body.size > wire::kNodeMailItemsBytesMax) break;
    if (next.sequences.size() == wire::kNodeMailItemsMax) break;
    const auto sealed = sealed_of(id, body);
    if (!sealed && sealed.error().code != Errc::io) gone.push_back(sequence);
    if (!sealed) continue;
    wire::append_node_mail_item({body.expires, body.sender, *sealed}, items);
    next.sequences.push_back(sequence);
  }
  for (const uint64_t sequence : gone) erase(device, sequence);
  if (next.sequences.empty()) return;
  next.number = ++last_transfer_ == 0 ? ++last_transfer_ : last_transfer_;
  next.due = now + patience;
  parts_.backbone.send(*to, wire::NodeMail{.number = next.number, .to = device, .items = items});
  transfers_[device] = std::move(next);
}

void Mailbox::handle(Time now, const wire::NodeId& from, const wire::NodeMailAnswer& answer) {
  using enum wire::NodeMailResult;
  const auto found = transfers_.find(answer.to);
  if (found == transfers_.end() || found->second.number != answer.number || found->second.to != from) return;
  const std::vector<uint64_t> sequences = found->second.sequences;
  if (answer.results.size() != sequences.size()) return;
  bool is_full = false;
  bool is_wrong_place = false;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const auto result = static_cast<wire::NodeMailResult>(answer.results[i]);
    is_full = is_full || result == full;
    is_wrong_place = is_wrong_place || result == not_here;
    const auto box = boxes_.find(answer.to);
    if (box == boxes_.end() || !box->second.items.contains(sequences[i])) continue;  // it came here for it meanwhile
    if (result != kept && result != never) continue;
    ++(result == kept ? parts_.counters.mail_moved : parts_.counters.mail_refused);
    erase(answer.to, sequences[i]);
  }
  due_by(now + kTransferFirst);
  if (is_wrong_place) parts_.elsewhere.not_there(answer.to, from);
  if (is_full || (is_wrong_place && destination(now, answer.to) == from)) {
    found->second.due = now + kTransferMax;
    found->second.patience = kTransferMax;
    found->second.sequences.clear();
    return;
  }
  transfers_.erase(found);
  depart(now, answer.to);
  take_along(now);
}

void Mailbox::retry_transfers(Time now) {
  std::vector<wire::DeviceId> due;
  for (const auto& [device, transfer] : transfers_)
    if (transfer.due <= now) due.push_back(device);
  for (const wire::DeviceId& device : due) {
    transfer(now, device, true);
    const auto still = transfers_.find(device);
    if (still != transfers_.end() && still->second.due <= now) transfers_.erase(still);  // nothing waits any more
  }
}

// What came while the way was closed, or whose device has left since.
void Mailbox::look_around(Time now) {
  if (!parts_.backbone.is_up() || boxes_.empty()) return;
  if (!look_due_) look_due_ = now + kMailLookEvery;
  if (now < *look_due_) return;
  size_t count = 0;
  auto box = boxes_.upper_bound(looked_at_);
  std::vector<wire::DeviceId> to_go;
  for (; box != boxes_.end() && count < kLookedAtOnce; ++box, ++count) {
    looked_at_ = box->first;
    if (destination(now, box->first) || !parts_.elsewhere.known(box->first)) to_go.push_back(box->first);
  }
  const bool is_end = box == boxes_.end();
  if (is_end) looked_at_ = {};
  look_due_ = now + (is_end ? kMailLookEvery : kLookStep);
  for (const wire::DeviceId& device : to_go) depart(now, device);
}

// --- Here ------------------------------------------------------------------------------------------------------------

void Mailbox::handle(Time now, const wire::NodeId& from, const wire::NodeMail& mail) {
  if (!transfers_in_.take(now)) return;  // it comes again
  const Session* there = parts_.sessions.of(mail.to);
  const Device* device = parts_.directory.find(mail.to);
  const bool is_for_here = there || (device && is_home(*device));
  const size_t fresh_before = fresh_.size();
  NodeTicket ticket{.node = from, .number = mail.number, .to = mail.to};
  wire::NodeMailItems items(mail.items);
  while (const auto item = items.next()) {
    if (mail.number == 0) {
      const Message message = message_of(item->sender, item->sealed);
      const bool is_allowed = !parts_.door.is_revoked(mail.to) && !parts_.door.is_revoked(item->sender);
      if (there && is_allowed) (void)pass_on_here(now, message, mail.to);
      continue;
    }
    const auto result = is_for_here ? receive(now, mail.to, *item) : wire::NodeMailResult::not_here;
    ticket.results.push_back(static_cast<uint8_t>(result));
  }
  if (mail.number == 0) return;
  if (is_for_here && !fresh_.empty()) {
    node_tickets_.push_back(std::move(ticket));
    due_by(now + kMailCommitEvery);
    push_fresh(now, fresh_before);
    if (fresh_.size() >= kMailFreshMax || node_tickets_.size() >= kMailFreshMax) commit(now);
  } else {
    answer(ticket);
  }
}

wire::NodeMailResult Mailbox::receive(Time now, const wire::DeviceId& to, const wire::NodeMailItem& item) {
  using enum wire::NodeMailResult;
  if (to == item.sender || parts_.door.is_revoked(to) || parts_.door.is_revoked(item.sender)) return never;
  Message message = message_of(item.sender, item.sealed);
  message.expires = item.expires;
  return keep(now, message, to) ? full : kept;
}

void Mailbox::answer(const NodeTicket& ticket) {
  parts_.backbone.send(ticket.node,
                       wire::NodeMailAnswer{.number = ticket.number, .to = ticket.to, .results = ticket.results});
}

}  // namespace farline::supernode
