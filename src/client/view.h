// What a person is shown, as plain values: made by the thread that owns the core, handed up whole, never changed. The
// desktop, the terminal and the tests show the same View; none of them sees the core. Words are the reader's: a View
// says which problem, rule or state it is, each user interface says it in its own language. Times are rounded to what
// is shown, so that Views are equal when they look the same.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/events.h"
#include "policy/week.h"

namespace farline::client {

// --- Where the program is --------------------------------------------------------------------------------------------
enum class Stage : uint8_t {
  starting,    // nothing is known yet
  no_profile,  // first run: an invitation is wanted
  enrolling,
  locked,  // the profile's passphrase is wanted
  broken,  // the profile cannot be used: problem
  ready,
  wiped,
};

enum class Problem : uint8_t {
  none,
  in_use,     // another program owns the profile
  damaged,    // the profile's files cannot be read; they were left as they are
  newer,      // made by a newer program
  disk_full,  // or it refuses to be written to: nothing new is kept
  wrong_passphrase,
  bad_invitation,      // the text is none
  invitation_refused,  // used up, expired, or not for this organisation
  bad_name,
  no_answer,  // the supernode does not answer
  no_network,
  refused,        // this device is revoked, or its certificate was refused
  no_microphone,  // none is there, or it was unplugged
  no_speaker,
  bad_policy_file,
  bad_code,         // a break-glass code
  unreadable_file,  // of the person's, that was to be sent
  large_file,       // larger than a chat takes
  not_saved,        // a file of a chat: the folder takes it not
};

// --- People ----------------------------------------------------------------------------------------------------------
enum class Presence : uint8_t { unknown, attached, away };

struct PersonView {
  std::string name{};
  Presence presence = Presence::unknown;
  WallTime presence_at{};  // when that was learnt; 0: never
  uint32_t devices = 0;    // known of
  bool is_blocked = false;
  bool is_emergency = false;  // the policy says so: always reachable
  uint32_t missed = 0;        // calls not yet looked at
  friend bool operator==(const PersonView&, const PersonView&) = default;
};

// A past call, newest first in View::recent.
struct RecentView {
  std::string peer{};
  WallTime at{};
  bool outgoing = false;
  EndReason reason = EndReason::hung_up;
  Duration lasted{};    // connected; 0: never
  bool is_new = false;  // missed, and not yet looked at
  friend bool operator==(const RecentView&, const RecentView&) = default;
};

// --- A call ----------------------------------------------------------------------------------------------------------
// In words, for each direction by itself.
enum class Quality : uint8_t {
  unknown,
  none,   // nothing passes
  weak,   // words get lost
  basic,  // Codec2
  clear,  // Opus, narrow
  hd,     // Opus, wide
};

struct CallSample {     // one a second, oldest first
  uint32_t tx_bps = 0;  // on the wire
  uint32_t rx_bps = 0;
  uint32_t capacity_bps = 0;  // of what we send over; 0: not known
  float loss = 0;             // of what we receive
  float peer_loss = 0;
  uint32_t mouth_to_ear_ms = 0;  // 0: not known
  bool is_stalled = false;
  friend bool operator==(const CallSample&, const CallSample&) = default;
};
inline constexpr size_t kCallSamplesMax = 300;

struct CallView {
  CallId id = 0;
  std::string peer{};
  bool outgoing = false;
  bool is_emergency = false;
  CallState state = CallState::idle;
  Duration in_state_for{};
  bool is_muted = false;     // they do not hear us
  bool is_deafened = false;  // we do not hear them
  bool is_on_hold = false;   // both, and they are told
  bool is_held_there = false;
  bool push_to_talk = false;
  bool is_talking = false;  // with push-to-talk: the key is down
  bool is_recording = false;
  bool is_recorded_there = false;
  Quality mine = Quality::unknown;    // what they hear of us
  Quality theirs = Quality::unknown;  // what we hear
  CallStats stats{};
  std::string keys_pressed{};  // of the keypad, here: the last kKeysShown
  std::vector<CallSample> history{};
  std::optional<Duration> closes_in{};  // by policy
  std::optional<Verdict> closing{};
  bool voice_cannot_pass = false;  // for so long that a voice note is the better way
  bool peer_changed_device = false;
  friend bool operator==(const CallView&, const CallView&) = default;
};

// The call that ended last, until looked at.
struct EndedView {
  std::string peer{};
  bool outgoing = false;
  EndReason reason = EndReason::hung_up;
  std::optional<Verdict> verdict{};
  bool offers_note = false;  // they were not reached: what is said now they hear later
  Duration lasted{};
  uint64_t bytes = 0;
  std::optional<Cost> cost{};
  friend bool operator==(const EndedView&, const EndedView&) = default;
};

// A call that was running when the program was killed.
struct InterruptedView {
  std::string peer{};
  Duration ago{};
  friend bool operator==(const InterruptedView&, const InterruptedView&) = default;
};

// --- Messages --------------------------------------------------------------------------------------------------------
// Of what this person wrote: never "failed", a slow link is only slow. `theirs`: of others, nothing is said.
enum class Delivery : uint8_t { theirs, queued, on_relay, on_device, read };
enum class LineKind : uint8_t { text, fine, needs_help, moving, file, photo, voice_note, missed_call, deleted };

inline constexpr size_t kNoteBars = 24;
inline constexpr uint8_t kNoteBarMax = 15;

// A message as it stands now, edits applied. Ids are text, those that farline-cli shows.
struct LineView {
  std::string id{};
  std::string author{};  // empty: not known yet
  WallTime at{};
  LineKind kind = LineKind::text;
  std::string text{};       // of a file: its name
  uint64_t size = 0;        // of a file, bytes
  uint64_t here = 0;        // how many of them are on this device
  bool is_coming = false;   // the rest was asked for
  std::string saved{};      // where the person has it, since the program started
  uint32_t tenths = 0;  // of a voice note: it lasts, of a second
  std::array<uint8_t, kNoteBars> bars{};  // how loud it is, each to kNoteBarMax; once it is here
  std::string answers{};    // what it is an answer to, shortened; empty: to nothing
  std::string reactions{};  // "👍 2  🙏"
  bool own = false;
  bool is_edited = false;
  bool is_forked = false;  // its author's device was copied or restored: two histories
  Delivery delivery = Delivery::theirs;
  std::optional<Verdict> held{};  // queued: by the policy, until then
  friend bool operator==(const LineView&, const LineView&) = default;
};

// Of which messages of a chat the person is told while no window is seen.
enum class AlertsFor : uint8_t { all, words, none };
struct Alerts {
  AlertsFor what = AlertsFor::all;
  std::string words{};  // any of them, anywhere in the text, in the folded form of chat/fold.h
  friend bool operator==(const Alerts&, const Alerts&) = default;
};

struct ChatView {
  std::string id{};
  std::string title{};
  std::vector<std::string> members{};  // without this person
  uint32_t unread = 0;                 // counts to 1000
  WallTime newest_at{};
  std::string newest{};    // one line of it
  bool is_member = true;   // false: left, removed, or not joined yet
  bool is_settled = true;  // false: history is still to come
  bool has_draft = false;
  Alerts alerts{};
  friend bool operator==(const ChatView&, const ChatView&) = default;
};

// The one that is looked at: a window on its lines, moved by ShowLines.
inline constexpr size_t kLinesShownMax = 200;
inline constexpr std::string_view kNewestLine = "newest";  // to OpenChat
struct OpenChatView {
  std::string id{};
  std::vector<LineView> lines{};  // oldest first
  bool has_older = false;
  bool has_newer = false;
  std::string first_unread{};  // the line under the divider, as it was when the chat was opened; empty: none
  std::string draft{};         // as it was when the chat was opened
  std::string searched{};      // what `found` answers; empty: nothing was asked
  std::vector<LineView> found{};
  bool is_searching = false;
  friend bool operator==(const OpenChatView&, const OpenChatView&) = default;
};

struct MessagesView {
  std::vector<ChatView> chats{};  // newest first
  std::optional<OpenChatView> open{};
  friend bool operator==(const MessagesView&, const MessagesView&) = default;
};

// A voice note that is recorded now, or heard.
struct NoteView {
  bool is_recording = false;
  std::string chat{};
  std::string line{};  // heard
  std::string to{};    // recorded for this person, when not for the chat
  Duration lasted{};
  uint8_t bar = 0;       // recorded: how loud, to kNoteBarMax; heard: so many of its bars
  bool is_full = false;  // recorded: what is said now is not in it any more
  friend bool operator==(const NoteView&, const NoteView&) = default;
};

// --- Link ------------------------------------------------------------------------------------------------------------
enum class Carrier : uint8_t { udp, tls };

// What the link can carry.
enum class Carries : uint8_t { unknown, nothing, text, basic_voice, clear_voice, video };

struct LinkCheck {
  bool is_running = false;
  bool is_done = false;
  Carries carries = Carries::unknown;
  uint32_t up_bps = 0;  // measured; 0: not known
  uint32_t down_bps = 0;
  uint32_t rtt_ms = 0;
  float loss = 0;
  friend bool operator==(const LinkCheck&, const LinkCheck&) = default;
};

struct MeterRow {
  policy::Class what = policy::Class::voice;
  uint64_t today_bytes = 0;  // both directions, headers included
  uint64_t month_bytes = 0;
  friend bool operator==(const MeterRow&, const MeterRow&) = default;
};

struct LinkView {
  bool is_attached = false;
  Duration trying_for{};        // while not attached
  std::string node{};           // HOST:PORT: attached to, or being tried
  bool is_other_tried = false;  // not the one it was attached to, which does not answer any more
  Carrier carrier = Carrier::udp;
  std::string proxy{};            // HOST:PORT; empty: none
  std::string carrier_trouble{};  // why TLS does not come, in English, when a person can do something; empty: nothing
  uint32_t rtt_ms = 0;            // to the supernode; 0: not known
  LinkCheck check{};
  std::vector<MeterRow> meter{};
  uint64_t idle_month_bytes = 0;  // signalling, policy and keepalives
  std::optional<Cost> month_cost{};
  std::string tariff{};  // its name; empty: none
  uint32_t cap_bps = 0;  // 0: none
  bool is_cap_policy = false;
  friend bool operator==(const LinkView&, const LinkView&) = default;
};

// --- Rules -----------------------------------------------------------------------------------------------------------
inline constexpr size_t kClasses = policy::kNames<policy::Class>.size();

struct ClassRules {
  Verdict now{};
  policy::Week week{};  // open, in site time, this week; for this device's role
  friend bool operator==(const ClassRules&, const ClassRules&) = default;
};

struct QuotaView {
  enum class Kind : uint8_t { voice_minutes_today, person_megabytes, device_megabytes };
  Kind kind = Kind::voice_minutes_today;
  uint32_t used = 0;
  uint32_t most = 0;
  friend bool operator==(const QuotaView&, const QuotaView&) = default;
};

struct RulesView {
  bool is_in_force = false;
  bool is_current = true;  // false: an older policy than was held before
  std::string organisation{};
  std::string site{};
  uint32_t serial = 0;
  WallTime from{};
  WallTime until{};
  std::optional<WallTime> now{};  // trusted; nothing: not known
  bool is_time_certain = false;
  policy::UtcOffset utc_offset{};  // of site time, now
  size_t quarter_now = 0;          // of the week
  std::array<ClassRules, kClasses> classes{};
  std::vector<QuotaView> quotas{};
  std::vector<std::string> emergency_contacts{};
  bool forbids_recording = false;
  bool forbids_wipe = false;
  bool is_glass_open = false;
  bool should_update = false;
  friend bool operator==(const RulesView&, const RulesView&) = default;
};

// --- Sound -----------------------------------------------------------------------------------------------------------
enum class SoundTest : uint8_t { off, listening, playing };

struct SoundView {
  std::vector<std::string> inputs{};
  std::vector<std::string> outputs{};
  bool has_input = false;  // one is there and opens
  bool has_output = false;
  float input_dbfs = -96;  // peak of the last 100 ms; -96: silence
  float output_dbfs = -96;
  bool is_clipped = false;  // in the last second
  SoundTest test = SoundTest::off;
  friend bool operator==(const SoundView&, const SoundView&) = default;
};
// Where a speaker's peaks should be.
inline constexpr float kTargetDbfsMin = -20;
inline constexpr float kTargetDbfsMax = -8;

// --- Settings --------------------------------------------------------------------------------------------------------
enum class Theme : uint8_t { light, dark, contrast };
enum class TransmitMode : uint8_t { voice_activated, push_to_talk, continuous };

// The person's own wishes, kept in the profile.
struct Settings {
  std::string language{};  // "ar"; empty: the system's
  Theme theme = Theme::light;
  uint32_t text_percent = 100;  // 100 to 200
  std::string input{};          // a device; empty: the system's
  std::string output{};
  TransmitMode transmit = TransmitMode::voice_activated;
  uint32_t talk_key = 0;  // SDL scancode; 0: space
  uint32_t key_up_delay_ms = 300;
  bool do_not_disturb = false;  // rings are silent; an emergency rings
  bool start_minimised = false;
  bool hide_notification_text = false;
  bool relay_only = false;
  bool asks_lan = false;  // for a supernode that does not answer (wire/lan.h)
  uint32_t max_bps = 0;   // 0: no cap
  std::string tariff{};
  uint32_t lock_after_minutes = 0;  // 0: never
  std::string proxy{};  // empty: the system's; "off"; else http:// or socks5:// (host/proxy.h), with its password
  friend bool operator==(const Settings&, const Settings&) = default;
};

enum class Setting : uint8_t { relay_only, max_bps, wipe, recording };  // that a policy may have the word on

// --- All of it -------------------------------------------------------------------------------------------------------
struct TrialView {
  bool is_running = false;
  std::string link{};                // an emulated link's name
  std::vector<std::string> links{};  // to choose from
  friend bool operator==(const TrialView&, const TrialView&) = default;
};

struct View {
  Stage stage = Stage::starting;
  Problem problem = Problem::none;
  std::string detail{};   // of the problem, in English, for whom we ask for help
  std::string name{};     // this person's
  std::string profile{};  // its folder
  bool has_passphrase = false;
  std::vector<PersonView> people{};
  std::vector<RecentView> recent{};
  MessagesView messages{};
  std::optional<CallView> call{};
  std::optional<EndedView> ended{};
  std::optional<InterruptedView> interrupted{};
  std::optional<NoteView> note{};
  std::optional<Verdict> refused{};  // what was asked last and is not allowed; until looked at
  LinkView link{};
  RulesView rules{};
  SoundView sound{};
  Settings settings{};
  uint32_t settings_number = 0;    // of the change that was obeyed last
  std::vector<Setting> managed{};  // by the organisation: shown with a padlock
  TrialView trial{};
  std::string saved_path{};  // of the diagnostics or recording written last
  std::string build{};       // version and commit
  friend bool operator==(const View&, const View&) = default;
};

}  // namespace farline::client
