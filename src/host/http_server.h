// A few fixed pages over HTTP for the person and the programs that watch a node: GET and HEAD, one request a
// connection, no bodies in, no TLS, no names. A library would bring a second event loop and thirty times the code for
// what is here a parser of forty lines (http_request.h). Bounded: kHttpClientsMax at once, each closed after
// kHttpPatience. Whoever can connect can read: listen on loopback. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "host/loop.h"

namespace farline::host {

inline constexpr size_t kHttpClientsMax = 16;
inline constexpr Duration kHttpPatience = 5s;

struct HttpPage {
  int status = 200;
  const char* type = "text/plain; charset=utf-8";
  std::string body;
};

class HttpServer {
 public:
  // `page` of a path; called on the loop, may not destroy the server.
  using Pages = std::function<HttpPage(std::string_view path)>;
  static Result<std::unique_ptr<HttpServer>> listen(Loop& loop, const Address& address, Pages pages);
  ~HttpServer();

  Address local_address() const;
  void drop(uint64_t client);  // of its own callbacks

 private:
  struct Client;
  HttpServer(Loop& loop, Pages pages);
  void accept();
  void received(Client& client, std::string_view text);
  void answer(Client& client, const HttpPage& page, bool with_body);

  Loop& loop_;
  Pages pages_;
  Handle<uv_tcp_s> listener_;
  std::map<uint64_t, std::unique_ptr<Client>> clients_;
  uint64_t last_id_ = 0;
};

}  // namespace farline::host
