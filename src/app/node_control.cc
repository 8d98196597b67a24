#include "app/node_control.h"

#include <charconv>

#include "app/program.h"

namespace farline::app {
namespace {

// A node that is busy answers within milliseconds; this one hangs.
constexpr Duration kAnswerTimeout = 10s;

// False when the line is not of the form.
bool take_line(std::string_view line, NodeAnswer& answer, bool& complete) {
  if (line.starts_with('>')) {
    answer.lines.emplace_back(line.substr(1));
    return true;
  }
  int code = 0;
  if (!line.starts_with('=')) return false;
  const auto [end, failed] = std::from_chars(line.data() + 1, line.data() + line.size(), code);
  if (failed != std::errc{} || end == line.data() + line.size()) return false;
  answer.code = static_cast<ExitCode>(code);
  answer.error = std::string(end + 1, line.data() + line.size());
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
    for (const std::string& line : answer->lines) server_->send_line(client, ">" + line);
    server_->send_line(client, "=" + std::to_string(number(answer->code)) + " " + answer->error);
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
