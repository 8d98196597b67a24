#include "admin/week_sheet.h"

#include <algorithm>
#include <cstdio>

#include "admin/xml_text.h"

namespace farline::admin {
namespace {

using policy::kQuartersPerDay;

std::string printed(const char* format, auto... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

bool is_drawn(const WeekSheet::Line& line) {
  return line.open.any() && !line.open.all();
}

std::string day_text(const WeekSheet& sheet, int day) {
  const policy::Day date{sheet.monday.number + day};
  return std::string(name_of(date.weekday())) + " " + policy::Form<policy::Day>::text(date).substr(8);
}

std::string span_of_days(const WeekSheet& sheet) {
  const auto text = [&](int day) { return policy::Form<policy::Day>::text({sheet.monday.number + day}); };
  return "Mon " + text(0) + " to Sun " + text(kDaysPerWeek - 1);
}

struct Bar {  // open quarters of one day, [start, end)
  int start = 0;
  int end = 0;
  std::string text() const {
    return policy::Form<policy::Span>::text({static_cast<uint8_t>(start), static_cast<uint8_t>(end % kQuartersPerDay)});
  }
};
std::vector<Bar> bars_of(const Week& open, int day) {
  std::vector<Bar> out;
  for (int i = 0; i < kQuartersPerDay; ++i) {
    if (!open[static_cast<size_t>(day * kQuartersPerDay + i)]) continue;
    if (out.empty() || out.back().end != i) out.push_back({i, i});
    out.back().end = i + 1;
  }
  return out;
}

std::string zone_text(const policy::Zone& zone, policy::Day monday) {
  const int64_t start = int64_t{monday.number} * kQuartersPerDay;
  const policy::UtcOffset before = zone.offset_at({start - zone.utc_offset.quarters});
  std::string out = "UTC" + policy::Form<policy::UtcOffset>::text(before);
  for (const policy::Transition& change : zone.transitions)
    if (change.at.number >= start - kQuartersPerDay && change.at.number < start + kQuartersPerWeek &&
        !(change.utc_offset == before))
      out += ", UTC" + policy::Form<policy::UtcOffset>::text(change.utc_offset) + " from " +
             policy::time_text(start_of(change.at), before).substr(0, 16) + " on";
  return out;
}

// --- Terminal --------------------------------------------------------------------------------------------------------
// A column is half an hour: # open, + half of it, . closed.
std::string columns(const Week& open, int day) {
  std::string out;
  for (int i = 0; i < kQuartersPerDay; i += 2) {
    const auto first = static_cast<size_t>(day * kQuartersPerDay + i);
    out += open[first] && open[first + 1] ? '#' : open[first] || open[first + 1] ? '+' : '.';
  }
  return out;
}

// --- SVG: A4 lying, in pixels of 1/96 inch ---------------------------------------------------------------------------
constexpr int kWidth = 1123;
constexpr int kHeight = 794;
constexpr int kLeft = 110;         // of the hours
constexpr int kQuarterWidth = 10;  // 960 for a day
constexpr int kRight = kLeft + kQuarterWidth * kQuartersPerDay;

class Drawing {
 public:
  void text(int x, int y, const char* attributes, const std::string& content) {
    out_ += printed("<text x=\"%d\" y=\"%d\" %s>", x, y, attributes) + escaped(content) + "</text>\n";
  }
  void line(int x1, int y1, int x2, int y2, const char* attributes) {
    out_ += printed("<path d=\"M%d %dL%d %d\" %s/>\n", x1, y1, x2, y2, attributes);
  }
  void rectangle(int x, int y, int width, int height, const char* attributes) {
    out_ += printed("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" %s/>\n", x, y, width, height, attributes);
  }
  std::string finish(int height) const {
    return printed(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
               "font-family=\"sans-serif\" font-size=\"13\">\n",
               kWidth, height, kWidth, height) +
           printed("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", kWidth, height) + out_ + "</svg>\n";
  }

 private:
  std::string out_;
};

std::string letter_of(size_t index) {
  return std::string(1, static_cast<char>('A' + index));
}

class SheetDrawer {
 public:
  explicit SheetDrawer(const WeekSheet& sheet) : sheet_(sheet) {
    for (const WeekSheet::Line& line : sheet.lines)
      if (is_drawn(line)) drawn_.push_back(&line);
  }

  std::string draw() {
    draw_head();
    const int rows = std::max(1, static_cast<int>(drawn_.size()) * kDaysPerWeek);
    row_height_ = std::clamp((kHeight - 120 - y_) / rows, 14, 44);
    draw_hours();
    for (int day = 0; day < kDaysPerWeek; ++day) draw_day(day);
    y_ += 26;
    draw_wrapped(20, "font-weight=\"bold\"",
                 sheet_.contacts.empty() ? "Nobody can be reached outside these hours."
                                         : "Always, by voice and messages: " + sheet_.contacts);
    drawing_.text(20, y_, "font-size=\"11\"", sheet_.footer);
    return drawing_.finish(std::max(kHeight, y_ + 20));
  }

 private:
  void draw_head() {
    drawing_.text(20, 38, "font-size=\"26\" font-weight=\"bold\"", sheet_.title);
    drawing_.text(20, 60, "", span_of_days(sheet_) + ", site time " + sheet_.zone);
    y_ = 84;
    for (size_t i = 0; i < drawn_.size(); ++i) {
      drawing_.text(20, y_, "font-weight=\"bold\"", letter_of(i));
      draw_wrapped(40, "", drawn_[i]->who + " - " + words_for(drawn_[i]->open));
    }
    for (const WeekSheet::Line& line : sheet_.lines)
      if (!is_drawn(line)) draw_wrapped(40, "", line.who + " - " + words_for(line.open));
    y_ += 14;
  }

  void draw_wrapped(int x, const char* attributes, std::string_view text) {
    constexpr size_t kLetters = 140;  // that surely fit
    while (!text.empty()) {
      const size_t space = text.size() > kLetters ? text.rfind(' ', kLetters) : std::string_view::npos;
      drawing_.text(x, y_, attributes, std::string(text.substr(0, space)));
      y_ += 18;
      text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
  }

  void draw_hours() {
    const int bottom = y_ + (static_cast<int>(drawn_.size()) * row_height_ + 6) * kDaysPerWeek;
    for (int hour = 0; hour <= 24 && !drawn_.empty(); ++hour) {
      const int x = kLeft + hour * 4 * kQuarterWidth;
      drawing_.text(x, y_ - 4, "text-anchor=\"middle\" font-size=\"11\"", std::to_string(hour));
      drawing_.line(x, y_, x, bottom, hour % 6 == 0 ? "stroke=\"#777\"" : "stroke=\"#ccc\"");
    }
  }

  void draw_day(int day) {
    if (drawn_.empty()) return;
    drawing_.line(20, y_, kRight, y_, "stroke=\"black\"");
    const bool is_holiday = sheet_.holidays[static_cast<size_t>(day)];
    drawing_.text(20, y_ + 15, "font-weight=\"bold\"", day_text(sheet_, day));
    if (is_holiday) drawing_.text(20, y_ + 28, "font-size=\"11\"", "holiday");
    y_ += 3;
    for (size_t i = 0; i < drawn_.size(); ++i, y_ += row_height_) draw_row(i, day);
    y_ += 3;
  }

  void draw_row(size_t index, int day) {
    const int baseline = y_ + row_height_ / 2 + 4;
    drawing_.text(kLeft - 18, baseline, "font-size=\"11\"", letter_of(index));
    for (const Bar& bar : bars_of(drawn_[index]->open, day)) {
      const int x = kLeft + bar.start * kQuarterWidth;
      const int width = (bar.end - bar.start) * kQuarterWidth;
      drawing_.rectangle(x, y_ + 1, width, row_height_ - 2, "fill=\"#333\" stroke=\"black\"");
      if (width >= 80)
        drawing_.text(x + width / 2, baseline, "fill=\"white\" font-size=\"12\" text-anchor=\"middle\"", bar.text());
    }
  }

  const WeekSheet& sheet_;
  std::vector<const WeekSheet::Line*> drawn_;
  Drawing drawing_;
  int y_ = 0;
  int row_height_ = 0;
};

}  // namespace

WeekSheet make_week_sheet(const Plan& plan, const policy::SitePolicy* site, policy::Day monday) {
  const policy::Effective policy = merge(plan.root, site);
  WeekSheet out;
  out.title = plan.root.organisation.text + (site ? ", " + site->name.text : "");
  out.monday = monday;
  out.zone = zone_text(policy.zone, monday);
  for (const auto& group : group_kinds([&](Kind kind) { return open_week(policy, kind, monday); })) {
    std::string who;
    for (const Audience& audience : audiences(group.classes)) who += (who.empty() ? "" : "; ") + words_for(audience);
    out.lines.push_back({who, group.key});
  }
  for (int day = 0; day < kDaysPerWeek; ++day)
    for (const policy::Calendar& calendar : policy.calendars)
      for (const policy::Holiday& holiday : calendar.holidays.value_or(std::vector<policy::Holiday>{}))
        out.holidays[static_cast<size_t>(day)] |= is_on(holiday, {monday.number + day});
  for (const policy::Name& contact : policy.contacts) out.contacts += (out.contacts.empty() ? "" : ", ") + contact.text;
  out.footer = "Policy serial " + std::to_string(plan.root.serial) + ", in force from " +
               policy::Form<policy::Day>::text(plan.root.from) + " to " +
               policy::Form<policy::Day>::text(plan.root.until) + ". A running call may last " +
               std::to_string(policy.call_grace_minutes) + " minutes longer.";
  return out;
}

std::string to_text(const WeekSheet& sheet) {
  std::string out = sheet.title + "\n" + span_of_days(sheet) + ", site time " + sheet.zone + "\n";
  for (const WeekSheet::Line& line : sheet.lines) {
    out += "\n" + line.who + "\n  " + words_for(line.open) + "\n";
    if (!is_drawn(line)) continue;
    out += "          0     3     6     9     12    15    18    21    24\n";
    for (int day = 0; day < kDaysPerWeek; ++day) {
      out += "  " + day_text(sheet, day) + "  |" + columns(line.open, day) + "|";
      for (const Bar& bar : bars_of(line.open, day)) out += " " + bar.text();
      out += sheet.holidays[static_cast<size_t>(day)] ? " (holiday)\n" : "\n";
    }
  }
  out += "\n# open, + half of the half hour, . closed\n";
  if (!sheet.contacts.empty()) out += "always, by voice and messages: " + sheet.contacts + "\n";
  return out + sheet.footer;
}

std::string to_svg(const WeekSheet& sheet) {
  return SheetDrawer(sheet).draw();
}

std::string to_html(const WeekSheet& sheet) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>" + escaped(sheet.title) +
         "</title>\n<style>@page { size: A4 landscape; margin: 8mm } body { margin: 0 } svg { width: 100%; height: "
         "auto "
         "}</style>\n" +
         to_svg(sheet) + "</html>\n";
}

}  // namespace farline::admin
