// What a second farline-cli asks of the one that owns the profile, through host/control_pipe.h: one CBOR request,
// answered by lines `o TEXT` (output, passed on as it is) and at last `x CODE`.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::app {

struct ControlRequest {
  enum class Verb : uint8_t {
    call = 1,
    status,
    answer,
    hang_up,
    mute,
    unmute,
    block,
    unblock,
    policy_show,
    policy_import,
    policy_open,
    chat,   // name: the chat; source: its verb; sink: text; extra: a message's id
    press,  // name: keys of a keypad
  };
  Verb verb = Verb::status;
  std::string name{};
  std::string source{};
  std::string sink{};
  uint64_t duration_ms = 0;  // 0: none
  uint32_t max_bps = 0;
  bool relay_only = false;
  uint32_t bulk_bytes = 0;
  bool json = false;
  std::string extra{};
};

ByteVector encode_request(const ControlRequest& request);
Result<ControlRequest> decode_request(Bytes bytes);

}  // namespace farline::app
