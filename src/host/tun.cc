#include "host/tun.h"

#include "host/uv_support.h"

#ifdef __linux__
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace farline::host {

template struct HandleCloser<uv_poll_s>;

#ifdef __linux__
namespace {

// How many packets one wake of the loop takes, so that timers are never starved.
constexpr int kPacketsPerWake = 64;

struct Fd {
  int value = -1;
  explicit Fd(int fd) : value(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (value >= 0) close(value);
  }
};

int open_device(const std::string& device) {
  ifreq request{};
  if (device.empty() || device.size() >= sizeof request.ifr_name) return -1;
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  device.copy(request.ifr_name, device.size());
  if (ioctl(fd, TUNSETIFF, &request) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

Result<std::unique_ptr<TunDevice>> TunDevice::open(Loop& loop, const Name& name, Received received) {
  std::unique_ptr<TunDevice> tun(new TunDevice(std::move(received)));
  if (name.network_namespace.empty()) {
    tun->fd_ = open_device(name.device);
  } else {
    const Fd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    const Fd other(::open(("/run/netns/" + name.network_namespace).c_str(), O_RDONLY | O_CLOEXEC));
    if (own.value < 0 || other.value < 0) return Error{Errc::not_found, "no network namespace of this name"};
    if (setns(other.value, CLONE_NEWNET) != 0) return Error{Errc::denied, "entering a network namespace needs root"};
    tun->fd_ = open_device(name.device);
    INVARIANT(setns(own.value, CLONE_NEWNET) == 0);  // the rest of the program lives outside
  }
  if (tun->fd_ < 0) return Error{Errc::io, "cannot open the TUN device; it needs root and /dev/net/tun"};
  tun->poll_ =
      make_handle<uv_poll_t>(tun.get(), [&](uv_poll_t* poll) { return uv_poll_init(loop.uv(), poll, tun->fd_); });
  const auto readable = [](uv_poll_t* poll, int, int) { static_cast<TunDevice*>(poll->data)->read_some(); };
  if (const int status = uv_poll_start(tun->poll_.get(), UV_READABLE, readable); status != 0) return uv_error(status);
  return tun;
}

TunDevice::~TunDevice() {
  poll_.reset();  // before its descriptor
  if (fd_ >= 0) close(fd_);
}

void TunDevice::read_some() {
  for (int i = 0; i < kPacketsPerWake; ++i) {
    const ssize_t size = read(fd_, buffer_.data(), buffer_.size());
    if (size <= 0) return;
    received_(Bytes(buffer_).first(static_cast<size_t>(size)));
  }
}

bool TunDevice::send(Bytes packet) {
  return write(fd_, packet.data(), packet.size()) >= 0;
}

#else

Result<std::unique_ptr<TunDevice>> TunDevice::open(Loop&, const Name&, Received) {
  return Error{Errc::unsupported, "TUN devices are used on Linux only"};
}
TunDevice::~TunDevice() = default;
void TunDevice::read_some() {}
bool TunDevice::send(Bytes) {
  return false;
}

#endif

}  // namespace farline::host
