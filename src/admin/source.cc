#include "admin/source.h"

#include <algorithm>
#include <set>

#include "admin/expected.h"
#include "admin/toml.h"
#include "policy/codec.h"

namespace farline::admin {
namespace {

using policy::Field;

constexpr size_t kProblemsMax = 50;

// What a person probably meant: fewest letters to insert, delete or change (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

class Problems {
 public:
  explicit Problems(std::vector<Problem>& out) : out_(out) {}
  void add(const toml::node& at, const std::string& key, const std::string& what) {
    if (out_.size() < kProblemsMax) out_.push_back({line_of(at), key, what});
  }

 private:
  std::vector<Problem>& out_;
};

// One value of the source into one member; what does not fit becomes a problem.
class ValueReader {
 public:
  explicit ValueReader(Problems& problems) : problems_(problems) {}

  template <typename T>
  void read(const toml::node& node, const Field& field, const std::string& key, T& value);

 private:
  template <typename T>
  void read_list(const toml::node& node, const Field& field, const std::string& key, T& value);
  template <typename T>
  void read_scalar(const toml::node& node, const Field& field, T& value, bool& fits);

  Problems& problems_;
};

class TableReader {
 public:
  TableReader(const toml::table& table, std::string path, Problems& problems)
      : table_(table), path_(std::move(path)), problems_(problems) {}

  template <typename T>
  void field(const Field& field, T& member) {
    known_.push_back(field.name);
    const toml::node* node = table_.get(field.name);
    const std::string key = path_ + field.name;
    if (!node) {
      if (field.required && !field.written_by_tool)
        problems_.add(table_, key, "is missing: write " + expected<T>(field));
    } else if (field.written_by_tool) {
      problems_.add(*node, key, "is written by farline-admin: remove it");
    } else {
      ValueReader(problems_).read(*node, field, key, member);
    }
  }
  void know(const char* name) { known_.push_back(name); }
  void refuse_the_rest() {
    for (const auto& [key, node] : table_) {
      const std::string_view name = key.str();
      if (std::ranges::find(known_, name) != known_.end()) continue;
      const auto nearest = std::ranges::min_element(
          known_, {}, [&](std::string_view known) { return distance(name.substr(0, 64), known); });
      problems_.add(node, path_ + std::string(name),
                    "is not known; the nearest is \"" + std::string(*nearest) + "\" (docs/POLICY.md has all)");
    }
  }

 private:
  const toml::table& table_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string_view> known_;
};

// TOML has dates of its own; everything else with a form is text.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  const auto printed = [](const auto& value) {
    std::ostringstream out;
    out << value;
    return out.str();
  };
  if (const auto* date = node.as_date()) return printed(date->get());
  if (const auto* moment = node.as_date_time()) return printed(moment->get());
  return {};
}

template <typename T>
void ValueReader::read_scalar(const toml::node& node, const Field& field, T& value, bool& fits) {
  if constexpr (std::is_same_v<T, uint32_t>) {
    const auto* number = node.as_integer();
    fits = number && policy::fits(field, number->get());
    if (fits) value = static_cast<uint32_t>(number->get());
  } else {
    const auto text = text_of(node);
    if (!text) return;
    if constexpr (policy::kIsByteArray<T>) {
      const auto bytes = from_hex(*text);
      fits = bytes && bytes->size() == sizeof(T);
      if (fits) std::ranges::copy(*bytes, policy::byte_array_of(value).begin());
    } else if constexpr (policy::HasForm<T>) {
      const auto parsed = policy::Form<T>::parse(*text);
      fits = parsed.has_value();
      if (fits) value = *parsed;
    } else if constexpr (std::is_same_v<T, policy::Name>) {
      fits = wire::check_name(*text).has_value();
      value.text = *text;
    } else {
      fits = policy::fits(field, *text);
      value = *text;
    }
  }
}

template <typename T>
void ValueReader::read_list(const toml::node& node, const Field& field, const std::string& key, T& value) {
  const toml::array* array = node.as_array();
  if (!array || array->size() > field.max) {
    problems_.add(node, key, "is not right: write " + expected<T>(field));
    return;
  }
  for (const toml::node& element : *array) {
    const std::string element_key = key + "[" + std::to_string(value.size()) + "]";
    read(element, field, element_key, value.emplace_back());
  }
}

