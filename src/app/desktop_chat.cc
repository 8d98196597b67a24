#include "app/desktop_chat.h"

#include <algorithm>

#include "app/chat_files.h"
#include "app/voice_notes.h"
#include "wire/utf8.h"

namespace farline::app {
namespace {

using client::kLinesShownMax;
using client::LineKind;

constexpr size_t kPage = 60;
constexpr size_t kFoundMax = 50;
constexpr size_t kQuoteBytes = 100;
constexpr size_t kBarsKeptMax = 1000;
static_assert(client::kNoteBars == voice::kNoteBars && client::kNoteBarMax == voice::kNoteBarMax);

Error gone() {
  return {Errc::not_found, "this chat or message is not there any more"};
}

// The beginning of it, on one line.
std::string quoted(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty() && text.size() - rest.size() < kQuoteBytes)
    if (!wire::take_code_point(rest)) rest.remove_prefix(1);
  std::string out(text.substr(0, text.size() - rest.size()));
  std::ranges::replace(out, '\n', ' ');
  return rest.empty() ? out : out + "…";
}

chat::Order just_behind(chat::Order order) {
  ++order.id.seq;
  return order;
}

struct Shown {
  LineKind kind = LineKind::text;
  std::string text{};
  uint64_t size = 0;
};
Shown shown_of(const chat::Body& body) {
  if (const auto* text = std::get_if<chat::Text>(&body)) return {LineKind::text, text->text};
  if (const auto* file = std::get_if<chat::File>(&body))
    return {file->is_photo ? LineKind::photo : LineKind::file, file->name, file->content.size};
  if (const auto* note = std::get_if<chat::VoiceNote>(&body)) return {LineKind::voice_note, {}, note->content.size};
  if (const auto* missed = std::get_if<chat::MissedCall>(&body)) return {LineKind::missed_call, missed->callee};
  if (const auto* check_in = std::get_if<chat::CheckIn>(&body)) {
    const LineKind kind = check_in->state == chat::Wellbeing::fine         ? LineKind::fine
                          : check_in->state == chat::Wellbeing::needs_help ? LineKind::needs_help
                                                                           : LineKind::moving;
    return {kind, check_in->text};
  }
  return {LineKind::deleted};
}

client::Delivery delivery_of(const chat::Message& message) {
  if (!message.own) return client::Delivery::theirs;
  switch (message.delivery) {
    case chat::Delivery::queued:
      break;
    case chat::Delivery::on_relay:
      return client::Delivery::on_relay;
    case chat::Delivery::on_device:
      return client::Delivery::on_device;
    case chat::Delivery::read:
      return client::Delivery::read;
  }
  return client::Delivery::queued;
}

// "✓ 2  🙏"
std::string reactions_of(const chat::Message& message) {
  std::map<std::string, size_t> counts;
  for (const chat::Reaction& reaction : message.reactions) ++counts[reaction.text];
  std::string out;
  for (const auto& [text, count] : counts) {
    if (!out.empty()) out += "  ";
    out += count > 1 ? text + " " + std::to_string(count) : text;
  }
  return out;
}

}  // namespace

std::string text_in(const chat::Body& body) {
  return shown_of(body).text;
}

DesktopChat::DesktopChat(chat::Chat& chat, store::ChatStore& store, std::string own_name)
    : chat_(chat), store_(store), own_name_(std::move(own_name)) {}

// --- What is shown ---------------------------------------------------------------------------------------------------

client::LineView DesktopChat::line_view(const chat::Message& message) {
  Shown shown = shown_of(message.body);
  client::LineView out{.id = to_text(message.order.id),
                       .author = message.author,
                       .at = {message.order.hlc / chat::kHlcPerSecond},
                       .kind = shown.kind,
                       .text = std::move(shown.text),
                       .size = shown.size};
  out.reactions = reactions_of(message);
  out.own = message.own;
  out.is_edited = message.edited;
  out.is_forked = message.forked;
  out.delivery = delivery_of(message);
  if (const chat::Content* content = chat::content_of(message.body)) {
    out.here = chat_.file_bytes_here(*content).has_value() ? *chat_.file_bytes_here(*content) : 0;
    out.is_coming = out.here < out.size && chat_.is_file_wanted(message.group, *content);
    if (const auto saved = saved_.find(out.id); saved != saved_.end()) out.saved = saved->second;
  }
  if (const auto* note = std::get_if<chat::VoiceNote>(&message.body)) fill_note(*note, out);
  const auto* text = std::get_if<chat::Text>(&message.body);
  if (!text || !text->reply_to) return out;
  const auto answered = chat_.message(message.group, *text->reply_to);
  out.answers = answered ? quoted(answered->author + ": " + shown_of(answered->body).text) : std::string("…");
  return out;
}

