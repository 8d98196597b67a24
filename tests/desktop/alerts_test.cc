// Of which messages of a chat a person is told.
#include "app/desktop_records.h"
#include "desktop/engines.h"
#include "support/open_store.h"

namespace farline::testing {
namespace {

using client::Alerts;
using client::AlertsFor;

TEST_CASE("words are watched for in the form that is searched, and remembered") {
  ScratchFolder folder;
  const Alerts words{AlertsFor::words, "Water café  شاحنة"};
  {
    OpenStore store(folder.file("records.db"));
    app::DesktopRecords records(*store);
    CHECK(records.alerts("a", "hello"));
    REQUIRE(records.set_alerts("a", words));
    REQUIRE(records.set_alerts("b", {AlertsFor::none, {}}));
  }
  OpenStore store(folder.file("records.db"));
  const app::DesktopRecords records(*store);
  CHECK(records.alerts_of("a") == words);
  CHECK(records.alerts("a", "the waterpump is broken"));
  CHECK(records.alerts("a", "meet at the CAFE"));
  CHECK(records.alerts("a", "وصلت الشاحنة"));
  CHECK_FALSE(records.alerts("a", "hello"));
  CHECK_FALSE(records.alerts("b", "water"));
  CHECK(records.alerts("c", "hello"));
}

TEST_CASE("a message without the words is not told") {
  ScratchFolder folder;
  NodeThread node(folder.file("node"));
  Window amina(folder.file("amina"));
  Window budi(folder.file("budi"));
  amina.enrol(node.invitation(), "amina");
  budi.enrol(node.invitation(), "budi");
  amina.send(command::NewChat{"Convoy", {"budi"}});
  const std::string chat = amina.wait([](const View& v) { return v.messages.open.has_value(); }).messages.open->id;
  budi.wait([](const View& v) { return !v.messages.chats.empty() && v.messages.chats[0].is_member; });
  const Alerts wanted{AlertsFor::words, "water"};
  budi.send(command::SetAlerts{chat, wanted});
  budi.wait([&](const View& v) { return v.messages.chats[0].alerts == wanted; });
  // What did not come live, because a datagram was lost, is history and told to nobody: then once more.
  int sent = 0;
  for (; sent < 10 && budi.messages_told() == 0; ++sent) {
    amina.send(command::SendText{chat, "hello", {}});
    amina.send(command::SendText{chat, "Waterpump " + std::to_string(sent), {}});
    budi.wait([&](const View& v) { return v.messages.chats[0].unread == 2 * static_cast<uint32_t>(sent + 1); });
  }
  CHECK(budi.messages_told() > 0);
  CHECK(budi.messages_told() <= sent);
}

}  // namespace
}  // namespace farline::testing
