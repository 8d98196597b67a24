// A scripted codec whose frames can be recognised: every frame ever encoded in a run is different, and the register
// knows who spoke it, to whom, and whether it has been heard. So it can tell that speech is authentic, heard once, and
// only by the person it was meant for, and what bytes of it must never be on the wire in clear.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/findings.h"
#include "sim/network.h"
#include "voice/codec.h"

namespace farline::sim {

class SpeechRegister {
 public:
  explicit SpeechRegister(Findings& findings) : findings_(findings) {}

  // Who a host is in a call with, as its shell knows it; empty: nobody. Told by the client program.
  struct Talk {
    std::string self;
    std::string peer;
  };
  void set_talk(Time now, HostId host, Talk talk);

  // Fills one frame of `bits`, and remembers it.
  void speak(HostId host, size_t bits, MutableBytes out);
  void hear(HostId host, Bytes frame, size_t bits);

  // Whether these bytes hold speech of this host in clear.
  bool holds_speech(HostId host, Bytes datagram) const;
  uint64_t heard_by(HostId host) const;

  void set_time(Time now) { now_ = now; }

 private:
  void remember_half(HostId host, Bytes frame);

  struct Frame {
    std::string from;
    std::string to;
    bool heard = false;
  };
  Findings& findings_;
  Time now_{};
  std::vector<Frame> frames_;  // by number
  std::map<HostId, Talk> talks_;
  std::map<HostId, uint64_t> heard_;
  std::map<HostId, ByteVector> halves_;
  std::map<HostId, std::deque<ByteVector>> recent_;  // encoded lately
};

// The codecs of one host.
class ScriptedCodecs final : public voice::CodecFactory {
 public:
  ScriptedCodecs(SpeechRegister& speech, HostId host) : speech_(speech), host_(host) {}
  std::unique_ptr<voice::FrameEncoder> encoder(const voice::Rung& rung) override;
  std::unique_ptr<voice::FrameDecoder> decoder(wire::VoiceCodec codec) override;

 private:
  SpeechRegister& speech_;
  HostId host_;
};

}  // namespace farline::sim
