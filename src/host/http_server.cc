#include "host/http_server.h"

#include <array>

#include "host/http_request.h"
#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

std::string head_of(const HttpPage& page) {
  return "HTTP/1.1 " + std::to_string(page.status) + " " + reason_of(page.status) + "\r\nContent-Type: " + page.type +
         "\r\nContent-Length: " + std::to_string(page.body.size()) +
         "\r\nCache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'"
         "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
}

struct HttpWrite {
  uv_write_t request{};
  std::string text;
  HttpServer* server = nullptr;
  uint64_t client = 0;
};

}  // namespace

struct HttpServer::Client {
  Client(HttpServer& owner, uint64_t own_id)
      : server(owner), id(own_id), patience(owner.loop_, [this] { server.drop(id); }) {}
  HttpServer& server;
  uint64_t id;
  Timer patience;
  Handle<uv_tcp_t> socket;
  std::array<char, 1024> buffer{};
  std::string head;
  bool is_answered = false;
};

HttpServer::HttpServer(Loop& loop, Pages pages) : loop_(loop), pages_(std::move(pages)) {}
HttpServer::~HttpServer() = default;

void HttpServer::drop(uint64_t client) {
  clients_.erase(client);
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Loop& loop, const Address& address, Pages pages) {
  std::unique_ptr<HttpServer> server(new HttpServer(loop, std::move(pages)));
  server->listener_ = make_handle<uv_tcp_t>(server.get(), [&](uv_tcp_t* tcp) { return uv_tcp_init(loop.uv(), tcp); });
  const sockaddr_storage local = to_sockaddr(address, !address.is_v4());
  int status = uv_tcp_bind(server->listener_.get(), reinterpret_cast<const sockaddr*>(&local), 0);
  if (status == 0) {
    const auto connected = [](uv_stream_t* stream, int result) {
      if (result == 0) static_cast<HttpServer*>(stream->data)->accept();
    };
    status = uv_listen(reinterpret_cast<uv_stream_t*>(server->listener_.get()), kHttpClientsMax, connected);
  }
  if (status == UV_EADDRINUSE) return Error{Errc::io, "another program listens on that port; choose another one"};
  if (status != 0) return uv_error(status);
  return server;
}

void HttpServer::accept() {
  auto client = std::make_unique<Client>(*this, ++last_id_);
  client->socket = make_handle<uv_tcp_t>(client.get(), [&](uv_tcp_t* tcp) { return uv_tcp_init(loop_.uv(), tcp); });
  auto* stream = reinterpret_cast<uv_stream_t*>(client->socket.get());
  if (uv_accept(reinterpret_cast<uv_stream_t*>(listener_.get()), stream) != 0) return;
  if (clients_.size() >= kHttpClientsMax) return;  // accepted only to be closed
  const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& room = static_cast<Client*>(handle->data)->buffer;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto got = [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
    auto& reader = *static_cast<Client*>(from->data);
    if (size < 0) {
      reader.server.drop(reader.id);
    } else {
      reader.server.received(reader, {buffer->base, static_cast<size_t>(size)});
    }
  };
  if (uv_read_start(stream, give_buffer, got) != 0) return;
  client->patience.start(kHttpPatience);
  clients_.emplace(client->id, std::move(client));
}

void HttpServer::received(Client& client, std::string_view text) {
  if (client.is_answered) return;  // what follows the request is read and forgotten
  client.head += text;             // at most one buffer more than the bound
  const auto request = parse_http_head(client.head);
  if (!request) {
    const int status = request.error().code == Errc::unsupported ? 405 : 400;
    return answer(client, {.status = status, .body = std::string(request.error().what) + "\n"}, true);
  }
  if (*request) answer(client, pages_((*request)->path), !(*request)->is_head);
}

void HttpServer::answer(Client& client, const HttpPage& page, bool with_body) {
  client.is_answered = true;
  auto write = std::make_unique<HttpWrite>();
  write->text = head_of(page) + (with_body ? page.body : "");
  write->server = this;
  write->client = client.id;
  write->request.data = write.get();
  const uv_buf_t buffer = uv_buf_init(write->text.data(), static_cast<unsigned>(write->text.size()));
  const auto done = [](uv_write_t* request, int) {
    const std::unique_ptr<HttpWrite> written(static_cast<HttpWrite*>(request->data));
    // Closing: the client is gone already, and the server perhaps.
    if (!uv_is_closing(reinterpret_cast<uv_handle_t*>(request->handle))) written->server->drop(written->client);
  };
  if (uv_write(&write->request, reinterpret_cast<uv_stream_t*>(client.socket.get()), &buffer, 1, done) == 0) {
    write.release();  // NOLINT: freed by the callback
  } else {
    drop(client.id);
  }
}

Address HttpServer::local_address() const {
  sockaddr_storage local{};
  int size = sizeof local;
  auto* name = reinterpret_cast<sockaddr*>(&local);
  if (uv_tcp_getsockname(listener_.get(), name, &size) != 0) return {};
  return from_sockaddr(name);
}

}  // namespace farline::host
