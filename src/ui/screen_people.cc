#include <algorithm>

#include "chat/fold.h"
#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr float kRowHeight = 56;

bool is_found(const client::PersonView& person, const std::vector<std::string>& words) {
  return chat::has_words(chat::fold_text(person.name), words);
}

std::string presence_words(Screen& s, const client::PersonView& person) {
  if (person.is_blocked) return std::string(s.words("people.blocked"));
  switch (person.presence) {
    case client::Presence::attached:
      return std::string(s.words("people.presence.here"));
    case client::Presence::away:
      return std::string(s.words("people.presence.away"));
    case client::Presence::unknown:
      break;
  }
  return std::string(s.words("people.presence.unknown"));
}

// A full disc, a ring, or nothing: shapes, not only colours.
void presence_sign(Screen& s, Box box, const client::PersonView& person) {
  box = box.centred(12, 12);
  if (person.is_blocked) return s.kit.icon(box, Icon::block, Role::dim);
  if (person.presence == client::Presence::unknown) return;
  s.kit.fill(box, Role::surface, 6);
  if (person.presence == client::Presence::attached)
    s.kit.fill(box.inset(1), Role::good, 5);
  else
    s.kit.frame(box.inset(2), Role::dim, 4, 2);
}

void call_button(Screen& s, std::string_view id, Box box, const std::string& name) {
  if (s.kit.button(id, box, {},
                   {.kind = Kind::quiet,
                    .icon = Icon::phone,
                    .enabled = !s.view.call,
                    .tooltip = s.words("people.call_name", {{"name", name}})}))
    s.ask.push_back(client::command::StartCall{name});
}

void person_row(Screen& s, Box box, const client::PersonView& person) {
  auto& people = s.state.people;
  s.kit.push_id(person.name);
  if (s.kit.row("row", box, people.chosen == person.name)) people.chosen = person.name;
  Box inner = box.inset(8, 6);
  call_button(s, "call", inner.cut_end(44).centred(40, kControl), person.name);
  Box face = inner.cut_start(40).centred(36, 36);
  avatar(s.kit, face, person.name);
  presence_sign(s, {face.end() - 10, face.bottom() - 11, 12, 12}, person);
  inner.cut_start(10);
  s.kit.text(inner.cut_top(24), person.name, {.bold = true});
  std::string second = person.is_emergency ? std::string(s.words("people.emergency")) : presence_words(s, person);
  if (person.missed > 0) {
    s.kit.icon(inner.cut_start(16).centred(14, 14), Icon::missed, Role::bad);
    inner.cut_start(4);
    second = s.words.count("people.missed", person.missed);
  }
  s.kit.text(inner, second, {.size = Size::small, .role = Role::dim});
  s.kit.pop_id();
}

Icon recent_icon(const client::RecentView& call) {
  if (call.reason == client::EndReason::missed) return Icon::missed;
  return call.outgoing ? Icon::outgoing : Icon::incoming;
}

std::string recent_words(Screen& s, const client::RecentView& call) {
  if (call.lasted > 0s) {
    return s.words("amount.joined", {{"a", s.words(call.outgoing ? Key("recent.outgoing") : Key("recent.incoming"))},
                                     {"b", length_text(s.words, call.lasted)}});
  }
  if (call.reason == client::EndReason::missed) return std::string(s.words("recent.missed"));
  if (call.reason == client::EndReason::declined) return std::string(s.words("recent.declined"));
  if (call.reason == client::EndReason::no_answer) return std::string(s.words("recent.no_answer"));
  return std::string(s.words(call.outgoing ? Key("recent.failed") : Key("recent.missed")));
}

void recent_row(Screen& s, Box box, const client::RecentView& call) {
  auto& people = s.state.people;
  if (s.kit.row("row", box, false)) people.chosen = call.peer;
  Box inner = box.inset(8, 6);
  call_button(s, "call", inner.cut_end(44).centred(40, kControl), call.peer);
  const bool is_bad = call.reason == client::EndReason::missed;
  s.kit.icon(inner.cut_start(40).centred(20, 20), recent_icon(call), is_bad ? Role::bad : Role::dim);
  inner.cut_start(10);
  s.kit.text(inner.cut_top(24), call.peer, {.bold = call.is_new});
  const std::string line = moment_text(s.words, call.at, s.clock) + " · " + recent_words(s, call);
  s.kit.text(inner, line, {.size = Size::small, .role = Role::dim});
}

