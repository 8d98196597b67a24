#include "app/node_control.h"

#include "app/answer_line.h"
#include "app/program.h"

namespace farline::app {
namespace {

// A node that is busy answers within milliseconds; this one hangs.
constexpr Duration kAnswerTimeout = 10s;

// False when the line is not of the form.
bool take_line(std::string_view text, NodeAnswer& answer, bool& complete) {
  const auto line = parse_answer_line(text);
  if (!line) return false;
  if (!line->code) {
    answer.lines.emplace_back(line->text);
    return true;
  }
  answer.code = *line->code;
  answer.error = line->text;
  complete = true;
  return true;
}

}  // namespace

NodeControl::NodeControl(host::Loop& loop, const NodeFolder& folder,
                         std::function<std::optional<NodeAnswer>(const NodeQuestion&)> answer)
    : answer_(std::move(answer)) {
  auto server = host::ControlServer::listen(
      loop, folder.control_path(),
      {.on_request = [this](host::ControlClientId client, Bytes request) { handle(client, request); },
       .on_closed = {}});
  if (!server) fail_unless_io(ExitCode::config, folder.control_path(), server.error());
  server_ = std::move(*server);
}

void NodeControl::handle(host::ControlClientId client, Bytes request) {
  const auto question = decode_question(request);
  std::optional<NodeAnswer> answer;
  if (question) {
    answer = answer_(*question);
  } else {
    answer = {.code = ExitCode::internal, .error = std::string(question.error().what), .lines = {}};
  }
  if (answer) {
    for (const std::string& line : answer->lines)
      server_->send_line(client, format_answer_line({.code = {}, .text = line}));
    server_->send_line(client, format_answer_line({answer->code, answer->error}));
  }
  server_->close(client);
}

std::optional<NodeAnswer> ask_running_node(const NodeFolder& folder, const NodeQuestion& question) {
  host::Loop loop;
  NodeAnswer answer;
  bool complete = false, timed_out = false;
  host::Timer timeout(loop, [&] {
    timed_out = true;
    loop.stop();
  });
  timeout.start(kAnswerTimeout);
  const auto client = host::ControlClient::connect(loop, folder.control_path(),
                                                   {.on_line =
                                                        [&](std::string_view line) {
                                                          if (complete || !take_line(line, answer, complete))
                                                            loop.stop();
                                                        },
                                                    .on_closed = [&] { loop.stop(); }});
  client->send_request(encode(question));
  loop.run();
  if (timed_out) throw Failure(ExitCode::network, "the running node does not answer");
  if (!complete) return std::nullopt;
  return answer;
}

}  // namespace farline::app
