#include <doctest/doctest.h>

#include "supernode/records.h"
#include "support/supernode_world.h"

using namespace farline;
using namespace farline::testing;

namespace {

constexpr auto kInvitation = static_cast<uint8_t>(supernode::RecordKind::invitation);
constexpr auto kDevice = static_cast<uint8_t>(supernode::RecordKind::device);

ByteVector invitation(uint32_t uses, std::string_view person) {
  ByteVector out(12 + person.size());
  Writer writer(out);
  writer.u32(uses);
  writer.u64(SupernodeWorld::kWall + 3600);
  writer.bytes(as_bytes(person));
  return out;
}

}  // namespace

TEST_CASE("an invitation that no run can have saved is skipped: one without uses would never be used up") {
  SupernodeWorld world;
  const ByteVector key(16, 7);
  world.node->load({kInvitation, key, invitation(0, "")});
  world.node->load({kInvitation, key, invitation(wire::kInvitationUsesMax + 1, "")});
  world.node->load({kInvitation, key, invitation(1, "Not Folded")});
  world.node->load({kInvitation, key, invitation(1, std::string(100, 'x'))});
  world.node->load({kInvitation, ByteVector(15, 7), invitation(1, "")});
  CHECK_EQ(world.node->status().invitations, 0);
  world.node->load({kInvitation, key, invitation(1, "anna")});
  CHECK_EQ(world.node->status().invitations, 1);
}

TEST_CASE("a device comes back once, and a person has no more of them than may enrol") {
  SupernodeWorld world;
  ByteVector issuer(8);  // the counter, then the certificate
  issuer.insert(issuer.end(), world.issuer_certificate.begin(), world.issuer_certificate.end());
  world.node->load({kDevice, to_vector(wire::device_id_of({}).bytes), issuer});
  CHECK_EQ(world.node->status().devices, 0);
  for (size_t i = 0; i < wire::kDevicesPerPersonMax + 2; ++i) {
    const auto client = world.new_client();
    ByteVector value(8);
    for (const std::string name : {"Anna", "Bela"}) {  // the second one says the device is somebody else's
      value.resize(8);
      const ByteVector certificate = world.certificate_by_root(*client, name);
      value.insert(value.end(), certificate.begin(), certificate.end());
      world.node->load({kDevice, to_vector(client->id().bytes), value});
      if (i >= wire::kDevicesPerPersonMax) break;
    }
  }
  CHECK_EQ(world.node->status().devices, wire::kDevicesPerPersonMax);
  CHECK_EQ(world.node->status().people, 1);
}
