// Takes what the speaker plays out of what the microphone hears (speexdsp's frequency-domain filter). Keeps the last
// second that was given to the speaker, finds out how late the microphone hears it (echo_delay.h) and by how much later
// every second (echo_drift.h), and gives the filter the part that fits, so that the filter covers the room's
// reverberation only. When a device loses sound (echo_lead.h) it moves that part along at once.
//
// `play` and `cancel` each take one unit of 20 ms at 16 kHz, about equally often: they may come in bursts, and their
// clocks may drift apart, both by less than a second. Deterministic.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "voice/codec.h"
#include "voice/echo_delay.h"
#include "voice/echo_drift.h"
#include "voice/echo_lead.h"
#include "voice/echo_reference.h"
#include "voice/echo_residue.h"

struct SpeexEchoState_;

namespace farline::voice {

class EchoCanceller {
 public:
  EchoCanceller();
  void play(std::span<const int16_t, kUnitSamples> render);
  // So many units of the microphone's will never come.
  void skip(size_t units);
  static constexpr double kRenderQuiet = 30.0 * 30;  // -61 dB of full scale: the speaker is silent
  // Powers are a sample's mean.
  struct Outcome {
    double render_power;  // of the loudest that the unit may have heard of the speaker, as given to the speaker
    double echo_power;    // of what was taken out; of either sign while the near end speaks
    double near_power;    // of what is left and is no echo, in this unit or the one before (echo_residue.h)
    bool restarted;       // the filter begins anew
    bool is_lost;         // a device has lost sound, or is late: for now nobody knows where the echo is
  };
  Outcome cancel(std::span<int16_t, kUnitSamples> unit);
  // For speexdsp's suppression of what is left over.
  SpeexEchoState_* state() const { return state_.get(); }
  // Between the speaker being given a sound and the filter; the echo comes somewhat later. For tests.
  int64_t alignment() const { return base_ - static_cast<int64_t>(offset_); }
  double drift() const { return drift_.rate(); }

 private:
  // The filter, and the denoiser's delay: taps learnt wrong repeat the loudest sound that is in the filter.
  static constexpr size_t kReachUnits = 320 / wire::kVoiceUnitMs;
  struct Deleter {
    void operator()(SpeexEchoState_* state) const;
  };

  bool follow_lead(const EchoLead::Step& step);
  bool align(int64_t delay);
  void move_to(double offset);
  void note_power(std::span<const int16_t, kUnitSamples> reference);

  std::unique_ptr<SpeexEchoState_, Deleter> state_;
  EchoReference reference_;
  EchoDelay delay_;
  EchoDrift drift_;
  EchoResidue residue_;
  int64_t captured_ = 0;  // samples
  EchoLead lead_;
  int64_t base_ = 0;       // the position that a captured sample would hold without any delay, less its number
  size_t torn_units_ = 0;  // until the filter holds nothing from before units were skipped
  double offset_ = 0;      // the same for the filter's reference
  std::array<double, kReachUnits> powers_{};
  size_t oldest_power_ = 0;
  double render_power_ = 0;
};

}  // namespace farline::voice
