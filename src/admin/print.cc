#include "admin/expected.h"
#include "admin/source.h"
#include "admin/value_text.h"

namespace farline::admin {
namespace {

using policy::Field;

// --- TOML ------------------------------------------------------------------------------------------------------------
template <typename T>
inline constexpr bool kIsTables = false;
template <typename T>
inline constexpr bool kIsTables<std::vector<T>> = policy::Described<T>;
template <typename T>
inline constexpr bool kIsTables<std::optional<T>> = kIsTables<T>;

template <typename T>
const T& list_of(const T& list) {
  return list;
}
template <typename T>
const T& list_of(const std::optional<T>& list) {
  return *list;
}

// TOML wants a table's own keys before the tables in it: two passes.
struct KeyWriter {
  std::string& out;
  template <typename T>
  void field(const Field& field, const T& member) {
    if (!policy::is_present(member) && !field.required) return;
    if constexpr (kIsTables<T>) {
      if (list_of(member).empty()) out += std::string(field.name) + " = []\n";
    } else {
      out += (field.written_by_tool ? "# " : "") + std::string(field.name) + " = " + value_text(member) + "\n";
    }
  }
};
struct TablesWriter {
  std::string& out;
  std::string path;
  template <typename T>
  void field(const Field& field, const T& member) {
    if constexpr (kIsTables<T>) {
      if (!policy::is_present(member) || field.written_by_tool) return;
      for (const auto& element : list_of(member)) write(path + field.name, element);
    }
  }
  template <typename T>
  void write(const std::string& name, const T& table) {
    out += "\n[[" + name + "]]\n";
    KeyWriter keys{out};
    describe(keys, table);
    TablesWriter tables{out, name + "."};
    describe(tables, table);
  }
};

// --- Markdown --------------------------------------------------------------------------------------------------------
std::string_view at_site_text(policy::AtSite at_site) {
  switch (at_site) {
    case policy::AtSite::own:
      return "its own instead";
    case policy::AtSite::tightens:
      return "only stricter";
    case policy::AtSite::adds:
      return "adds";
    case policy::AtSite::never:
      return "never";
  }
  return {};
}

struct RowWriter {
  std::string& out;
  bool has_sites = false;
  template <typename T>
  void field(const Field& field, const T&) {
    if (has_sites && field.number >= 0 && field.number < 10) return;  // the head of the file has a table of its own
    out += "| " + std::to_string(field.number) + " | `" + field.name + "` | " + expected<T>(field) + " | ";
    if (has_sites) out += std::string(at_site_text(field.at_site)) + " | ";
    out += field.meaning;
    if (field.required) out += " (required)";
    if (field.written_by_tool) out += " (written by farline-admin)";
    out += " |\n";
  }
};

template <typename T>
void add_table(std::string& out, const char* title, bool has_sites = false) {
  out += "\n### " + std::string(title) + "\n| no. | name | what to write | " + (has_sites ? "at a site | " : "") +
         "meaning |\n|---|---|---|" + (has_sites ? "---|" : "") + "---|\n";
  RowWriter rows{out, has_sites};
  const T empty;
  describe(rows, empty);
}

// The fields of a file that are not Rules.
struct HeadWriter {
  RowWriter rows;
  template <typename T>
  void field(const Field& field, const T& member) {
    const bool is_head = (field.number >= 0 && field.number < 10) || field.number <= policy::kHeadCritical;
    if (is_head) rows.field(field, member);
  }
};
template <typename T>
void add_head(std::string& out, const char* title) {
  out += "\n### " + std::string(title) + "\n| no. | name | what to write | meaning |\n|---|---|---|---|\n";
  HeadWriter rows{{out}};
  const T empty;
  describe(rows, empty);
}

}  // namespace

std::string write_source(const policy::RootPolicy& root, const std::vector<policy::SitePolicy>& sites) {
  std::string out;
  KeyWriter keys{out};
  describe(keys, root);
  TablesWriter tables{out, ""};
  describe(tables, root);
  for (const policy::SitePolicy& site : sites) tables.write("site", site);
  return out;
}

std::string field_tables() {
  std::string out;
  add_head<policy::RootPolicy>(out, "Root file");
  add_head<policy::SitePolicy>(out, "Site file: `[[site]]`");
  add_table<policy::Rules>(out, "Rules, in either file", true);
  add_table<policy::Transition>(out, "`[[transitions]]`");
  add_table<policy::Schedule>(out, "`[[hours]]`");
  add_table<policy::Holiday>(out, "`[[holidays]]`");
  add_table<policy::BuildRule>(out, "`[[builds]]`");
  add_table<policy::Quota>(out, "`[[quotas]]`");
  add_table<policy::Supernode>(out, "`[[supernodes]]`");
  add_table<policy::Tariff>(out, "`[[tariffs]]`");
  return out.substr(1);
}

}  // namespace farline::admin
