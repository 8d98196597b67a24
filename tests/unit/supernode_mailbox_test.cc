#include <doctest/doctest.h>

#include "supernode/mailbox.h"
#include "support/supernode_world.h"

using namespace farline;
using namespace farline::testing;

namespace {

ByteVector ids_of(std::initializer_list<const MiniClient*> clients) {
  ByteVector out;
  for (const MiniClient* client : clients) {
    const auto id = client->id();
    for (const uint8_t byte : id.bytes) out.push_back(byte);
  }
  return out;
}

ByteVector line(uint8_t what, size_t size = 70) {
  return ByteVector(size, what);
}

struct Bundle {
  uint8_t number = 0;
  size_t left = 0;
  std::vector<std::pair<wire::DeviceId, ByteVector>> items{};
};

class MailWorld : public SupernodeWorld {
 public:
  using SupernodeWorld::SupernodeWorld;
  std::unique_ptr<MiniClient> ada = member("Ada"), bela = member("Bela"), cesar = member("Cesar");

  void put(MiniClient& from, std::initializer_list<const MiniClient*> to, const ByteVector& sealed, uint8_t number = 1,
           bool keep = true) {
    const ByteVector recipients = ids_of(to);
    send(from, wire::MailPut{number, keep, recipients, sealed});
  }
  // Put, written, and confirmed.
  bool kept(MiniClient& from, std::initializer_list<const MiniClient*> to, const ByteVector& sealed,
            uint8_t number = 1) {
    put(from, to, sealed, number);
    advance(300ms);
    const auto stored = take<wire::MailStored>(from);
    return stored && stored->numbers.size() == 1 && stored->numbers[0] == number;
  }
  std::optional<Bundle> got(MiniClient& client) {
    const auto message = take<wire::Mail>(client);
    if (!message) return std::nullopt;
    Bundle out{message->number, message->left};
    wire::MailItems items(message->items);
    while (const auto item = items.next()) out.items.emplace_back(item->sender, to_vector(item->sealed));
    return out;
  }
  std::optional<Bundle> ask(MiniClient& client, uint8_t number, uint16_t most = 1160) {
    send(client, wire::MailTaken{number, most});
    return got(client);
  }
  void leave(MiniClient& client) { send(client, wire::Detach{}); }
  // What the handshake's answer says.
  bool comes_back(MiniClient& client) {
    const auto response = deliver(client, client.attach_by_hash());
    const auto payload = client.take_response(now, response->datagram.bytes());
    sent.clear();
    deliver(client, client.keepalive());
    sent.clear();
    return (payload->capabilities & wire::kNodeHasMail) != 0;
  }
};

}  // namespace

TEST_CASE("who keeps no mail passes it on to who is there, and says busy of the others") {
  MailWorld world({.has_mail = false});
  world.put(*world.ada, {world.bela.get()}, line('a'), 1);
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());
  const auto got = world.got(*world.bela);
  REQUIRE(got.has_value());
  REQUIRE(got->items.size() == 1);
  CHECK(got->items[0].second == line('a'));
  world.leave(*world.bela);
  world.put(*world.ada, {world.bela.get()}, line('b'), 2);
  const auto refused = world.take<wire::MailRefused>(*world.ada);
  REQUIRE(refused.has_value());
  CHECK(refused->reason == wire::MailRefusal::busy);
  CHECK_FALSE(world.take<wire::MailStored>(*world.ada).has_value());
}

TEST_CASE("who is attached has a message before it is on disk; it is confirmed when it is there") {
  MailWorld world;
  world.put(*world.ada, {world.bela.get()}, line('x'));
  const auto mail = world.got(*world.bela);
  REQUIRE(mail.has_value());
  CHECK(mail->number == 1);
  CHECK(mail->left == 0);
  REQUIRE(mail->items.size() == 1);
  CHECK(mail->items[0].first == world.ada->id());
  CHECK(mail->items[0].second == line('x'));
  CHECK(world.mail.size() == 0);
  CHECK_FALSE(world.take<wire::MailStored>(*world.ada).has_value());
  world.advance(300ms);
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());
  CHECK(world.mail.size() == 2);
  CHECK_FALSE(world.ask(*world.bela, 1).has_value());
  world.advance(3s);
  CHECK(world.mail.size() == 0);
  CHECK(world.node->status().mail == 0);
  CHECK(world.node->status().mail_bytes == 0);
  CHECK(world.node->counters().mail_delivered == 1);
}

