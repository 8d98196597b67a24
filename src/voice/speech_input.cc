#include "voice/speech_input.h"

#include <speex/speex_preprocess.h>

#include <algorithm>

#include "base/check.h"

namespace farline::voice {
namespace {

constexpr spx_int32_t kNoiseDb = -15;
constexpr spx_int32_t kResidualEchoDb = -40;            // while the far end speaks alone
constexpr spx_int32_t kResidualEchoDoubleTalkDb = -15;  // while both speak
constexpr size_t kGapMax = 2000 / wire::kVoiceUnitMs;   // the canceller looks back for a second

void set(SpeexPreprocessState* state, int what, spx_int32_t value) {
  speex_preprocess_ctl(state, what, &value);
}

}  // namespace

void SpeechInput::Deleter::operator()(SpeexPreprocessState* state) const {
  speex_preprocess_state_destroy(state);
}

SpeechInput::SpeechInput(const Options& options) : options_(options) {
  const bool changes_sound = options.echo_cancellation || options.noise_suppression || options.gain_control;
  if (!changes_sound && !options.pauses) return;
  preprocessor_.reset(speex_preprocess_state_init(kUnitSamples, kSampleRate));
  INVARIANT(preprocessor_);
  // Noise is suppressed for the activity detector in any case, where it costs nothing that is heard.
  const bool keep_noise = options.echo_cancellation && !options.noise_suppression;
  set(preprocessor_.get(), SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, keep_noise ? 0 : kNoiseDb);
  if (!options.echo_cancellation) return;
  canceller_.emplace();
  speex_preprocess_ctl(preprocessor_.get(), SPEEX_PREPROCESS_SET_ECHO_STATE, canceller_->state());
  set(preprocessor_.get(), SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, kResidualEchoDb);
  set(preprocessor_.get(), SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, kResidualEchoDoubleTalkDb);
}

void SpeechInput::play(std::span<const int16_t, kUnitSamples> render) {
  if (canceller_) canceller_->play(render);
}

void SpeechInput::skip(const SoundGap& gap) {
  if (!canceller_) return;
  constexpr std::array<int16_t, kUnitSamples> kSilence{};
  for (size_t unit = 0; unit < std::min(gap.played, kGapMax); ++unit) canceller_->play(kSilence);
  canceller_->skip(std::min(gap.captured, kGapMax));
}

bool SpeechInput::capture(std::span<int16_t, kUnitSamples> unit) {
  if (!preprocessor_) return true;
  EchoCanceller::Outcome outcome{};
  if (canceller_) outcome = canceller_->cancel(unit);
  std::array<int16_t, kUnitSamples> cleaned;
  std::ranges::copy(unit, cleaned.begin());
  speex_preprocess_run(preprocessor_.get(), cleaned.data());
  bool active = activity_.is_active(cleaned);
  if (canceller_ || options_.noise_suppression) std::ranges::copy(cleaned, unit.begin());
  if (canceller_) active = gate_.pass(unit, outcome) && active;
  if (options_.gain_control) gain_.apply(unit, active);
  return active || !options_.pauses;
}

}  // namespace farline::voice
