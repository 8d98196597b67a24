// Packets waiting to be played, in order of media time, the copies they carry, and the silences between. Media time is
// a 64-bit count of 20 ms units here, unwrapped by the receiver. Holds kPacketsMax packets; one more pushes out the
// oldest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "wire/voice_payload.h"

namespace farline::voice {

class JitterBuffer {
 public:
  static constexpr size_t kPacketsMax = 128;  // 2.5 s of the shortest packets, 150 kB of the longest

  // `payload` is valid and of speech or silence. False when a packet that starts there is held already.
  bool insert(int64_t unit, Bytes payload);

  // All that follow are valid until the next insert or drop.
  struct Frame {
    const wire::VoicePayload* payload;
    size_t index;
    int64_t unit;
  };
  // The earliest frame of a packet that starts at or after `from`.
  std::optional<Frame> next(int64_t from) const;
  struct CopiedFrame {
    const wire::VoiceCopy* copy;
    size_t index;
    int64_t unit;
    bool is_last;  // no other one of this copy is wanted behind it
  };
  // The copied frame in which `unit` lies.
  std::optional<CopiedFrame> copied(int64_t unit) const;
  // The level of the silence in which `unit` lies: the last that started before it, unless speech did later.
  std::optional<uint8_t> silence(int64_t unit) const;
  // The first moment from `from` on of which something is known: a frame, a copied one, or silence.
  std::optional<int64_t> known_from(int64_t from) const;

  void drop_before(int64_t unit);
  void clear() { packets_.clear(); }
  int64_t end() const { return end_; }  // behind the newest frame ever inserted since the buffer was empty

 private:
  struct Packet {
    ByteVector bytes;
    wire::VoicePayload payload;  // points into bytes
  };
  std::map<int64_t, Packet> packets_;
  int64_t end_ = 0;
};

}  // namespace farline::voice
