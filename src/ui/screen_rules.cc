#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr size_t kDayQuarters = policy::kQuartersPerDay;

void draw_rules_head(Screen& s, Column& column) {
  const auto& rules = s.view.rules;
  column.text(s.words("rules.set_by", {{"organisation", rules.organisation}}), {.size = Size::title, .bold = true});
  std::string line;
  if (!rules.site.empty()) line = s.words("rules.site", {{"site", rules.site}}) + " · ";
  line += s.words("rules.serial", {{"n", s.words.number(rules.serial)}}) + " · ";
  const int32_t offset = rules.utc_offset.quarters * 15;
  line += s.words("rules.valid", {{"from", date_text(s.words, rules.from, offset)},
                                  {"until", date_text(s.words, rules.until, offset)}});
  column.text(line, {.role = Role::dim});
  std::string time(s.words("rules.time.unknown"));
  if (rules.now) time = s.words("rules.time", {{"time", time_of_day(s.words, *rules.now, offset)}});
  if (rules.now && !rules.is_time_certain) time += ". " + std::string(s.words("rules.time.uncertain"));
  column.text(time, {.role = Role::dim});
  column.gap();
  const auto say = [&](bool is_so, Key key, Role role) {
    if (!is_so) return;
    const std::string_view words = s.words(key);
    band(s, column.take(band_height(s, column.width(), words)), words, role);
    column.gap(6);
  };
  say(!rules.is_current, "rules.old", Role::bad);
  say(rules.is_glass_open, "rules.glass_open", Role::warn);
  say(rules.should_update, "rule.update", Role::warn);
}

struct Week {
  Box grid;
  float row;
  float quarter;
};

void draw_open_hours(Screen& s, const Week& week, const policy::Week& open) {
  for (size_t day = 0; day < 7; ++day) {
    const float y = week.grid.y + week.row * static_cast<float>(day);
    for (size_t from = 0; from < kDayQuarters;) {
      size_t to = from + 1;
      const bool is_open = open[day * kDayQuarters + from];
      while (to < kDayQuarters && open[day * kDayQuarters + to] == is_open) ++to;
      const Box span{week.grid.x + week.quarter * static_cast<float>(from), y + 1,
                     week.quarter * static_cast<float>(to - from), week.row - 2};
      if (is_open)
        s.kit.fill(span, Role::good, 3);
      else
        s.kit.hatch(span, Role::line);
      from = to;
    }
  }
}

// The days down, the hours across; what is open is full, what is closed is hatched.
void draw_week(Screen& s, Box box) {
  const auto& rules = s.view.rules;
  float names = 0;
  for (const Key day : kDayNames) names = std::max(names, s.kit.measure(s.words(day), {.size = Size::small}));
  const Box hours = box.cut_bottom(18);
  const Box days = box.cut_start(names + 8);
  const Week week{box, box.h / 7, box.w / kDayQuarters};
  for (size_t day = 0; day < 7; ++day)
    s.kit.text({days.x, box.y + week.row * static_cast<float>(day), days.w, week.row}, s.words(kDayNames[day]),
               {.size = Size::small, .role = Role::dim});
  draw_open_hours(s, week, rules.classes[s.state.rules.what].week);
  const int step = box.w < 420 ? 6 : 3;
  for (int hour = 0; hour <= 24; hour += step) {
    const float x = box.x + week.quarter * 4 * static_cast<float>(hour);
    s.kit.line({x, box.y}, {x, box.bottom()}, Role::line);
    const Align align = hour == 0 ? Align::start : hour == 24 ? Align::end : Align::centre;
    const float start = hour == 0 ? x : hour == 24 ? x - 40 : x - 20;
    s.kit.text({start, hours.y, 40, hours.h}, s.words.number(static_cast<unsigned>(hour)),
               {.size = Size::small, .role = Role::dim, .align = align});
  }
  if (!rules.now) return;
  const size_t day = rules.quarter_now / kDayQuarters;
  const float x = box.x + week.quarter * (static_cast<float>(rules.quarter_now % kDayQuarters) + 0.5F);
  const float y = box.y + week.row * static_cast<float>(day);
  s.kit.frame({x - 5, y - 2, 10, week.row + 4}, Role::text, 3, 2);
}

void week_legend(Screen& s, Box line) {
  const auto item = [&](Key key, auto draw) {
    draw(line.cut_start(18).centred(16, 12));
    line.cut_start(6);
    const std::string_view words = s.words(key);
    s.kit.text(line.cut_start(s.kit.measure(words, {.size = Size::small}) + 2), words,
               {.size = Size::small, .role = Role::dim});
    line.cut_start(kMargin);
  };
  item("rules.allowed", [&](Box sign) { s.kit.fill(sign, Role::good, 3); });
  item("rules.closed", [&](Box sign) { s.kit.hatch(sign, Role::line); });
  item("rules.now", [&](Box sign) { s.kit.frame(sign.centred(10, 14), Role::text, 3, 2); });
}