void DesktopChat::fill_note(const chat::VoiceNote& note, client::LineView& line) {
  line.tenths = note.tenths;
  if (line.here < line.size) return;
  if (bars_.size() >= kBarsKeptMax) bars_.clear();
  const auto [known, is_new] = bars_.try_emplace(note.content.hash);
  if (is_new) {
    const auto read = note_of(chat_, note);
    const auto shape = read ? voice::parse_note(note.codec, read->bytes) : Result<voice::NoteShape>(read.error());
    if (shape) known->second = shape->bars;
  }
  line.bars = known->second;
}

client::ChatView DesktopChat::chat_view(const chat::GroupInfo& group) {
  client::ChatView out{.id = to_text(group.id), .title = group.title};
  for (const std::string& name : group.members)
    if (name != own_name_) out.members.push_back(name);
  if (out.title.empty())
    for (const std::string& name : out.members) out.title += (out.title.empty() ? "" : ", ") + name;
  out.unread = static_cast<uint32_t>(group.unread);
  out.is_member = group.member;
  out.is_settled = group.settled;
  out.has_draft = !chat_.draft(group.id).empty();
  const auto newest = chat_.page({.group = group.id, .from = {}, .count = 1});
  if (!newest || newest->empty()) return out;
  out.newest_at = {newest->front().order.hlc / chat::kHlcPerSecond};
  out.newest = quoted(shown_of(newest->front().body).text);
  return out;
}

std::optional<client::Verdict> DesktopChat::held_in(const chat::GroupId& group) const {
  if (!door_) return std::nullopt;
  const auto groups = chat_.groups();
  const auto found = std::ranges::find(groups, group, &chat::GroupInfo::id);
  return found == groups.end() ? std::nullopt : held_back(*found, own_name_, door_);
}

client::OpenChatView DesktopChat::open_view() {
  client::OpenChatView out{.id = to_text(open_->group)};
  const auto held = held_in(open_->group);
  for (const chat::Message& message : open_->lines) {
    client::LineView& line = out.lines.emplace_back(line_view(message));
    if (line.delivery == client::Delivery::queued) line.held = held;
  }
  out.has_older = open_->has_older;
  out.has_newer = open_->has_newer;
  out.first_unread = open_->first_unread;
  out.draft = open_->draft;
  if (open_->search) out.searched = open_->search->text;
  out.found = open_->found;
  out.is_searching = open_->is_searching;
  return out;
}

const client::MessagesView& DesktopChat::view() {
  if (!std::exchange(is_changed_, false)) return view_;
  view_ = {};
  for (const chat::GroupInfo& group : chat_.groups()) view_.chats.push_back(chat_view(group));
  std::ranges::stable_sort(view_.chats, std::ranges::greater(),
                           [](const client::ChatView& chat) { return chat.newest_at.seconds; });
  if (open_) reload();
  if (open_) view_.open = open_view();
  return view_;
}

void DesktopChat::handle(const chat::Event&) {
  is_changed_ = true;
}

// --- The window of lines ---------------------------------------------------------------------------------------------

// A page and a half before the place, half a page behind it; without one, the newest.
Result<void> DesktopChat::load_around(const chat::GroupId& group, const std::optional<chat::Order>& order) {
  chat::PageQuery before{.group = group, .from = {}, .count = kPage + 1};
  if (order) before.from = just_behind(*order);
  auto older = chat_.page(before);
  if (!older) return older.error();
  Open& open = *open_;
  open.has_older = older->size() > kPage;
  if (open.has_older) older->resize(kPage);
  open.lines.assign(std::make_move_iterator(older->rbegin()), std::make_move_iterator(older->rend()));
  open.has_newer = false;
  if (!order) return {};
  auto newer = chat_.page({.group = group, .from = before.from, .forwards = true, .count = kPage + 1});
  if (!newer) return newer.error();
  open.has_newer = newer->size() > kPage;
  if (open.has_newer) newer->resize(kPage);
  std::ranges::move(*newer, std::back_inserter(open.lines));
  return {};
}

