#include "host/name_finder.h"

#include <algorithm>

#include "host/nat64.h"
#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {

struct NameFinder::Request {
  uv_getaddrinfo_t uv{};
  NameFinder* finder = nullptr;
  uint16_t port = 0;
};

NameFinder::NameFinder(Loop& loop, Found found)
    : loop_(loop), found_(std::move(found)), at_once_(loop, [this] { finish(); }) {}

NameFinder::~NameFinder() {
  if (request_ == nullptr) return;
  request_->finder = nullptr;
  (void)uv_cancel(reinterpret_cast<uv_req_t*>(&request_->uv));
}

void NameFinder::find(const HostAndPort& where) {
  INVARIANT(!is_running());
  is_running_ = true;
  where_ = where;
  candidates_.clear();
  asks_nat64_ = false;
  const auto digits = address_of_digits(where);
  if (!digits) return look_up(where.host);
  candidates_.push_back(*digits);
  if (is_out_of_reach())
    look_up(kNat64Name);
  else
    at_once_.start(0ms);
}

void NameFinder::look_up(const std::string& name) {
  asks_nat64_ = name == kNat64Name;
  auto request = std::make_unique<Request>();
  request->finder = this;
  request->port = where_.port;
  request->uv.data = request.get();
  const auto done = [](uv_getaddrinfo_t* uv, int status, addrinfo* list) {
    const std::unique_ptr<Request> owned(static_cast<Request*>(uv->data));
    auto addresses = status == 0 ? all_addresses(list, owned->port) : std::vector<Address>();
    uv_freeaddrinfo(list);
    if (owned->finder == nullptr) return;
    owned->finder->request_ = nullptr;
    owned->finder->answered(std::move(addresses));
  };
  addrinfo hints = datagram_hints();
  if (asks_nat64_) hints.ai_family = AF_INET6;
  if (uv_getaddrinfo(loop_.uv(), &request->uv, done, name.c_str(), nullptr, &hints) == 0)
    request_ = request.release();
  else
    at_once_.start(0ms);  // not even asked
}

void NameFinder::answered(std::vector<Address> addresses) {
  if (!asks_nat64_) {
    candidates_ = std::move(addresses);
    return is_out_of_reach() ? look_up(kNat64Name) : finish();
  }
  std::vector<Address> translated;
  for (const Address& each : addresses) {
    const auto prefix = nat64_prefix_of(each);
    for (const Address& v4 : candidates_)
      if (prefix && std::ranges::count(translated, synthesize(*prefix, v4)) == 0)
        translated.push_back(synthesize(*prefix, v4));
  }
  if (!translated.empty()) candidates_ = std::move(translated);
  finish();
}

// Asks the system, sends nothing.
bool NameFinder::has_way_to(const Address& address) const {
  const auto socket = make_handle<uv_udp_t>(nullptr, [&](uv_udp_t* udp) { return uv_udp_init(loop_.uv(), udp); });
  const sockaddr_storage to = to_sockaddr(address, !address.is_v4());
  return uv_udp_connect(socket.get(), reinterpret_cast<const sockaddr*>(&to)) == 0;
}

// By itself: there are addresses, none is reached, and all are IPv4.
bool NameFinder::is_out_of_reach() const {
  return !candidates_.empty() &&
         std::ranges::all_of(candidates_, [&](const Address& each) { return each.is_v4() && !has_way_to(each); });
}

void NameFinder::finish() {
  is_running_ = false;
  std::erase_if(candidates_, [](const Address& each) { return each.port == 0; });
  if (std::ranges::any_of(candidates_, [&](const Address& each) { return has_way_to(each); }))
    std::erase_if(candidates_, [&](const Address& each) { return !has_way_to(each); });
  if (candidates_.empty()) return found_(std::nullopt);
  size_t next = 0;
  if (given_for_ == where_) {
    const auto last = std::ranges::find(candidates_, given_);
    if (last != candidates_.end()) next = static_cast<size_t>(last - candidates_.begin() + 1) % candidates_.size();
  }
  given_for_ = where_;
  given_ = candidates_[next];
  found_(given_);
}

Result<Address> find_address(const HostAndPort& where) {
  Loop loop;
  std::optional<Address> out;
  NameFinder finder(loop, [&](const std::optional<Address>& address) {
    out = address;
    loop.stop();
  });
  finder.find(where);
  loop.run();
  if (!out) return Error{Errc::not_found, "the host name is not known; check it and the network's DNS"};
  return *out;
}

}  // namespace farline::host
