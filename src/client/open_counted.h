// Opens what came in a call, media or a path message, and counts what is refused.
#pragma once

#include <optional>

#include "client/events.h"
#include "session/call_keys.h"

namespace farline::client {

inline std::optional<session::MediaSeal::Opened> open_counted(session::MediaSeal& seal, Bytes sframe,
                                                              MutableBytes plaintext, Counters& counters) {
  session::MediaSeal::Failure failure{};
  const auto opened = seal.open(sframe, plaintext, failure);
  if (opened) return opened;
  switch (failure) {
    case session::MediaSeal::Failure::malformed:
      ++counters.malformed;
      break;
    case session::MediaSeal::Failure::replayed:
      ++counters.replayed;
      break;
    case session::MediaSeal::Failure::unauthentic:
      ++counters.unauthentic;
      break;
  }
  return std::nullopt;
}

}  // namespace farline::client
