// Files in a chat by keys and drops: what is chosen is sent, what was dropped asks first, what is here can be saved.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "ui/canvas.h"
#include "ui/desktop.h"
#include "ui/sample_views.h"

using namespace farline;
using namespace farline::ui;
using client::command::FetchFile;
using client::command::ImportPolicy;
using client::command::SaveFile;
using client::command::SendFile;

namespace {

// A disk in memory: two folders, a few files.
struct Disk {
  std::map<std::string, std::vector<FileEntry>> folders{
      {"/disk",
       {{.name = "Camp", .path = "/disk/Camp", .is_folder = true},
        {.name = "list.csv", .path = "/disk/list.csv", .size = 4000},
        {.name = "policy.bin", .path = "/disk/policy.bin", .size = 900},
        {.name = "welcome.txt", .path = "/disk/welcome.txt", .size = 200}}},
      {"/disk/Camp", {{.name = "تقرير.pdf", .path = "/disk/Camp/تقرير.pdf", .size = 90'000}}}};
  std::string shown{};

  Outside outside() {
    return {.read_file = [](const std::string& path) -> std::optional<std::string> {
              if (path.ends_with(".txt")) return "Dear Anna, farline1-abc";
              return "no text";
            },
            .is_policy = [](const std::string& path) { return path.ends_with("policy.bin"); },
            .list_folder = [this](const std::string& folder) -> std::optional<std::vector<FileEntry>> {
              const auto found = folders.find(folder);
              if (found == folders.end()) return {};
              return found->second;
            },
            .folder_above = [](const std::string& path) { return path == "/disk" ? "" : "/disk"; },
            .look_at = [this](const std::string& path) -> std::optional<FileEntry> {
              for (const auto& [folder, entries] : folders)
                for (const FileEntry& entry : entries)
                  if (entry.path == path) return entry;
              return {};
            },
            .places = [] { return std::vector<FileEntry>{{.name = "anna", .path = "/disk", .is_folder = true}}; },
            .downloads = [] { return std::string("/disk/Downloads"); },
            .show_folder = [this](const std::string& path) { shown = path; }};
  }
};

struct Chatting {
  Disk disk{};
  test::Canvas canvas{1024, 600, system_fonts("")};
  Desktop desktop{canvas.kit(), {.outside = disk.outside()}};
  client::View view = test::chat_view();
  std::vector<client::Command> asked{};

  Chatting() {
    view.settings.language = "en";
    desktop.prepare(view);
    desktop.state().room = Room::messages;
    show();
  }
  void draw(Kit&) { desktop.draw(view, {{test::kSampleNow, 0}, Time{}}, asked); }
  void show() {
    canvas.show([this](Kit& kit) { draw(kit); });
  }
  void key(const Chord& chord) {
    canvas.key([this](Kit& kit) { draw(kit); }, chord);
  }
  void type(const std::string& text) {
    canvas.type([this](Kit& kit) { draw(kit); }, text);
  }
  void drop(const std::string& path) {
    desktop.dropped(path, view, asked);
    show();
  }
  template <typename T>
  std::vector<T> all() const {
    std::vector<T> out;
    for (const auto& command : asked)
      if (const auto* one = std::get_if<T>(&command)) out.push_back(*one);
    return out;
  }
  [[nodiscard]] bool is_open() { return desktop.state().files.what != ChoosesFile::nothing; }
};

}  // namespace

TEST_CASE("a file is found and sent with the keyboard alone") {
  Chatting room;
  room.key(ctrl('o'));
  REQUIRE(room.is_open());
  CHECK(room.desktop.title(room.view).starts_with("Send a file"));
  room.type("camp");
  room.key({key::enter});  // the first that is found: a folder
  CHECK(room.desktop.state().files.folder == "/disk/Camp");
  room.type("تقرير");
  room.key({key::enter});  // chosen
  CHECK(room.all<SendFile>().empty());
  REQUIRE(room.desktop.state().files.chosen.size() == 1);
  room.key({key::enter});  // sent
  REQUIRE(room.all<SendFile>().size() == 1);
  CHECK(room.all<SendFile>()[0].path == "/disk/Camp/تقرير.pdf");
  CHECK(room.all<SendFile>()[0].chat == "a");
  CHECK_FALSE(room.is_open());
  room.key(ctrl('o'));  // where it was left
  CHECK(room.desktop.state().files.folder == "/disk/Camp");
  room.key({key::escape});
  CHECK_FALSE(room.is_open());
  CHECK(room.all<SendFile>().size() == 1);
}

TEST_CASE("a folder that cannot be opened is told, and one gets out of it again") {
  Chatting room;
  room.disk.folders["/disk"].push_back({.name = "secret", .path = "/secret", .is_folder = true});
  room.key(ctrl('o'));
  room.type("secret");
  room.key({key::enter});
  CHECK_FALSE(room.desktop.state().files.is_readable);
  room.key({key::tab, false, true});  // the search, the places, the folder above
  room.key({key::tab, false, true});
  room.key({key::enter});
  CHECK(room.desktop.state().files.folder == "/disk");
  CHECK(room.desktop.state().files.is_readable);
}

TEST_CASE("what is dropped on a chat asks before it goes out, all of it at once") {
  Chatting room;
  room.desktop.dropped("/disk/list.csv", room.view, room.asked);
  room.desktop.dropped("/disk/policy.bin", room.view, room.asked);  // people hand policies on in chats
  room.show();
  CHECK(room.all<SendFile>().empty());
  SUBCASE("sent") {
    room.key({key::enter});
    REQUIRE(room.all<SendFile>().size() == 2);
    CHECK(room.all<SendFile>()[0].path == "/disk/list.csv");
    CHECK(room.all<SendFile>()[1].path == "/disk/policy.bin");
    CHECK(room.all<ImportPolicy>().empty());
  }
  SUBCASE("or not") {
    room.key({key::escape});
    CHECK(room.all<SendFile>().empty());
  }
  CHECK_FALSE(room.is_open());
}

TEST_CASE("outside a chat only what looks like rules is taken for rules") {
  Chatting room;
  room.desktop.state().room = Room::people;
  room.drop("/disk/list.csv");
  CHECK(room.asked.empty());
  CHECK(room.desktop.state().files.is_drop_refused);
  room.drop("/disk/policy.bin");
  REQUIRE(room.all<ImportPolicy>().size() == 1);
  CHECK(room.desktop.state().room == Room::rules);
}

TEST_CASE("before there is a profile an invitation may be dropped, and nothing else") {
  Chatting room;
  room.view.stage = client::Stage::no_profile;
  room.drop("/disk/policy.bin");
  CHECK(room.desktop.state().start.invitation.empty());
  room.drop("/disk/welcome.txt");
  CHECK(room.desktop.state().start.invitation == "farline1-abc");
  CHECK(room.asked.empty());
}

TEST_CASE("a file that has not come is fetched, one that has is saved, one that is saved is shown") {
  Chatting room;
  auto& lines = room.view.messages.open->lines;
  lines = {lines[4]};
  auto& line = lines[0];
  line.here = 0;
  line.is_coming = false;
  const auto press = [&] {  // from the field that is typed in: the message, its button, and back
    room.show();
    for (int i = 0; i < 2; ++i) room.key({key::tab});
    room.key({key::enter});
    for (int i = 0; i < 2; ++i) room.key({key::tab, false, true});
  };
  room.show();
  press();
  REQUIRE(room.all<FetchFile>().size() == 1);
  CHECK(room.all<FetchFile>()[0].line == line.id);
  line.here = line.size;
  press();
  REQUIRE(room.all<SaveFile>().size() == 1);
  CHECK(room.all<SaveFile>()[0].folder == "/disk/Downloads");
  line.saved = "/disk/Downloads/distribution-list.csv";
  press();
  CHECK(room.disk.shown == line.saved);
}
