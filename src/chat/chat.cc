#include "chat/chat.h"

#include <algorithm>

#include "chat/file_tree.h"
#include "chat/group.h"
#include "chat/log_entry.h"
#include "wire/name.h"

namespace farline::chat {
namespace {

constexpr size_t kGroupsMax = 500;
constexpr size_t kDraftBytesMax = 4000;

const Error kNoGroup{Errc::not_found, "no such chat"};

}  // namespace

class Chat::State {
 public:
  explicit State(Setup setup) : device(std::move(setup)) {}

  Group* group(const GroupId& id) {
    const auto found = groups.find(id);
    return found == groups.end() ? nullptr : found->second.get();
  }
  // An admin's event in a group.
  Result<void> administer(const Now& now, const GroupId& id, const GroupEvent& event) {
    Group* which = group(id);
    if (which == nullptr) return kNoGroup;
    const auto member = which->roster().members.find(device.person());
    if (member == which->roster().members.end()) return Error{Errc::denied, "you are not a member of this chat"};
    if (!member->second.admin) return Error{Errc::denied, "only an admin of this chat can do that"};
    if (const auto done = which->write_event(now, event); !done) return done.error();
    return device.finish_turn();
  }
  void contacts_may_have_changed() {
    if (contacts_seen == device.contacts_version()) return;
    contacts_seen = device.contacts_version();
    for (const auto& [id, which] : groups) which->contacts_changed();
  }
  // The end of every turn with the network in it.
  void settle(const Now& now) {
    contacts_may_have_changed();
    for (const auto& [id, which] : groups) which->refresh(now);
    (void)device.finish_turn();
  }
  Result<void> load(const Now& now);

  Device device;
  std::map<GroupId, std::unique_ptr<Group>> groups;
  uint64_t contacts_seen = 0;
};

Result<void> Chat::State::load(const Now& now) {
  if (const auto done = device.load(); !done) return done.error();
  std::map<GroupId, std::vector<chat::State>> by_group;
  for (const StateKind kind :
       {StateKind::group, StateKind::epoch, StateKind::marker, StateKind::outbox, StateKind::file}) {
    auto states = device.store().states(kind);
    if (!states) return states.error();
    for (auto& state : *states) by_group[state.group].push_back(std::move(state));
  }
  for (auto& [id, states] : by_group) {
    auto loaded = std::make_unique<Group>(device, id);
    for (const chat::State& state : states) {
      if (state.kind == StateKind::epoch) loaded->load_epoch(state.value);
      if (state.kind == StateKind::marker) loaded->load_marker(state.value);
      if (state.kind == StateKind::file) loaded->load_file(state.key, state.value);
      if (state.kind == StateKind::outbox) loaded->load_arrivals(state.key, state.value);
    }
    std::erase_if(states, [](const chat::State& state) { return state.kind != StateKind::group; });
    if (const auto done = loaded->load(std::move(states)); !done) return done.error();
    loaded->set_horizon(now);
    groups[id] = std::move(loaded);
  }
  return {};
}

Chat::Chat(std::unique_ptr<State> state) : state_(std::move(state)) {}
Chat::~Chat() = default;

Result<std::unique_ptr<Chat>> Chat::open(Setup setup, const Now& now) {
  auto state = std::make_unique<State>(std::move(setup));
  if (const auto done = state->load(now); !done) return done.error();
  return std::unique_ptr<Chat>(new Chat(std::move(state)));
}

// --- Groups
// -----------------------------------------------------------------------------------------------------------
Result<GroupId> Chat::new_group(const Now& now, const NewGroup& wanted) {
  if (wanted.title.empty() || wanted.title.size() > kTitleBytesMax) {
    return Error{Errc::limit, "the chat's name has 1 to 120 bytes"};
  }
  if (wanted.members.size() >= kMembersMax) return Error{Errc::limit, "a chat has at most 50 members"};
  if (state_->groups.size() >= kGroupsMax) return Error{Errc::limit, "too many chats: leave some first"};
  for (const std::string& name : wanted.members) {
    if (const auto done = wire::check_name(name); !done) return done.error();
  }
  Device& device = state_->device;
  const ByteVector founding = encode(GroupEvent(Founded{device.rng().array<16>(), wanted.history, wanted.title}));
  const GroupId id = group_of_founding(device.events_log(), founding);
  auto group = std::make_unique<Group>(device, id);
  if (const auto done = group->found(now, founding); !done) return done.error();
  for (const std::string& name : wanted.members) {
    if (wire::is_same_name(name, device.person())) continue;
    if (const auto done = group->write_event(now, Added{name, false}); !done) return done.error();
  }
  state_->groups[id] = std::move(group);
  if (const auto done = device.finish_turn(); !done) return done.error();
  return id;
}

Result<void> Chat::invite(const Now& now, const GroupId& group, std::string_view name) {
  if (const auto done = wire::check_name(name); !done) return done.error();
  const Group* which = state_->group(group);
  if (which != nullptr && which->roster().members.size() >= kMembersMax) {
    return Error{Errc::limit, "a chat has at most 50 members"};
  }
  return state_->administer(now, group, Added{std::string(name), false});
}

Result<void> Chat::remove(const Now& now, const GroupId& group, std::string_view name) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  if (wire::is_same_name(name, state_->device.person())) return leave(now, group);
  const auto folded = wire::fold_name(name);
  if (!folded || !which->roster().members.contains(*folded)) return Error{Errc::not_found, "not in this chat"};
  return state_->administer(now, group, which->removal_of(name));
}

