#include <algorithm>
#include <cstdio>

#include "admin/audit.h"
#include "admin/xml_text.h"

namespace farline::admin {
namespace {

using wire::AuditUse;

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

std::string megabytes(uint64_t kilobytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(kilobytes) / 1000);
  return text;
}

const AuditSum& sum_of(const AuditLine& line, AuditUse use) {
  return line.uses[static_cast<size_t>(use)];
}

uint64_t all_kilobytes(const AuditLine& line) {
  uint64_t out = 0;
  for (const AuditSum& sum : line.uses) out += sum.kilobytes;
  return out;
}

// Columns of a terminal, for names outside ASCII.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

constexpr std::array kWays{"device", "site", "hour", "class"};
constexpr std::array kUsesWithBytes{AuditUse::voice, AuditUse::video, AuditUse::messages, AuditUse::files,
                                    AuditUse::other};

Table table_by_use(const AuditSummary& summary) {
  Table out{{"class", "times", "minutes", "MB"}, {}};
  for (const AuditLine& line : summary.lines) {
    AuditSum all;
    for (const AuditSum& sum : line.uses) {
      all.count += sum.count;
      all.minutes += sum.minutes;
      all.kilobytes += sum.kilobytes;
    }
    out.rows.push_back({line.key, std::to_string(all.count), std::to_string(all.minutes), megabytes(all.kilobytes)});
  }
  return out;
}

Table table_of(const AuditSummary& summary) {
  if (summary.by == AuditBy::use) return table_by_use(summary);
  Table out{{kWays[static_cast<size_t>(summary.by)], "calls", "minutes", "MB", "MB voice", "MB files"}, {}};
  const bool has_health = summary.by == AuditBy::device || summary.by == AuditBy::site;
  if (has_health)
    for (const char* title : {"lost", "stalls", "failed", "refused", "reports", "missing", "policy", "build"})
      out.head.emplace_back(title);
  for (const AuditLine& line : summary.lines) {
    const AuditSum& voice = sum_of(line, AuditUse::voice);
    auto& row = out.rows.emplace_back(std::vector<std::string>{
        line.key, std::to_string(voice.count), std::to_string(voice.minutes), megabytes(all_kilobytes(line)),
        megabytes(voice.kilobytes), megabytes(sum_of(line, AuditUse::files).kilobytes)});
    if (!has_health) continue;
    for (const uint64_t trouble : line.health) row.push_back(std::to_string(trouble));
    row.push_back(std::to_string(line.reports));
    row.push_back(std::to_string(line.missing));
    row.push_back(policy_text(line.policy));
    row.push_back(build_text(line.build));
  }
  return out;
}

std::string title_of(const AuditSummary& summary) {
  return hour_text(summary.first_hour) + " to " + hour_text(summary.last_hour + 1);
}

std::string event_text(const AuditEvent& event) {
  return hour_text(event.hour) + "  " + std::string(name_of(event.use)) + " x" + std::to_string(event.count) + "  " +
         event.who;
}

// --- Chart: a bar for each day, in pixels of 1/96 inch ---------------------------------------------------------------
constexpr int kChartWidth = 1000;
constexpr int kChartHeight = 300;
constexpr int kChartLeft = 60;
constexpr int kChartBase = 250;  // of the bars
constexpr int kChartTop = 20;
constexpr std::array<const char*, kUsesWithBytes.size()> kGreys{"#222", "#555", "#888", "#bbb", "#e4e4e4"};

std::string text_at(int x, int y, const char* anchor, const std::string& content) {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"" + anchor + "\">" +
         escaped(content) + "</text>\n";
}
std::string rectangle(int x, int y, int width, int height, const char* fill) {
  return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" + std::to_string(width) +
         "\" height=\"" + std::to_string(height) + "\" fill=\"" + fill + "\" stroke=\"#222\" stroke-width=\"0.5\"/>\n";
}

std::string chart(const AuditSummary& summary) {
  uint64_t most = 1;
  for (const AuditLine& day : summary.days) most = std::max(most, all_kilobytes(day));
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + std::to_string(kChartWidth) + " " +
                    std::to_string(kChartHeight) + "\" font-family=\"sans-serif\" font-size=\"12\">\n";
  out += text_at(kChartLeft - 6, kChartTop + 4, "end", megabytes(most) + " MB") +
         text_at(kChartLeft - 6, kChartBase, "end", "0");
  out += rectangle(kChartLeft, kChartBase, kChartWidth - kChartLeft, 0, "none");
  const int days = std::max(1, static_cast<int>(summary.days.size()));
  const int step = std::clamp((kChartWidth - kChartLeft) / days, 2, 90);
  const int every = (days * 40 + kChartWidth - kChartLeft - 1) / (kChartWidth - kChartLeft);  // a date needs 40 pixels
  for (int i = 0; i < static_cast<int>(summary.days.size()); ++i) {
    const AuditLine& day = summary.days[static_cast<size_t>(i)];
    const int x = kChartLeft + i * step;
    int y = kChartBase;
    for (size_t use = 0; use < kUsesWithBytes.size(); ++use) {
      const uint64_t kilobytes = sum_of(day, kUsesWithBytes[use]).kilobytes;
      const int height = static_cast<int>(kilobytes * (kChartBase - kChartTop) / most);
      if (height == 0) continue;
      y -= height;
      out += rectangle(x + step / 10, y, std::max(1, step - step / 5), height, kGreys[use]);
    }
    if (i % every == 0) out += text_at(x + step / 2, kChartBase + 16, "middle", day.key.substr(5));
  }
  for (size_t use = 0; use < kUsesWithBytes.size(); ++use) {
    const int x = kChartLeft + static_cast<int>(use) * 110;
    out += rectangle(x, kChartHeight - 22, 14, 14, kGreys[use]) +
           text_at(x + 20, kChartHeight - 10, "start", std::string(name_of(kUsesWithBytes[use])));
  }
  return out + "</svg>\n";
}

}  // namespace

