#include "client/node_list.h"

#include <algorithm>

#include "crypto/hash.h"
#include "wire/certificate.h"

namespace farline::client {
namespace {

constexpr uint8_t kWasListed = 1;  // bits of a record's first byte
constexpr uint8_t kFormer = 2;

bool is_place_to_attach(const policy::Supernode& node) {
  return node.roles.all_or_has(policy::NodeRole::directory) || node.roles.has(policy::NodeRole::dedicated);
}

bool is_same_place(const NodeTarget& a, const NodeTarget& b) {
  return a.place.empty() || b.place.empty() ? a.address == b.address && a.address.port != 0 : a.place == b.place;
}

bool is_same_node(const NodeTarget& a, const NodeTarget& b) {
  return a.static_key == b.static_key && is_same_place(a, b);
}

ByteVector encode_remembered(const NodeTarget& node, uint8_t bits, WallTime used) {
  ByteVector out(32 + node.place.size());
  Writer w(out);
  w.u8(bits);
  w.u64(used.seconds);
  w.bytes(node.address.ip);
  w.u16(node.address.port);
  w.bytes(as_bytes(node.place));
  out.resize(w.size());
  return out;
}

}  // namespace

NodeList::NodeList(NodeTarget first, Choice choice, const crypto::PublicKey& device, Outputs& out)
    : first_(std::move(first)), choice_(choice), device_(device), out_(out) {
  candidates_.push_back({.target = first_});
}

void NodeList::load(const SaveRecord& record) {
  Reader key_reader(record.key);
  const auto key = key_reader.array<32>();
  if (!key_reader.finish()) return;
  if (record.kind == static_cast<uint8_t>(RecordKind::node_knows_us)) {
    if (know_us_.size() < kKnowUsMax) know_us_.insert(key);
    return;
  }
  Reader r(record.value);
  const uint8_t bits = r.u8();
  Remembered node{.was_listed = (bits & kWasListed) != 0, .is_former = (bits & kFormer) != 0};
  node.used.seconds = r.u64();
  node.target = {{r.array<16>(), 0}, key};
  node.target.address.port = r.u16();
  node.target.place = std::string(as_text(r.rest()));
  const bool is_ours = r.finish() && node.target.place.size() <= kPlaceBytesMax;
  if (choice_ == Choice::fixed || !is_ours || remembered_.size() >= kRememberedMax || find(key)) return;
  if (first_.address.port == 0 && is_same_node(first_, node.target))
    candidates_.front().target.address = first_.address = node.target.address;
  remembered_.push_back(std::move(node));
}

bool NodeList::follow(std::span<const policy::Supernode> listed, std::span<const wire::DeviceId> revoked) {
  std::vector<Candidate> next = take_listed(listed);
  if (choice_ == Choice::fixed && !next.empty()) {
    const NodeTarget& there = next[near(next, first_)].target;
    first_ = {first_.address, there.static_key, there.place};
    next.clear();
  }
  if (!next.empty()) withdraw(next);
  const auto is_revoked = [&](const NodeTarget& node) {
    return std::ranges::find(revoked, wire::device_id_of(node.static_key)) != revoked.end();
  };
  for (const Remembered& r : std::vector(remembered_))
    if (is_revoked(r.target)) forget(r.target.static_key);
  const auto dedicated = std::ranges::find(next, true, &Candidate::is_dedicated);
  std::vector<Candidate> others;
  // A place that is listed has the key that is listed. Of two keys for another place nobody knows which is right.
  const auto add = [&](NodeTarget node, bool is_former) {
    const auto is_there = [&](const Candidate& c) { return !is_former && is_same_place(c.target, node); };
    const auto is_it = [&](const Candidate& c) { return is_same_node(c.target, node); };
    if (std::ranges::any_of(next, is_there) || std::ranges::any_of(others, is_it)) return;
    const auto tried = std::ranges::find_if(candidates_, is_it);
    if (tried != candidates_.end() && tried->target.address.port != 0) node.address = tried->target.address;
    others.push_back({.target = std::move(node)});
  };
  std::ranges::stable_sort(remembered_, std::ranges::greater{}, [](const Remembered& r) { return r.used.seconds; });
  for (const Remembered& r : remembered_)
    if (!r.is_former) add(r.target, false);
  if (!is_revoked(first_) || (next.empty() && others.empty())) add(first_, false);
  for (const Remembered& r : remembered_)
    if (r.is_former && choice_ == Choice::any) add(r.target, true);
  next.insert(dedicated, std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));

