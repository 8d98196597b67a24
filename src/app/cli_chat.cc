// chat list|new|invite|leave|send|check-in|read|search|export|mark-read|send-file|fetch|tail.
#include "app/cli_chat.h"

#include <algorithm>

#include "app/chat_files.h"
#include "app/cli_control.h"
#include "app/cli_report.h"
#include "app/json_line.h"
#include "app/stored_door.h"
#include "app/voice_notes.h"
#include "host/file.h"
#include "wire/name.h"

namespace farline::app {
namespace {

constexpr size_t kPage = 200;
constexpr size_t kReadByDefault = 50;

ChatAnswer failed(const Error& error) {
  return {error.code == Errc::denied ? ExitCode::refused : code_of(error), std::string(error.what)};
}

std::string_view state_text(chat::Delivery delivery) {
  switch (delivery) {
    case chat::Delivery::queued:
      return "queued";
    case chat::Delivery::on_relay:
      return "on-relay";
    case chat::Delivery::on_device:
      return "on-device";
    case chat::Delivery::read:
      return "read";
  }
  return "queued";
}

std::string held_text(const std::optional<client::Verdict>& held) {
  if (!held) return "null";
  JsonLine json;
  add_verdict(json, *held);
  return json.finish();
}

std::string time_text(chat::Hlc hlc) {
  return policy::time_text({hlc / chat::kHlcPerSecond}, {});
}

std::string_view wellbeing_text(chat::Wellbeing state) {
  switch (state) {
    case chat::Wellbeing::fine:
      return "fine";
    case chat::Wellbeing::needs_help:
      return "needs-help";
    case chat::Wellbeing::moving:
      return "moving";
  }
  return "fine";
}

struct Shown {
  std::string_view kind = "text";
  std::string text;
  std::string reply_to;
};
Shown shown(const chat::Body& body) {
  Shown out;
  if (const auto* text = std::get_if<chat::Text>(&body)) {
    out.text = text->text;
    if (text->reply_to) out.reply_to = to_text(*text->reply_to);
  } else if (const auto* file = std::get_if<chat::File>(&body)) {
    out.kind = file->is_photo ? "photo" : "file";
    out.text = file->name;
  } else if (const auto* note = std::get_if<chat::VoiceNote>(&body)) {
    out.kind = "voice";
    out.text = "voice note, " + std::to_string(note->tenths / 10) + " s";
  } else if (const auto* check_in = std::get_if<chat::CheckIn>(&body)) {
    out.kind = "check-in";
    out.text = std::string(wellbeing_text(check_in->state)) + (check_in->text.empty() ? "" : ": ") + check_in->text;
  } else if (const auto* missed = std::get_if<chat::MissedCall>(&body)) {
    out.kind = "missed-call";
    out.text = "missed call to " + missed->callee;
  } else if (std::holds_alternative<chat::Erased>(body)) {
    out.kind = "deleted";
    out.text = "(deleted)";
  }
  return out;
}

// `have`: bytes of it that are here.
JsonLine attachment(const chat::Chat& chat, chat::EntryId id, const chat::Body& body) {
  const chat::Content& content = *chat::content_of(body);
  JsonLine line;
  line.text("id", to_text(id))
      .text("kind", shown(body).kind)
      .text("name", file_name_of(body))
      .number("size", static_cast<int64_t>(content.size))
      .number("have",
              static_cast<int64_t>(chat.file_bytes_here(content).has_value() ? *chat.file_bytes_here(content) : 0));
  const auto* voice = std::get_if<chat::VoiceNote>(&body);
  if (voice == nullptr) return line;
  line.number("duration_ms", voice->tenths * 100);
  const auto note = chat.is_file_here(content) ? note_of(chat, *voice) : Result<voice::Note>(Error{});
  const auto shape = note ? voice::parse_note(voice->codec, note->bytes) : Result<voice::NoteShape>(note.error());
  if (!shape) return line.raw("waveform", "null");
  std::string bars;
  for (const uint8_t bar : shape->bars) bars += (bars.empty() ? "" : ",") + std::to_string(bar);
  return line.raw("waveform", "[" + bars + "]");
}

std::string group_line(const chat::GroupInfo& group, bool json) {
  std::string members;
  for (const std::string& name : group.members) members += (members.empty() ? "" : ",") + name;
  if (json)
    return JsonLine()
        .text("id", to_text(group.id))
        .text("name", group.title)
        .text("members", members)
        .boolean("member", group.member)
        .text("removed_by", group.removed_by)
        .boolean("complete", group.settled)
        .number("unread", static_cast<int64_t>(group.unread))
        .finish();
  return group.title + " (" + members + ")" + (group.unread > 0 ? ", unread: " + std::to_string(group.unread) : "") +
         (group.member               ? ""
          : group.removed_by.empty() ? ", not a member"
                                     : ", you were removed by " + group.removed_by);
}

// By title, letters folded, or by the beginning of its id (8 characters at least).
Result<chat::GroupInfo> group_named(const chat::Chat& chat, std::string_view name) {
  std::optional<chat::GroupInfo> found;
  for (const chat::GroupInfo& group : chat.groups()) {
    const bool by_id = name.size() >= 8 && to_text(group.id).starts_with(name);
    if (!by_id && group.title != name) continue;
    if (found) return Error{Errc::malformed, "several chats have this name; use the id that `chat list --json` shows"};
    found = group;
  }
  if (!found) return Error{Errc::malformed, "there is no such chat; see `chat list`"};
  return *found;
}

// Names of one's own site may leave it out.
std::vector<std::string> people_in(std::string_view list, const std::string& own_name) {
  std::vector<std::string> out;
  const std::string_view site = wire::site_of(own_name);
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string name(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name.empty()) continue;
    if (!site.empty() && name.find('@') == std::string::npos) name += "@" + std::string(site);
    out.push_back(std::move(name));
  }
  return out;
}

// Oldest first: those behind `since`, else the last `most`.
Result<std::vector<chat::Message>> messages_of(chat::Chat& chat, const chat::GroupId& group,
                                               std::optional<chat::Order> since, size_t most) {
  std::vector<chat::Message> out;
  const bool forwards = since.has_value() || most == SIZE_MAX;
  std::optional<chat::Order> from = since;
  while (out.size() < most) {
    const size_t count = std::min(kPage, most - out.size());
    auto page = chat.page({.group = group, .from = from, .forwards = forwards, .count = count});
    if (!page) return page.error();
    if (page->empty()) break;
    from = page->back().order;
    out.insert(out.end(), std::make_move_iterator(page->begin()), std::make_move_iterator(page->end()));
    if (page->size() < count) break;
  }
  std::ranges::sort(out, {}, &chat::Message::order);
  return out;
}

class Desk {
 public:
  Desk(const ChatDesk& desk, const ChatRequest& request, const PrintLine& print)
      : profile_(desk.profile),
        link_(desk.link),
        chat_(desk.link.chat()),
        door_(desk.door),
        request_(request),
        print_(print) {}

