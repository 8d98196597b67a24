// Private to client*.cc: what waits there.
#pragma once

#include "client/call.h"
#include "client/client.h"

namespace farline::client {

// An invitation from a device whose certificate we do not have yet.
struct PendingInvitation {
  wire::Incoming incoming;
  ByteVector noise;
  Repeat request;
  Time forget_at;
};

// A call that the person asked for while the first policy is on its way, or the next one that may allow it.
struct HeldCall {
  CallOptions options;  // but the stream: the call has it
  bool has_stream = false;
  bool is_for_first = false;
  Time until;
};

// Our "busy", for the caller that repeats because it was lost.
struct RecentReply {
  wire::DeviceId caller;
  wire::CallNumber number = 0;
  ByteVector message;
};

}  // namespace farline::client
