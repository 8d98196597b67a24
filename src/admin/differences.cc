#include "admin/differences.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "admin/value_text.h"
#include "admin/week.h"
#include "policy/explain.h"

namespace farline::admin {
namespace {

using policy::Field;

// --- Fields ----------------------------------------------------------------------------------------------------------
struct FieldText {
  std::string name;
  std::string meaning;
  bool is_list = false;
  std::vector<std::string> elements;  // of what is no list: one, or none when it is absent
};

struct ElementWriter {
  std::string out;
  template <typename T>
  void field(const Field& field, const T& member) {
    if (!policy::is_present(member) && !field.required) return;
    out += (out.empty() ? "" : ", ") + std::string(field.name) + " " + value_text(member);
  }
};
template <typename T>
std::string element_text(const T& element) {
  if constexpr (std::is_same_v<T, policy::BuildRule>) {
    return policy::words_for(element);
  } else if constexpr (std::is_same_v<T, policy::Name>) {
    return element.text;
  } else if constexpr (policy::Described<T>) {
    ElementWriter writer;
    describe(writer, element);
    return writer.out;
  } else {
    return value_text(element);
  }
}

struct FieldCollector {
  std::vector<FieldText> fields;
  template <typename T>
  void field(const Field& field, const T& member) {
    FieldText text{field.name, field.meaning, false, {}};
    collect(text, member);
    fields.push_back(std::move(text));
  }
  template <typename T>
  void collect(FieldText& text, const T& member) {
    if constexpr (policy::kIsOptional<T>) {
      if (member) collect(text, *member);
    } else if constexpr (policy::kIsList<T>) {
      text.is_list = true;
      for (const auto& element : member) text.elements.push_back(element_text(element));
    } else if constexpr (policy::kIsSet<T>) {
      text.is_list = true;
      for (const std::string_view name : names_in(member)) text.elements.emplace_back(name);
    } else {
      text.elements.push_back(element_text(member));
    }
  }
};

// Told in other words elsewhere.
bool is_left_out(const std::string& name) {
  for (const char* other : {"kind", "serial", "generation", "sites", "hours"})
    if (name == other) return true;
  return false;
}

std::vector<std::string> without(const std::vector<std::string>& list, const std::vector<std::string>& other) {
  std::vector<std::string> out;
  for (const std::string& element : list)
    if (std::ranges::find(other, element) == other.end()) out.push_back(element);
  return out;
}

void compare(std::vector<std::string>& out, const FieldText& before, const FieldText& after) {
  if (before.elements == after.elements || is_left_out(after.name)) return;
  const std::string head = "  " + after.name + " (" + after.meaning + ")";
  if (!before.is_list && !after.is_list) {
    const auto text = [](const FieldText& field) { return field.elements.empty() ? "not set" : field.elements[0]; };
    out.push_back(head + ": " + text(before) + " -> " + text(after));
    return;
  }
  const auto gone = without(before.elements, after.elements);
  const auto come = without(after.elements, before.elements);
  out.push_back(head + (gone.empty() && come.empty() ? ": the same in another order" : ":"));
  for (const std::string& element : gone) out.push_back("    - " + element);
  for (const std::string& element : come) out.push_back("    + " + element);
}

template <typename T>
std::vector<std::string> compare_fields(const T& before, const T& after) {
  FieldCollector old_fields, new_fields;
  describe(old_fields, before);
  describe(new_fields, after);
  std::vector<std::string> out;
  for (size_t i = 0; i < new_fields.fields.size(); ++i) compare(out, old_fields.fields[i], new_fields.fields[i]);
  return out;
}

// --- Hours -----------------------------------------------------------------------------------------------------------
struct Weeks {
  Week before;
  Week after;
  bool operator!=(const Weeks& other) const { return before != other.before || after != other.after; }
};

std::string gain_in_words(const Weeks& weeks) {
  char text[64];
  const double gain = hours_in(weeks.after) - hours_in(weeks.before);
  if (gain == 0) return "as many hours a week";
  std::snprintf(text, sizeof text, "%g hours a week %s", gain < 0 ? -gain : gain, gain < 0 ? "less" : "more");
  return text;
}

std::vector<std::string> compare_hours(const policy::Effective& before, const policy::Effective& after) {
  std::vector<std::string> out;
  for (const auto& group : group_kinds([&](Kind kind) {
         return Weeks{ordinary_week(before, kind), ordinary_week(after, kind)};
       })) {
    if (group.key.before == group.key.after) continue;
    for (const Audience& audience : audiences(group.classes))
      out.push_back("  hours, " + words_for(audience) + ": " + words_for(group.key.before) + " -> " +
                    words_for(group.key.after) + " (" + gain_in_words(group.key) + ")");
  }
  return out;
}

// --- The whole -------------------------------------------------------------------------------------------------------
const policy::SitePolicy* site_named(const Plan& plan, const std::string& name) {
  const auto site = std::ranges::find(plan.sites, name, [](const auto& candidate) { return candidate.name.text; });
  return site == plan.sites.end() ? nullptr : &*site;
}

void add_section(std::vector<std::string>& out, const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out.push_back(title);
  out.insert(out.end(), lines.begin(), lines.end());
}

void append(std::vector<std::string>& to, const std::vector<std::string>& lines) {
  to.insert(to.end(), lines.begin(), lines.end());
}

std::string of_serial(const policy::RootPolicy& root) {
  return "generation " + std::to_string(root.generation) + ", serial " + std::to_string(root.serial);
}

bool is_taken(const policy::RootPolicy& before, const policy::RootPolicy& after) {
  return std::pair(after.generation, after.serial) > std::pair(before.generation, before.serial);
}

std::vector<std::string> site_lines(const Plan& before, const Plan& after, const policy::SitePolicy& site) {
  const policy::SitePolicy* old_site = site_named(before, site.name.text);
  policy::SitePolicy none;
  none.name = site.name;
  std::vector<std::string> lines = compare_fields(old_site ? *old_site : none, site);
  append(lines, compare_hours(merge(before.root, old_site), merge(after.root, &site)));
  if (old_site && old_site->rules != site.rules && site.serial <= old_site->serial)
    lines.push_back("  its serial stays at " + std::to_string(site.serial) + ": raise it, so that people can tell");
  return lines;
}

}  // namespace

std::vector<std::string> differences(const Plan& before, const Plan& after) {
  std::vector<std::string> changes;
  add_section(changes, "for everyone:", compare_fields(before.root, after.root));
  if (before.sites.empty() && after.sites.empty())
    append(changes, compare_hours(merge(before.root, nullptr), merge(after.root, nullptr)));
  std::string unchanged;
  for (const policy::SitePolicy& site : after.sites) {
    const bool is_new = !site_named(before, site.name.text);
    const auto lines = site_lines(before, after, site);
    if (lines.empty() && !is_new) unchanged += (unchanged.empty() ? "" : ", ") + site.name.text;
    if (is_new) changes.push_back("site " + site.name.text + " is new; beside the organisation's rules:");
    is_new ? append(changes, lines) : add_section(changes, "at " + site.name.text + ":", lines);
  }
  for (const policy::SitePolicy& site : before.sites)
    if (!site_named(after, site.name.text))
      changes.push_back("site " + site.name.text + " is gone: the organisation's rules alone hold for its people");

  std::vector<std::string> out;
  const bool has_changes = !(before.root.rules == after.root.rules) || !changes.empty();
  if (has_changes && !is_taken(before.root, after.root))
    out.push_back("no device will take it: " + of_serial(after.root) + " is not above " + of_serial(before.root) +
                  "; raise serial");
  append(out, changes);
  if (has_changes && !unchanged.empty()) out.push_back("nothing of its own changes at: " + unchanged);
  return out;
}

}  // namespace farline::admin