TEST_CASE("what was taken before the commit never costs a write") {
  MailWorld world;
  world.put(*world.ada, {world.bela.get()}, line('x'));
  CHECK_FALSE(world.ask(*world.bela, world.got(*world.bela)->number).has_value());
  world.advance(3s);
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());
  CHECK(world.mail.commits == 0);
}

TEST_CASE("one upload reaches everybody: one now, one after the node was killed, its body kept once") {
  MailWorld world;
  world.leave(*world.cesar);
  REQUIRE(world.kept(*world.ada, {world.bela.get(), world.cesar.get()}, line('x')));
  CHECK(world.mail.size() == 3);
  world.ask(*world.bela, world.got(*world.bela)->number);
  world.advance(3s);
  CHECK(world.mail.size() == 2);
  world.start();
  CHECK(world.node->status().mail == 1);
  CHECK(world.comes_back(*world.cesar));
  const auto mail = world.ask(*world.cesar, 0);
  REQUIRE(mail.has_value());
  CHECK(mail->items == Bundle{.items = {{world.ada->id(), line('x')}}}.items);
  CHECK_FALSE(world.ask(*world.cesar, mail->number).has_value());
  world.advance(3s);
  CHECK(world.mail.size() == 0);
  world.leave(*world.cesar);
  CHECK_FALSE(world.comes_back(*world.cesar));
}

TEST_CASE("nothing that was confirmed is lost when the node dies, and what was not is not half there") {
  MailWorld world;
  world.leave(*world.bela);
  REQUIRE(world.kept(*world.ada, {world.bela.get()}, line('x')));
  world.put(*world.ada, {world.bela.get()}, line('y'), 2);
  world.start();  // before the commit
  CHECK(world.node->status().mail == 1);
  REQUIRE(world.attach(*world.ada));
  REQUIRE(world.kept(*world.ada, {world.bela.get()}, line('y'), 2));
  CHECK(world.node->status().mail == 2);
}

TEST_CASE("a repeated message is the same one, before it is on disk, after, and when it has been taken") {
  MailWorld world;
  world.leave(*world.bela);
  world.put(*world.ada, {world.bela.get()}, line('x'), 1);
  world.put(*world.ada, {world.bela.get()}, line('x'), 2);
  world.advance(300ms);
  const auto stored = world.take<wire::MailStored>(*world.ada);
  REQUIRE(stored.has_value());
  CHECK(to_vector(stored->numbers) == ByteVector{1, 2});
  world.put(*world.ada, {world.bela.get()}, line('x'), 3);
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());  // at once
  CHECK(world.node->status().mail == 1);
  CHECK(world.comes_back(*world.bela));
  const auto mail = world.ask(*world.bela, 0);
  CHECK_FALSE(world.ask(*world.bela, mail->number).has_value());
  world.put(*world.ada, {world.bela.get()}, line('x'), 4);
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());
  CHECK_FALSE(world.got(*world.bela).has_value());
  world.put(*world.cesar, {world.bela.get()}, line('x'), 4);  // of somebody else it is another one
  CHECK(world.got(*world.bela).has_value());
}

TEST_CASE("what waits comes newest first, in pieces as large as the device asks for") {
  MailWorld world;
  world.leave(*world.bela);
  for (uint8_t i = 1; i <= 40; ++i) REQUIRE(world.kept(*world.ada, {world.bela.get()}, line(i), i));
  CHECK(world.comes_back(*world.bela));
  std::vector<uint8_t> order;
  uint8_t number = 0;
  size_t bundles = 0;
  for (auto mail = world.ask(*world.bela, number); mail; mail = world.ask(*world.bela, number, 500)) {
    ++bundles;
    size_t bytes = 0;
    for (const auto& [sender, sealed] : mail->items) {
      order.push_back(sealed[0]);
      bytes += sealed.size();
    }
    CHECK(bytes <= (bundles == 1 ? 1160 : 500));
    CHECK(mail->left == 40 - order.size());
    number = mail->number;
    REQUIRE(bundles < 20);
  }
  std::vector<uint8_t> all(40);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(40 - i);
  CHECK(order == all);
}