std::string to_text(const AuditSummary& summary) {
  const Table table = table_of(summary);
  std::vector<size_t> widths;
  for (size_t column = 0; column < table.head.size(); ++column) {
    size_t width = width_of(table.head[column]);
    for (const auto& row : table.rows) width = std::max(width, width_of(row[column]));
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out = cells[0] + std::string(widths[0] - width_of(cells[0]), ' ');
    for (size_t column = 1; column < cells.size(); ++column)
      out += std::string(2 + widths[column] - width_of(cells[column]), ' ') + cells[column];
    return out + "\n";
  };
  std::string out = title_of(summary) + "\n\n" + line(table.head);
  for (const auto& row : table.rows) out += line(row);
  if (!summary.events.empty()) out += "\n";
  for (const AuditEvent& event : summary.events) out += event_text(event) + "\n";
  out.pop_back();
  return out;
}

std::string to_html(const AuditSummary& summary) {
  const Table table = table_of(summary);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Audit, " + title_of(summary) +
      "</title>\n<style>@page { size: A4 landscape; margin: 10mm } body { font: 10pt sans-serif; margin: 0 } "
      "svg { width: 100%; height: auto } table { border-collapse: collapse; width: 100% } "
      "tr { break-inside: avoid } th, td { text-align: right; padding: 1px 4px; border-bottom: 0.5px solid #aaa } "
      "th:first-child, td:first-child { text-align: left } h1 { font-size: 13pt }</style>\n<h1>Use by day, " +
      title_of(summary) + "</h1>\n" + chart(summary) + "<table>\n<thead><tr>";
  for (const std::string& cell : table.head) out += "<th>" + escaped(cell) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += "<td>" + escaped(cell) + "</td>";
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n";
  if (!summary.events.empty()) out += "<h1>Emergency calls and opened glass</h1>\n<ul>\n";
  for (const AuditEvent& event : summary.events) out += "<li>" + escaped(event_text(event)) + "</li>\n";
  if (!summary.events.empty()) out += "</ul>\n";
  return out + "</html>\n";
}

}  // namespace farline::admin
