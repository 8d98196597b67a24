#include "admin/edit.h"

#include <algorithm>

#include "admin/source.h"
#include "admin/toml.h"
#include "admin/value_text.h"

namespace farline::admin {
namespace {

// --- Places in a text ------------------------------------------------------------------------------------------------
// Where the value of a key of the root table begins. toml++ counts lines and columns from 1; before the value on its
// line stand only the key and spaces, so that columns are bytes.
std::optional<size_t> value_at(std::string_view text, const char* key) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return {};
  const toml::node* node = parsed.table().get(key);
  if (!node) return {};
  size_t start = 0;
  for (uint32_t line = 1; line < line_of(*node); ++line) {
    const size_t end = text.find('\n', start);
    if (end == std::string_view::npos) return {};
    start = end + 1;
  }
  const size_t at = start + node->source().begin.column - 1;
  return at < text.size() ? std::optional(at) : std::nullopt;
}

size_t end_of_line(std::string_view text, size_t at) {
  return std::min(text.find('\n', at), text.size());
}

bool set_number(std::string& text, const char* key, uint32_t value) {
  const auto at = value_at(text, key);
  if (!at) return false;
  size_t end = *at;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
  text.replace(*at, end - *at, std::to_string(value));
  return true;
}

// Puts elements in front of a root list, or makes one below the serial.
bool add_elements(std::string& text, const char* key, const std::string& elements) {
  if (const auto at = value_at(text, key)) {
    if (text[*at] != '[') return false;
    const size_t next = text.find_first_not_of(" \t\r\n", *at + 1);
    const bool is_empty = next != std::string::npos && text[next] == ']';
    text.insert(*at + 1, elements + (is_empty ? "" : ", "));
    return true;
  }
  const auto serial = value_at(text, "serial");
  if (!serial) return false;
  text.insert(end_of_line(text, *serial), "\n" + std::string(key) + " = [" + elements + "]");
  return true;
}

// --- Edits -----------------------------------------------------------------------------------------------------------
struct Wanted {
  policy::RootPolicy root;
  std::vector<policy::SitePolicy> sites;
};

Wanted with_next_serial(std::string_view text) {
  Source source = read_source(text);
  ++source.root.serial;
  return {std::move(source.root), std::move(source.sites)};
}

Edit finish(std::string text, const Wanted& wanted, const std::string& by_hand) {
  Edit out{{}, "serial = " + std::to_string(wanted.root.serial) + "\n" + by_hand, {}};
  if (!set_number(text, "serial", wanted.root.serial)) return out;
  const Source source = read_source(text);
  if (wanted.root.serial == 0) {
    out.problem = "serial cannot be raised any more: raise generation, and begin again with serial = 0";
  } else if (!source.errors.empty() && !source.errors[0].key.empty()) {  // no key: TOML's own grammar
    out.problem = source.errors[0].key + " " + source.errors[0].what;
  } else if (source.errors.empty() && source.root == wanted.root && source.sites == wanted.sites) {
    out.text = std::move(text);
  }
  return out;
}

Edit add_to_list(std::string_view text, const Wanted& wanted, const char* key, const std::string& elements) {
  std::string changed(text);
  const std::string by_hand = std::string(key) + " = [" + elements + "]  # and what stands there already";
  if (!add_elements(changed, key, elements)) return finish({}, wanted, by_hand);
  return finish(std::move(changed), wanted, by_hand);
}

std::string site_lines(const NewSite& site) {
  return "\n[[site]]\nname = " + quoted(site.name) +
         "\nserial = 1  # raise it with every change of this site\nutc_offset = " +
         quoted(policy::Form<policy::UtcOffset>::text(site.utc_offset)) +
         "\n# The organisation's hours hold here too. To be stricter:\n# [[site.hours]]\n# classes = [\"voice\", "
         "\"messages\"]\n# windows = [\"Mon-Fri 08:00-18:00\"]\n";
}

// --- A new source ----------------------------------------------------------------------------------------------------
void replace_all(std::string& text, const std::string& old, const std::string& with) {
  for (size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + with.size()))
    text.replace(at, old.size(), with);
}

// `key = ` at the beginning of a line, once.
void set_line(std::string& text, const std::string& key, const std::string& value) {
  const size_t at = text.find("\n" + key + " = ");
  if (at == std::string::npos) return;
  const size_t start = at + key.size() + 4;
  const size_t end = std::min(end_of_line(text, start), std::min(text.find("  #", start), text.size()));
  text.replace(start, end - start, value);
}

std::string with_examples_as_comments(std::string_view text) {
  constexpr std::string_view kMark = "  # example";
  std::string out;
  while (!text.empty()) {
    const size_t end = end_of_line(text, 0);
    const std::string_view line = text.substr(0, end);
    if (line.ends_with(kMark)) {
      out += "# " + std::string(line.substr(0, line.size() - kMark.size()));
    } else {
      out += line;
    }
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string new_source(const NewSource& wanted) {
  std::string text = with_examples_as_comments(wanted.example);
  const Source example = read_source(text);
  const auto day = [&](int32_t days) { return policy::Form<policy::Day>::text({wanted.from.number + days}); };
  set_line(text, "organisation", quoted(wanted.organisation));
  set_line(text, "generation", "1");
  set_line(text, "serial", "1");
  set_line(text, "from", day(0));
  set_line(text, "until", day(example.root.until.number - example.root.from.number));
  if (wanted.site.empty()) return text;
  if (example.sites.empty()) return text + site_lines({wanted.site, {}});
  const std::string& old = example.sites[0].name.text;
  const std::string name = quoted(wanted.site);
  replace_all(text, "\"" + old + "\"", name);
  replace_all(text, "@" + old + "\"", "@" + name.substr(1));
  return text;
}

Edit add_site(std::string_view text, const NewSite& site) {
  Wanted wanted = with_next_serial(text);
  policy::SitePolicy& added = wanted.sites.emplace_back();
  added.name = {site.name};
  added.serial = 1;
  added.rules.utc_offset = site.utc_offset;
  std::string changed(text);
  if (!changed.empty() && changed.back() != '\n') changed += '\n';
  return finish(changed + site_lines(site), wanted, site_lines(site));
}

Edit revoke(std::string_view text, const wire::DeviceId& device) {
  Wanted wanted = with_next_serial(text);
  auto& list = wanted.root.rules.revoked;
  list.insert(list.begin(), device);
  return add_to_list(text, wanted, "revoked", quoted(to_hex(device.bytes)));
}

Edit revoke_issuer(std::string_view text, const crypto::SigningPublicKey& key) {
  Wanted wanted = with_next_serial(text);
  auto& list = wanted.root.revoked_issuers;
  list.insert(list.begin(), key);
  return add_to_list(text, wanted, "revoked_issuers", quoted(to_hex(key)));
}

Edit add_break_glass(std::string_view text, const std::vector<policy::ShortHash>& hashes) {
  Wanted wanted = with_next_serial(text);
  auto& list = wanted.root.rules.break_glass;
  list.insert(list.begin(), hashes.begin(), hashes.end());
  std::string elements;
  for (const policy::ShortHash& hash : hashes) elements += (elements.empty() ? "" : ", ") + quoted(to_hex(hash));
  return add_to_list(text, wanted, "break_glass", elements);
}

}  // namespace farline::admin
