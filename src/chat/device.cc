#include "chat/device.h"

#include "chat/log_entry.h"
#include "wire/name.h"

namespace farline::chat {
namespace {

std::string folded_name(std::string_view name) {
  auto folded = wire::fold_name(name);
  return folded ? std::move(*folded) : std::string();
}

}  // namespace

Device::Device(Setup setup) : setup_(std::move(setup)) {
  id_ = wire::device_id_of(setup_.identity.static_key.public_key);
}

Result<void> Device::load() {
  const auto certificate = setup_.trust.verify(setup_.identity.credential);
  if (!certificate) return certificate.error();
  person_ = folded_name(certificate->name);
  const auto contacts = setup_.store.states(StateKind::contact);
  if (!contacts) return contacts.error();
  for (const auto& state : *contacts) learn(state.value);
  learn(setup_.identity.credential);
  changes_ = {};  // they are in the store already
  if (const auto done = load_own(); !done) return done.error();
  return {};
}

Result<void> Device::load_own() {
  const auto own = setup_.store.state(StateKind::device, {}, {});
  if (!own && own.error().code != Errc::not_found) return own.error();
  if (own) {
    Reader in(*own);
    const auto device = in.array<8>();
    incarnation_ = in.array<8>();
    const size_t count = in.u8();
    for (size_t i = 0; i < count && in.ok(); ++i) {
      NumberedKey key;
      key.number = in.u32();
      key.made = in.u64();
      key.pair.secret = crypto::Secret<32>::copy_of(in.array<32>());
      key.pair.public_key = setup_.asymmetric.public_key(key.pair.secret);
      prekeys_.push_back(std::move(key));
    }
    if (const auto done = in.finish(); !done) return done.error();
    if (device != id_.bytes) return Error{Errc::auth, "these chats belong to another device"};
  }
  if (!own || setup_.restored) {
    incarnation_ = setup_.rng.array<8>();
    save_own();
  }
  introduce();
  return finish_turn();
}

void Device::save_own() {
  ByteVector value(8 + 8 + 1 + prekeys_.size() * 44);
  Writer out(value);
  out.bytes(id_.bytes);
  out.bytes(incarnation_);
  out.u8(static_cast<uint8_t>(prekeys_.size()));
  for (const NumberedKey& key : prekeys_) {
    out.u32(key.number);
    out.u64(key.made);
    out.bytes(key.pair.secret.bytes());
  }
  save(StateKind::device, {}, {}, std::move(value));
}

void Device::introduce() {
  introduction_ = encode(GroupEvent(Introduction{incarnation_, setup_.identity.credential}));
  events_log_ = log_of_introduction(introduction_);
}

void Device::new_incarnation() {
  incarnation_ = setup_.rng.array<8>();
  introduce();
  save_own();
}

const Contact* Device::learn(Bytes credential) {
  if (credential.size() > kCredentialBytesMax) return nullptr;
  const auto certificate = setup_.trust.verify(credential);
  if (!certificate || certificate->role != wire::Role::device) return nullptr;
  const auto id = wire::device_id_of(certificate->static_key);
  const crypto::Hash hash = crypto::sha256({credential});
  if (const auto found = contacts_.find(id); found != contacts_.end()) {
    if (found->second.credential != hash && certificate->signing_key == found->second.signing_key) {
      found->second.credential = hash;  // renewed, perhaps under another root: it counts for longer
      save(StateKind::contact, {}, id.bytes, to_vector(credential));
    }
    return &found->second;
  }
  if (contacts_.size() >= kContactsMax) return nullptr;
  Contact& contact = contacts_[id];
  contact = {id,  certificate->name, folded_name(certificate->name), certificate->static_key, certificate->signing_key,
             hash};
  ++contacts_version_;
  save(StateKind::contact, {}, id.bytes, to_vector(credential));
  return &contact;
}

void Device::judge() {
  const auto stored = setup_.store.states(StateKind::contact);
  if (!stored) return;
  for (const auto& state : *stored) {
    const auto found = std::ranges::find_if(contacts_, [&](const auto& c) { return equal(c.first.bytes, state.key); });
    if (found == contacts_.end()) {
      learn(state.value);
    } else if (found->first != id_ && !setup_.trust.counts(state.value)) {
      contacts_.erase(found);
      ++contacts_version_;
    }
  }
}

const Contact* Device::contact(wire::DeviceId id) const {
  const auto found = contacts_.find(id);
  return found == contacts_.end() ? nullptr : &found->second;
}

const Device::NumberedKey& Device::fresh_prekey(WallTime wall) {
  if (prekeys_.empty() || prekeys_.back().made + kPrekeySeconds < wall.seconds) {
    NumberedKey key;
    key.number = prekeys_.empty() ? 1 : prekeys_.back().number + 1;
    key.made = wall.seconds;
    key.pair = setup_.asymmetric.generate_key_pair(setup_.rng);
    prekeys_.push_back(std::move(key));
    if (prekeys_.size() > kPrekeysMax) prekeys_.erase(prekeys_.begin());
    save_own();
  }
  return prekeys_.back();
}

const crypto::KeyPair* Device::prekey(uint32_t number) const {
  if (number == 0) return &setup_.identity.static_key;
  for (const NumberedKey& key : prekeys_) {
    if (key.number == number) return &key.pair;
  }
  return nullptr;
}

void Device::save(StateKind kind, const GroupId& group, Bytes key, ByteVector value) {
  for (auto& state : changes_.states) {
    if (state.kind == kind && state.group == group && equal(state.key, key)) {
      state.value = std::move(value);
      return;
    }
  }
  changes_.states.push_back({kind, group, to_vector(key), std::move(value)});
}

uint64_t Device::handle_of(const GroupId& group, EntryId id) {
  const uint64_t handle = handles_.empty() ? 1 : handles_.rbegin()->first + 1;
  handles_[handle] = {group, id};
  if (handles_.size() > kHandlesMax) handles_.erase(handles_.begin());
  return handle;
}

std::optional<std::pair<GroupId, EntryId>> Device::of_handle(uint64_t handle) const {
  const auto found = handles_.find(handle);
  if (found == handles_.end()) return std::nullopt;
  return found->second;
}

Result<void> Device::finish_turn() {
  if (failed_) return Error{Errc::io, "the disk refused a chat; start again"};
  const Commit& commit = changes_;
  if (!commit.moves.empty() || !commit.erased.empty() || !commit.entries.empty() || !commit.states.empty()) {
    if (const auto done = setup_.store.commit(commit); !done) {
      failed_ = true;
      outputs_ = {};
      pieces_waiting_.clear();
      events_.clear();
      return done.error();
    }
  }
  changes_ = {};
  return {};
}

bool Device::is_flooded(Urgency urgency) const {
  const size_t named = urgency == Urgency::file ? pieces_waiting_.size() : 0;  // they have a bound of their own
  return outputs_[static_cast<size_t>(urgency)].size() - named >= kAnswersWaitingMax;
}

void Device::send_piece(const PieceFor& piece, Output output) {
  INVARIANT(output.urgency == Urgency::file);
  if (!pieces_waiting_.insert(piece).second) return;
  outputs_[static_cast<size_t>(Urgency::file)].push_back({std::move(output), piece});
}

bool Device::poll_output(Output& out, Urgency least) {
  if (failed_) return false;
  const auto end = outputs_.begin() + static_cast<std::ptrdiff_t>(least) + 1;
  const auto first = std::find_if(outputs_.begin(), end, [](const auto& queue) { return !queue.empty(); });
  if (first == end) return false;
  out = std::move(first->front().output);
  if (first->front().piece) pieces_waiting_.erase(*first->front().piece);
  first->pop_front();
  return true;
}

bool Device::poll_event(Event& out) {
  if (failed_ || events_.empty()) return false;
  out = std::move(events_.front());
  events_.pop_front();
  return true;
}

}  // namespace farline::chat
