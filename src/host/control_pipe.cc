#include "host/control_pipe.h"

#include <algorithm>

#include "host/file.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

// Answers that a client has not read; a line of statistics each second would need minutes to get here.
constexpr size_t kUnsentBytesMax = 256 * 1024;

#ifdef _WIN32
// What CreateNamedPipe takes, less its fixed beginning.
constexpr size_t kPipePathMax = 230;

// Pipes have one flat room for the whole machine, so the name is the path, however it was written.
std::string pipe_name(const std::string& path) {
  std::string name = absolute_path(path);
  std::ranges::replace_if(
      name, [](char c) { return c == '\\' || c == '/' || c == ':'; }, '_');
  return R"(\\.\pipe\farline-)" + name;
}
#else
// sockaddr_un holds 108 bytes on Linux and 104 elsewhere; libuv would cut a longer path silently.
constexpr size_t kPipePathMax = 100;

const std::string& pipe_name(const std::string& path) {
  return path;
}
#endif

void remove_socket_file([[maybe_unused]] const std::string& path) {
#ifndef _WIN32
  uv_fs_t request{};
  uv_fs_unlink(nullptr, &request, path.c_str(), nullptr);
  uv_fs_req_cleanup(&request);
#endif
}

// 0600 before listen(), so nobody else can have connected in between.
int restrict_to_user([[maybe_unused]] const std::string& path) {
#ifdef _WIN32
  return 0;
#else
  uv_fs_t request{};
  const int status = uv_fs_chmod(nullptr, &request, path.c_str(), 0600, nullptr);
  uv_fs_req_cleanup(&request);
  return status;
#endif
}

struct PipeWrite {
  uv_write_t request;
  ByteVector bytes;
};

// False when the other side has gone or does not read.
bool write_to(uv_pipe_t* pipe, ByteVector bytes) {
  auto* stream = reinterpret_cast<uv_stream_t*>(pipe);
  if (uv_stream_get_write_queue_size(stream) + bytes.size() > kUnsentBytesMax) return false;
  auto write = std::make_unique<PipeWrite>();
  write->bytes = std::move(bytes);
  write->request.data = write.get();
  const uv_buf_t buffer =
      uv_buf_init(reinterpret_cast<char*>(write->bytes.data()), static_cast<unsigned>(write->bytes.size()));
  const int status = uv_write(&write->request, stream, &buffer, 1,
                              [](uv_write_t* request, int) { delete static_cast<PipeWrite*>(request->data); });
  if (status != 0) return false;
  write.release();  // NOLINT: freed by the callback
  return true;
}

Handle<uv_pipe_t> make_pipe(Loop& loop, void* owner) {
  return make_handle<uv_pipe_t>(owner, [&](uv_pipe_t* pipe) { return uv_pipe_init(loop.uv(), pipe, 0); });
}

}  // namespace

struct ControlServer::Client {
  ControlServer* server;
  ControlClientId id;
  Handle<uv_pipe_t> pipe;
  std::array<char, 4096> buffer{};
  FrameGatherer frames;
  bool closing = false;
};

ControlServer::ControlServer(Loop& loop, Handler handler) : loop_(loop), handler_(std::move(handler)) {}