TEST_CASE("a long message is announced, not sent unasked, and skipped while there is no room for it") {
  MailWorld world;
  world.put(*world.ada, {world.bela.get()}, line('x', 900));
  auto mail = world.got(*world.bela);
  REQUIRE(mail.has_value());
  CHECK(mail->items.empty());
  CHECK(mail->left == 1);
  world.put(*world.ada, {world.bela.get()}, line('y'), 2);
  CHECK_FALSE(world.got(*world.bela).has_value());  // it owes an answer
  mail = world.ask(*world.bela, mail->number, 200);
  REQUIRE(mail->items.size() == 1);
  CHECK(mail->items[0].second == line('y'));
  CHECK(mail->left == 1);
  mail = world.ask(*world.bela, mail->number);
  REQUIRE(mail->items.size() == 1);
  CHECK(mail->items[0].second == line('x', 900));
}

TEST_CASE("a MAIL that is not answered comes again, ever more rarely; so does one whose question was lost") {
  MailWorld world;
  world.put(*world.ada, {world.bela.get()}, line('x'));
  const auto first = world.got(*world.bela);
  world.advance(1s);
  CHECK_FALSE(world.got(*world.bela).has_value());
  world.advance(10s);
  const auto again = world.got(*world.bela);
  REQUIRE(again.has_value());
  CHECK(again->number == first->number);
  CHECK(again->items == first->items);
  world.advance(11s);
  CHECK_FALSE(world.got(*world.bela).has_value());
  world.advance(10s);
  CHECK(world.got(*world.bela).has_value());
  const auto asked = world.ask(*world.bela, 77);  // a number that was never given: only asks
  REQUIRE(asked.has_value());
  CHECK(asked->items == first->items);
  CHECK(asked->number != first->number);
  CHECK_FALSE(world.ask(*world.bela, first->number, 0).has_value());  // an old one takes nothing
  CHECK(world.node->status().mail == 1);
  CHECK_FALSE(world.ask(*world.bela, asked->number).has_value());
  CHECK(world.node->status().mail == 0);
  CHECK(world.ask(*world.bela, 99)->items.empty());  // asked for nothing: told so
}

TEST_CASE("what need not be kept goes to who is attached, and nobody answers for the rest") {
  MailWorld world;
  world.leave(*world.cesar);
  world.put(*world.ada, {world.bela.get(), world.cesar.get()}, line('x'), 9, false);
  const auto refused = world.take<wire::MailRefused>(*world.ada);
  REQUIRE(refused.has_value());
  CHECK(refused->reason == wire::MailRefusal::absent);
  CHECK(equal(refused->recipients, world.cesar->id().bytes));
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());
  const auto mail = world.got(*world.bela);
  REQUIRE(mail.has_value());
  CHECK(mail->number == 0);
  world.advance(30s);
  CHECK(world.mail.commits == 0);
  CHECK(world.node->status().mail == 0);
}

TEST_CASE("a full box, an unknown device and one that was revoked are named; the others get the message") {
  MailWorld world;
  const auto stranger = world.new_client();
  world.leave(*world.bela);
  world.put(*world.ada, {world.bela.get(), stranger.get(), world.ada.get()}, line('x'));
  const auto refused = world.take<wire::MailRefused>(*world.ada);
  REQUIRE(refused.has_value());
  CHECK(refused->reason == wire::MailRefusal::no_such_device);
  CHECK(to_vector(refused->recipients) == ids_of({stranger.get(), world.ada.get()}));
  world.advance(300ms);
  CHECK(world.take<wire::MailStored>(*world.ada).has_value());
  for (size_t i = 1; i < supernode::kMailPerBoxMax; ++i) {
    ByteVector sealed = line(static_cast<uint8_t>(i));
    sealed[0] = static_cast<uint8_t>(i >> 8);
    world.put(*world.ada, {world.bela.get()}, sealed);
    world.advance(150ms);
    world.sent.clear();
  }
  CHECK(world.node->status().mail == supernode::kMailPerBoxMax);
  world.put(*world.ada, {world.bela.get()}, line('y'));
  const auto full = world.take<wire::MailRefused>(*world.ada);
  REQUIRE(full.has_value());
  CHECK(full->reason == wire::MailRefusal::box_full);
  CHECK(full->again_s > 0);
  CHECK(world.node->status().mail == supernode::kMailPerBoxMax);
}

