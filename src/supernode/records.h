// What a supernode saves (SaveRecord::kind). Presence, calls and addresses are never among it.
#pragma once

#include <cstdint>

namespace farline::supernode {

enum class RecordKind : uint8_t {
  device = 1,  // key: device id[8]; value: highest handshake counter u64, certificate[..]
  // key: token hash[16]; value: role u8, uses left u24, certificate days u16, expires u48, folded name[..] (empty: any)
  invitation = 2,
};

}  // namespace farline::supernode