  ChatAnswer run() {
    if (request_.verb == "list") {
      for (const chat::GroupInfo& group : chat_.groups()) print_(group_line(group, request_.json));
      return {};
    }
    if (request_.verb == "new") return make();
    const auto group = group_named(chat_, request_.group);
    if (!group) return failed(group.error());
    held_ = held_back(*group, profile_.identity().name, door_);
    if (request_.verb == "send") return send(group->id);
    if (request_.verb == "check-in") return check_in(group->id);
    if (request_.verb == "read") return read(group->id, kReadByDefault);
    if (request_.verb == "export") return read(group->id, SIZE_MAX);
    if (request_.verb == "search") return search(group->id);
    if (request_.verb == "send-file") return send_file(group->id);
    if (request_.verb == "send-voice") return send_voice(group->id);
    if (request_.verb == "play") return give_note({profile_, link_, door_}, group->id, request_.id, print_);
    if (request_.verb == "fetch") return fetch(group->id);
    Result<void> done;
    if (request_.verb == "remove")
      for (const std::string& name : people_in(request_.text, profile_.identity().name))
        if (done) done = chat_.remove(link_.now(), group->id, name);
    if (request_.verb == "leave") done = chat_.leave(link_.now(), group->id);
    if (request_.verb == "mark-read" && group->newest)
      done = chat_.mark_read(link_.now(), group->id, *group->newest, true);
    if (request_.verb == "invite")
      for (const std::string& name : people_in(request_.text, profile_.identity().name))
        if (done) done = chat_.invite(link_.now(), group->id, name);
    return done ? ChatAnswer{} : failed(done.error());
  }

