#include <filesystem>
#include <fstream>

#include "desktop/engines.h"

namespace farline::testing {
namespace {

using client::Problem;
using client::Stage;

TEST_CASE("a profile is made, locked, opened with its passphrase only, and destroyed") {
  ScratchFolder folder;
  NodeThread node(folder.file("node"));
  Window window(folder.file("amina"));
  window.enrol(node.invitation(), "amina", "one two three");
  CHECK(window.wait_attached().has_passphrase);

  window.send(command::Lock{});
  window.wait_for(Stage::locked);
  window.send(command::Unlock{"two"});
  CHECK(window.wait_for(Problem::wrong_passphrase).stage == Stage::locked);
  window.send(command::Unlock{"one two three"});
  CHECK(window.wait_attached().name == "amina");

  window.send(command::ChangePassphrase{"wrong", "four"});
  window.wait_for(Problem::wrong_passphrase);
  window.send(command::ChangePassphrase{"one two three", "four"});
  window.wait_for(Problem::none);
  window.send(command::Lock{});
  window.wait_for(Stage::locked);
  window.send(command::Unlock{"four"});
  window.wait_attached();

  window.send(command::Wipe{});
  window.wait_for(Stage::wiped);
  CHECK_FALSE(std::filesystem::exists(folder.file("amina/profile.key")));
  CHECK_FALSE(std::filesystem::exists(folder.file("amina/profile.db")));
  CHECK_FALSE(std::filesystem::exists(folder.file("amina/chat.db")));
}

TEST_CASE("what is wrong with an enrolment is said, and it can be tried again") {
  ScratchFolder folder;
  NodeThread node(folder.file("node"));
  Window first(folder.file("first"));
  first.enrol(node.invitation(), "amina");
  Window window(folder.file("second"));
  window.wait_for(Stage::no_profile);
  window.send(command::Enrol{"farline1-nonsense", "budi", {}});
  window.wait_for(Problem::bad_invitation);
  window.send(command::Enrol{node.invitation(), " ", {}});
  window.wait_for(Problem::bad_name);
  window.send(command::Enrol{node.invitation(), "budi", {}});
  CHECK(window.wait_attached().name == "budi");
}

TEST_CASE("settings outlive the program, and so do people") {
  ScratchFolder folder;
  NodeThread node(folder.file("node"));
  {
    Window window(folder.file("amina"));
    client::Settings settings = window.enrol(node.invitation(), "amina").settings;
    settings.language = "ar";
    settings.text_percent = 150;
    settings.proxy = "socks5://user:pw@proxy.example.org:1080";
    settings.asks_lan = true;
    window.send(command::ChangeSettings{settings, 7});
    window.send(command::AddPerson{"سميرة"});
    window.send(command::AddPerson{"gone"});
    window.send(command::RemovePerson{"gone"});
    window.wait(
        [](const View& v) { return v.settings_number == 7 && v.settings.text_percent == 150 && v.people.size() == 1; });
  }
  Window again(folder.file("amina"));
  const View& view = again.wait_for(Stage::ready);
  CHECK(view.settings.language == "ar");
  CHECK(view.settings.text_percent == 150);
  CHECK(view.settings.proxy == "socks5://user:pw@proxy.example.org:1080");
  CHECK(view.settings.asks_lan);
  REQUIRE(view.people.size() == 1);
  CHECK(view.people[0].name == "سميرة");
}

TEST_CASE("a second start raises the first window") {
  ScratchFolder folder;
  Window first(folder.file("amina"));
  Window second(folder.file("amina"));
  CHECK(first.start() == app::DesktopEngine::Start::runs);
  CHECK(second.start() == app::DesktopEngine::Start::is_open_elsewhere);
  CHECK(first.raised() == 1);
}

TEST_CASE("a profile that cannot be read is left as it is") {
  ScratchFolder folder;
  NodeThread node(folder.file("node"));
  const std::string profile = folder.file("amina");
  { Window(profile).enrol(node.invitation(), "amina"); }
  const auto overwrite = [&](const std::string& name, const std::string& text) {
    std::ofstream(profile + "/" + name, std::ios::binary | std::ios::trunc) << text;
  };
  SUBCASE("an empty key file") {
    overwrite("profile.key", "");
  }
  SUBCASE("an empty store") {
    std::filesystem::remove(profile + "/profile.db-wal");
    overwrite("profile.db", "");
  }
  SUBCASE("another file in the store's place") {
    overwrite("profile.db", std::string(5000, 'x'));
  }
  Window window(profile);
  const View& view = window.wait_for(Stage::broken);
  CHECK(view.problem == Problem::damaged);
  CHECK_FALSE(view.detail.empty());
}

TEST_CASE("another program has the profile") {
  ScratchFolder folder;
  NodeThread node(folder.file("node"));
  const std::string profile = folder.file("amina");
  { Window(profile).enrol(node.invitation(), "amina"); }
  const auto other = host::ProfileLock::acquire(profile + "/lock");
  REQUIRE(other);
  Window window(profile);
  CHECK(window.wait_for(Problem::in_use).stage == Stage::broken);
}

}  // namespace
}  // namespace farline::testing