void draw_rows(Screen& s, Box box) {
  auto& people = s.state.people;
  const auto words = chat::search_words(people.search);
  std::vector<const client::PersonView*> found;
  for (const auto& person : s.view.people)
    if (is_found(person, words)) found.push_back(&person);
  Column column(s, "people.rows", box);
  // Rows more than a page away take their room and no more: the keyboard reaches one at a time.
  for (const auto* person : found) {
    const Box row = column.take(kRowHeight);
    if (row.bottom() > box.y - box.h && row.y < box.bottom() + box.h) person_row(s, row, *person);
  }
  if (!found.empty()) return;
  column.gap(kMargin);
  column.paragraph(s.words(people.search.empty() ? Key("people.nobody") : Key("people.none_found")),
                   {.role = Role::dim, .align = Align::centre});
  if (people.search.empty()) return;
  column.gap();
  const std::string label = s.words("people.call_name", {{"name", people.search}});
  if (s.kit.button("people.call", column.control(), label, {.icon = Icon::phone, .enabled = !s.view.call}))
    s.ask.push_back(client::command::StartCall{people.search});
}

void draw_recent(Screen& s, Box box) {
  Column column(s, "people.recent", box);
  if (s.view.recent.empty()) {
    column.gap(kMargin);
    column.paragraph(s.words("recent.none"), {.role = Role::dim, .align = Align::centre});
  }
  for (size_t i = 0; i < s.view.recent.size(); ++i) {
    const Box row = column.take(kRowHeight);
    if (row.bottom() < box.y - box.h || row.y > box.bottom() + box.h) continue;
    s.kit.push_id("recent" + std::to_string(i));
    recent_row(s, row, s.view.recent[i]);
    s.kit.pop_id();
  }
}

void draw_list(Screen& s, Box box) {
  auto& people = s.state.people;
  Box line = box.cut_top(kControl);
  const ButtonOptions add{.icon = Icon::plus, .tooltip = s.words("people.add")};
  if (s.kit.button("people.add", line.cut_end(44), {}, add)) people.is_add_open = true;
  line.cut_end(kGap);
  if (people.wants_search) s.kit.focus_next();
  people.wants_search = false;
  const Edited search = s.kit.input("people.search", line, people.search,
                                    {.hint = s.words("people.search"), .max_bytes = 64, .icon = Icon::search});
  if (search.changed) people.list = 0;
  if (search.submitted && !people.search.empty()) {
    const auto words = chat::search_words(people.search);
    const auto found = std::ranges::find_if(s.view.people, [&](const auto& one) { return is_found(one, words); });
    if (found != s.view.people.end())
      people.chosen = found->name;
    else if (!s.view.call)
      s.ask.push_back(client::command::StartCall{people.search});
  }
  box.cut_top(kGap);
  const auto count =
      static_cast<uint32_t>(std::ranges::count_if(s.view.recent, [](const auto& call) { return call.is_new; }));
  const Tab tabs[] = {{s.words("people.all"), Icon::people, 0}, {s.words("people.recent"), Icon::clock, count}};
  s.kit.tabs("people.lists", box.cut_top(kControl), tabs, people.list);
  box.cut_top(4);
  if (people.list == 1) {
    draw_recent(s, box);
    if (count > 0) s.ask.push_back(client::command::LookAtMissed{});
  } else {
    draw_rows(s, box);
  }
}

