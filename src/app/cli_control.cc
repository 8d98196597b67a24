#include "app/cli_control.h"

#include "wire/cbor.h"

namespace farline::app {

ByteVector encode_request(const ControlRequest& request) {
  const size_t bytes_max =
      128 + request.name.size() + request.source.size() + request.sink.size() + request.extra.size();
  return wire::cbor_item(bytes_max, [&](wire::CborWriter& out) {
    out.array(10);
    out.unsigned_integer(static_cast<uint64_t>(request.verb));
    out.text(request.name);
    out.text(request.source);
    out.text(request.sink);
    out.unsigned_integer(request.duration_ms);
    out.unsigned_integer(request.max_bps);
    out.boolean(request.relay_only);
    out.unsigned_integer(request.bulk_bytes);
    out.boolean(request.json);
    out.text(request.extra);
  });
}

Result<ControlRequest> decode_request(Bytes bytes) {
  wire::CborReader r(bytes);
  ControlRequest request;
  r.expect_array(10);
  const uint64_t verb = r.unsigned_integer();
  request.verb = static_cast<ControlRequest::Verb>(verb);
  request.name = std::string(r.text());
  request.source = std::string(r.text());
  request.sink = std::string(r.text());
  request.duration_ms = r.unsigned_integer();
  const uint64_t max_bps = r.unsigned_integer();
  request.relay_only = r.boolean();
  const uint64_t bulk_bytes = r.unsigned_integer();
  request.json = r.boolean();
  request.extra = std::string(r.text());
  if (const auto end = r.finish(); !end) return end.error();
  if (verb < 1 || verb > static_cast<uint64_t>(ControlRequest::Verb::press))
    return Error{Errc::unsupported, "the running program is of another version; stop it and start this one"};
  if (max_bps > 0xffffffff || bulk_bytes > 0xffffffff || request.duration_ms > 1'000'000'000)
    return Error{Errc::limit, "number out of range"};
  request.max_bps = static_cast<uint32_t>(max_bps);
  request.bulk_bytes = static_cast<uint32_t>(bulk_bytes);
  return request;
}

}  // namespace farline::app