ControlServer::~ControlServer() {
  if (!path_.empty()) remove_socket_file(path_);
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(Loop& loop, const std::string& path, Handler handler) {
  if (pipe_name(path).size() > kPipePathMax)
    return Error{Errc::limit, "the profile's path is too long for a socket (100 characters); use a shorter one"};
  std::unique_ptr<ControlServer> server(new ControlServer(loop, std::move(handler)));
  server->pipe_ = make_pipe(loop, server.get());
  remove_socket_file(path);
  int status = uv_pipe_bind(server->pipe_.get(), pipe_name(path).c_str());
  if (status == 0) {
    server->path_ = path;
    status = restrict_to_user(path);
  }
  if (status == 0) {
    const auto connected = [](uv_stream_t* stream, int result) {
      if (result == 0) static_cast<ControlServer*>(stream->data)->accept();
    };
    status = uv_listen(reinterpret_cast<uv_stream_t*>(server->pipe_.get()), kControlClientsMax, connected);
  }
  if (status != 0) return uv_error(status);
  return server;
}

void ControlServer::accept() {
  auto client = std::make_unique<Client>();
  client->server = this;
  client->id = ++last_id_;
  client->pipe = make_pipe(loop_, client.get());
  auto* stream = reinterpret_cast<uv_stream_t*>(client->pipe.get());
  if (uv_accept(reinterpret_cast<uv_stream_t*>(pipe_.get()), stream) != 0) return;
  if (clients_.size() >= kControlClientsMax) return;  // accepted only to be closed
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<Client*>(handle->data)->buffer;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto got = [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
    auto& reader = *static_cast<Client*>(from->data);
    if (size < 0) {
      reader.server->drop(reader.id);
      return;
    }
    reader.frames.add(as_bytes({buffer->base, static_cast<size_t>(size)}));
    reader.server->received(reader);
  };
  if (uv_read_start(stream, give_buffer, got) != 0) return;
  clients_.emplace(client->id, std::move(client));
}

void ControlServer::received(Client& client) {
  const ControlClientId id = client.id;
  while (true) {
    const auto request = client.frames.take();
    if (!request) return drop(id);
    if (!*request) return;
    if (handler_.on_request) handler_.on_request(id, **request);
    if (!clients_.contains(id) || client.closing) return;  // by the handler
  }
}

void ControlServer::send_line(ControlClientId client, std::string_view line) {
  const auto found = clients_.find(client);
  if (found == clients_.end() || found->second->closing) return;
  ByteVector bytes = to_vector(as_bytes(line));
  bytes.push_back('\n');
  if (!write_to(found->second->pipe.get(), std::move(bytes))) drop(client);
}

void ControlServer::close(ControlClientId client) {
  const auto found = clients_.find(client);
  if (found == clients_.end() || found->second->closing) return;
  found->second->closing = true;
  auto* stream = reinterpret_cast<uv_stream_t*>(found->second->pipe.get());
  uv_read_stop(stream);
  auto* request = new uv_shutdown_t;
  request->data = found->second.get();
  const auto done = [](uv_shutdown_t* finished, int status) {
    const auto* leaving = static_cast<Client*>(finished->data);
    if (status != UV_ECANCELED) leaving->server->clients_.erase(leaving->id);  // cancelled: the client is gone already
    delete finished;
  };
  if (uv_shutdown(request, stream, done) != 0) {
    delete request;
    clients_.erase(found);
  }
}

void ControlServer::drop(ControlClientId client) {
  if (clients_.erase(client) != 0 && handler_.on_closed) handler_.on_closed(client);
}

ControlClient::ControlClient(Loop& loop, Handler handler)
    : handler_(std::move(handler)), pipe_(make_pipe(loop, this)) {}

ControlClient::~ControlClient() = default;

std::unique_ptr<ControlClient> ControlClient::connect(Loop& loop, const std::string& path, Handler handler) {
  std::unique_ptr<ControlClient> client(new ControlClient(loop, std::move(handler)));
  auto* request = new uv_connect_t;
  request->data = client.get();
  uv_pipe_connect(request, client->pipe_.get(), pipe_name(path).c_str(), [](uv_connect_t* finished, int status) {
    if (status != UV_ECANCELED) static_cast<ControlClient*>(finished->data)->connected(status == 0);
    delete finished;
  });
  return client;
}

void ControlClient::connected(bool success) {
  if (!success) {
    closed();
    return;
  }
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<ControlClient*>(handle->data)->buffer_;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto got = [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
    auto& client = *static_cast<ControlClient*>(from->data);
    if (size < 0) {
      client.closed();
    } else {
      client.received({buffer->base, static_cast<size_t>(size)});
    }
  };
  connected_ = true;
  const bool reading = uv_read_start(reinterpret_cast<uv_stream_t*>(pipe_.get()), give_buffer, got) == 0;
  if (!reading || !write_to(pipe_.get(), std::exchange(unsent_, {}))) closed();
}

void ControlClient::send_request(Bytes request) {
  ByteVector frame = control_frame(request);
  if (!connected_) {
    unsent_.insert(unsent_.end(), frame.begin(), frame.end());
  } else if (pipe_) {
    (void)write_to(pipe_.get(), std::move(frame));  // when it fails, reading ends too and says so
  }
}

void ControlClient::received(std::string_view text) {
  lines_.add(text);
  while (true) {
    const auto line = lines_.take();
    if (!line) return closed();
    if (!*line) return;
    if (handler_.on_line) handler_.on_line(**line);
  }
}

void ControlClient::closed() {
  pipe_.reset();
  if (handler_.on_closed) handler_.on_closed();
}

}  // namespace farline::host