Result<void> Chat::make_admin(const Now& now, const GroupId& group, std::string_view name) {
  const Group* which = state_->group(group);
  const auto folded = wire::fold_name(name);
  if (which == nullptr) return kNoGroup;
  if (!folded || !which->roster().members.contains(*folded)) return Error{Errc::not_found, "not in this chat"};
  return state_->administer(now, group, Added{std::string(name), true});
}

Result<void> Chat::rename(const Now& now, const GroupId& group, std::string_view title) {
  if (title.empty() || title.size() > kTitleBytesMax) return Error{Errc::limit, "the chat's name has 1 to 120 bytes"};
  return state_->administer(now, group, Titled{std::string(title)});
}

Result<void> Chat::leave(const Now& now, const GroupId& group) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  if (!which->is_member()) return {};
  const auto done = which->write_event(now, Removed{.name = state_->device.person(), .cuts = {}});
  if (!done) return done.error();
  return state_->device.finish_turn();
}

Result<void> Chat::forget(const GroupId& group) {
  if (state_->group(group) == nullptr) return kNoGroup;
  if (state_->group(group)->is_member()) return Error{Errc::denied, "leave the chat first"};
  const auto files = state_->device.store().states(StateKind::file);
  if (!files) return files.error();
  for (const auto& file : *files) {
    FileHash hash{};
    if (file.group != group || file.key.size() != hash.size()) continue;
    std::ranges::copy(file.key, hash.begin());
    if (const auto done = state_->device.files().erase(hash); !done) return done.error();
  }
  if (const auto done = state_->device.store().erase_group(group); !done) return done.error();
  state_->groups.erase(group);
  return {};
}

std::vector<GroupInfo> Chat::groups() const {
  std::vector<GroupInfo> out;
  for (const auto& [id, group] : state_->groups) out.push_back(group->info());
  return out;
}

// --- Messages
// ---------------------------------------------------------------------------------------------------------
Result<EntryId> Chat::send(const Now& now, const GroupId& group, const Body& body) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  const auto id = which->write_message(now, body);
  if (!id) return id.error();
  if (const auto done = state_->device.finish_turn(); !done) return done.error();
  return *id;
}

