// Draws every screen without a display: screen_pages FOLDER [LANGUAGE...] writes BMPs for eyes and for the pictures of
// the documentation; without a folder it checks that no text of any language is cut short where it is drawn.
// screen_pages --like FOLDER compares every screen with its picture kept there (ui/kept_pictures.h), screen_pages
// --keep FOLDER keeps them anew, after somebody has looked at what changed.
#include <cstdio>
#include <cstring>
#include <set>

#include "ui/canvas.h"
#include "ui/desktop.h"
#include "ui/kept_pictures.h"
#include "ui/sample_views.h"

namespace {
using namespace farline;
using namespace farline::ui;
using client::Stage;

struct Shot {
  const char* name;
  client::View view;
  std::function<void(ScreenState&)> prepare;
};

std::function<void(ScreenState&)> page(size_t number) {
  return [number](ScreenState& state) {
    state.room = Room::settings;
    state.settings.page = number;
  };
}

// The page of files, as if a folder had been opened and something chosen.
void choosing(ScreenState& state) {
  state.room = Room::messages;
  state.messages.chat = "a";
  auto& files = state.files;
  files.what = ChoosesFile::to_send;
  files.chat = "a";
  files.folder = "/disk/anna/Documents";
  files.entries = {{.name = "Goma 2026", .path = "1", .is_folder = true},
                   {.name = "صور", .path = "2", .is_folder = true},
                   {.name = "distribution-list.csv", .path = "3", .size = 48'200},
                   {.name = "water-report.pdf", .path = "4", .size = 1'310'000},
                   {.name = "تقرير المياه.pdf", .path = "5", .size = 96'000}};
  files.chosen = {files.entries[3]};
  files.wants_focus = true;
}

void dropping(ScreenState& state) {
  choosing(state);
  state.files.is_dropped = true;
  state.files.chosen.push_back(state.files.entries[4]);
}

void alerting(ScreenState& state) {
  state.room = Room::messages;
  state.messages.is_alerts_open = true;
  state.messages.alerts = {client::AlertsFor::words, "convoy"};
}

// Files in every state that they have.
client::View fetched_view() {
  client::View fetched = test::chat_view();
  fetched.messages.open->first_unread.clear();
  fetched.messages.open->lines.resize(6);
  fetched.messages.open->lines[1] = fetched.messages.open->lines[4];
  fetched.messages.open->lines[1].id = "2";
  fetched.messages.open->lines[1].here = 48'200;
  fetched.messages.open->lines[2] = fetched.messages.open->lines[1];
  fetched.messages.open->lines[2].id = "3";
  fetched.messages.open->lines[2].saved = "/disk/anna/Downloads/distribution-list.csv";
  fetched.messages.open->lines[4].here = 0;
  fetched.messages.open->lines[4].is_coming = false;
  fetched.problem = client::Problem::not_saved;
  return fetched;
}

std::vector<Shot> shots() {
  const auto room = [](Room room_shown) { return [room_shown](ScreenState& state) { state.room = room_shown; }; };
  const auto nothing = [](ScreenState&) {};
  client::View locked = test::ready_view(), broken = locked, trouble = locked, old = locked, joining = locked,
               talking = test::call_view(), keyed = talking, finding = test::chat_view(), mute = talking;
  keyed.call->keys_pressed = "12#", mute.call->voice_cannot_pass = true;
  keyed.call->stats.keys_heard = "*0";
  finding.messages.open->searched = "trucks";
  finding.messages.open->found = {finding.messages.open->lines[7], finding.messages.open->lines[4]};
  locked.stage = Stage::locked;
  locked.problem = client::Problem::wrong_passphrase;
  broken.stage = Stage::broken;
  broken.problem = client::Problem::damaged;
  broken.detail = "record 7 has a bad seal";
  trouble.problem = client::Problem::no_microphone;
  trouble.link.is_attached = false;
  trouble.link.trying_for = 32s;
  trouble.interrupted = client::InterruptedView{"amina.yusuf@goma", 40s};
  old.rules.is_current = false;
  old.rules.classes[0].now = {.allowed = false, .rule = policy::Rule::serial};
  joining.stage = Stage::no_profile;
  joining.problem = client::Problem::no_answer;
  talking.settings.transmit = client::TransmitMode::push_to_talk;
  return {
      {"start", test::first_view(), nothing},
      {"name", joining, [](ScreenState& state) { state.start.step = 1, state.start.passphrase = "x"; }},
      {"hearing", test::ready_view(), [](ScreenState& state) { state.start.asks_audio = true; }},
      {"locked", locked, nothing},
      {"broken", broken, nothing},
      {"people", test::ready_view(), [](ScreenState& state) { state.people.chosen = "amina.yusuf@goma"; }},
      {"trouble", trouble, [](ScreenState& state) { state.people.chosen = "محمد الأمين@خرطوم"; }},
      {"recent", test::ready_view(), [](ScreenState& state) { state.people.list = 1; }},
      {"messages", test::chat_view(), room(Room::messages)},
      {"line", test::chat_view(),
       [](ScreenState& state) { state.room = Room::messages, state.messages.chosen = "6", state.messages.chat = "a"; }},
      {"found", finding,
       [](ScreenState& state) {
         state.room = Room::messages, state.messages.chat = "a", state.messages.is_find_open = true;
       }},
      {"files", test::chat_view(), choosing},
      {"dropped", test::chat_view(), dropping},
      {"fetched", fetched_view(), room(Room::messages)},
      {"new-chat", test::ready_view(),
       [](ScreenState& state) { state.room = Room::messages, state.messages.is_new_open = true; }},
      {"alerts", test::chat_view(), alerting},
      {"leaving", test::chat_view(),
       [](ScreenState& state) { state.room = Room::messages, state.messages.is_leave_open = true; }},
      {"incoming", test::incoming_view(), nothing},
      {"call", test::call_view(), nothing},
      {"weak-call", test::weak_call_view(), nothing},
      {"call-sound", test::call_view(), [](ScreenState& state) { state.is_sound_open = true; }},
      {"keypad", keyed, [](ScreenState& state) { state.is_keypad_open = true, state.call_shown = 7; }},
      {"refused", test::refused_view(), nothing},
      {"unreached", test::unreached_view(), nothing},
      {"no-voice", mute, nothing},
      {"note", test::note_view(), room(Room::messages)},
      {"emergency", test::ready_view(), [](ScreenState& state) { state.is_emergency_open = true; }},
      {"link", test::ready_view(), room(Room::link)},
      {"rules", test::ready_view(), room(Room::rules)},
      {"old-rules", old, room(Room::rules)},
      {"sound", test::ready_view(), page(0)},
      {"calls", talking, [](ScreenState& state) { page(1)(state), state.is_call_shown = false, state.call_shown = 7; }},
      {"look", test::ready_view(), page(2)},
      {"protection", test::ready_view(), page(3)},
      {"wipe", test::ready_view(), [](ScreenState& state) { page(3)(state), state.settings.is_wipe_open = true; }},
      {"about", test::ready_view(), page(4)},
      {"licence", test::ready_view(), [](ScreenState& state) { page(4)(state), state.settings.licence = "LGPL-2.1"; }},
      {"help", test::ready_view(), room(Room::help)},
  };
}

struct Format {
  const char* name;
  uint32_t width, height, percent;
  client::Theme theme;
};
constexpr Format kFormats[] = {{"1024", 1024, 600, 100, client::Theme::light},
                               {"1920", 1920, 1080, 100, client::Theme::dark},
                               {"200", 1024, 600, 200, client::Theme::contrast},
                               {"200w", 1920, 1080, 200, client::Theme::light}};

// Names of people are long or short as they like; all else has to fit.
bool may_be_cut(const std::string& text, const client::View& view) {
  if (text.find('@') != text.npos) return true;
  for (const auto& recent : view.recent)
    if (text.find(recent.peer) != text.npos) return true;
  return text.find(" · ") != text.npos;  // facts in a row, the less important last
}

// Draws it; returns what was cut short.
std::set<std::string> draw(test::Canvas& canvas, const Shot& shot, const std::string& code, const Format& format) {
  client::View view = shot.view;
  view.settings.language = code;
  view.settings.theme = format.theme;
  Desktop desktop(canvas.kit(), {});
  desktop.prepare(view);
  shot.prepare(desktop.state());
  canvas.page.text_percent = format.percent;
  canvas.page.theme = format.theme;
  canvas.page.is_rtl = desktop.words().is_right_to_left();
  std::set<std::string> shortened;
  const auto page = [&](Kit& kit) {
    std::vector<client::Command> commands;
    desktop.draw(view, {{test::kSampleNow, 120}, Time{}}, commands);
    shortened = {kit.shortened().begin(), kit.shortened().end()};
  };
  canvas.show(page);
  canvas.show(page);  // columns know their height now
  return shortened;
}

int cut_short(const std::string& folder, const std::string& code, const Format& format) {
  int cut = 0;
  for (const Shot& shot : shots()) {
    test::Canvas canvas(format.width, format.height, system_fonts(""));
    for (const std::string& text : draw(canvas, shot, code, format)) {
      if (may_be_cut(text, shot.view)) continue;
      std::printf("%s, %s, %s: cut: %s\n", code.c_str(), format.name, shot.name, text.c_str());
      ++cut;
    }
    if (!folder.empty() && !canvas.save(folder + "/" + shot.name + "-" + code + "-" + format.name + ".bmp"))
      return 1000;
  }
  return cut;
}

// One of each direction.
constexpr const char* kKeptLanguages[] = {"en", "ar"};

int compare(const std::string& folder, bool keeps) {
  constexpr Format kKept = kFormats[0];
  constexpr int kWidth = kKept.width, kHeight = kKept.height;
  int wrong = 0;
  for (const std::string code : kKeptLanguages) {
    for (const Shot& shot : shots()) {
      test::Canvas canvas(kKept.width, kKept.height, system_fonts(""));
      draw(canvas, shot, code, kKept);
      const auto now = test::small_picture(canvas, kWidth, kHeight);
      const std::string path = folder + "/" + shot.name + "-" + code + ".pgm";
      const auto kept = keeps ? std::optional(now) : test::read_pgm(path);
      if (keeps && !test::write_pgm(now, path)) return 1000;
      if (!kept) {
        std::printf("%s: no picture is kept; look at the screen, then screen_pages --keep\n", path.c_str());
        ++wrong;
      } else if (const auto place = test::first_difference(*kept, now)) {
        std::printf("%s: differs from its kept picture, first about %d,%d\n", path.c_str(), (*place)[0] * test::kSquare,
                    (*place)[1] * test::kSquare);
        ++wrong;
      }
      if (const int places = test::words_not_missed(canvas, kWidth, kHeight)) {
        std::printf("%s: a word could be lost in %d places and nobody would notice\n", path.c_str(), places);
        ++wrong;
      }
    }
  }
  std::printf("%d of the pictures are not as kept\n", wrong);
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "";
  if (argc == 3 && (folder == "--like" || folder == "--keep")) return compare(argv[2], folder == "--keep") == 0 ? 0 : 1;
  std::vector<std::string> codes(argv + std::min(argc, 2), argv + argc);
  if (codes.empty())
    for (const Language& language : built_in_languages()) codes.push_back(language.code);
  int cut = 0;
  for (const std::string& code : codes)
    for (const Format& format : kFormats) cut += cut_short(folder, code, format);
  std::printf("%d texts are cut short\n", cut);
  return cut == 0 ? 0 : 1;
}
