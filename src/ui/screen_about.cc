// About: which build, a report for whom we ask for help, and on which terms the parts of the program are given.
#include "ui/licences.h"
#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr std::string_view kBlank = " \t\n";

// A paragraph of a text that was broken into lines for a terminal, as one line.
std::string reflowed(std::string_view text) {
  std::string out;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (text.empty()) return out;
    const std::string_view word = text.substr(0, text.find_first_of(kBlank));
    if (!out.empty()) out += ' ';
    out += word;
    text.remove_prefix(word.size());
  }
}

void draw_part(Screen& s, Column& column, const Licence& part) {
  column.gap(4);
  Box line = column.control();
  for (const std::string_view id : part.texts) {
    if (id.empty()) continue;
    const std::string button = "licence." + std::string(part.name) + "." + std::string(id);
    if (s.kit.button_at_end(button, line, id, {.kind = Kind::quiet})) s.state.settings.licence = id;
  }
  s.kit.text(line, part.name, {.bold = true});
  std::string words(part.terms);
  if (!part.holders.empty()) words.append(". ").append(part.holders);
  column.paragraph(words, {.size = Size::small, .role = Role::dim});
}

}  // namespace

void draw_about(Screen& s, Column& column) {
  column.text("Farline", {.size = Size::title, .bold = true});
  column.text(s.words("about.version", {{"version", s.view.build}}));
  column.paragraph(s.words("settings.profile"), {.size = Size::small, .role = Role::dim});
  column.paragraph(s.view.profile);
  column.heading(s.words("diagnostics.title"));
  column.paragraph(s.words("diagnostics.text"), {.role = Role::dim});
  column.gap();
  const ButtonOptions save{.icon = Icon::folder};
  Box line = column.control();
  if (s.kit.button_at_start("diagnostics.save", line, s.words("diagnostics.save"), save))
    s.ask.push_back(client::command::SaveDiagnostics{});
  if (!s.view.saved_path.empty()) column.paragraph(s.words("diagnostics.saved", {{"path", s.view.saved_path}}));
  column.heading(s.words("settings.language"));
  column.paragraph(s.words("about.speakers"), {.role = Role::dim});
  column.heading(s.words("about.licences"));
  column.paragraph(relinking(), {.size = Size::small, .role = Role::dim, .align = Align::content});
  for (const Licence& part : licences()) draw_part(s, column, part);
}

void draw_licence(Screen& s) {
  std::string& id = s.state.settings.licence;
  if (id.empty()) return;
  Box box = s.kit.begin_modal("licence", 680, 560);
  s.kit.text(box.cut_top(30), id, {.size = Size::title, .align = Align::content, .bold = true});
  Box foot = box.cut_bottom(kControl);
  const std::string_view close = s.words("button.close");
  const bool is_closed = s.kit.button_at_end("licence.close", foot, close);
  box.cut_bottom(kGap);
  {
    Column column(s, "licence." + id, box);
    std::string_view rest = licence_text(id);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find("\n\n"), rest.size());
      const std::string paragraph = reflowed(rest.substr(0, end));
      if (!paragraph.empty()) column.paragraph(paragraph, {.size = Size::small, .align = Align::content});
      column.gap(6);
      rest.remove_prefix(std::min(end + 2, rest.size()));
    }
  }
  if (s.kit.end_modal() || is_closed) id.clear();
}

}  // namespace farline::ui