// --- Files
// ------------------------------------------------------------------------------------------------------------
Result<EntryId> Chat::send_file(const Now& now, const GroupId& group, const NewFile& file) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  const auto id = which->write_file(now, file);
  if (!id) return id.error();
  if (const auto done = state_->device.finish_turn(); !done) return done.error();
  return *id;
}

Result<EntryId> Chat::send_voice_note(const Now& now, const GroupId& group, const NewVoiceNote& note) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  const auto id = which->write_voice_note(now, note);
  if (!id) return id.error();
  if (const auto done = state_->device.finish_turn(); !done) return done.error();
  return *id;
}

Result<void> Chat::fetch_file(const Now& now, const GroupId& group, EntryId id) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  const auto entry = state_->device.store().entry(group, id);
  if (!entry) return entry.error();
  const auto body = decode_body(entry->bytes);
  const Content* content = body ? content_of(*body) : nullptr;
  if (content == nullptr) return Error{Errc::not_found, "this message is no file"};
  if (const auto done = which->want_file(id, *content); !done) return done.error();
  which->fetch_files(now);
  return state_->device.finish_turn();
}

Result<uint64_t> Chat::file_bytes_here(const Content& content) const {
  const FileShape shape(content.size);
  const auto count = state_->device.files().held_count(content.hash, 0);
  if (!count) return count.error();
  // The last block may be among them; then all but that one are full.
  return *count >= shape.blocks(0) ? content.size : std::min<uint64_t>(content.size, *count * kBlockPlainBytes);
}

bool Chat::is_file_here(const Content& content) const {
  const auto count = state_->device.files().held_count(content.hash, 0);
  return count && *count >= FileShape(content.size).blocks(0);
}

bool Chat::is_file_wanted(const GroupId& group, const Content& content) const {
  const Group* which = state_->group(group);
  return which != nullptr && which->wants_file(content.hash);
}

Result<void> Chat::read_file(const Content& content, const std::function<Result<void>(Bytes)>& write) const {
  const FileShape shape(content.size);
  for (uint32_t index = 0; index < shape.blocks(0); ++index) {
    const auto block = state_->device.files().block(content.hash, {0, index});
    if (!block) return block.error();
    const auto plain = open_block(content.key, index, *block);
    if (!plain) return plain.error();
    if (const auto done = write(*plain); !done) return done.error();
  }
  return {};
}

Result<void> Chat::mark_read(const Now& now, const GroupId& group, const Order& order, bool tell) {
  Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  if (const auto done = which->mark_read(now, order, tell); !done) return done.error();
  return state_->device.finish_turn();
}

Result<void> Chat::mark_all_read(const Now& now, bool tell) {
  for (const auto& [id, group] : state_->groups) {
    const auto newest = group->info().newest;
    if (!newest) continue;
    if (const auto done = group->mark_read(now, *newest, tell); !done) return done.error();
  }
  return state_->device.finish_turn();
}

std::optional<Order> Chat::read_up_to(const GroupId& group) const {
  const Group* which = state_->group(group);
  return which == nullptr ? std::nullopt : which->read_up_to();
}

Result<void> Chat::set_draft(const GroupId& group, std::string_view text) {
  if (state_->group(group) == nullptr) return kNoGroup;
  if (text.size() > kDraftBytesMax) return Error{Errc::limit, "the draft is too long"};
  state_->device.save(StateKind::draft, group, {}, to_vector(as_bytes(text)));
  return state_->device.finish_turn();
}

std::string Chat::draft(const GroupId& group) const {
  const auto value = state_->device.store().state(StateKind::draft, group, {});
  return value ? std::string(as_text(*value)) : std::string();
}

Result<std::vector<Message>> Chat::page(const PageQuery& query) {
  const Group* which = state_->group(query.group);
  if (which == nullptr) return kNoGroup;
  const auto entries = state_->device.store().page(query);
  if (!entries) return entries.error();
  std::vector<Message> out;
  for (const StoredEntry& entry : *entries) {
    auto message = which->message_of(entry);
    if (message) out.push_back(std::move(*message));
  }
  return out;
}