TEST_CASE("a flood of one sender is refused without a look at anything, and another is heard") {
  MailWorld world;
  for (uint32_t i = 0; i < 200; ++i) {
    ByteVector sealed = line('x');
    sealed[0] = static_cast<uint8_t>(i);
    world.put(*world.ada, {world.bela.get()}, sealed);
  }
  CHECK(world.node->status().mail <= wire::kMailsBurst + 1);
  CHECK(world.node->counters().mail_refused + world.node->counters().rate_limited >= 140);
  CHECK(world.kept(*world.cesar, {world.bela.get()}, line('z')));
}

TEST_CASE("a disk that refuses costs the mail and nothing else") {
  MailWorld world;
  world.leave(*world.bela);
  world.mail.is_full = true;
  CHECK_FALSE(world.kept(*world.ada, {world.bela.get()}, line('x')));
  CHECK(world.node->status().mail == 0);
  world.put(*world.ada, {world.bela.get()}, line('x'));
  const auto refused = world.take<wire::MailRefused>(*world.ada);
  REQUIRE(refused.has_value());
  CHECK(refused->reason == wire::MailRefusal::busy);
  CHECK(world.mail.commits == 1);  // not asked again so soon
  world.send(*world.ada, wire::Lookup{1, "Bela"});
  CHECK(world.take<wire::LookupResult>(*world.ada)->device_count == 1);
  world.mail.is_full = false;
  world.advance(30s);
  CHECK(world.kept(*world.ada, {world.bela.get()}, line('x')));
}

TEST_CASE("what nobody fetches is gone after 30 days") {
  MailWorld world;
  world.leave(*world.bela);
  REQUIRE(world.kept(*world.ada, {world.bela.get()}, line('x')));
  const auto pass = [&](Duration time) {
    world.now += time;
    world.node->set_wall_time(world.now,
                              {SupernodeWorld::kWall + static_cast<uint64_t>(world.now.time_since_epoch() / 1s)});
    REQUIRE(world.attach(*world.ada));
    world.advance(15s);
  };
  pass(29 * 24h);
  CHECK(world.node->status().mail == 1);
  pass(2 * 24h);
  CHECK(world.node->status().mail == 0);
  CHECK(world.mail.size() == 0);
}

