// What a supernode saves (SaveRecord::kind). Presence, calls and addresses are never among it.
#pragma once

#include <cstdint>

namespace farline::supernode {

enum class RecordKind : uint8_t {
  device = 1,      // key: device id[8]; value: highest handshake counter u64, certificate[..]
  invitation = 2,  // key: token hash[16]; value: uses left u32, expires u64, folded name[..] (empty: any)
};

}  // namespace farline::supernode
