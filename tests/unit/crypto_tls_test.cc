#include <doctest/doctest.h>

#include "crypto/tls.h"

using namespace farline;
using namespace farline::crypto;

namespace {

// As long as one has something for the other; false: one has failed.
bool exchange_tls(TlsSession& a, TlsSession& b, size_t piece) {
  bool moved = true;
  while (moved) {
    moved = false;
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const ByteVector bytes = from->take_for_network();
      for (Bytes rest = bytes; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
        moved = true;
        if (!to->from_network(rest.first(std::min(piece, rest.size())))) return false;
      }
    }
  }
  return true;
}

std::string read_tls(TlsSession& session) {
  std::array<uint8_t, 256> room{};
  const auto size = session.read(room);
  REQUIRE(size);
  return std::string(as_text(Bytes(room).first(*size)));
}

}  // namespace

TEST_CASE("two ends agree, whatever pieces the network makes") {
  const TlsIdentity identity = TlsIdentity::make();
  for (const size_t piece : {size_t{1}, size_t{100}, size_t{100000}}) {
    const auto client = TlsSession::connect("node.example.org");
    const auto server = TlsSession::accept(identity);
    REQUIRE(client->from_network({}));
    REQUIRE(exchange_tls(*client, *server, piece));
    REQUIRE(client->is_ready());
    REQUIRE(server->is_ready());
    CHECK(read_tls(*server).empty());
    REQUIRE(client->write(as_bytes("there")));
    REQUIRE(server->write(as_bytes("and back")));
    REQUIRE(exchange_tls(*client, *server, piece));
    CHECK_EQ(read_tls(*server), "there");
    CHECK_EQ(read_tls(*client), "and back");
  }
}

TEST_CASE("a damaged record is the end, and a stranger's bytes are no handshake") {
  const TlsIdentity identity = TlsIdentity::make();
  const auto client = TlsSession::connect("");
  const auto server = TlsSession::accept(identity);
  REQUIRE(client->from_network({}));
  REQUIRE(exchange_tls(*client, *server, 1000));
  REQUIRE(client->write(as_bytes("there")));
  ByteVector record = client->take_for_network();
  record.back() ^= 1;
  REQUIRE(server->from_network(record));
  std::array<uint8_t, 16> room{};
  const auto read = server->read(room);
  REQUIRE_FALSE(read);
  CHECK_EQ(read.error().code, Errc::auth);

  const auto other = TlsSession::accept(identity);
  CHECK_FALSE(other->from_network(as_bytes("GET / HTTP/1.1\r\nHost: node.example.org\r\n\r\n")));
}

TEST_CASE("what is no certificate or no key is refused") {
  const auto no_chain = TlsIdentity::from_pem("nothing", "nothing");
  REQUIRE_FALSE(no_chain);
  CHECK_EQ(no_chain.error().code, Errc::malformed);
  const auto too_long = TlsIdentity::from_pem(std::string(kTlsPemBytesMax + 1, 'x'), "");
  REQUIRE_FALSE(too_long);
  CHECK_EQ(too_long.error().code, Errc::limit);
}
