// What every screen is given, what it remembers between frames, and the parts that screens share. A screen is a
// function of the View: it draws it, and asks for what the person wants by pushing Commands. It keeps nothing of the
// core.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/command.h"
#include "ui/amounts.h"
#include "ui/kit.h"

namespace farline::ui {

// What the machine around the window can do. Paths are UTF-8 with `/`; all calls block.
struct FileEntry {
  std::string name{};
  std::string path{};
  bool is_folder = false;
  uint64_t size = 0;  // of a file, bytes
};
struct Outside {
  std::function<std::optional<std::string>(const std::string& path)> read_file{};  // a small text file
  std::function<bool(const std::string& path)> is_policy{};                        // by its form; not: whose
  // Folders first, then by name; nothing when it cannot be opened. What is hidden there stays hidden.
  std::function<std::optional<std::vector<FileEntry>>(const std::string& folder)> list_folder{};
  std::function<std::string(const std::string& path)> folder_above{};  // empty: there is none
  std::function<std::optional<FileEntry>(const std::string& path)> look_at{};
  std::function<std::vector<FileEntry>()> places{};  // to start from: the person's folders, the home first, and drives
  std::function<std::string()> downloads{};          // where what has come is saved
  std::function<void(const std::string& path)> show_folder{};  // that the file is in, in the system's own way
};

enum class Room : uint8_t { people, messages, link, rules, settings, help };

// Of a setting while it is typed.
struct TextDraft {
  std::string text{};
  bool is_edited = false;  // else the setting is shown
};

enum class ChoosesFile : uint8_t { nothing, invitation, rules, to_send };

// What the person typed, chose and opened; gone when the program ends.
struct ScreenState {
  Room room = Room::people;
  bool is_call_shown = true;  // while one runs
  bool is_emergency_open = false;
  bool is_sound_open = false;                           // over the call
  bool is_keypad_open = false;                          // the same
  std::map<std::string, float, std::less<>> heights{};  // of scrolled columns, as drawn last
  bool wants_levels = false;                            // a meter was drawn in this frame
  bool had_levels = false;
  bool is_talk_down = false;
  std::string focused_screen{};
  client::CallId call_seen = 0;   // rung
  client::CallId call_shown = 0;  // running when it was drawn last
  // The settings as they were changed here last, and that change's number: the View follows a moment later.
  client::Settings wished{};
  uint32_t wish_number = 0;

  // A file is being chosen, over everything.
  struct {
    ChoosesFile what = ChoosesFile::nothing;
    std::string chat{};    // to be sent to
    std::string folder{};  // whose entries these are; stays where it was last
    std::vector<FileEntry> entries{};
    bool is_readable = true;
    std::string find{};
    std::vector<FileEntry> chosen{};  // one; or those that were dropped on the window
    bool is_dropped = false;          // then there is nothing to choose
    bool wants_focus = false;         // it has just come up
    bool is_drop_refused = false;     // something was dropped where nothing takes it
  } files{};
  struct {
    int step = 0;  // invitation, name
    std::string invitation{}, name{}, passphrase{}, again{};
    bool asks_audio = false;  // after joining
    size_t link = 0;
  } start{};
  struct {
    std::string passphrase{};
    bool is_asked = false;
  } unlock{};
  struct {
    std::string search{}, chosen{}, add{};
    size_t list = 0;  // people, recent
    bool is_add_open = false;
    bool is_remove_open = false;
    bool wants_search = false;
  } people{};
  struct {
    std::string search{};  // among the chats
    bool is_new_open = false;
    bool is_leave_open = false;
    bool is_invite_open = false;
    bool is_alerts_open = false;
    client::Alerts alerts{};  // while they are chosen
    std::string title{};
    std::vector<std::string> members{};  // of the new one
    std::string write_to{};              // a person: the chat with whom is opened once it is there
    std::string chat{};                  // whose text, search and place these are
    std::string text{};
    std::string answers{};  // the line that `text` answers
    std::string edits{};    // or replaces
    std::string chosen{};   // the line whose buttons are shown
    std::string find{};
    bool is_find_open = false;
    std::string anchor{};  // the line at the top of what is seen, and how far below the edge it is
    float anchor_at = 0;
    bool is_at_end = true;
    std::string asked{};   // the outermost line when more of them were asked for
    std::string marked{};  // as read, up to it
  } messages{};
  struct {
    size_t what = 0;  // policy::Class
    std::string code{};
  } rules{};
  struct {
    TextDraft tariff{}, proxy{};
  } link{};
  struct {
    size_t page = 0;
    std::string from{}, to{}, again{};
    bool is_passphrase_open = false;
    bool is_choosing_key = false;
    bool is_wipe_open = false;
    std::string wipe_word{};
    std::optional<Time> hold_since{};
    std::string licence{};  // whose text is read; empty: none
  } settings{};
};

struct Screen {
  Kit& kit;
  const client::View& view;
  const Words& words;
  Clock clock;  // the wall's
  Time now;     // the one that only goes forward
  const std::vector<Language>& languages;
  const Outside& outside;
  ScreenState& state;
  std::vector<client::Command>& ask;
};

class Column;

// --- The screens, one file each; each fills the box
void draw_start(Screen& s, Box box);    // first run: an invitation, a name, or a trial
void draw_hearing(Screen& s, Box box);  // and then: can others hear you?
void draw_unlock(Screen& s, Box box);
void draw_broken(Screen& s, Box box);
void draw_people(Screen& s, Box box);
void draw_messages(Screen& s, Box box);
void draw_conversation(Screen& s, Box box, const client::ChatView& chat);  // its part beside the list
void draw_alerts(Screen& s, const client::ChatView& chat);                 // over it: of which messages one is told
void draw_call(Screen& s, Box box);
void draw_keypad_button(Screen& s, Box& line);  // at its end, where the other end takes keys
void draw_keypad(Screen& s);                    // over the call, when it is open; takes typed keys in any case
void draw_incoming(Screen& s);                  // over everything
void draw_note(Screen& s);                      // over a room or the call: what is being recorded
void draw_emergency(Screen& s);                 // the same
void draw_link(Screen& s, Box box);
void draw_rules(Screen& s, Box box);
void draw_settings(Screen& s, Box box);
void draw_about(Screen& s, Column& column);  // a page of the settings
void draw_licence(Screen& s);                // over it, when one is read
void draw_help(Screen& s, Box box);
// Over everything, while a file is chosen: opened by choose_file, or by what was dropped.
void choose_file(Screen& s, ChoosesFile what, const std::string& chat = {});
void draw_files(Screen& s);
// Below a message that is a file: how much of it is here, and what to do about it.
float file_part_height(const client::LineView& line);
void draw_file_part(Screen& s, Box box, const std::string& chat, const client::LineView& line);
std::string file_state_words(Screen& s, const client::LineView& line);

// --- Parts -----------------------------------------------------------------------------------------------------------
// Too small for two columns or a list beside its details.
inline bool is_narrow(Box box) {
  return box.w < 620;
}

// A column that scrolls when it is longer than its box. Takes from the top.
class Column {
 public:
  Column(Screen& s, std::string_view id, Box box);
  ~Column();
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  Box take(float height);  // across the whole column
  Box control() { return take(kControl); }
  void gap(float height = kGap) { take(height); }
  void text(std::string_view text, const Style& style = {});       // one line
  void paragraph(std::string_view text, const Style& style = {});  // wrapped
  void heading(std::string_view text);
  void label(std::string_view text);  // of the field below it
  [[nodiscard]] float width() const { return rest_.w; }
  [[nodiscard]] float used() const { return rest_.y - top_; }  // so far

