// A page of folders and files, the same on every system: SDL has none. And what stands below a file in a chat.
#include <algorithm>
#include <utility>

#include "chat/fold.h"
#include "ui/screen.h"

namespace farline::ui {
namespace {

using client::LineKind;
using client::LineView;

constexpr float kEntryHeight = 32;
constexpr float kProgress = 10;
constexpr float kPageWidth = 620;
constexpr float kPageHeight = 520;

bool is_file(const LineView& line) {
  return line.kind == LineKind::file || line.kind == LineKind::photo;
}

// --- Choosing --------------------------------------------------------------------------------------------------------

void go_to_folder(Screen& s, const std::string& folder) {
  auto& files = s.state.files;
  auto entries = s.outside.list_folder ? s.outside.list_folder(folder) : std::nullopt;
  files.folder = folder;
  files.is_readable = entries.has_value();
  files.entries = std::move(entries).value_or(std::vector<FileEntry>());
  files.chosen.clear();
  files.find.clear();
  files.wants_focus = true;
  s.kit.scroll_to("files.entries", 0);
  s.kit.redraw_in(0ms);
}

void close_files(Screen& s) {
  auto& files = s.state.files;
  files.what = ChoosesFile::nothing;
  files.chosen.clear();
  files.entries.clear();
  files.find.clear();
  files.is_dropped = false;
  s.kit.redraw_in(0ms);
}

// What was chosen is used; the page closes.
void use_chosen(Screen& s) {
  auto& files = s.state.files;
  for (const FileEntry& file : files.chosen) {
    switch (files.what) {
      case ChoosesFile::nothing:
        break;
      case ChoosesFile::invitation:
        if (const auto text = s.outside.read_file(file.path)) s.state.start.invitation = *text;
        break;
      case ChoosesFile::rules:
        s.ask.push_back(client::command::ImportPolicy{file.path});
        break;
      case ChoosesFile::to_send:
        s.ask.push_back(client::command::SendFile{files.chat, file.path});
        s.state.messages.is_at_end = true;
        break;
    }
  }
  close_files(s);
}

void press_entry(Screen& s, const FileEntry& entry) {
  auto& files = s.state.files;
  if (entry.is_folder) return go_to_folder(s, std::string(entry.path));
  const bool is_again = !files.chosen.empty() && files.chosen[0].path == entry.path;
  files.chosen = {entry};
  if (is_again) use_chosen(s);
}

// Up, and the places to start from.
void draw_where(Screen& s, Box row) {
  auto& files = s.state.files;
  const std::string above = s.outside.folder_above ? s.outside.folder_above(files.folder) : std::string();
  const ButtonOptions up{.icon = Icon::back, .enabled = !above.empty(), .tooltip = s.words("files.above")};
  if (s.kit.button("files.above", row.cut_start(44), {}, up)) return go_to_folder(s, above);
  row.cut_start(kGap);
  const auto places = s.outside.places ? s.outside.places() : std::vector<FileEntry>();
  std::vector<std::string> names;
  size_t chosen = places.size();
  for (size_t i = 0; i < places.size(); ++i) {
    names.push_back(places[i].name);
    if (places[i].path == files.folder) chosen = i;
  }
  if (chosen == places.size()) names.push_back(files.folder);
  if (s.kit.choice("files.places", row, names, chosen, {.icon = Icon::folder}) && chosen < places.size())
    go_to_folder(s, places[chosen].path);
}

void draw_entry(Screen& s, Box row, const FileEntry& entry) {
  const auto& chosen = s.state.files.chosen;
  const bool is_chosen = !chosen.empty() && chosen[0].path == entry.path;
  s.kit.push_id(entry.name);
  const bool is_pressed = s.kit.row("entry", row, is_chosen);
  s.kit.pop_id();
  Box inner = row.inset(kGap, 0);
  if (entry.is_folder)
    s.kit.icon(inner.cut_start(28).centred(18, 18), Icon::folder, Role::accent);
  else
    inner.cut_start(28);
  const std::string size = entry.is_folder ? std::string() : bytes_text(s.words, entry.size);
  const Style dim{.size = Size::small, .role = Role::dim, .align = Align::end};
  s.kit.text(inner.cut_end(s.kit.measure(size, dim) + 2), size, dim);
  inner.cut_end(kGap);
  s.kit.text(inner, entry.name);
  if (is_pressed) press_entry(s, FileEntry(entry));
}

void draw_entries(Screen& s, Box box) {
  auto& files = s.state.files;
  const auto wanted = chat::search_words(files.find);
  std::vector<const FileEntry*> shown;
  for (const FileEntry& entry : files.entries)
    if (chat::has_words(chat::fold_text(entry.name), wanted)) shown.push_back(&entry);
  s.kit.frame(box, Role::line, 6);
  box = box.inset(2);
  if (shown.empty()) {
    const Key words = !files.is_readable      ? Key("files.unreadable")
                      : files.entries.empty() ? Key("files.empty")
                                              : Key("messages.none_found");
    s.kit.text(box.centred(box.w - kMargin, 24), s.words(words), {.role = Role::dim, .align = Align::centre});
    return;
  }
  const auto count = static_cast<float>(shown.size());
  const Box all = s.kit.begin_scroll("files.entries", box, count * kEntryHeight);
  const float at = s.kit.scrolled("files.entries");
  const std::string folder = files.folder;
  for (size_t i = 0; i < shown.size() && files.folder == folder && files.what != ChoosesFile::nothing; ++i) {
    const float y = static_cast<float>(i) * kEntryHeight;
    // A screen more on both sides, so that the focus finds what it goes to.
    if (y + kEntryHeight < at - box.h || y > at + 2 * box.h) continue;
    draw_entry(s, {all.x, all.y + y, all.w - kGap, kEntryHeight}, *shown[i]);
  }
  s.kit.end_scroll();
}

std::string chosen_words(Screen& s) {
  const auto& chosen = s.state.files.chosen;
  if (chosen.size() != 1) return {};
  return bytes_text(s.words, chosen[0].size) + " · " + chosen[0].name;
}

std::string page_title(Screen& s) {
  const auto& files = s.state.files;
  if (files.what != ChoosesFile::to_send) return std::string(s.words("button.open_file"));
  const auto& chats = s.view.messages.chats;
  const auto chat = std::ranges::find(chats, files.chat, &client::ChatView::id);
  if (chat == chats.end()) return std::string(s.words("messages.attach"));
  return s.words("messages.attach.to", {{"name", chat->title}});
}

DialogEnd draw_end(Screen& s, Box buttons) {
  const auto& files = s.state.files;
  const bool sends = files.what == ChoosesFile::to_send;
  const ButtonOptions go{.kind = Kind::primary, .enabled = !files.chosen.empty()};
  return end_dialog(s, "files", buttons, s.words(sends ? Key("messages.send") : Key("files.open")), go);
}

// What was dropped: nothing goes out by a slip of the hand.
DialogEnd draw_dropped(Screen& s) {
  const auto& chosen = s.state.files.chosen;
  const float list = std::min(static_cast<float>(chosen.size()), 8.0F) * kEntryHeight;
  Box box = s.kit.begin_modal("files.dropped", 460, 28 + kGap + list + kGap + kControl + 2 * kMargin);
  s.kit.text(box.cut_top(28), page_title(s), {.size = Size::title, .bold = true});
  box.cut_top(kGap);
  const Box buttons = box.cut_bottom(kControl);
  box.cut_bottom(kGap);
  {
    Column column(s, "files.list", box);
    for (const FileEntry& file : chosen) {
      Box row = column.take(kEntryHeight);
      const std::string size = bytes_text(s.words, file.size);
      const Style dim{.size = Size::small, .role = Role::dim, .align = Align::end};
      s.kit.text(row.cut_end(s.kit.measure(size, dim) + 2), size, dim);
      row.cut_end(kGap);
      s.kit.text(row, file.name);
    }
  }
  if (std::exchange(s.state.files.wants_focus, false)) s.kit.focus_next();
  return draw_end(s, buttons);
}

DialogEnd draw_choosing(Screen& s) {
  auto& files = s.state.files;
  Box box = s.kit.begin_modal("files.choosing", kPageWidth, kPageHeight);
  const Box buttons = box.cut_bottom(kControl);
  box.cut_bottom(kGap);
  if (s.kit.page().h > 400) {
    s.kit.text(box.cut_top(28), page_title(s), {.size = Size::title, .bold = true});
    box.cut_top(kGap);
  }
  draw_where(s, box.cut_top(kControl));
  box.cut_top(kGap);
  if (std::exchange(files.wants_focus, false)) s.kit.focus_next();
  const Edited edited = s.kit.input("files.find", box.cut_top(kControl), files.find,
                                    {.hint = s.words("people.search"), .max_bytes = 64, .icon = Icon::search});
  box.cut_top(kGap);
  const std::string chosen = chosen_words(s);
  if (!chosen.empty()) s.kit.text(box.cut_bottom(22), chosen, {.size = Size::small, .role = Role::accent});
  if (edited.changed) files.chosen.clear();
  if (edited.submitted) {
    const auto wanted = chat::search_words(files.find);
    const auto first = std::ranges::find_if(
        files.entries, [&](const FileEntry& e) { return chat::has_words(chat::fold_text(e.name), wanted); });
    if (!files.find.empty() && first != files.entries.end()) press_entry(s, FileEntry(*first));
  }
  draw_entries(s, box);
  return draw_end(s, buttons);
}

}  // namespace

void choose_file(Screen& s, ChoosesFile what, const std::string& chat) {
  auto& files = s.state.files;
  close_files(s);
  files.what = what;
  files.chat = chat;
  const auto places = s.outside.places ? s.outside.places() : std::vector<FileEntry>();
  if (files.folder.empty() && !places.empty()) files.folder = places.front().path;
  go_to_folder(s, std::string(files.folder));
}

void draw_files(Screen& s) {
  if (s.state.files.what == ChoosesFile::nothing) return;
  const DialogEnd end = s.state.files.is_dropped ? draw_dropped(s) : draw_choosing(s);
  if (s.state.files.what == ChoosesFile::nothing) return;  // an entry was pressed twice
  if (end == DialogEnd::done) use_chosen(s);
  if (end == DialogEnd::cancelled) close_files(s);
}

// --- In a chat -------------------------------------------------------------------------------------------------------

std::string file_state_words(Screen& s, const LineView& line) {
  if (!is_file(line)) return {};
  const std::string size = bytes_text(s.words, line.size);
  if (!line.saved.empty())
    return size + " · " + s.words("messages.file.saved", {{"path", line.saved.substr(0, line.saved.rfind('/'))}});
  if (line.here >= line.size) return line.own ? size : size + " · " + std::string(s.words("messages.file.here"));
  if (!line.is_coming) return size + " · " + std::string(s.words("messages.file.there"));
  const std::string share = percent_text(s.words, static_cast<double>(line.here) / static_cast<double>(line.size));
  return size + " · " + s.words("messages.file.coming", {{"percent", share}});
}

float file_part_height(const LineView& line) {
  if (!is_file(line)) return 0;
  if (line.here >= line.size) return line.own && line.saved.empty() ? 0 : kControl + 4;
  return line.is_coming ? kProgress : kControl + 4;
}

void draw_file_part(Screen& s, Box box, const std::string& chat, const LineView& line) {
  if (file_part_height(line) == 0) return;
  if (line.here < line.size && line.is_coming) {
    const Box bar = box.cut_bottom(6);
    const float share = static_cast<float>(line.here) / static_cast<float>(line.size);
    s.kit.fill(bar, Role::line, 3);
    s.kit.fill(Box(bar).cut_start(bar.w * share), Role::accent, 3);
    return;
  }
  Box row = box.cut_bottom(kControl);
  if (line.here < line.size) {
    if (s.kit.button_at_start("fetch", row, s.words("messages.file.fetch"), {.icon = Icon::down}))
      s.ask.push_back(client::command::FetchFile{chat, line.id});
  } else if (line.saved.empty()) {
    if (s.kit.button_at_start("save", row, s.words("messages.file.save"), {.icon = Icon::down}) && s.outside.downloads)
      s.ask.push_back(client::command::SaveFile{chat, line.id, s.outside.downloads()});
  } else if (s.kit.button_at_start("show", row, s.words("messages.file.show"), {.icon = Icon::folder}) &&
             s.outside.show_folder) {
    s.outside.show_folder(line.saved);
  }
}

}  // namespace farline::ui
