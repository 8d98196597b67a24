#include <doctest/doctest.h>

#include "admin/people.h"
#include "wire/order.h"

using namespace farline;
using namespace farline::admin;

namespace {

const Person kUsual{.name = {}, .role = policy::Role::guest, .hours = 48};

// line key what, of each.
std::vector<std::string> people_problems(std::string_view csv) {
  std::vector<std::string> out;
  for (const Problem& problem : read_people(csv, kUsual).errors)
    out.push_back(std::to_string(problem.line) + " " + problem.key + (problem.key.empty() ? "" : " ") + problem.what);
  return out;
}
std::vector<std::string> names_of(std::string_view csv) {
  const People read = read_people(csv, kUsual);
  CHECK(read.errors.empty());
  std::vector<std::string> out;
  for (const Person& person : read.people) out.push_back(person.name);
  return out;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a list of people, as spreadsheets write it") {
  const People read = read_people("\xef\xbb\xbfname,role,hours\r\nanna,lead,2\r\nbo,,\r\n\r\nkofi@goma,staff", kUsual);
  CHECK(read.errors.empty());
  REQUIRE(read.people.size() == 3);
  CHECK(read.people[0].name == "anna");
  CHECK(read.people[0].role == policy::Role::lead);
  CHECK(read.people[0].hours == 2);
  CHECK(read.people[1].role == policy::Role::guest);
  CHECK(read.people[1].hours == 48);
  CHECK(read.people[2].name == "kofi@goma");
  CHECK(read.people[2].role == policy::Role::staff);

  CHECK(names_of("anna") == Names{"anna"});
  CHECK(names_of("\"Mboya, J.\",lead\n\"the \"\"boss\"\"\"\n") == Names{"Mboya, J.", "the \"boss\""});
  CHECK(names_of("anna\rbo\r") == Names{"anna", "bo"});
  CHECK(names_of("name\nname\n") == Names{"name"});  // only the first line names columns
}

TEST_CASE("every mistake in a list has its line, its column and what to do") {
  CHECK(people_problems("anna,boss\nbo,staff,0\nbo2,,1x\n") ==
        Names{"1 role is staff, guest, lead, security or service", "2 hours is a number from 1 to 8784",
              "3 hours is a number from 1 to 8784"});
  CHECK(people_problems("bo \"b\"\nanna,lead,1,2\n\"a\"x,lead\n\"never\nclosed") ==
        Names{"1 has a quote inside a field; quote the whole field and write the quote in it twice",
              "2 has more than the columns name, role and hours", "3 has something behind a closing quote",
              "4 has a quote that is never closed"});
  CHECK(people_problems("Anna\nbo\nANNA\n") ==
        Names{"3 name stands in line 1 already; for several devices use --uses"});
  CHECK(people_problems("anna;lead\n").front().starts_with("1 name has a semicolon"));
  CHECK(people_problems(",lead\n").front().starts_with("1 name is not allowed"));
  CHECK(people_problems("a\xff\n").front().starts_with("1 name is not allowed"));
  CHECK(people_problems("\"a\nb\"\nc@d@e\n").size() == 2);
  CHECK(people_problems("\"a\nb\"\nc@d@e\n")[1].starts_with("3 name"));
  CHECK(people_problems("") == Names{"1 nobody is in the list"});
  CHECK(people_problems("name,role\n").size() == 1);
  CHECK(people_problems(std::string(kPeopleBytesMax + 1, 'a')) == Names{"1 the list is longer than 64 KiB; split it"});
  std::string many;
  for (size_t i = 0; i <= wire::kOrderInvitationsMax; ++i) many += "p" + std::to_string(i) + "\n";
  CHECK(people_problems(many) == Names{"401 is one more than an order can invite (400); split the list"});
}

TEST_CASE("what is written is read back") {
  const Names fields{"Mboya, J.", "the \"boss\"", "plain"};
  CHECK(csv_line(fields) == "\"Mboya, J.\",\"the \"\"boss\"\"\",plain\n");
  CHECK(names_of(csv_line({fields[0]}) + csv_line({fields[1]})) == Names{fields[0], fields[1]});
}