 private:
  Screen& s_;
  std::string id_;
  Box rest_;
  float top_;
};

// A framed area; what is inside. With a column's id: no higher than that column needs.
Box card(Kit& kit, Box box);
Box card_for(Screen& s, std::string_view id, Box box);
// Marks a line of words with a sign of its kind: good, warn, bad or dim.
void marked_line(Kit& kit, Box box, std::string_view text, Role role);
// A paragraph of that kind on a band of its own; its height, drawn or not.
float band_height(Screen& s, float width, std::string_view text);
void band(Screen& s, Box box, std::string_view text, Role role);
void avatar(Kit& kit, Box box, std::string_view name);
// A number of new things, taken from the end of the box.
void badge(Screen& s, Box& box, uint32_t count);
// What is shown there, dim, with its value after it.
void fact(Screen& s, Box box, std::string_view what, std::string_view value);

// The last of a dialogue: a button for what it is about, one to leave it be, and its end_modal.
enum class DialogEnd : uint8_t { open, done, cancelled };
DialogEnd end_dialog(Screen& s, std::string_view id, Box buttons, std::string_view label, const ButtonOptions& done);

// Microphone and loudspeaker to choose, each with its level. Height: kSoundHeight.
inline constexpr float kSoundHeight = 2 * (20 + kControl + kGap + 14) + 24 + 20;
void sound_pickers(Screen& s, Box box);
// The button that lets one hear oneself, and below it, in this colour, what happens.
void hear_yourself(Screen& s, Column& column, std::string_view id, Role words);
// "Too quiet: come closer".
std::string_view level_words(Screen& s);
bool is_managed(const client::View& view, client::Setting setting);
void change(Screen& s, const client::Settings& settings);
// The room of messages, with the chat that has just this person in it; a new one where there is none.
void write_to(Screen& s, const std::string& name);
// The next widget gets the focus when this screen has just come up.
void focus_first(Screen& s, std::string_view screen);

// A voice note in a conversation, as high as a control.
void draw_voice_line(Screen& s, Box box, const std::string& chat, const client::LineView& line);
// The button to leave somebody a voice note, at the end of the row.
void draw_note_offer(Screen& s, Box& row, std::string_view id, const std::string& person);

// --- Words -----------------------------------------------------------------------------------------------------------
std::string_view problem_words(const Words& words, client::Problem problem);
// Of a profile that cannot be used: what it is, and what becomes of it.
std::string_view broken_words(const Words& words, client::Problem problem);
// The rule, and when that changes: "Voice calls are closed at this hour. Opens tomorrow at 08:00, site time."
std::string verdict_words(const Words& words, const Clock& clock, const client::Verdict& verdict, policy::Class what);
std::string whom_to_ask(Screen& s);
std::string ended_words(const Words& words, const client::EndedView& ended);
// What became of the last call, or of the wish to make one, and the rule that was in its way.
std::string outcome_words(const Words& words, const Clock& clock, const client::View& view);
Key quality_words(client::Quality quality);
std::string call_words(const Words& words, const client::CallView& call);  // how far it is

}  // namespace farline::ui