void draw_class(Screen& s, Column& column, float height) {
  const Tab tabs[] = {{s.words("class.voice"), Icon::phone, 0},
                      {s.words("class.video"), Icon::eye, 0},
                      {s.words("class.messages"), Icon::message, 0},
                      {s.words("class.files"), Icon::folder, 0}};
  s.kit.tabs("rules.class", column.control(), tabs, s.state.rules.what);
  column.gap();
  const client::Verdict& now = s.view.rules.classes[s.state.rules.what].now;
  const std::string words = verdict_words(s.words, s.clock, now, static_cast<policy::Class>(s.state.rules.what));
  band(s, column.take(band_height(s, column.width(), words)), words, now.allowed ? Role::good : Role::warn);
  column.gap(12);
  const float room = height - column.used() - 42;
  draw_week(s, column.take(7 * std::clamp(room / 7, 24.0F, 36.0F) + 18));
  column.gap(4);
  week_legend(s, column.take(20));
}

void draw_quotas(Screen& s, Column& column) {
  using Kind = client::QuotaView::Kind;
  if (s.view.rules.quotas.empty()) return;
  column.heading(s.words("rules.quota"));
  for (const auto& quota : s.view.rules.quotas) {
    const Key name = quota.kind == Kind::voice_minutes_today ? Key("rules.quota.voice_today")
                     : quota.kind == Kind::person_megabytes  ? Key("rules.quota.person_month")
                                                             : Key("rules.quota.device_month");
    std::string amount;
    if (quota.kind == Kind::voice_minutes_today) {
      amount = s.words.count("amount.minutes_of", quota.most, {{"used", s.words.number(quota.used)}});
    } else {
      const std::string most = bytes_text(s.words, uint64_t{quota.most} * 1'000'000);
      amount = s.words("amount.of", {{"used", bytes_text(s.words, uint64_t{quota.used} * 1'000'000)}, {"most", most}});
    }
    column.text(s.words(name));
    column.text(amount, {.size = Size::small, .role = Role::dim});
    const float part = quota.most == 0 ? 1 : static_cast<float>(quota.used) / static_cast<float>(quota.most);
    Box bar = column.take(10);
    s.kit.frame(bar, Role::dim, 4);
    s.kit.fill({bar.x, bar.y, bar.w * std::clamp(part, 0.0F, 1.0F), bar.h}, part >= 1 ? Role::bad : Role::accent, 4);
    column.gap();
  }
}

void draw_contacts(Screen& s, Column& column) {
  column.heading(s.words("rules.contacts"));
  const auto& contacts = s.view.rules.emergency_contacts;
  if (contacts.empty()) column.paragraph(s.words("emergency.none"), {.role = Role::dim});
  for (const std::string& name : contacts) {
    Box line = column.take(26);
    s.kit.icon(line.cut_start(22).centred(16, 16), Icon::emergency, Role::bad);
    s.kit.text(line, name);
  }
  if (s.view.rules.forbids_recording) {
    column.gap();
    column.paragraph(s.words("rules.no_recording"), {.role = Role::dim});
  }
  column.gap();
  column.paragraph(whom_to_ask(s), {.role = Role::dim});
}

void draw_doors(Screen& s, Column& column) {
  auto& rules = s.state.rules;
  column.heading(s.words("rules.glass"));
  column.paragraph(s.words("rules.glass.text"), {.size = Size::small, .role = Role::dim});
  column.gap(4);
  Box line = column.control();
  const ButtonOptions go{.enabled = !rules.code.empty()};
  const Box use = line.cut_end(s.kit.button_width(s.words("rules.glass.go"), go));
  line.cut_end(kGap);
  const Edited code =
      s.kit.input("rules.code", line, rules.code, {.hint = s.words("rules.glass.hint"), .max_bytes = 128});
  if (s.kit.button("rules.code.go", use, s.words("rules.glass.go"), go) || (code.submitted && go.enabled)) {
    s.ask.push_back(client::command::BreakGlass{rules.code});
    rules.code.clear();
  }
  column.gap(kMargin);
  Box open = column.control();
  const ButtonOptions import{.icon = Icon::folder};
  const std::string_view label = s.words("rules.import");
  if (s.kit.button_at_start("rules.import", open, label, import)) choose_file(s, ChoosesFile::rules);
  column.gap(4);
  column.paragraph(s.words("rules.import.text"), {.size = Size::small, .role = Role::dim});
  column.paragraph(s.words("file.drop"), {.size = Size::small, .role = Role::dim});
}

}  // namespace

void draw_rules(Screen& s, Box box) {
  box = box.inset(kMargin, 12);
  const bool is_in_force = s.view.rules.is_in_force;
  if (is_narrow(box) || !is_in_force) {
    Column column(s, "rules", {box.x, box.y, std::min(box.w, 640.0F), box.h});
    if (is_in_force) {
      draw_rules_head(s, column);
      draw_class(s, column, box.h);
      draw_quotas(s, column);
      draw_contacts(s, column);
    } else {
      column.paragraph(s.words("rules.none"));
    }
    draw_doors(s, column);
    return;
  }
  box = {box.x, box.y, std::min(box.w, 1200.0F), box.h};
  const Box side = box.cut_end(std::min(300.0F, box.w * 0.36F));
  box.cut_end(kMargin);
  {
    Column column(s, "rules", box);
    draw_rules_head(s, column);
    draw_class(s, column, box.h);
  }
  Column column(s, "rules.side", card_for(s, "rules.side", side));
  draw_quotas(s, column);
  draw_contacts(s, column);
  draw_doors(s, column);
}

}  // namespace farline::ui