  const auto same = [](const Candidate& a, const Candidate& b) {
    return a.target.place == b.target.place && a.target.static_key == b.target.static_key &&
           a.is_dedicated == b.is_dedicated && a.is_listed == b.is_listed;
  };
  const auto stand_in = std::ranges::find(candidates_, true, &Candidate::is_stand_in);
  if (stand_in != candidates_.end())
    next.insert(std::ranges::find(next, true, &Candidate::is_dedicated), Candidate(*stand_in));
  if (std::ranges::equal(next, candidates_, same)) return false;
  candidates_ = std::move(next);
  return true;
}

// Ordinary ones, then dedicated, each in this device's order.
std::vector<NodeList::Candidate> NodeList::take_listed(std::span<const policy::Supernode> listed) const {
  std::vector<Candidate> out;
  for (const policy::Supernode& node : listed) {
    const bool is_there = std::ranges::any_of(out, [&](const Candidate& c) { return c.target.place == node.address; });
    if (is_there || !is_place_to_attach(node)) continue;
    NodeTarget target{{}, node.key, node.address};
    const auto known = [&](const NodeTarget& old) {
      if (old.place == node.address && old.address.port != 0) target.address = old.address;
    };
    for (const Remembered& r : remembered_) known(r.target);
    for (const Candidate& c : candidates_) known(c.target);
    out.push_back(
        {.target = std::move(target), .is_listed = true, .is_dedicated = node.roles.has(policy::NodeRole::dedicated)});
  }
  std::ranges::stable_sort(out, {}, [&](const Candidate& c) {
    return std::pair(c.is_dedicated, crypto::sha256({device_, c.target.static_key}));
  });
  return out;
}

// What a policy has listed and lists no more, and whatever had another key at a place that is listed.
void NodeList::withdraw(const std::vector<Candidate>& listed) {
  const auto is_listed = [&](const crypto::PublicKey& key) {
    return std::ranges::any_of(listed, [&](const Candidate& c) { return c.target.static_key == key; });
  };
  const auto is_gone = [&](const NodeTarget& node) {
    if (is_listed(node.static_key)) return false;
    const Remembered* known = find(node.static_key);
    return (known != nullptr && known->was_listed) ||
           std::ranges::any_of(listed, [&](const Candidate& c) { return is_same_place(c.target, node); });
  };
  if (is_gone(first_)) withdraw(std::exchange(first_, listed[near(listed, first_)].target));
  for (const Remembered& r : std::vector(remembered_)) {
    if (is_gone(r.target))
      withdraw(r.target);
    else if (is_listed(r.target.static_key) && (!r.was_listed || r.is_former))
      remember({r.target, true, false, r.used});
  }
}

void NodeList::withdraw(const NodeTarget& node) {
  if (node.place.empty() || node.place.size() > kPlaceBytesMax) return;
  const Remembered* known = find(node.static_key);
  if (known == nullptr || !known->is_former)
    remember({node, known != nullptr && known->was_listed, true, known == nullptr ? WallTime{} : known->used});
}

// It has answered: who had its place, and whoever has no place in the list.
bool NodeList::forget_former_of(const NodeTarget& listed) {
  const size_t before = remembered_.size();
  for (const Remembered& r : std::vector(remembered_)) {
    const auto has_place = [&](const Candidate& c) { return c.is_listed && is_same_place(c.target, r.target); };
    const bool is_answered = is_same_place(listed, r.target) || std::ranges::none_of(candidates_, has_place);
    if (!r.is_former || !is_answered) continue;
    forget(r.target.static_key);
    std::erase_if(candidates_, [&](const Candidate& c) { return !c.is_listed && is_same_node(c.target, r.target); });
  }
  return remembered_.size() != before;
}

size_t NodeList::near(const std::vector<Candidate>& candidates, const NodeTarget& node) {
  const bool any_listed = std::ranges::any_of(candidates, &Candidate::is_listed);
  const auto find = [&](const auto& fits) {
    const auto is_it = [&](const Candidate& c) { return c.is_listed == any_listed && fits(c); };
    return static_cast<size_t>(std::ranges::find_if(candidates, is_it) - candidates.begin());
  };
  const auto stand_in = std::ranges::find(candidates, true, &Candidate::is_stand_in);
  if (stand_in != candidates.end() && stand_in->target.static_key == node.static_key && node.place.empty())
    return static_cast<size_t>(stand_in - candidates.begin());
  const size_t same = find([&](const Candidate& c) { return is_same_node(c.target, node); });
  if (same < candidates.size()) return same;
  const size_t same_key = find([&](const Candidate& c) { return c.target.static_key == node.static_key; });
  if (same_key < candidates.size()) return same_key;
  const size_t same_place = find([&](const Candidate& c) { return is_same_place(c.target, node); });
  return same_place < candidates.size() ? same_place : 0;
}