template <typename T>
void ValueReader::read(const toml::node& node, const Field& field, const std::string& key, T& value) {
  if constexpr (policy::kIsOptional<T>) {
    read(node, field, key, value.emplace());
  } else if constexpr (policy::kIsList<T>) {
    read_list(node, field, key, value);
  } else if constexpr (policy::Described<T>) {
    const toml::table* table = node.as_table();
    if (!table) return problems_.add(node, key, "is not a table");
    TableReader reader(*table, key + ".", problems_);
    describe(reader, value);
    reader.refuse_the_rest();
  } else if constexpr (policy::kIsSet<T>) {
    const toml::array* array = node.as_array();
    bool fits = array && !array->empty();
    if (array) {
      for (const toml::node& element : *array) {
        const auto* name = element.as_string();
        const auto choice = name ? policy::choice_named<typename T::Element>(name->get()) : std::nullopt;
        fits = fits && choice;
        if (choice) value.add(*choice);
      }
    }
    if (!fits) problems_.add(node, key, "is not right: write " + expected<T>(field));
  } else {
    bool fits = false;
    read_scalar(node, field, value, fits);
    if (!fits) problems_.add(node, key, "is not right: write " + expected<T>(field));
  }
}

template <typename T>
void check(const T& policy, const toml::table& at, const std::string& key, Problems& problems) {
  if (const auto checked = policy::check(policy); !checked) problems.add(at, key, std::string(checked.error().what));
}

void warn(const policy::Rules& rules, const toml::table& at, const std::string& key, Problems& problems) {
  for (const policy::Schedule& schedule : rules.hours.value_or(std::vector<policy::Schedule>{}))
    if (schedule.windows.empty()) problems.add(at, key + "hours", "has no windows: closed all the time");
  if (rules.hours && rules.hours->empty()) problems.add(at, key + "hours", "is empty: closed all the time");
  if (rules.builds && rules.builds->empty()) problems.add(at, key + "builds", "is empty: every build is blocked");
}

void read_sites(const toml::table& table, Source& out, Problems& problems, Problems& warnings) {
  const toml::node* node = table.get("site");
  if (!node) return;
  const toml::array* array = node->as_array();
  if (!array || array->size() > policy::kSitesMax)
    return problems.add(*node, "site", "is not right: write a table [[site]] for each site, at most 1000");
  std::set<std::string> names;
  for (const toml::node& element : *array) {
    const std::string key = "site[" + std::to_string(out.sites.size()) + "]";
    policy::SitePolicy& site = out.sites.emplace_back();
    ValueReader(problems).read(element, Field{}, key, site);
    if (!element.as_table()) continue;
    check(site, *element.as_table(), key, problems);
    warn(site.rules, *element.as_table(), key + ".", warnings);
    if (!names.insert(wire::fold_name(site.name.text).has_value() ? *wire::fold_name(site.name.text) : "").second)
      problems.add(element, key + ".name", "is the name of another site too: choose another");
  }
}

}  // namespace

Source read_source(std::string_view toml) {
  Source out;
  if (toml.size() > kSourceBytesMax) {
    out.errors.push_back({1, "", "is larger than 1 MiB"});
    return out;
  }
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed) {
    out.errors.push_back({parsed.error().source().begin.line, "", std::string(parsed.error().description())});
    return out;
  }
  const toml::table& table = parsed.table();
  Problems problems(out.errors);
  Problems warnings(out.warnings);
  TableReader reader(table, "", problems);
  describe(reader, out.root);
  reader.know("site");
  reader.refuse_the_rest();
  read_sites(table, out, problems, warnings);
  check(out.root, table, "", problems);
  const bool all_sites_have_hours = !out.sites.empty() && std::ranges::all_of(out.sites, [](const auto& site) {
    return site.rules.hours.has_value();
  });
  if (!out.root.rules.hours && !all_sites_have_hours) warnings.add(table, "hours", "are absent: always open");
  if (out.root.rules.contacts.empty()) warnings.add(table, "contacts", "are absent: nobody is always reachable");
  warn(out.root.rules, table, "", warnings);
  return out;
}

}  // namespace farline::admin
