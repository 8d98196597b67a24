// A control pipe with the owner of a profile behind it, who repeats what it hears.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "host/control_pipe.h"

namespace farline::testing {

struct ControlWorld {
  explicit ControlWorld(const std::string& path) : guard(loop, [this] { loop.stop(); }) {
    guard.start(5s);
    host::ControlServer::Handler handler;
    handler.on_request = [this](host::ControlClientId from, Bytes request) {
      requests.emplace_back(as_text(request));
      if (requests.back() == "bye") {
        server->send_line(from, "last words");
        server->close(from);
      } else {
        server->send_line(from, "heard " + requests.back());
      }
    };
    handler.on_closed = [this](host::ControlClientId) {
      ++server_closed;
      if (stop_when_closed) loop.stop();
    };
    auto opened = host::ControlServer::listen(loop, path, std::move(handler));
    REQUIRE(opened);
    server = std::move(*opened);
  }
  std::unique_ptr<host::ControlClient> connect(const std::string& path) {
    host::ControlClient::Handler handler;
    handler.on_line = [this](std::string_view line) { lines.emplace_back(line); };
    handler.on_closed = [this] {
      ++client_closed;
      loop.stop();
    };
    return host::ControlClient::connect(loop, path, std::move(handler));
  }
  host::Loop loop;
  host::Timer guard;
  std::unique_ptr<host::ControlServer> server;
  std::vector<std::string> requests, lines;
  int server_closed = 0, client_closed = 0;
  bool stop_when_closed = false;
};

}  // namespace farline::testing
