#include "backbone/nats_bus.h"

#ifdef FARLINE_WITH_NATS

#include <nats/nats.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "host/waker.h"

namespace farline::backbone {
namespace {

constexpr int64_t kReconnectEveryMs = 1000;
constexpr int64_t kPingEveryMs = 2000;  // two without an answer: a bus that stands still is noticed within 6 s
constexpr int kPingsOutMax = 2;
constexpr int64_t kWriteDeadlineMs = 2000;
constexpr int kReconnectBufferBytes = 1;  // what waits for a bus is stale when it comes
constexpr char kToAll[] = "sn.all";

struct Outgoing {
  std::string subject;
  ByteVector frame;
};

}  // namespace

struct NatsBus::Impl {
  Impl(host::Loop& loop, BusHooks given) : hooks(std::move(given)), waker(loop, [this] { woken(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      is_ending = true;
    }
    has_work.notify_all();
    if (sender.joinable()) sender.join();
    if (connection) natsConnection_Close(connection);
    for (natsSubscription* subscription : subscriptions) natsSubscription_Destroy(subscription);
    natsConnection_Destroy(connection);
    natsOptions_Destroy(options);
    nats_CloseAndWait(0);  // none of its threads calls us from here on
  }

  natsStatus connect(const std::vector<std::string>& servers, const std::string& own) {
    std::vector<const char*> list;
    for (const std::string& server : servers) list.push_back(server.c_str());
    natsStatus status = natsOptions_Create(&options);
    const auto then = [&](natsStatus next) { status = status == NATS_OK ? next : status; };
    if (status != NATS_OK) return status;
    then(natsOptions_SetServers(options, list.data(), static_cast<int>(list.size())));
    then(natsOptions_SetNoEcho(options, true));
    then(natsOptions_SetSendAsap(options, true));
    then(natsOptions_SetMaxReconnect(options, -1));
    then(natsOptions_SetReconnectWait(options, kReconnectEveryMs));
    then(natsOptions_SetReconnectBufSize(options, kReconnectBufferBytes));
    then(natsOptions_SetPingInterval(options, kPingEveryMs));
    then(natsOptions_SetMaxPingsOut(options, kPingsOutMax));
    then(natsOptions_SetWriteDeadline(options, kWriteDeadlineMs));
    const auto up = [](natsConnection*, void* self) { static_cast<Impl*>(self)->set_up(true); };
    const auto down = [](natsConnection*, void* self) { static_cast<Impl*>(self)->set_up(false); };
    then(natsOptions_SetRetryOnFailedConnect(options, true, up, this));
    then(natsOptions_SetReconnectedCB(options, up, this));
    then(natsOptions_SetDisconnectedCB(options, down, this));
    // Called by the library's thread for a lost subscription's frames and the like: nothing to do, and not to stderr.
    then(natsOptions_SetErrorHandler(
        options, [](natsConnection*, natsSubscription*, natsStatus, void*) {}, nullptr));
    if (status != NATS_OK) return status;
    const natsStatus connected = natsConnection_Connect(&connection, options);
    if (connected != NATS_OK && connected != NATS_NOT_YET_CONNECTED) return connected;
    const auto received = [](natsConnection*, natsSubscription*, natsMsg* message, void* self) {
      const auto* data = reinterpret_cast<const uint8_t*>(natsMsg_GetData(message));
      static_cast<Impl*>(self)->received(Bytes(data, static_cast<size_t>(natsMsg_GetDataLength(message))));
      natsMsg_Destroy(message);
    };
    for (const std::string& subject : {std::string(kToAll), "sn." + own}) {
      natsSubscription* subscription = nullptr;
      then(natsConnection_Subscribe(&subscription, connection, subject.c_str(), received, this));
      if (subscription) subscriptions.push_back(subscription);
    }
    if (connected == NATS_OK) set_up(true);
    sender = std::thread([this] { send_all(); });
    return status;
  }

  // --- The library's threads ---
  void set_up(bool up) {
    {
      const std::lock_guard lock(mutex);
      is_up = up;
      if (!up) outgoing.clear();
    }
    waker.wake();
  }
  void received(Bytes frame) {
    if (frame.size() > kFrameBytesMax) return;
    {
      const std::lock_guard lock(mutex);
      if (incoming.size() >= kFramesWaitingMax) return;
      incoming.push_back(to_vector(frame));
    }
    waker.wake();
  }

  // --- Our own ---
  void send_all() {
    for (;;) {
      Outgoing next;
      {
        std::unique_lock lock(mutex);
        has_work.wait(lock, [this] { return is_ending || !outgoing.empty(); });
        if (is_ending) return;
        next = std::move(outgoing.front());
        outgoing.pop_front();
      }
      (void)natsConnection_Publish(connection, next.subject.c_str(), next.frame.data(),
                                   static_cast<int>(next.frame.size()));
    }
  }

  // --- The loop's thread ---
  void woken() {
    std::deque<ByteVector> frames;
    bool up = false;
    {
      const std::lock_guard lock(mutex);
      frames.swap(incoming);
      up = is_up;
    }
    if (up != told_up) {
      told_up = up;
      hooks.changed(up);
    }
    for (const ByteVector& frame : frames) hooks.received(frame);
  }

  BusHooks hooks;
  host::Waker waker;
  natsOptions* options = nullptr;
  natsConnection* connection = nullptr;
  std::vector<natsSubscription*> subscriptions;
  std::thread sender;
  bool told_up = false;

  std::mutex mutex;  // of what follows
  std::condition_variable has_work;
  std::deque<ByteVector> incoming;
  std::deque<Outgoing> outgoing;
  bool is_up = false;
  bool is_ending = false;
};

NatsBus::NatsBus(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NatsBus::~NatsBus() = default;

Result<std::unique_ptr<NatsBus>> NatsBus::open(host::Loop& loop, const std::vector<std::string>& servers,
                                               const std::string& own, BusHooks hooks) {
  auto impl = std::make_unique<Impl>(loop, std::move(hooks));
  if (impl->connect(servers, own) != NATS_OK)
    return Error{Errc::unsupported, "no address of a NATS server; nats://HOST:PORT is one"};
  return std::unique_ptr<NatsBus>(new NatsBus(std::move(impl)));
}

void NatsBus::send(const std::optional<std::string>& to, Bytes frame) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->is_up || impl_->outgoing.size() >= kFramesWaitingMax) return;
    impl_->outgoing.push_back({to ? "sn." + *to : kToAll, to_vector(frame)});
  }
  impl_->has_work.notify_one();
}

}  // namespace farline::backbone

#else

namespace farline::backbone {

struct NatsBus::Impl {};
NatsBus::NatsBus(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NatsBus::~NatsBus() = default;

Result<std::unique_ptr<NatsBus>> NatsBus::open(host::Loop&, const std::vector<std::string>&, const std::string&,
                                               BusHooks) {
  return Error{Errc::unsupported, "this build has no NATS; nodes with a backbone run on Linux"};
}

void NatsBus::send(const std::optional<std::string>&, Bytes) {}

}  // namespace farline::backbone

#endif