 private:
  ChatAnswer make() {
    const auto made = chat_.new_group(
        link_.now(), {.title = request_.group, .members = people_in(request_.text, profile_.identity().name)});
    if (!made) return failed(made.error());
    print_id(to_text(*made));
    return {};
  }

  ChatAnswer send(const chat::GroupId& group) {
    chat::Text text{.text = request_.text, .reply_to = {}};
    if (!request_.id.empty()) {
      text.reply_to = chat::entry_id_from(request_.id);
      if (!text.reply_to)
        return {ExitCode::usage, "--reply-to takes the id of a message, as `chat read --json` shows it"};
    }
    return send(group, text);
  }

  ChatAnswer check_in(const chat::GroupId& group) {
    chat::CheckIn body{.state = chat::Wellbeing::fine, .place = {}, .text = request_.text};
    if (request_.id == "needs-help") body.state = chat::Wellbeing::needs_help;
    if (request_.id == "moving") body.state = chat::Wellbeing::moving;
    return send(group, body);
  }

  ChatAnswer send(const chat::GroupId& group, const chat::Body& body) {
    const auto sent = chat_.send(link_.now(), group, body);
    if (!sent) return failed(sent.error());
    const std::string id = to_text(*sent);
    if (request_.json)
      print_(JsonLine().text("id", id).text("state", "queued").raw("held", held_text(held_)).finish());
    else
      print_(held_ ? id + "\nqueued: " + held_->words : id);
    return {};
  }

  ChatAnswer read(const chat::GroupId& group, size_t most) {
    std::optional<chat::Order> since;
    if (!request_.id.empty()) {
      const auto id = chat::entry_id_from(request_.id);
      if (!id) return {ExitCode::usage, "--since takes the id of a message, as `chat read --json` shows it"};
      const auto message = chat_.message(group, *id);
      if (!message) return failed(message.error());
      since = message->order;
    }
    const auto messages = messages_of(chat_, group, since, since ? SIZE_MAX : most);
    if (!messages) return failed(messages.error());
    for (const chat::Message& message : *messages) print_(message_line(chat_, message, held_, request_.json));
    return {};
  }

  ChatAnswer search(const chat::GroupId& group) {
    std::optional<chat::Order> from;
    do {
      const auto found = profile_.chats().search({.group = group, .text = request_.text, .from = from});
      if (!found) return failed(found.error());
      for (const store::SearchHit& hit : found->hits)
        if (const auto message = chat_.message(group, hit.shown))
          print_(message_line(chat_, *message, held_, request_.json));
      from = found->next;
    } while (from);
    return {};
  }

  ChatAnswer send_file(const chat::GroupId& group) {
    const auto sent = send_file_at(chat_, link_.now(), group, request_.text);
    if (!sent) return failed(sent.error());
    print_id(to_text(*sent));
    return {};
  }

  ChatAnswer send_voice(const chat::GroupId& group) {
    const auto note = note_in(request_.text);
    if (!note) return failed(note.error());
    const auto sent = send_note(chat_, link_.now(), group, *note);
    if (!sent) return failed(sent.error());
    print_id(to_text(*sent));
    return {};
  }

