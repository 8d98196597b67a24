#include "bench/node_load/load_clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>
#include <thread>

#include "bench/node_load/processes.h"
#include "host/system_rng.h"

namespace farline::bench {
namespace {

constexpr size_t kPacketBytes = 107;
constexpr size_t kStampBytes = 8;
constexpr Duration kBetweenAttaches = 22ms;  // the node asks for cookies from 50 a second on
constexpr size_t kKeepalivesEach = 6;  // attached ones that are heard of at each attach: nobody is silent for long

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

ByteVector wait_for(const LoadSocket& socket) {
  auto datagram = socket.receive(true);
  INVARIANT(datagram.has_value());  // within two seconds
  return std::move(*datagram);
}

template <typename Message>
Message wait_for(LoadClient& who, ByteVector& bytes) {
  for (;;) {
    bytes = wait_for(who.socket);
    const auto message = who.client->open(bytes);
    if (!message) continue;
    if (const auto* wanted = std::get_if<Message>(&*message)) return *wanted;
  }
}

void say(LoadClient& who, const wire::ControlMessage& message) {
  who.socket.send(who.client->record(host::read_clock(), message));
}

uint16_t port_in(const std::string& line) {
  return static_cast<uint16_t>(std::strtoul(line.c_str() + line.rfind(':') + 1, nullptr, 10));
}

// --- STUN (RFC 8489) and TURN (RFC 8656), without authentication ---

ByteVector stun(uint16_t type, Bytes attributes) {
  ByteVector out(20 + attributes.size());
  Writer writer(out);
  writer.u16(type);
  writer.u16(static_cast<uint16_t>(attributes.size()));
  writer.u32(0x2112a442);
  for (uint8_t i = 0; i < 12; ++i) writer.u8(i);
  writer.bytes(attributes);
  return out;
}

bool is_success(const LoadSocket& socket) {
  const ByteVector answer = wait_for(socket);
  return answer.size() >= 20 && answer[0] == 0x01;
}

}  // namespace

LoadSocket::LoadSocket(uint16_t to_port) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  INVARIANT(fd_ >= 0);
  const sockaddr_in any = loopback(0);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  INVARIANT(::bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
  INVARIANT(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  if (to_port == 0) return;
  const sockaddr_in to = loopback(to_port);
  INVARIANT(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

LoadSocket::~LoadSocket() {
  if (fd_ >= 0) ::close(fd_);
}

void LoadSocket::send(Bytes datagram) const {
  (void)::send(fd_, datagram.data(), datagram.size(), 0);
}

std::optional<ByteVector> LoadSocket::receive(bool waits) const {
  ByteVector datagram(2048);
  const ssize_t size = ::recv(fd_, datagram.data(), datagram.size(), waits ? 0 : MSG_DONTWAIT);
  if (size < 0) return std::nullopt;
  datagram.resize(static_cast<size_t>(size));
  return datagram;
}

uint16_t LoadSocket::port() const {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  INVARIANT(::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size) == 0);
  return ntohs(own.sin_port);
}

void Path::send_stamped() {
  const int64_t now = host::read_clock().time_since_epoch().count();
  std::memcpy(packet.data() + packet.size() - kStampBytes, &now, kStampBytes);
  from->send(packet);
}

void Path::receive_stamped(std::vector<double>& delays_ms) const {
  while (const auto datagram = to->receive(false)) {
    if (datagram->size() + 8 < packet.size() || datagram->size() < kStampBytes) continue;  // the node's own words
    int64_t sent = 0;
    std::memcpy(&sent, datagram->data() + datagram->size() - kStampBytes, kStampBytes);
    const int64_t delay = host::read_clock().time_since_epoch().count() - sent;
    if (delay >= 0 && delay < 5'000'000'000) delays_ms.push_back(static_cast<double>(delay) / 1e6);
  }
}

LoadNode::LoadNode(const std::string& programs) {
  // A socket each: as many as root may have, else as many as we may.
  rlimit files{.rlim_cur = 65536, .rlim_max = 65536};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) {
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  folder = std::filesystem::temp_directory_path() / ("farline-load-" + std::to_string(::getpid()));
  {
    const auto home = app::NodeHome::open_or_create({.path = folder, .key_file = {}, .passphrase_file = {}});
    home->make_trial(host::read_wall_clock());
    key = home->identity().static_keys.public_key;
    root.secret = home->organisation().root_secret->copy();
    root.public_key = home->organisation().root_key;
    home->save();
  }
  process = start_process({programs + "/farline-node", "--data", folder, "--listen", "127.0.0.1:0"}, out);
  std::array<char, 256> line{};
  INVARIANT(std::fgets(line.data(), line.size(), out) != nullptr);
  port = port_in(line.data());
}

LoadNode::~LoadNode() {
  end_process(process);
  std::fclose(out);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::vector<LoadClient> LoadNode::attach(size_t count) {
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  const uint64_t wall = host::read_wall_clock().seconds;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  count = std::min<size_t>(count, files.rlim_cur - 64);
  std::vector<LoadClient> attached;
  Time next = host::read_clock();
  for (size_t i = 0; i < count; ++i) {
    LoadClient who{std::make_unique<testing::MiniClient>(i + 1, asymmetric, key), LoadSocket(port)};
    who.client->certificate = wire::encode_and_sign({.role = wire::Role::device,
                                                     .name = "Person " + std::to_string(i),
                                                     .static_key = who.client->keys.public_key,
                                                     .signing_key = who.client->signing_keys.public_key,
                                                     .issued = {wall - 100},
                                                     .expires = {wall + 86400},
                                                     .issuer = wire::key_id_of(root.public_key),
                                                     .limits = {}},
                                                    root, asymmetric);
    const ByteVector initiation = who.client->attach_with_certificate();
    std::this_thread::sleep_for(next - host::read_clock());
    next = std::max(next + kBetweenAttaches, host::read_clock());
    who.socket.send(initiation);
    const auto response = who.client->take_response(host::read_clock(), wait_for(who.socket));
    INVARIANT(response && response->status == wire::AttachStatus::attached);
    who.socket.send(who.client->keepalive());
    (void)wait_for(who.socket);
    attached.push_back(std::move(who));
    for (size_t k = 0; k < kKeepalivesEach; ++k) {
      LoadClient& known = attached[(i * kKeepalivesEach + k) % attached.size()];
      known.socket.send(known.client->keepalive(false));
    }
  }
  return attached;
}

std::vector<Path> LoadNode::connect_pairs(std::vector<LoadClient>& clients, size_t pairs) {
  std::vector<Path> paths;
  const ByteVector sealed(57, 0x11);
  ByteVector bytes;
  for (size_t i = 0; i < pairs; ++i) {
    LoadClient& caller = clients[2 * i];
    LoadClient& callee = clients[2 * i + 1];
    say(caller,
        wire::Invite{.callee = callee.client->id(), .call = 1, .rate_kbps = 255, .known_devices = 1, .noise = sealed});
    const auto at_callee = wait_for<wire::Incoming>(callee, bytes).channel;
    say(callee, wire::RingingFromCallee{.channel = at_callee, .noise = sealed});
    const auto at_caller = wait_for<wire::RingingToCaller>(caller, bytes).channel;
    say(caller, wire::SealedSignal{wire::SealedKind::confirm, at_caller, sealed});
    (void)wait_for<wire::SealedSignal>(callee, bytes);
    say(callee, wire::SealedSignal{wire::SealedKind::answer, at_callee, sealed});
    (void)wait_for<wire::SealedSignal>(caller, bytes);
    paths.push_back({&caller.socket, &callee.socket, testing::MiniClient::media(at_caller, kPacketBytes)});
  }
  return paths;
}

uint64_t send_flood(const LoadNode& node, uint32_t per_second, const std::atomic<bool>& is_over) {
  testing::MiniClient stranger(999'999'999, crypto::real_asymmetric(), node.key);
  ByteVector forged = stranger.attach_by_hash();
  forged[forged.size() - 20] ^= 1;
  host::SystemRng rng;
  std::vector<ByteVector> packets;
  for (int i = 0; i < 16; ++i) {
    ByteVector garbage(120);
    rng.fill(garbage);
    packets.push_back(std::move(garbage));
    packets.push_back(forged);
    packets.push_back(stranger.initiation_with_payload(ByteVector(23)));
  }
  const LoadSocket socket(node.port);
  std::vector<iovec> pieces;
  std::vector<mmsghdr> batch;
  for (ByteVector& packet : packets) pieces.push_back({.iov_base = packet.data(), .iov_len = packet.size()});
  for (iovec& piece : pieces) {
    mmsghdr& message = batch.emplace_back();
    message.msg_hdr.msg_iov = &piece;
    message.msg_hdr.msg_iovlen = 1;
  }
  const Time start = host::read_clock();
  uint64_t sent = 0;
  while (!is_over) {
    const double due = to_seconds(host::read_clock() - start) * per_second;
    while (static_cast<double>(sent) < due && !is_over) {
      const int done = ::sendmmsg(socket.fd(), batch.data(), static_cast<unsigned>(batch.size()), 0);
      if (done > 0) sent += static_cast<uint64_t>(done);
      while (socket.receive(false)) continue;  // cookies
    }
    std::this_thread::sleep_for(100us);
  }
  return sent;
}

std::unique_ptr<LoadTurn> LoadTurn::start() {
  if (!std::filesystem::exists("/usr/bin/turnserver")) return nullptr;
  auto turn = std::make_unique<LoadTurn>();
  turn->port = LoadSocket().port();  // free a moment ago
  turn->process = start_process(
      {"/usr/bin/turnserver", "-n", "--no-auth", "--no-tls", "--no-dtls", "--no-tcp", "--no-tcp-relay", "--no-cli",
       "--allow-loopback-peers", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port",
       std::to_string(turn->port), "--log-file", "/dev/null", "--pidfile", "/dev/null"},
      turn->out);
  std::this_thread::sleep_for(1s);
  return turn;
}

LoadTurn::~LoadTurn() {
  end_process(process);
  std::fclose(out);
}

std::vector<Path> LoadTurn::allocate(size_t count) {
  std::vector<Path> paths;
  for (size_t i = 0; i < count; ++i) {
    auto client = std::make_unique<LoadSocket>(port);
    auto peer = std::make_unique<LoadSocket>();
    client->send(stun(0x0003, ByteVector{0x00, 0x19, 0, 4, 17, 0, 0, 0}));  // Allocate: UDP
    INVARIANT(is_success(*client));
    ByteVector bind(20);
    Writer writer(bind);
    writer.u16(0x000c);  // CHANNEL-NUMBER
    writer.u16(4);
    writer.u16(0x4000);
    writer.u16(0);
    writer.u16(0x0012);  // XOR-PEER-ADDRESS
    writer.u16(8);
    writer.u16(1);
    writer.u16(peer->port() ^ 0x2112);
    writer.u32(INADDR_LOOPBACK ^ 0x2112a442);
    client->send(stun(0x0009, bind));
    INVARIANT(is_success(*client));
    ByteVector packet(kPacketBytes, 0xab);
    Writer header(packet);
    header.u16(0x4000);
    header.u16(kPacketBytes - 4);
    paths.push_back({client.get(), peer.get(), std::move(packet)});
    sockets.push_back(std::move(client));
    sockets.push_back(std::move(peer));
  }
  return paths;
}

}  // namespace farline::bench