TEST_CASE("where policy closes the hours nobody but emergency contacts is written to") {
  MailWorld world;
  policy::RootPolicy rules;
  rules.organisation = {"Relief"};
  rules.serial = 1;
  rules.from = {20'000};
  rules.until = {30'000};
  rules.rules.contacts = {{"Cesar"}};
  rules.rules.hours.emplace();
  REQUIRE(world.node->take_policy(world.now, world.policy_file(rules, {})));
  world.drain();
  world.put(*world.ada, {world.bela.get(), world.cesar.get()}, line('x'));
  const auto refused = world.take<wire::MailRefused>(*world.ada);
  REQUIRE(refused.has_value());
  CHECK(refused->reason == wire::MailRefusal::by_policy);
  CHECK(equal(refused->recipients, world.bela->id().bytes));
  CHECK(world.got(*world.cesar).has_value());
}

namespace {

struct MailPolicyWorld : MailWorld {
  explicit MailPolicyWorld() {
    rules.organisation = {"Relief"};
    rules.from = {20'000};
    rules.until = {30'000};
    rules.rules.contacts = {{"Cesar"}};
  }
  void publish() {
    ++rules.serial;
    REQUIRE(node->take_policy(now, policy_file(rules, {})));
    for (MiniClient* client : {ada.get(), bela.get(), cesar.get()}) {
      client->policy = {rules.generation, rules.serial};
      send(*client, wire::PolicyNews{client->policy});
    }
    drain();
    sent.clear();
  }
  // How many of `count` messages, four a second, the node passes on.
  int taken(MiniClient& from, MiniClient& to, int count, size_t size = 1000) {
    int out = 0;
    for (int i = 0; i < count; ++i) {
      advance(250ms);
      ByteVector sealed = line('x', size);
      sealed[0] = static_cast<uint8_t>(++made);
      sealed[1] = static_cast<uint8_t>(made >> 8);
      put(from, {&to}, sealed, static_cast<uint8_t>(made), false);
      last = take<wire::MailRefused>(from);
      if (!last) ++out;
      sent.clear();
      for (MiniClient* client : {ada.get(), bela.get(), cesar.get()})
        if (i % 60 == 59) deliver(*client, client->keepalive());
      sent.clear();
    }
    return out;
  }
  policy::RootPolicy rules;
  std::optional<wire::MailRefused> last;
  unsigned made = 0;
};

}  // namespace

TEST_CASE("messages use up the megabytes of the month, on either side of the node, but those of contacts") {
  MailPolicyWorld world;
  world.rules.rules.quotas = {{.roles = {}, .voice_minutes_a_day = {}, .megabytes_a_month = 1}};
  world.publish();
  CHECK(world.taken(*world.ada, *world.cesar, 1200) == 1200);
  const int before = world.taken(*world.ada, *world.bela, 1200);
  CHECK(before >= 900);  // of 1,068 to 1,088 bytes each
  CHECK(before <= 1000);
  REQUIRE(world.last.has_value());
  CHECK(world.last->reason == wire::MailRefusal::by_policy);
  CHECK(world.last->rule == static_cast<uint8_t>(policy::Rule::quota));
  CHECK(world.last->again_s > 0);
  CHECK(world.taken(*world.bela, *world.ada, 1) == 0);  // it has had as much
  CHECK(world.taken(*world.ada, *world.cesar, 3) == 3);
  CHECK(world.taken(*world.cesar, *world.ada, 3) == 3);
}

TEST_CASE("messages obey the rate of a client, and those of contacts pass beyond it") {
  MailPolicyWorld world;
  world.rules.rules.client_bps = 2400;  // 300 bytes a second: less than a third of a message
  world.publish();
  world.taken(*world.ada, *world.bela, 400);                    // the burst
  const int taken = world.taken(*world.ada, *world.bela, 400);  // in 100 s: 30,000 bytes
  CHECK(taken >= 25);
  CHECK(taken <= 30);
  CHECK(world.taken(*world.ada, *world.cesar, 20) == 20);
  CHECK(world.taken(*world.cesar, *world.ada, 20) == 20);
}

TEST_CASE("what a client's rate has no room for comes when it has, and a contact's before that") {
  MailPolicyWorld world;
  world.rules.rules.client_bps = 2400;
  world.publish();
  world.taken(*world.cesar, *world.bela, 400);      // the burst
  world.taken(*world.cesar, *world.bela, 60, 100);  // to the last byte
  world.put(*world.ada, {world.bela.get()}, line('y', 250), 200);
  CHECK_FALSE(world.got(*world.bela).has_value());
  world.put(*world.cesar, {world.bela.get()}, line('z', 100), 201);
  const auto urgent = world.got(*world.bela);
  REQUIRE(urgent.has_value());
  REQUIRE(urgent->items.size() == 1);
  CHECK(urgent->items[0].second == line('z', 100));
  CHECK(urgent->left == 1);
  world.advance(60s);
  world.sent.clear();
  const auto later = world.ask(*world.bela, urgent->number);
  REQUIRE(later.has_value());
  REQUIRE(later->items.size() == 1);
  CHECK(later->items[0].second == line('y', 250));
}