  // What is here is written out; else it is asked for, and comes in the time it takes.
  ChatAnswer fetch(const chat::GroupId& group) {
    const auto id = chat::entry_id_from(request_.id);
    if (!id) return {ExitCode::usage, "fetch takes the id of a message, as `chat read --json` shows it"};
    if (const auto done = chat_.fetch_file(link_.now(), group, *id); !done) return failed(done.error());
    const auto message = chat_.message(group, *id);
    if (!message) return failed(message.error());
    const chat::Content* content = chat::content_of(message->body);
    if (content == nullptr) return failed({Errc::not_found, "this message is no file any more"});
    JsonLine line = attachment(chat_, *id, message->body);
    std::string words = "under way: fetch it again to see whether all of it has come";
    if (chat_.is_file_here(*content)) {
      const auto path = write_into(chat_, message->body, request_.text);
      if (!path) return failed(path.error());
      line.text("path", *path);
      words = *path;
    }
    print_(request_.json ? line.finish() : words);
    return {};
  }

  void print_id(const std::string& id) { print_(request_.json ? JsonLine().text("id", id).finish() : id); }

  Profile& profile_;
  ChatLink& link_;
  chat::Chat& chat_;
  const MessageDoor& door_;
  std::optional<client::Verdict> held_;  // what is written to the chat that is asked about
  const ChatRequest& request_;
  const PrintLine& print_;
};

}  // namespace

std::string message_line(const chat::Chat& chat, const chat::Message& message,
                         const std::optional<client::Verdict>& held, bool json) {
  const Shown what = shown(message.body);
  const bool waits = message.own && message.delivery == chat::Delivery::queued && held.has_value();
  const std::string at = time_text(message.order.hlc);
  if (!json) {
    const std::string why = waits ? ": " + held->words : "";
    const std::string state = message.own ? " [" + std::string(state_text(message.delivery)) + why + "]" : "";
    return at + " " + (message.author.empty() ? "?" : message.author) + ": " + what.text + state;
  }
  return JsonLine()
      .text("id", to_text(message.order.id))
      .text("chat", to_text(message.group))
      .text("author", message.author)
      .text("time", at)
      .text("kind", what.kind)
      .text("text", what.text)
      .text("state", message.own ? state_text(message.delivery) : "received")
      .raw("held", held_text(waits ? held : std::nullopt))
      .raw("reply_to", what.reply_to.empty() ? "null" : "\"" + what.reply_to + "\"")
      .raw("attachments", chat::content_of(message.body) == nullptr
                              ? "[]"
                              : "[" + attachment(chat, message.order.id, message.body).finish() + "]")
      .finish();
}

ChatAnswer do_chat(const ChatDesk& desk, const ChatRequest& request, const PrintLine& print) {
  return Desk(desk, request, print).run();
}

ExitCode chat_command(const CommonOptions& common, const ChatCommand& asked, const PrintLine& print) {
  ChatCommand command = asked;
  if (command.verb == "fetch" && command.text.empty()) command.text = ".";
  // A `run` may be in another folder.
  if (command.verb == "send-file" || command.verb == "fetch") command.text = host::absolute_path(command.text);
  auto profile = open_profile(common);
  if (!profile && profile.error().code == Errc::denied) {
    const ControlRequest request{.verb = ControlRequest::Verb::chat,
                                 .name = command.group,
                                 .source = command.verb,
                                 .sink = command.text,
                                 .json = common.json,
                                 .extra = command.id};
    if (const auto code = ask_owner(common, request, print)) return *code;
  }
  if (!profile) return fail(common, ExitCode::config, profile.error().what);
  if (command.verb == "tail") return fail(common, ExitCode::config, "no `run` owns this profile; start one first");
  auto link = ChatLink::open(*profile);
  if (!link) return fail(common, code_of(link.error()), link.error().what);
  StoredDoor stored(*profile);
  if (const auto opened = stored.open(); !opened) return fail(common, code_of(opened.error()), opened.error().what);
  const MessageDoor door = [&](const std::string& person) {
    return stored.door().decide(stored.now(), {.what = policy::Class::messages, .peer = person});
  };
  const ChatAnswer answer =
      do_chat({*profile, **link, door}, {command.verb, command.group, command.text, command.id, common.json}, print);
  return answer.code == ExitCode::ok ? answer.code : fail(common, answer.code, answer.error);
}

}  // namespace farline::app
