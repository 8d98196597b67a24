// A list of people is people or mistakes, bounded; names that are taken are names, and written back they read the same.
#include "admin/people.h"
#include "wire/name.h"
#include "wire/order.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto read = admin::read_people(as_text({data, size}), {});
  INVARIANT(read.people.size() <= wire::kOrderInvitationsMax && read.errors.size() <= 100);
  INVARIANT(!read.people.empty() || !read.errors.empty());
  if (!read.errors.empty()) return 0;
  std::string again = "name,role\n";
  for (const admin::Person& person : read.people) {
    INVARIANT(wire::check_name(person.name).has_value() && person.hours >= 1);
    again += admin::csv_line({person.name, std::string(policy::name_of(person.role)), std::to_string(person.hours)});
  }
  const auto reread = admin::read_people(again, {});
  INVARIANT(reread.people.size() == read.people.size() || again.size() > admin::kPeopleBytesMax);
  return 0;
}
