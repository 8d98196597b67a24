#include <algorithm>
#include <cmath>

#include "ui/text.h"
#include "ui/unicode.h"

namespace farline::ui {
namespace {

struct Cluster {
  size_t begin = 0;  // bytes
  size_t end = 0;
  float left = 0;
  float width = 0;
  bool is_rtl = false;
};

// In logical order.
std::vector<Cluster> clusters_of(const Line& line) {
  std::vector<Cluster> clusters;
  float pen = 0;
  for (const Glyph& glyph : line.glyphs) {
    if (clusters.empty() || clusters.back().begin != glyph.cluster) {
      clusters.push_back({.begin = glyph.cluster, .end = 0, .left = pen, .width = 0, .is_rtl = glyph.is_rtl});
    }
    clusters.back().width += glyph.advance;
    pen += glyph.advance;
  }
  std::sort(clusters.begin(), clusters.end(), [](const Cluster& a, const Cluster& b) { return a.begin < b.begin; });
  for (size_t i = 0; i < clusters.size(); ++i) {
    clusters[i].end = i + 1 < clusters.size() ? clusters[i + 1].begin : line.end;
  }
  return clusters;
}

struct Stop {
  size_t at = 0;
  float x = 0;
};

// Every boundary of the line with its caret; a ligature is shared out evenly among its graphemes.
std::vector<Stop> stops_of(const Line& line, std::string_view text) {
  std::vector<Stop> stops;
  const auto clusters = clusters_of(line);
  for (const Cluster& cluster : clusters) {
    size_t count = 0;
    for (size_t at = cluster.begin; at < cluster.end; at = next_grapheme(text, at)) ++count;
    size_t index = 0;
    for (size_t at = cluster.begin; at < cluster.end; at = next_grapheme(text, at), ++index) {
      const float share = cluster.width * static_cast<float>(index) / static_cast<float>(std::max<size_t>(count, 1));
      stops.push_back({at, cluster.is_rtl ? cluster.left + cluster.width - share : cluster.left + share});
    }
  }
  if (clusters.empty()) return {{line.begin, 0}};
  const Cluster& last = clusters.back();
  stops.push_back({line.end, last.is_rtl ? last.left : last.left + last.width});
  return stops;
}

}  // namespace

float caret_x(const Line& line, std::string_view text, size_t at) {
  const auto stops = stops_of(line, text);
  const auto found = std::find_if(stops.begin(), stops.end(), [at](const Stop& stop) { return stop.at >= at; });
  return found != stops.end() ? found->x : stops.back().x;
}

size_t caret_near(const Line& line, std::string_view text, float x) {
  const auto stops = stops_of(line, text);
  return std::min_element(stops.begin(), stops.end(),
                          [x](const Stop& a, const Stop& b) { return std::abs(a.x - x) < std::abs(b.x - x); })
      ->at;
}

std::optional<size_t> caret_beside(const Line& line, std::string_view text, size_t at, bool to_right) {
  constexpr float kSame = 0.01F;
  const float from = caret_x(line, text, at);
  std::optional<Stop> best;
  for (const Stop& stop : stops_of(line, text)) {
    const float distance = to_right ? stop.x - from : from - stop.x;
    if (distance < kSame) continue;
    if (!best || distance < std::abs(best->x - from) - kSame) best = stop;
  }
  if (!best) return {};
  return best->at;
}

}  // namespace farline::ui
