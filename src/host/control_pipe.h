// How a second program reaches the one that owns a profile (`call` while `run` is attached): a Unix domain socket with
// mode 0600, on Windows a named pipe. Requests go in as frames, answers come back as lines (control_frames.h).
// Bounded: few clients, short frames; a client that breaks a bound or does not read is cut off. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "host/control_frames.h"
#include "host/loop.h"

namespace farline::host {

inline constexpr size_t kControlClientsMax = 8;

using ControlClientId = uint32_t;

class ControlServer {
 public:
  struct Handler {
    std::function<void(ControlClientId, Bytes request)> on_request;
    std::function<void(ControlClientId)> on_closed;  // the client went away
  };
  // The caller holds the ProfileLock: a socket file left behind by a killed process is replaced.
  static Result<std::unique_ptr<ControlServer>> listen(Loop& loop, const std::string& path, Handler handler);
  ~ControlServer();

  void send_line(ControlClientId client, std::string_view line);  // without its newline; unknown clients are ignored
  void close(ControlClientId client);                             // after what was sent has left

 private:
  struct Client;
  ControlServer(Loop& loop, Handler handler);
  void accept();
  void received(Client& client);
  void drop(ControlClientId client);

  Loop& loop_;
  Handler handler_;
  Handle<uv_pipe_s> pipe_;
  std::string path_;
  std::map<ControlClientId, std::unique_ptr<Client>> clients_;
  ControlClientId last_id_ = 0;
};

class ControlClient {
 public:
  struct Handler {
    std::function<void(std::string_view line)> on_line;
    std::function<void()> on_closed;  // nobody listens there, or the owner ended; called once, never from connect()
  };
  // Neither function may destroy the client.
  static std::unique_ptr<ControlClient> connect(Loop& loop, const std::string& path, Handler handler);
  ~ControlClient();

  void send_request(Bytes request);

 private:
  ControlClient(Loop& loop, Handler handler);
  void connected(bool success);
  void received(std::string_view text);
  void closed();

  Handler handler_;
  Handle<uv_pipe_s> pipe_;
  std::array<char, 4096> buffer_;
  LineGatherer lines_;
  ByteVector unsent_;  // requests made before the connection stood
  bool connected_ = false;
};

}  // namespace farline::host