AttachPolicy::Candidates NodeList::candidates() const {
  const auto dedicated = static_cast<uint16_t>(std::ranges::count(candidates_, true, &Candidate::is_dedicated));
  return {.ordinary = static_cast<uint16_t>(candidates_.size() - dedicated), .dedicated = dedicated};
}

size_t NodeList::set_stand_in(const NodeTarget& target) {
  std::erase_if(candidates_, [](const Candidate& c) { return c.is_stand_in; });
  const auto dedicated = std::ranges::find(candidates_, true, &Candidate::is_dedicated);
  const auto there = candidates_.insert(dedicated, {.target = target, .is_stand_in = true});
  return static_cast<size_t>(there - candidates_.begin());
}

std::optional<size_t> NodeList::index_at(const Address& address) const {
  for (size_t i = 0; i < candidates_.size(); ++i)
    if (candidates_[i].target.address == address) return i;
  return std::nullopt;
}

bool NodeList::needs_address(size_t index) const {
  const Candidate& c = candidates_[index];
  return !c.target.place.empty() && (c.target.address.port == 0 || c.is_doubtful);
}

void NodeList::found(std::string_view place, const std::optional<Address>& address) {
  for (Candidate& c : candidates_) {
    if (c.target.place != place) continue;
    c.is_doubtful = false;
    if (address) c.target.address = *address;
  }
}

bool NodeList::attached(size_t index, WallTime wall) {
  Candidate& c = candidates_[index];
  c.is_doubtful = false;
  if (choice_ == Choice::fixed || c.target.place.empty() || c.target.place.size() > kPlaceBytesMax) return false;
  const Remembered* known = find(c.target.static_key);
  const bool was_listed = c.is_listed || (known != nullptr && known->is_former && known->was_listed);
  const bool is_former = !c.is_listed && known != nullptr && known->is_former;
  const bool is_as_known = known != nullptr && known->target.place == c.target.place &&
                           known->target.address == c.target.address && known->was_listed == was_listed &&
                           known->is_former == is_former && wall.seconds < known->used.seconds + 86'400;
  if (!is_as_known) remember({c.target, was_listed, is_former, wall});
  return c.is_listed && forget_former_of(NodeTarget(c.target));
}

// --- What is remembered ----------------------------------------------------------------------------------------------

const NodeList::Remembered* NodeList::find(const crypto::PublicKey& key) const {
  const auto it = std::ranges::find_if(remembered_, [&](const Remembered& r) { return r.target.static_key == key; });
  return it == remembered_.end() ? nullptr : &*it;
}

void NodeList::remember(Remembered node) {
  out_.saves.push_back(make_record(
      RecordKind::node, node.target.static_key,
      encode_remembered(node.target,
                        static_cast<uint8_t>((node.was_listed ? kWasListed : 0) | (node.is_former ? kFormer : 0)),
                        node.used)));
  std::erase_if(remembered_, [&](const Remembered& r) { return r.target.static_key == node.target.static_key; });
  remembered_.push_back(std::move(node));
  if (remembered_.size() <= kRememberedMax) return;
  const auto oldest = std::ranges::min_element(remembered_, {}, [](const Remembered& r) { return r.used.seconds; });
  forget(crypto::PublicKey(oldest->target.static_key));
}

void NodeList::forget(const crypto::PublicKey& key) {
  out_.saves.push_back(make_record(RecordKind::node, key, {}));
  std::erase_if(remembered_, [&](const Remembered& r) { return r.target.static_key == key; });
}

void NodeList::set_knows_us(const crypto::PublicKey& key, bool knows) {
  if (knows == know_us_.contains(key)) return;
  const std::array<uint8_t, 1> yes{1};
  out_.saves.push_back(make_record(RecordKind::node_knows_us, key, knows ? Bytes(yes) : Bytes{}));
  if (knows && know_us_.size() < kKnowUsMax)
    know_us_.insert(key);
  else
    know_us_.erase(key);
}

}  // namespace farline::client
