#include <cstdlib>
#include <filesystem>

#include "client/view_of.h"
#include "desktop/engines.h"

namespace farline::testing {
namespace {

using client::CallState;
using client::EndReason;

struct Pair {
  ScratchFolder folder;
  NodeThread node{folder.file("node")};
  Window amina{folder.file("amina")};
  Window budi{folder.file("budi")};

  Pair() {
    amina.enrol(node.invitation(), "amina");
    budi.enrol(node.invitation(), "budi");
  }
  void connect() {
    amina.send(command::StartCall{"budi"});
    budi.wait_for(CallState::ringing_here);
    budi.send(command::Answer{});
    amina.wait_for(CallState::connected);
    budi.wait_for(CallState::connected);
  }
};

TEST_CASE("a call is made, answered, muted and ended, and both remember it") {
  Pair pair;
  pair.connect();
  pair.amina.send(command::Mute{true});
  CHECK(pair.amina.wait([](const View& v) { return v.call && v.call->is_muted; }).call->peer == "budi");
  pair.amina.send(command::Hold{true});
  pair.amina.wait([](const View& v) { return v.call && v.call->is_on_hold; });
  pair.budi.wait([](const View& v) { return v.call && v.call->is_held_there; });
  pair.amina.send(command::Hold{false});
  pair.budi.wait([](const View& v) { return v.call && !v.call->is_held_there; });
  pair.amina.wait([](const View& v) { return v.call && v.call->history.size() >= 2; });
  pair.amina.send(command::HangUp{});
  const View& amina = pair.amina.wait([](const View& v) { return v.ended.has_value() && !v.recent.empty(); });
  CHECK(amina.ended->reason == EndReason::hung_up);
  CHECK(amina.recent[0].outgoing);
  CHECK(amina.ended->bytes > 0);
  const View& budi = pair.budi.wait([](const View& v) { return v.ended.has_value() && !v.recent.empty(); });
  CHECK(budi.ended->reason == EndReason::peer_hung_up);
  CHECK(budi.recent[0].lasted > 0s);
  REQUIRE(budi.people.size() == 1);
  CHECK(budi.people[0].presence == client::Presence::attached);
  pair.budi.send(command::ForgetEnded{});
  pair.budi.wait([](const View& v) { return !v.ended; });
}

TEST_CASE("keys of the keypad arrive in their order, and both see them") {
  Pair pair;
  pair.amina.send(command::PressKey{'9'});  // no call runs
  pair.connect();
  CHECK(pair.amina.wait_for(CallState::connected).call->stats.takes_keys);
  for (const char key : std::string_view("12x#")) pair.amina.send(command::PressKey{key});
  pair.amina.wait([](const View& v) { return v.call && v.call->keys_pressed == "12#"; });
  pair.budi.wait([](const View& v) { return v.call && v.call->stats.keys_heard == "12#"; });
}

TEST_CASE("a call that is not answered is missed until it was looked at") {
  Pair pair;
  pair.amina.send(command::StartCall{"budi"});
  pair.budi.wait_for(CallState::ringing_here);
  pair.amina.send(command::HangUp{});
  const View& budi = pair.budi.wait([](const View& v) { return !v.recent.empty(); });
  CHECK(budi.recent[0].reason == EndReason::missed);
  CHECK(budi.recent[0].is_new);
  CHECK(budi.people[0].missed == 1);
  pair.budi.send(command::LookAtMissed{});
  pair.budi.wait([](const View& v) { return v.people[0].missed == 0; });
}

TEST_CASE("who did not take a call is left a voice note, which they hear") {
  Pair pair;
  const auto voice_line = [](const View& v) -> const client::LineView* {
    if (!v.messages.open || v.messages.open->lines.empty()) return nullptr;
    const client::LineView& last = v.messages.open->lines.back();
    return last.kind == client::LineKind::voice_note && last.here == last.size ? &last : nullptr;
  };
  pair.amina.send(command::StartCall{"budi"});
  pair.budi.wait_for(CallState::ringing_here);
  pair.amina.send(command::HangUp{});
  CHECK(pair.amina.wait([](const View& v) { return v.ended.has_value(); }).ended->offers_note);
  CHECK(pair.budi.wait([](const View& v) { return v.ended.has_value(); }).ended->offers_note);
  pair.amina.send(command::RecordNote{{}, "budi"});
  pair.amina.wait([](const View& v) { return v.note && v.note->lasted >= 1s; });
  pair.amina.send(command::EndNote{false});
  pair.amina.wait([](const View& v) { return !v.note; });
  pair.amina.send(command::RecordNote{{}, "budi"});
  pair.amina.wait([](const View& v) { return v.note && v.note->lasted >= 1s; });
  pair.amina.send(command::EndNote{true});
  const std::string chat = pair.budi.wait([](const View& v) { return !v.messages.chats.empty(); }).messages.chats[0].id;
  pair.budi.send(command::OpenChat{chat, std::string(client::kNewestLine)});
  const View& heard = pair.budi.wait([&](const View& v) { return voice_line(v) != nullptr; });
  const client::LineView line = *voice_line(heard);
  CHECK(line.author == "amina");
  CHECK(line.tenths >= 10);
  CHECK(heard.messages.open->lines.size() == 2);  // the missed call, and the one note that was meant to be sent
  pair.budi.send(command::PlayNote{chat, line.id});
  pair.budi.wait([&](const View& v) { return v.note && v.note->line == line.id && v.note->bar > 12; });
  pair.budi.wait([](const View& v) { return !v.note; });  // at its end
}

TEST_CASE("a call whose program was killed is offered again, and goes on without ringing") {
  Pair pair;
  pair.connect();
  // What a killed program leaves behind: its folder, as it is now. The one that goes on here is a ghost, which hears
  // from the supernode that it has been replaced.
  std::filesystem::create_directory(pair.folder.file("again"));
  for (const auto& entry : std::filesystem::directory_iterator(pair.folder.file("amina")))
    if (entry.is_regular_file()) std::filesystem::copy(entry.path(), pair.folder.file("again"));
  Window again(pair.folder.file("again"));
  CHECK(again.wait([](const View& v) { return v.interrupted.has_value(); }).interrupted->peer == "budi");
  again.wait_attached();
  again.send(command::TakeUp{});
  pair.budi.wait([](const View& v) { return v.recent.size() == 1 && v.call && v.call->state == CallState::connected; });
  again.wait_for(CallState::connected);
  pair.budi.wait([](const View& v) { return v.recent.size() == 1 && v.call && v.call->state == CallState::connected; });
  CHECK_FALSE(again.wait_for(CallState::connected).interrupted);
}

TEST_CASE("a recording is announced, and has what both said") {
  Pair pair;
  setenv("HOME", pair.folder.path().c_str(), 1);
  pair.connect();
  pair.amina.wait([](const View& v) { return v.call && v.call->stats.takes_notes; });
  pair.amina.send(command::Record{true});
  const std::string path = pair.amina.wait([](const View& v) { return v.call && v.call->is_recording; }).saved_path;
  pair.budi.wait([](const View& v) { return v.call && v.call->is_recorded_there; });
  pair.amina.send(command::Record{false});
  pair.budi.wait([](const View& v) { return v.call && !v.call->is_recorded_there; });
  CHECK(std::filesystem::file_size(path) > 1000);
}

TEST_CASE("a look at the link before a call") {
  Pair pair;
  pair.amina.send(command::CheckLink{});
  const client::LinkCheck check = pair.amina.wait([](const View& v) { return v.link.check.is_done; }).link.check;
  CHECK(check.carries == client::Carries::video);
  CHECK(check.loss == 0);
}

TEST_CASE("an unknown name") {
  Pair pair;
  pair.amina.send(command::StartCall{"nobody"});
  CHECK(pair.amina.wait([](const View& v) { return v.ended.has_value(); }).ended->reason == EndReason::no_such_name);
}

}  // namespace
}  // namespace farline::testing
