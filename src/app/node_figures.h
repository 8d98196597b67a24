// What a node counts and measures, once, for `farline-node status`, Prometheus and the page for people. Figures carry
// no identity: no name, address or key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/driver.h"
#include "supernode/supernode.h"

namespace farline::app {

struct Figure {
  enum class Kind : uint8_t { gauge, counter };  // as it stands; since the start
  const char* group;                             // heading for people
  std::string name;                              // of the key in --json; its unit last where it has one
  uint64_t value = 0;
  Kind kind = Kind::gauge;
  const char* help = "";  // what is counted, in words
};

struct NodePlace {
  const supernode::Supernode& core;
  const host::TrafficCounters& traffic;
  Time started{};
  const std::string& folder;
  size_t store_kept = 0;  // records that the disk has not taken
};
std::vector<Figure> node_figures(Time now, const NodePlace& place);

// The text format of Prometheus, version 0.0.4; every name begins with farline_node_, counters end in _total.
std::string metrics_text(const std::vector<Figure>& figures);
// One page of HTML that needs nothing else. `state`: one word, such as "serving".
std::string health_page(const std::vector<Figure>& figures, std::string_view state);

}  // namespace farline::app
