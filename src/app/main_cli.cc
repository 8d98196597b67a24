// farline-cli: everything a person can do, headless and scriptable. Options only; the commands are in cli_*.cc.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <set>

#include "app/cli_commands.h"
#include "crypto/keys.h"
#include "host/command_line.h"
#include "host/terminal.h"

namespace farline::app {
namespace {

void add_sound(CLI::App& command, SoundOptions& sound) {
  command.add_option("--audio-in", sound.source, "file.wav | loop:file.wav | device[:NAME] | silence | -")
      ->capture_default_str();
  command.add_option("--audio-out", sound.sink, "file.wav | device[:NAME] | null | -")->capture_default_str();
  static const std::map<std::string, client::TurnTaking> kTurns{
      {"auto", client::TurnTaking::automatic}, {"on", client::TurnTaking::on}, {"off", client::TurnTaking::off}};
  command
      .add_option("--turn-taking", sound.turn_taking,
                  "a tone when the far person has finished; auto: beyond 1 s of delay")
      ->transform(CLI::CheckedTransformer(kTurns))
      ->option_text("auto|on|off");
  command.add_option("--sound-clock-ppm", sound.clock_ppm, "error of the virtual sound clock, for tests")
      ->check(CLI::Range(-2000, 2000))
      ->group("");
}

void add_max_bps(CLI::App& command, uint32_t& max_bps) {
  command.add_option("--max-bps", max_bps, "most to send and to be sent, bit/s on the wire with headers")
      ->check(CLI::Range(1000, 10'000'000));
}

void add_tariff(CLI::App& command, TariffOption& tariff) {
  const auto read = [&tariff](const std::string& text) {
    if (!text.empty() && (text.front() < '0' || text.front() > '9')) {
      tariff.link = text;
      return;
    }
    const auto parsed = parse_tariff(text);
    if (!parsed) throw CLI::ValidationError("--tariff", std::string(parsed.error().what));
    tariff.own = *parsed;
  };
  command
      .add_option_function<std::string>("--tariff", read,
                                        "what the link costs: 6.95/MB | 1.10/20s+60s | 2.25/min | the policy's link")
      ->option_text("TARIFF");
}

void add_path(CLI::App& command, bool& relay_only) {
  const std::map<std::string, bool> paths{{"auto", false}, {"relay", true}};
  command
      .add_option("--path", relay_only, "auto: direct where NATs allow it | relay: the other side learns no address")
      ->transform(CLI::CheckedTransformer(paths))
      ->option_text("PATH");
}

void add_link(CLI::App& command, auto& options) {
  add_max_bps(command, options.max_bps);
  add_path(command, options.relay_only);
  add_tariff(command, options.tariff);
}

void add_common(CLI::App& app, CommonOptions& common) {
  app.add_option("--profile", common.profile, "the folder of this device's keys and contacts")->required();
  app.add_option("--passphrase-file", common.passphrase_file, "read the profile's passphrase from this file");
  app.add_option("--node", common.node, "HOST:PORT of the supernode, instead of the invitation's");
  const auto read_tls = [&common](const std::string& text) {
    common.carrier.is_off = text == "off";
    if (common.carrier.is_off) return;
    const auto where = host::split_address(text);
    if (!where || where->host.empty() || where->port == 0)
      throw CLI::ValidationError("--tls", text + " is neither HOST:PORT nor off");
    common.carrier.tls = *where;
  };
  app.add_option_function<std::string>("--tls", read_tls,
                                       "where the supernode takes TLS, when UDP does not reach it; else port 443 of it")
      ->option_text("HOST:PORT|off");
  const auto read_proxy = [&common](const std::string& text) {
    const auto setting = host::parse_proxy_setting(text);
    if (!setting) throw CLI::ValidationError("--proxy", std::string(setting.error().what));
    common.carrier.proxy = *setting;
    common.has_proxy = true;
    common.proxy = text;
  };
  app.add_option_function<std::string>("--proxy", read_proxy,
                                       "what TLS goes by: http://USER:PASSWORD@HOST:PORT, socks5://..., off; else the "
                                       "profile's or the environment's")
      ->option_text("PROXY|off");
  app.add_flag("--lan", common.asks_lan,
               "ask this network for a supernode that does not answer elsewhere; whoever listens here learns that a "
               "program like this one is there");
  app.add_flag("--json", common.json, "one JSON object a line");
}

CLI::App* add_policy(CLI::App& app, PolicyCommand& policy) {
  auto* policy_word = app.add_subcommand("policy", "the organisation's rules on this device");
  policy_word->require_subcommand(1);
  const auto add = [&](const char* word, const char* help, PolicyCommand::Verb verb) {
    auto* command = policy_word->add_subcommand(word, help);
    command->callback([&policy, verb] { policy.verb = verb; });
    return command;
  };
  add("show", "what holds now, why, and when that changes", PolicyCommand::Verb::show);
  add("import", "take a signed policy from a file", PolicyCommand::Verb::import_file)
      ->add_option("file", policy.argument, "a .policy file")
      ->required();
  add("open", "lift the rules for four hours with a break-glass code", PolicyCommand::Verb::open)
      ->add_option("code", policy.argument, "as your administrator reads it out")
      ->required();
  return policy_word;
}

struct ChatWords {
  CLI::App* word = nullptr;  // all but the next are its subcommands
  CLI::App* send_voice = nullptr;
  CLI::App* play = nullptr;
  CLI::App* backup = nullptr;
  CLI::App* restore = nullptr;
};
void add_voice_notes(ChatWords& words, VoiceNoteCommand& note) {
  auto* send = words.word->add_subcommand("send-voice", "say something: a voice note; prints the message's id");
  send->add_option("name", note.group, "the chat")->required();
  send->add_option("file", note.file, "what to say, a WAV file; the microphone when there is none");
  send->add_option("--seconds", note.seconds, "how long to record")->check(CLI::Range(0.1, 300.0));
  std::set<uint32_t> rates(voice::note_rates().begin(), voice::note_rates().end());
  send->add_option("--rate", note.bps, "bit/s: 700 to 3200 is Codec2, from 6000 on Opus")
      ->check(CLI::IsMember(std::move(rates)))
      ->capture_default_str();
  send->add_option("--audio-in", note.sound, "what to record: device[:NAME]")->capture_default_str();
  auto* play = words.word->add_subcommand("play", "listen to a voice note");
  play->add_option("name", note.group, "the chat")->required();
  play->add_option("id", note.id, "the id of its message")->required();
  play->add_option("--to", note.file, "write it into this WAV file instead");
  play->add_option("--audio-out", note.sound, "device[:NAME]")->capture_default_str();
  words.send_voice = send;
  words.play = play;
}

ChatWords add_chat(CLI::App& app, ChatCommand& chat, ChatFileCommand& file, VoiceNoteCommand& note) {
  auto* chat_word = app.add_subcommand("chat", "write and read; what cannot leave now leaves from the next `run`");
  chat_word->require_subcommand(1);
  const auto add = [&](const char* word, const char* help, bool has_name = true) {
    auto* command = chat_word->add_subcommand(word, help);
    command->callback([&chat, word] { chat.verb = word; });
    if (has_name) command->add_option("name", chat.group, "the chat")->required();
    return command;
  };
  add("list", "the chats of this profile", false);
  add("new", "begin a chat")->add_option("--members", chat.text, "people, with commas between")->required();
  add("invite", "take somebody in")->add_option("person", chat.text, "who")->required();
  add("remove", "put somebody out of a chat; what follows they cannot read")
      ->add_option("person", chat.text, "who")
      ->required();
  add("leave", "leave a chat; what was read stays here");
  auto* send = add("send", "write a message; prints its id");
  send->add_option("text", chat.text, "what to say")->required();
  send->add_option("--reply-to", chat.id, "the id of the message that is answered");
  auto* check_in = add("check-in", "say how you are, in a few bytes; prints the message's id");
  check_in->add_option("text", chat.text, "a few words, at most 60 bytes");
  check_in->add_option("--state", chat.id, "fine (when it is not said), needs-help, moving")
      ->check(CLI::IsMember({"fine", "needs-help", "moving"}));
  add("read", "the last 50 messages")->add_option("--since", chat.id, "all behind the message with this id");
  add("tail", "every message from now on, of all chats; needs a `run`", false);
  add("search", "messages that have all these words")->add_option("words", chat.text, "words")->required();
  add("send-file", "send a file, up to 64 MiB; prints the message's id")
      ->add_option("file", chat.text, "the file")
      ->required();
  auto* fetch = add("fetch", "ask for a file; once all of it is here, write it out");
  fetch->add_option("id", chat.id, "the id of its message")->required();
  fetch->add_option("--to", chat.text, "the folder; this one when it is not said");
  add("export", "every message, oldest first");
  add("mark-read", "everything in it has been seen");
  const auto add_file = [&](const char* word, const char* help) {
    auto* command = chat_word->add_subcommand(word, help);
    command->add_option("file", file.file, "the backup")->required();
    command->add_option("--backup-passphrase-file", file.passphrase_file,
                        "read the backup's passphrase from this file");
    return command;
  };
  ChatWords words;
  words.word = chat_word;
  add_voice_notes(words, note);
  words.backup = add_file("backup", "all chats into a sealed file, for another disk or device");
  words.restore = add_file("restore", "the chats of such a file into this profile, which has none yet");
  return words;
}

ExitCode do_chat_word(const CommonOptions& common, const ChatWords& words, const ChatCommand& chat,
                      const VoiceNoteCommand& note) {
  if (*words.send_voice) return send_voice_note(common, note);
  if (*words.play) return play_voice_note(common, note);
  return chat_command(common, chat);
}

// The words for a call that runs in a `run`; `name` where they have one.
std::vector<CLI::App*> add_controls(CLI::App& app, std::string& name) {
  std::vector<CLI::App*> controls;
  for (const auto& [word, help] :
       {std::pair{"answer", "answer the call that rings in the running `run`"},
        std::pair{"hangup", "hang up, or decline the call that rings"}, std::pair{"mute", "send silence"},
        std::pair{"unmute", "send sound again"}, std::pair{"block", "let calls of a person not ring"},
        std::pair{"unblock", "let them ring again"},
        std::pair{"press", "press keys of a telephone's keypad in the running call: 0 to 9, *, #, A to D"}}) {
    auto* command = app.add_subcommand(word, help);
    if (std::string_view(word).ends_with("block")) command->add_option("name", name, "the person")->required();
    if (std::string_view(word) == "press") command->add_option("keys", name, "such as 12#")->required();
    controls.push_back(command);
  }
  return controls;
}

int main_cli(int argc, char** argv) {
  CLI::App app("Farline: encrypted calls over very thin links", "farline-cli");
  app.set_version_flag("--version", std::string("farline-cli ") + FARLINE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  CommonOptions common;
  add_common(app, common);

  EnrollOptions enroll_options;
  auto* enroll_command = app.add_subcommand("enroll", "join an organisation with an invitation");
  enroll_command->add_option("invitation", enroll_options.invitation, "farline1-...")->required();
  enroll_command->add_option("--name", enroll_options.name, "what others call you by")->required();
  enroll_command->add_flag("--no-passphrase", enroll_options.no_passphrase,
                           "protect the profile by file permissions only");

  RunOptions run_options;
  run_options.answer = host::is_terminal(host::StandardStream::in) ? AnswerMode::ask : AnswerMode::never;
  auto* run_command = app.add_subcommand("run", "stay attached and take calls");
  const std::map<std::string, AnswerMode> modes{
      {"auto", AnswerMode::automatic}, {"never", AnswerMode::never}, {"ask", AnswerMode::ask}};
  run_command->add_option("--answer", run_options.answer, "auto, never, or ask (at a terminal)")
      ->transform(CLI::CheckedTransformer(modes))
      ->option_text("MODE");
  add_sound(*run_command, run_options.sound);
  add_link(*run_command, run_options);

  CallCommand call_options;
  auto* call_command = app.add_subcommand("call", "call a person");
  call_command->add_option("name", call_options.name, "the person")->required();
  call_command->add_option("--duration", call_options.duration_s, "hang up after this many seconds")
      ->check(CLI::Range(0.0, 1e6));
  call_command->add_option("--bulk", call_options.bulk_bytes, "also send this many bytes, behind the voice")
      ->check(CLI::Range(0U, 0xffffffffU))
      ->option_text("BYTES");
  add_sound(*call_command, call_options.sound);
  add_link(*call_command, call_options);

  auto* status_command = app.add_subcommand("status", "who this is and how it stands");
  auto* devices_command = app.add_subcommand("devices", "sound devices of this machine");
  std::string other;
  const std::vector<CLI::App*> controls = add_controls(app, other);
  PolicyCommand policy;
  const auto* policy_word = add_policy(app, policy);
  ChatCommand chat;
  ChatFileCommand chat_file;
  VoiceNoteCommand note;
  const ChatWords chat_words = add_chat(app, chat, chat_file, note);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int shown = app.exit(error);  // 0 for --help and --version
    return shown == 0 ? 0 : number(ExitCode::usage);
  }
  if (!crypto::init()) return number(fail(common, ExitCode::internal, "the system gives no randomness"));
  if (*enroll_command) return number(enroll(common, enroll_options));
  if (*run_command) return number(run(common, run_options));
  if (*call_command) return number(call(common, call_options));
  if (*status_command) return number(status(common));
  if (*devices_command) return number(devices(common));
  if (*policy_word) return number(policy_command(common, policy));
  if (*chat_words.backup) return number(chat_backup(common, chat_file));
  if (*chat_words.restore) return number(chat_restore(common, chat_file));
  if (*chat_words.word) return number(do_chat_word(common, chat_words, chat, note));
  for (const CLI::App* command : controls)
    if (*command) return number(control(common, command->get_name(), other));
  return number(ExitCode::usage);
}

}  // namespace
}  // namespace farline::app

int main(int argc, char** argv) {
  try {
    farline::host::CommandLine words(argc, argv);
    return farline::app::main_cli(words.argc(), words.argv());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "farline-cli: %s\n", error.what());
    return farline::app::number(farline::app::ExitCode::internal);
  }
}
