// A supernode that starts over records which something has damaged. It skips what it cannot have saved itself: members
// attach, people are found and invited, and new ones enrol as if those records had never been.
#include "policy/break_glass.h"
#include "support/damaged_records.h"
#include "support/supernode_world.h"
#include "wire/audit.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  Reader in({data, size});
  testing::SupernodeWorld world;
  const auto anna = world.member("Anna"), bela = world.member("Bela");
  policy::RootPolicy rules;
  rules.organisation = {"Relief"};
  rules.serial = 1;
  rules.from = {20'000};
  rules.until = {30'000};
  const policy::GlassCode code{{1}};
  rules.rules.break_glass = {policy::glass_hash(code, {})};
  rules.rules.quotas = {{.roles = {}, .voice_minutes_a_day = 3, .megabytes_a_month = 1}};
  INVARIANT(
      world.node->take_policy(world.now, world.policy_file(rules, {{.name = {"beirut"}, .serial = 1, .rules = {}}})));
  world.send(*anna, wire::BreakGlass{code.bytes});
  const wire::Token for_chidi = world.invite({.uses = 3, .name = "Chidi"}), for_any = world.invite({.uses = 1});
  const wire::AuditReport report{.number = 1, .first_hour = 24, .rows = {{3, wire::AuditUse::voice, 1, 2, 3}}};
  world.send(*anna, wire::Audit{wire::sign_audit(encode(report), wire::certificate_hash_of(anna->certificate),
                                                 anna->signing_keys, world.asymmetric)});
  std::vector<SaveRecord> genuine;
  for (const auto& [key, value] : world.saved) genuine.push_back({key.first, key.second, value});

  world.saved.clear();
  world.start();
  for (const SaveRecord& record : testing::damaged_records(in, genuine)) world.node->load(record);
  (void)world.node->policy_in_force(world.now);
  const supernode::Status loaded = world.node->status();
  INVARIANT(loaded.people <= loaded.devices);

  anna->certificate = world.certificate_by_root(*anna, "Anna");
  for (const auto& member : {anna.get(), bela.get()})
    if (!world.attach(*member)) (void)world.attach(*member, true);
  for (const char* name : {"Anna", "bela", "chidi", "Dora"})
    if (anna->transport) world.send(*anna, wire::Lookup{1, name});
  const ByteVector noise(57, 0x11);
  if (anna->transport)
    world.send(*anna,
               wire::Invite{.callee = bela->id(), .call = 7, .rate_kbps = 3, .known_devices = 1, .noise = noise});
  for (const wire::Token& token : {for_chidi, for_any, for_chidi, for_chidi, for_chidi}) {
    const auto client = world.new_client();
    const auto response = world.deliver(*client, client->enrol_with(token));
    if (!response || !client->take_response(world.now, response->datagram.bytes())) continue;
    world.send(*client, client->enrol_request("Chidi"));
  }
  const auto in_force = world.node->policy_in_force(world.now);
  if (!in_force || in_force->version == wire::PolicyVersion{0, 1})  // what was damaged may withdraw anybody
    INVARIANT(world.enrol(*world.new_client(), world.invite({.uses = 1, .name = "Ernst"}), "Ernst") ==
              wire::EnrolStatus::done);
  world.advance(400s);
  return 0;
}
