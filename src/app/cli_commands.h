// The commands of farline-cli, one file each (cli_<command>.cc); main_cli.cc reads the options.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/cli_phone.h"
#include "app/cli_profile.h"
#include "app/exit_codes.h"
#include "app/node_carrier.h"
#include "base/tariff.h"
#include "client/events.h"
#include "host/address_text.h"
#include "voice/note.h"

namespace farline::app {

// Options that every command has.
struct CommonOptions {
  std::string profile;
  std::string passphrase_file;
  bool json = false;
  std::string node;  // HOST:PORT instead of the enrolled one
  NodeCarrier::Options carrier{};
  bool asks_lan = false;
  bool has_proxy = false;  // said here; else the profile's settings have it
  std::string proxy;       // its text; read: carrier.proxy
};

struct EnrollOptions {
  std::string invitation;
  std::string name;
  bool no_passphrase = false;
};
ExitCode enroll(const CommonOptions& common, const EnrollOptions& options);

struct SoundOptions {
  std::string source = "device";
  std::string sink = "device";
  int32_t clock_ppm = 0;
  client::TurnTaking turn_taking = client::TurnTaking::automatic;
};

// What the link costs: said here, or the policy's for a link of this name. Neither: the only one that the policy has.
struct TariffOption {
  std::optional<Tariff> own;
  std::string link;
};

enum class AnswerMode : uint8_t { never, automatic, ask };
struct RunOptions {
  AnswerMode answer = AnswerMode::never;
  SoundOptions sound;
  uint32_t max_bps = 0;
  bool relay_only = false;
  TariffOption tariff;
};
ExitCode run(const CommonOptions& common, const RunOptions& options);

struct CallCommand {
  std::string name;
  SoundOptions sound;
  double duration_s = 0;  // 0: until somebody hangs up or the WAV file ends
  uint32_t max_bps = 0;
  bool relay_only = false;
  uint32_t bulk_bytes = 0;
  TariffOption tariff;
};
ExitCode call(const CommonOptions& common, const CallCommand& options);

// Asked of the `run` that owns the profile; status and the address book work without one too.
ExitCode status(const CommonOptions& common);
ExitCode control(const CommonOptions& common, const std::string& verb, const std::string& name);
ExitCode devices(const CommonOptions& common);

// Works with a `run` and without.
struct PolicyCommand {
  enum class Verb : uint8_t { show, import_file, open };
  Verb verb = Verb::show;
  std::string argument{};  // a file, or a break-glass code
};
ExitCode policy_command(const CommonOptions& common, const PolicyCommand& command);

// All chats into a sealed file, and out of it into a profile that has none.
struct ChatFileCommand {
  std::string file;
  std::string passphrase_file;  // of the backup; empty: it is typed
};
ExitCode chat_backup(const CommonOptions& common, const ChatFileCommand& command);
ExitCode chat_restore(const CommonOptions& common, const ChatFileCommand& command);

// On standard output, or on standard error once that is kept for raw sound (--audio-out -).
void print_line(const std::string& line);
using PrintLine = std::function<void(const std::string&)>;

// Works with a `run` and without; tail needs one.
struct ChatCommand {
  std::string verb{};  // as in cli_chat.h
  std::string group{};
  std::string text{};
  std::string id{};
};
ExitCode chat_command(const CommonOptions& common, const ChatCommand& command, const PrintLine& print = print_line);

// Sound is recorded and played by the program that is asked, whoever owns the profile.
struct VoiceNoteCommand {
  std::string group{};
  std::string id{};    // play: of its message
  std::string file{};  // a WAV file, said or written; empty: the microphone, the speaker
  double seconds = 0;  // to record
  uint32_t bps = voice::kNoteBpsDefault;
  std::string sound = "device";  // as --audio-in and --audio-out
};
ExitCode send_voice_note(const CommonOptions& common, const VoiceNoteCommand& command);
ExitCode play_voice_note(const CommonOptions& common, const VoiceNoteCommand& command);

// --- Shared by the commands ---
struct ControlRequest;
// Passes a request to the `run` that owns the profile and its answer through. Nothing when nobody listens.
std::optional<ExitCode> ask_owner(const CommonOptions& common, const ControlRequest& request,
                                  const PrintLine& print = print_line);
void keep_stdout_for_sound();
// On standard output as an "error" event with --json, else in words on standard error.
ExitCode fail(const CommonOptions& common, ExitCode code, std::string_view what);
ExitCode code_of(const Error& error);
Phone::Options phone_options(const CommonOptions& common, Profile& profile, uint32_t max_bps, bool relay_only,
                             const TariffOption& tariff);
Result<Profile> open_profile(const CommonOptions& common);
// The value of --node: neither an empty host nor port 0.
Result<host::HostAndPort> node_option(const std::string& text);

}  // namespace farline::app
