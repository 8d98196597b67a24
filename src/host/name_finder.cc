#include "host/name_finder.h"

#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {

struct NameFinder::Request {
  uv_getaddrinfo_t uv{};
  NameFinder* finder = nullptr;
  uint16_t port = 0;
};

NameFinder::NameFinder(Loop& loop, Found found)
    : loop_(loop), found_(std::move(found)), at_once_(loop, [this] { finish(std::exchange(digits_, std::nullopt)); }) {}

NameFinder::~NameFinder() {
  if (request_ == nullptr) return;
  request_->finder = nullptr;
  (void)uv_cancel(reinterpret_cast<uv_req_t*>(&request_->uv));
}

void NameFinder::find(const HostAndPort& where) {
  INVARIANT(!is_running());
  digits_ = address_of_digits(where);
  if (digits_) return at_once_.start(0ms);
  auto request = std::make_unique<Request>();
  request->finder = this;
  request->port = where.port;
  request->uv.data = request.get();
  const auto answered = [](uv_getaddrinfo_t* uv, int status, addrinfo* list) {
    const std::unique_ptr<Request> done(static_cast<Request*>(uv->data));
    const auto address = status == 0 ? first_address(list, done->port) : std::nullopt;
    uv_freeaddrinfo(list);
    if (done->finder == nullptr) return;
    done->finder->request_ = nullptr;
    done->finder->finish(address);
  };
  const addrinfo hints = datagram_hints();
  if (uv_getaddrinfo(loop_.uv(), &request->uv, answered, where.host.c_str(), nullptr, &hints) == 0) {
    request_ = request.release();
  } else {
    digits_ = Address{};  // not even asked
    at_once_.start(0ms);
  }
}

void NameFinder::finish(const std::optional<Address>& address) {
  found_(address && address->port != 0 ? address : std::nullopt);
}

}  // namespace farline::host
