#include "client/node_list.h"

#include <algorithm>

#include "crypto/hash.h"

namespace farline::client {
namespace {

constexpr uint8_t kWasListed = 1;

bool is_place_to_attach(const policy::Supernode& node) {
  return node.roles.all_or_has(policy::NodeRole::directory) || node.roles.has(policy::NodeRole::dedicated);
}

bool is_same_place(const NodeTarget& a, const NodeTarget& b) {
  return a.place.empty() || b.place.empty() ? a.address == b.address && a.address.port != 0 : a.place == b.place;
}

bool is_same_node(const NodeTarget& a, const NodeTarget& b) {
  return a.static_key == b.static_key && is_same_place(a, b);
}

ByteVector encode_remembered(const NodeTarget& node, bool was_listed, WallTime used) {
  ByteVector out(32 + node.place.size());
  Writer w(out);
  w.u8(was_listed ? kWasListed : 0);
  w.u64(used.seconds);
  w.bytes(node.address.ip);
  w.u16(node.address.port);
  w.bytes(as_bytes(node.place));
  out.resize(w.size());
  return out;
}

}  // namespace

NodeList::NodeList(NodeTarget first, bool is_fixed, const crypto::PublicKey& device, Outputs& out)
    : first_(std::move(first)), is_fixed_(is_fixed), device_(device), out_(out) {
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
  Remembered node{.was_listed = r.u8() == kWasListed};
  node.used.seconds = r.u64();
  node.target = {{r.array<16>(), 0}, key};
  node.target.address.port = r.u16();
  node.target.place = std::string(as_text(r.rest()));
  const bool is_ours = r.finish() && node.target.place.size() <= kPlaceBytesMax;
  if (is_fixed_ || !is_ours || remembered_.size() >= kRememberedMax || find(key)) return;
  if (first_.address.port == 0 && is_same_node(first_, node.target))
    candidates_.front().target.address = first_.address = node.target.address;
  remembered_.push_back(std::move(node));
}

bool NodeList::follow(std::span<const policy::Supernode> listed) {
  std::vector<Candidate> next = take_listed(listed);
  if (is_fixed_ && !next.empty()) {
    const NodeTarget& there = next[near(next, first_)].target;
    first_ = {first_.address, there.static_key, there.place};
    next.clear();
  }
  if (!next.empty()) withdraw(next);
  const auto dedicated = std::ranges::find(next, true, &Candidate::is_dedicated);
  std::vector<Candidate> others;
  // A place that is listed has the key that is listed. Of two keys for another place nobody knows which is right.
  const auto add = [&](NodeTarget node) {
    const auto is_there = [&](const Candidate& c) { return is_same_place(c.target, node); };
    const auto is_it = [&](const Candidate& c) { return is_same_node(c.target, node); };
    if (std::ranges::any_of(next, is_there) || std::ranges::any_of(others, is_it)) return;
    const auto tried = std::ranges::find_if(candidates_, is_it);
    if (tried != candidates_.end() && tried->target.address.port != 0) node.address = tried->target.address;
    others.push_back({.target = std::move(node)});
  };
  std::ranges::stable_sort(remembered_, std::ranges::greater{}, [](const Remembered& r) { return r.used.seconds; });
  for (const Remembered& r : remembered_) add(r.target);
  add(first_);
  next.insert(dedicated, std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));

  const auto same = [](const Candidate& a, const Candidate& b) {
    return a.target.place == b.target.place && a.target.static_key == b.target.static_key &&
           a.is_dedicated == b.is_dedicated && a.is_listed == b.is_listed;
  };
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

// What a policy has listed and lists no more is forgotten, and whatever had another key at a place that is listed.
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
  if (is_gone(first_)) first_ = listed[near(listed, first_)].target;
  for (const Remembered& r : std::vector(remembered_)) {
    if (is_gone(r.target))
      forget(r.target.static_key);
    else if (!r.was_listed && is_listed(r.target.static_key))
      remember({r.target, true, r.used});
  }
}

size_t NodeList::near(const std::vector<Candidate>& candidates, const NodeTarget& node) {
  const bool any_listed = std::ranges::any_of(candidates, &Candidate::is_listed);
  const auto find = [&](const auto& fits) {
    const auto is_it = [&](const Candidate& c) { return c.is_listed == any_listed && fits(c); };
    return static_cast<size_t>(std::ranges::find_if(candidates, is_it) - candidates.begin());
  };
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

void NodeList::attached(size_t index, WallTime wall) {
  Candidate& c = candidates_[index];
  c.is_doubtful = false;
  if (is_fixed_ || c.target.place.empty() || c.target.place.size() > kPlaceBytesMax) return;
  const Remembered* known = find(c.target.static_key);
  const bool is_as_known = known != nullptr && known->target.place == c.target.place &&
                           known->target.address == c.target.address && known->was_listed == c.is_listed &&
                           wall.seconds < known->used.seconds + 86'400;
  if (!is_as_known) remember({c.target, c.is_listed, wall});
}

// --- What is remembered ----------------------------------------------------------------------------------------------

const NodeList::Remembered* NodeList::find(const crypto::PublicKey& key) const {
  const auto it = std::ranges::find_if(remembered_, [&](const Remembered& r) { return r.target.static_key == key; });
  return it == remembered_.end() ? nullptr : &*it;
}

void NodeList::remember(Remembered node) {
  out_.saves.push_back(make_record(RecordKind::node, node.target.static_key,
                                   encode_remembered(node.target, node.was_listed, node.used)));
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