// The same window again, as its messages are now; at the end with what is new there.
void DesktopChat::reload() {
  Open& open = *open_;
  if (open.lines.empty()) {
    if (!load_around(open.group, std::nullopt)) open_.reset();
    return;
  }
  const chat::Order first = open.lines.front().order;
  const size_t count = open.has_newer ? open.lines.size() - 1 : kLinesShownMax;
  chat::PageQuery query{.group = open.group, .from = first, .forwards = true, .count = count};
  auto lines = chat_.page(query);
  auto head = chat_.message(open.group, first.id);
  if (!lines || !head) return open_.reset();
  open.lines = std::move(*lines);
  open.lines.insert(open.lines.begin(), std::move(*head));
  if (open.lines.size() > kLinesShownMax && !open.has_newer) {
    if (!load_around(open.group, std::nullopt)) open_.reset();
  }
}

Result<void> DesktopChat::on(const chat::Now&, const client::command::ShowLines& command) {
  if (!open_ || open_->lines.empty()) return {};
  const chat::Order from = command.older ? open_->lines.front().order : open_->lines.back().order;
  auto more = chat_.page({.group = open_->group, .from = from, .forwards = !command.older, .count = kPage + 1});
  if (!more) return more.error();
  const bool has_more = more->size() > kPage;
  if (has_more) more->resize(kPage);
  auto& lines = open_->lines;
  if (command.older) {
    open_->has_older = has_more;
    lines.insert(lines.begin(), std::make_move_iterator(more->rbegin()), std::make_move_iterator(more->rend()));
    open_->has_newer = open_->has_newer || lines.size() > kLinesShownMax;
    lines.resize(std::min(lines.size(), kLinesShownMax));
  } else {
    open_->has_newer = has_more;
    std::ranges::move(*more, std::back_inserter(lines));
    if (lines.size() > kLinesShownMax) {
      open_->has_older = true;
      lines.erase(lines.begin(), lines.end() - static_cast<ptrdiff_t>(kLinesShownMax));
    }
  }
  is_changed_ = true;
  return {};
}

Result<void> DesktopChat::on(const chat::Now&, const client::command::OpenChat& command) {
  keep_draft();
  is_changed_ = true;
  const auto group = chat::group_id_from(command.chat);
  if (!group) {
    open_.reset();
    return {};
  }
  const bool is_same = open_ && open_->group == *group;
  if (!is_same) open_ = Open{.group = *group, .draft = chat_.draft(*group)};
  std::optional<chat::Order> around;
  if (command.line.empty()) {
    around = chat_.read_up_to(*group);
  } else if (const auto id = chat::entry_id_from(command.line)) {
    const auto message = chat_.message(*group, *id);
    if (message) around = message->order;
  }
  if (auto done = load_around(*group, around); !done) {
    open_.reset();
    return done;
  }
  if (!command.line.empty() || is_same) return {};
  const auto read = chat_.read_up_to(*group);
  const auto unread = std::ranges::find_if(
      open_->lines, [&](const chat::Message& one) { return !one.own && (!read || one.order > *read); });
  if (unread != open_->lines.end()) open_->first_unread = to_text(unread->order.id);
  return {};
}

// --- What a person does ----------------------------------------------------------------------------------------------

Result<void> DesktopChat::on(const chat::Now& now, const client::command::NewChat& command) {
  const auto group = chat_.new_group(now, {.title = command.title, .members = command.members});
  if (!group) return group.error();
  return on(now, client::command::OpenChat{to_text(*group)});
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::SendText& command) {
  const auto group = chat::group_id_from(command.chat);
  if (!group) return gone();
  chat::Text text{.text = command.text, .reply_to = {}};
  if (!command.answers.empty()) text.reply_to = chat::entry_id_from(command.answers);
  draft_ = client::command::KeepDraft{command.chat, {}};
  keep_draft();
  is_changed_ = true;
  const auto sent = chat_.send(now, *group, text);
  if (!sent) return sent.error();
  if (open_ && open_->group == *group && open_->has_newer) return load_around(*group, std::nullopt);
  return {};
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::CheckIn& command) {
  const auto group = chat::group_id_from(command.chat);
  if (!group) return gone();
  is_changed_ = true;
  const auto sent = chat_.send(now, *group, chat::CheckIn{});
  return sent ? Result<void>() : sent.error();
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::EditText& command) {
  const auto group = chat::group_id_from(command.chat);
  const auto id = chat::entry_id_from(command.line);
  if (!group || !id) return gone();
  is_changed_ = true;
  const chat::Body body =
      command.text.empty() ? chat::Body(chat::Erase{*id}) : chat::Body(chat::Edit{*id, command.text});
  const auto sent = chat_.send(now, *group, body);
  return sent ? Result<void>() : sent.error();
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::React& command) {
  const auto group = chat::group_id_from(command.chat);
  const auto id = chat::entry_id_from(command.line);
  if (!group || !id) return gone();
  is_changed_ = true;
  const auto sent = chat_.send(now, *group, chat::React{*id, command.text});
  return sent ? Result<void>() : sent.error();
}