void draw_details(Screen& s, Box box, const client::PersonView& person) {
  auto& people = s.state.people;
  Column column(s, "people.details", box);
  Box top = column.take(72);
  avatar(s.kit, top.cut_start(64).centred(64, 64), person.name);
  top.cut_start(kMargin);
  s.kit.text(top.cut_top(38), person.name, {.size = Size::huge, .bold = true});
  Box line = top.cut_top(24);
  if (person.presence != client::Presence::unknown || person.is_blocked) presence_sign(s, line.cut_start(18), person);
  std::string words = presence_words(s, person);
  if (person.presence == client::Presence::away && person.presence_at.seconds != 0 && !person.is_blocked)
    words = s.words("people.presence.away_since", {{"moment", moment_text(s.words, person.presence_at, s.clock)}});
  s.kit.text(line, words, {.role = Role::dim});
  column.gap();
  Box buttons = column.take(kControl + 4);
  const ButtonOptions call{.kind = Kind::primary, .icon = Icon::phone, .enabled = !s.view.call};
  if (s.kit.button("person.call", buttons.cut_start(std::max(160.0F, s.kit.button_width(s.words("people.call"), call))),
                   s.words("people.call"), call))
    s.ask.push_back(client::command::StartCall{person.name});
  buttons.cut_start(kGap);
  const ButtonOptions write{.icon = Icon::message};
  const std::string_view write_words = s.words("people.write");
  if (s.kit.button_at_start("person.write", buttons, write_words, write)) write_to(s, person.name);
  const ButtonOptions block{.kind = Kind::quiet, .icon = Icon::block};
  const std::string_view label = s.words(person.is_blocked ? Key("people.unblock") : Key("people.block"));
  if (buttons.w < s.kit.button_width(label, block)) buttons = column.control();
  if (s.kit.button_at_start("person.block", buttons, label, block))
    s.ask.push_back(client::command::Block{person.name, !person.is_blocked});
  const ButtonOptions remove{.kind = Kind::quiet, .icon = Icon::trash};
  if (buttons.w < s.kit.button_width(s.words("people.remove"), remove)) buttons = column.control();
  if (s.kit.button_at_start("person.remove", buttons, s.words("people.remove"), remove)) people.is_remove_open = true;
  column.gap(12);
  const client::Verdict emergency{.allowed = true, .rule = policy::Rule::emergency};
  if (s.view.rules.is_in_force) {
    const client::Verdict& now = person.is_emergency ? emergency : s.view.rules.classes[0].now;
    const std::string rule = verdict_words(s.words, s.clock, now, policy::Class::voice);
    band(s, column.take(band_height(s, column.width(), rule)), rule, now.allowed ? Role::good : Role::warn);
  }
  column.heading(s.words("people.history", {{"name", person.name}}));
  bool has_any = false;
  for (const auto& past : s.view.recent) {
    if (past.peer != person.name) continue;
    has_any = true;
    Box row = column.take(26);
    s.kit.icon(row.cut_start(24).centred(16, 16), recent_icon(past), Role::dim);
    row.cut_start(6);
    s.kit.text(row, moment_text(s.words, past.at, s.clock) + " · " + recent_words(s, past));
  }
  if (!has_any) column.text(s.words("people.history.none"), {.role = Role::dim});
}

void draw_add(Screen& s) {
  auto& people = s.state.people;
  if (!people.is_add_open) return;
  Box box = s.kit.begin_modal("people.adding", 400, 200);
  s.kit.text(box.cut_top(28), s.words("people.add"), {.size = Size::title, .bold = true});
  box.cut_top(s.kit.paragraph(box, s.words("people.add.text"), {.role = Role::dim}) + kGap);
  if (people.add.empty()) s.kit.focus_next();
  const Edited edited = s.kit.input("people.add.name", box.cut_top(kControl), people.add,
                                    {.hint = s.words("start.name.hint"), .max_bytes = 64, .icon = Icon::person});
  const ButtonOptions add{.kind = Kind::primary, .enabled = !people.add.empty()};
  DialogEnd end = end_dialog(s, "people.add", box.cut_bottom(kControl), s.words("people.add.go"), add);
  if (add.enabled && edited.submitted) end = DialogEnd::done;
  if (end == DialogEnd::open) return;
  if (end == DialogEnd::done) {
    s.ask.push_back(client::command::AddPerson{people.add});
    people.chosen = people.add;
  }
  people.is_add_open = false;
  people.add.clear();
}

void draw_remove(Screen& s) {
  auto& people = s.state.people;
  if (!people.is_remove_open) return;
  Box box = s.kit.begin_modal("people.removing", 400, 140);
  s.kit.paragraph(box, s.words("people.remove.sure", {{"name", people.chosen}}));
  const DialogEnd end =
      end_dialog(s, "people.remove", box.cut_bottom(kControl), s.words("people.remove"), {.kind = Kind::danger});
  people.is_remove_open = end == DialogEnd::open;
  if (end != DialogEnd::done) return;
  s.ask.push_back(client::command::RemovePerson{people.chosen});
  people.chosen.clear();
}

}  // namespace

void draw_people(Screen& s, Box box) {
  auto& people = s.state.people;
  const auto chosen = std::ranges::find(s.view.people, people.chosen, &client::PersonView::name);
  const bool is_known = chosen != s.view.people.end();
  const bool is_one = is_narrow(box);
  if (!is_one || !is_known) {
    Box list = is_one ? box : box.cut_start(std::clamp(box.w * 0.42F, 300.0F, 380.0F));
    draw_list(s, list.inset(kGap));
    if (!is_one) s.kit.fill(box.cut_start(1), Role::line);
  }
  if (is_known && is_one) {
    const ButtonOptions back{.kind = Kind::quiet, .icon = Icon::back};
    Box line = box.cut_top(kControl);
    if (s.kit.button_at_start("people.back", line, s.words("button.back"), back) || s.kit.pressed({key::escape}))
      people.chosen.clear();
  }
  if (is_known)
    draw_details(s, box.inset(kMargin), *chosen);
  else if (!is_one)
    s.kit.text(box.centred(box.w - 2 * kMargin, 24), s.words("people.choose"),
               {.role = Role::dim, .align = Align::centre});
  draw_add(s);
  draw_remove(s);
}

}  // namespace farline::ui
