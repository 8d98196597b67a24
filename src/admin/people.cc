#include "admin/people.h"

#include <charconv>
#include <map>

#include "wire/limits.h"
#include "wire/name.h"
#include "wire/order.h"

namespace farline::admin {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct CsvRecord {
  uint32_t line = 1;  // where it begins
  std::vector<std::string> fields;
  const char* mistake = nullptr;
};

// Records one after the other. What is wrong with one ends at its line.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  bool next(CsvRecord& out) {
    if (at_ == text_.size()) return false;
    out = {.line = line_, .fields = {}, .mistake = nullptr};
    do out.fields.push_back(field(out));
    while (!out.mistake && take(','));
    if (!out.mistake && at_ < text_.size() && !take_end_of_line()) out.mistake = "has something behind a closing quote";
    if (out.mistake) skip_line();
    return true;
  }

 private:
  std::string field(CsvRecord& record) { return take('"') ? quoted(record) : plain(record); }

  std::string plain(CsvRecord& record) {
    const size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
    std::string out(text_.substr(at_, end - at_));
    at_ = end;
    if (end < text_.size() && text_[end] == '"')
      record.mistake = "has a quote inside a field; quote the whole field and write the quote in it twice";
    return out;
  }

  std::string quoted(CsvRecord& record) {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        out += c;
      } else if (take('"')) {
        out += '"';
      } else {
        return out;
      }
    }
    record.mistake = "has a quote that is never closed";
    return out;
  }

  bool take(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool take_end_of_line() {
    const bool returned = take('\r');
    const bool fed = take('\n');
    line_ += fed ? 1 : 0;
    return returned || fed;
  }
  void skip_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    take_end_of_line();
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
};

bool is_heading(const CsvRecord& record) {
  return record.line == 1 && record.fields[0] == "name" && (record.fields.size() == 1 || record.fields[1] == "role");
}
bool is_blank(const CsvRecord& record) {
  return !record.mistake && record.fields.size() == 1 && record.fields[0].empty();
}

std::optional<uint32_t> hours_from(const std::string& text) {
  uint32_t hours = 0;
  const char* end = text.data() + text.size();
  if (const auto [at, error] = std::from_chars(text.data(), end, hours); error != std::errc() || at != end) return {};
  if (hours < 1 || hours > wire::kInvitationHoursMax) return {};
  return hours;
}

// Problems have the line and the column.
class PeopleReader {
 public:
  explicit PeopleReader(const Person& usual) : usual_(usual) {}

  void add(const CsvRecord& record) {
    line_ = record.line;
    if (record.mistake) return fail("", record.mistake);
    const std::vector<std::string>& fields = record.fields;
    if (fields.size() > 3) return fail("", "has more than the columns name, role and hours");
    Person person = usual_;
    person.name = fields[0];
    check_name(person.name);
    if (fields.size() > 1 && !fields[1].empty()) {
      const auto role = policy::choice_named<policy::Role>(fields[1]);
      if (!role) fail("role", "is " + policy::names_in_words<policy::Role>());
      person.role = role.value_or(usual_.role);
    }
    if (fields.size() > 2 && !fields[2].empty()) {
      const auto hours = hours_from(fields[2]);
      if (!hours) fail("hours", "is a number from 1 to " + std::to_string(wire::kInvitationHoursMax));
      person.hours = hours.value_or(usual_.hours);
    }
    if (out_.people.size() == wire::kOrderInvitationsMax)
      return fail("", "is one more than an order can invite (" + std::to_string(wire::kOrderInvitationsMax) +
                          "); split the list");
    out_.people.push_back(std::move(person));
  }

  People take() {
    if (out_.people.empty() && out_.errors.empty()) fail("", "nobody is in the list");
    return std::move(out_);
  }

 private:
  void check_name(const std::string& name) {
    if (name.find(';') != std::string::npos)
      return fail("name", "has a semicolon; save the list as CSV whose columns are separated by commas");
    const auto folded = wire::fold_name(name);
    if (!folded) return fail("name", "is not allowed: " + std::string(folded.error().what));
    const auto [before, is_new] = lines_.emplace(*folded, line_);
    if (!is_new)
      fail("name", "stands in line " + std::to_string(before->second) + " already; for several devices use --uses");
  }
  void fail(std::string key, std::string what) {
    if (out_.errors.size() < 100) out_.errors.push_back({line_, std::move(key), std::move(what)});
  }

  const Person& usual_;
  People out_;
  uint32_t line_ = 1;
  std::map<std::string, uint32_t> lines_;  // by folded name
};

}  // namespace

People read_people(std::string_view csv, const Person& usual) {
  PeopleReader people(usual);
  if (csv.size() > kPeopleBytesMax) return {{}, {{1, "", "the list is longer than 64 KiB; split it"}}};
  if (csv.starts_with(kByteOrderMark)) csv.remove_prefix(kByteOrderMark.size());
  CsvReader reader(csv);
  CsvRecord record;
  while (reader.next(record))
    if (!is_blank(record) && (record.mistake || !is_heading(record))) people.add(record);
  return people.take();
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) out += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      out += field;
      continue;
    }
    out += '"';
    for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\n";
}

}  // namespace farline::admin