Result<void> DesktopChat::on(const chat::Now&, const client::command::KeepDraft& command) {
  if (draft_ && draft_->chat != command.chat) keep_draft();
  draft_ = command;
  return {};
}

void DesktopChat::keep_draft() {
  if (!draft_) return;
  if (const auto group = chat::group_id_from(draft_->chat)) (void)chat_.set_draft(*group, draft_->text);
  draft_.reset();
  is_changed_ = true;
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::MarkRead& command) {
  is_changed_ = true;
  if (command.chat.empty()) return chat_.mark_all_read(now, true);
  const auto group = chat::group_id_from(command.chat);
  const auto id = chat::entry_id_from(command.line);
  if (!group || !id) return gone();
  const auto message = chat_.message(*group, *id);
  return message ? chat_.mark_read(now, *group, message->order, true) : message.error();
}

Result<void> DesktopChat::on(const chat::Now&, const client::command::SearchChat& command) {
  if (!open_ || to_text(open_->group) != command.chat) return {};
  is_changed_ = true;
  open_->found.clear();
  open_->search.reset();
  open_->is_searching = !command.text.empty();
  if (open_->is_searching) open_->search = store::SearchQuery{.group = open_->group, .text = command.text};
  return {};
}

bool DesktopChat::search_on() {
  if (!open_ || !open_->is_searching) return false;
  const auto result = store_.search(*open_->search);
  is_changed_ = true;
  if (result) {
    for (const store::SearchHit& hit : result->hits) {
      const auto message = chat_.message(open_->group, hit.shown);
      if (message && open_->found.size() < kFoundMax) open_->found.push_back(line_view(*message));
    }
    open_->search->from = result->next;
  }
  open_->is_searching = result && result->next && open_->found.size() < kFoundMax;
  return open_->is_searching;
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::InviteToChat& command) {
  const auto group = chat::group_id_from(command.chat);
  if (!group) return gone();
  is_changed_ = true;
  return chat_.invite(now, *group, command.name);
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::LeaveChat& command) {
  const auto group = chat::group_id_from(command.chat);
  if (!group) return gone();
  is_changed_ = true;
  const auto groups = chat_.groups();
  const auto found = std::ranges::find(groups, *group, &chat::GroupInfo::id);
  if (found != groups.end() && found->member) return chat_.leave(now, *group);
  open_.reset();
  return chat_.forget(*group);
}

// --- Files -----------------------------------------------------------------------------------------------------------

client::Problem file_problem(const client::command::SendFile&, const Error& error) {
  if (error.code == Errc::limit) return client::Problem::large_file;
  return error.code == Errc::not_found ? client::Problem::unreadable_file : client::Problem::none;
}
client::Problem file_problem(const client::command::SaveFile&, const Error&) {
  return client::Problem::not_saved;
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::SendFile& command) {
  const auto group = chat::group_id_from(command.chat);
  if (!group) return gone();
  is_changed_ = true;
  const auto sent = send_file_at(chat_, now, *group, command.path);
  if (!sent) return sent.error();
  if (open_ && open_->group == *group && open_->has_newer) return load_around(*group, std::nullopt);
  return {};
}

Result<void> DesktopChat::on(const chat::Now& now, const client::command::FetchFile& command) {
  const auto group = chat::group_id_from(command.chat);
  const auto id = chat::entry_id_from(command.line);
  if (!group || !id) return gone();
  is_changed_ = true;
  return chat_.fetch_file(now, *group, *id);
}

Result<void> DesktopChat::on(const chat::Now&, const client::command::SaveFile& command) {
  const auto group = chat::group_id_from(command.chat);
  const auto id = chat::entry_id_from(command.line);
  if (!group || !id) return gone();
  is_changed_ = true;
  const auto message = chat_.message(*group, *id);
  if (!message) return message.error();
  auto path = write_into(chat_, message->body, command.folder);
  if (!path) return path.error();
  saved_[command.line] = std::move(*path);
  return {};
}

bool DesktopChat::is_file_coming() const {
  return open_ && std::ranges::any_of(open_->lines, [&](const chat::Message& message) {
           const chat::Content* content = chat::content_of(message.body);
           return content != nullptr && chat_.is_file_wanted(message.group, *content);
         });
}

}  // namespace farline::app