Result<Message> Chat::message(const GroupId& group, EntryId id) {
  const Group* which = state_->group(group);
  if (which == nullptr) return kNoGroup;
  const auto entry = state_->device.store().entry(group, id);
  if (!entry) return entry.error();
  if (!entry->shown) return Error{Errc::not_found, "no such message"};
  return which->message_of(*entry);
}

// --- Others
// -----------------------------------------------------------------------------------------------------------
Result<void> Chat::learn(const Now& now, Bytes credential) {
  if (state_->device.learn(credential) == nullptr) return Error{Errc::auth, "the certificate does not verify"};
  state_->settle(now);
  return state_->device.finish_turn();
}

void Chat::judge(const Now& now) {
  state_->device.judge();
  state_->settle(now);
}

std::vector<std::string> Chat::unknown_names() const {
  std::set<std::string> known;
  for (const auto& [id, contact] : state_->device.contacts()) known.insert(contact.person);
  std::set<std::string> out;
  for (const auto& [id, group] : state_->groups) {
    for (const auto& [person, member] : group->roster().members) {
      if (!known.contains(person)) out.insert(member.name);
    }
  }
  return {out.begin(), out.end()};
}

std::string Chat::name_of(wire::DeviceId device) const {
  const Contact* contact = state_->device.contact(device);
  return contact == nullptr ? std::string() : contact->name;
}

void Chat::reachable(const Now& now, wire::DeviceId device, bool is) {
  state_->device.set_reachable(device, is);
  for (const auto& [id, group] : state_->groups) group->reachable(now, device, is);
  (void)state_->device.finish_turn();
}

void Chat::publish(const Now& now) {
  for (const auto& [id, group] : state_->groups) group->publish(now);
  (void)state_->device.finish_turn();
}

void Chat::relayed(uint64_t handle) {
  const auto what = state_->device.of_handle(handle);
  if (!what) return;
  if (Group* group = state_->group(what->first); group != nullptr) group->relayed(what->second);
  (void)state_->device.finish_turn();
}

void Chat::take(const Now& now, wire::DeviceId from, Bytes sealed) {
  Device& device = state_->device;
  if (sealed.empty() || sealed.size() > 2 * kSealedBytesMax || device.failed() || from == device.id()) return;
  if (sealed[0] == kEpochMessage) {
    const auto epoch = parse_epoch(sealed);
    if (!epoch) return;
    const Contact* contact = device.contact(from);
    if (contact == nullptr) contact = device.learn(epoch->credential);
    if (contact == nullptr || contact->id != from) return;
    auto& group = state_->groups[epoch->notice.group];
    if (group == nullptr) group = std::make_unique<Group>(device, epoch->notice.group);
    group->take_epoch(now, *contact, *epoch);
    if (!group->has_epochs() || state_->groups.size() > kGroupsMax) state_->groups.erase(epoch->notice.group);
  } else {
    const bool taken =
        std::ranges::any_of(state_->groups, [&](auto& item) { return item.second->take(now, from, sealed); });
    for (const auto& [id, group] : state_->groups) {
      if (!taken) group->unread_message(now, from);
    }
  }
  state_->settle(now);
}

void Chat::handle_timeout(const Now& now) {
  for (const auto& [id, group] : state_->groups) group->handle_timeout(now);
  state_->settle(now);
}

std::optional<Time> Chat::next_timeout() const {
  std::optional<Time> next;
  for (const auto& [id, group] : state_->groups) {
    const auto time = group->next_timeout();
    if (time && (!next || *time < *next)) next = time;
  }
  return next;
}

bool Chat::poll_output(Output& out, Urgency least) {
  return state_->device.poll_output(out, least);
}
bool Chat::poll_event(Event& out) {
  return state_->device.poll_event(out);
}

}  // namespace farline::chat
