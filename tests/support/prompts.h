// Recorded speech as one long utterance after the other, and how well it was heard at the other end of a call: ESTOI of
// each stretch, found again by its loudness wherever it was played. Recordings: package asterisk-core-sounds-en-wav;
// they have no sound above 4 kHz.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "support/estoi.h"

namespace farline::testing {

inline constexpr size_t kPromptRate = 16000;

struct Prompt {
  Pcm pcm;
  size_t at = 0;  // in the call, samples
};

// Prompts of 4 to 9 s with half a second between, in order of name, as many as begin before `seconds`; fewer when there
// are fewer.
inline std::vector<Prompt> read_prompts(size_t seconds) {
  std::vector<std::filesystem::path> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/share/asterisk/sounds/en_US_f_Allison", missing))
    if (entry.path().extension() == ".wav") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Prompt> prompts;
  size_t at = 0;
  for (const auto& file : files) {
    if (at >= seconds * kPromptRate) break;
    Pcm pcm = read_wav(file.string());
    if (pcm.size() < 4 * kPromptRate || pcm.size() > 9 * kPromptRate) continue;
    const size_t size = pcm.size();
    prompts.push_back({std::move(pcm), at});
    at += size + kPromptRate / 2;
  }
  return prompts;
}

// All of them, and three seconds of silence.
inline Pcm joined(const std::vector<Prompt>& prompts) {
  Pcm speech(prompts.back().at + prompts.back().pcm.size() + 3 * kPromptRate);
  for (const Prompt& prompt : prompts)
    std::ranges::copy(prompt.pcm, speech.begin() + static_cast<std::ptrdiff_t>(prompt.at));
  return speech;
}

// The delay in ms, below `max_ms`, at which the loudness of `heard` follows that of the prompt best.
inline int delay_of(const Prompt& prompt, const Pcm& heard, size_t max_ms) {
  constexpr size_t kStep = 64;  // 4 ms
  const auto loudness = [](const Pcm& pcm, size_t from, size_t count) {
    std::vector<float> out(count / kStep);
    for (size_t i = 0; i < out.size(); ++i) {
      for (size_t k = 0; k < kStep && from + i * kStep + k < pcm.size(); ++k)
        out[i] += static_cast<float>(std::abs(pcm[from + i * kStep + k]));
      out[i] = std::sqrt(out[i]);
    }
    float mean = 0;
    for (const float value : out) mean += value / static_cast<float>(out.size());
    for (float& value : out) value -= mean;
    return out;
  };
  const auto clean = loudness(prompt.pcm, 0, prompt.pcm.size());
  const auto played = loudness(heard, prompt.at, prompt.pcm.size() + max_ms * kPromptRate / 1000);
  size_t best = 0;
  float best_match = -1e30F;
  for (size_t lag = 0; lag + clean.size() <= played.size(); ++lag) {
    float match = 0;
    for (size_t i = 0; i < clean.size(); ++i) match += clean[i] * played[lag + i];
    if (match > best_match) best_match = match, best = lag;
  }
  return static_cast<int>(best * kStep * 1000 / kPromptRate);
}

// At `delay` ms, give or take a few.
inline double estoi_of(const Prompt& prompt, const Pcm& heard, size_t max_delay_ms, int delay) {
  const size_t from = std::min(prompt.at, heard.size());
  const size_t until = std::min(heard.size(), from + prompt.pcm.size() + (max_delay_ms + 20) * kPromptRate / 1000);
  const Pcm rest(heard.begin() + static_cast<std::ptrdiff_t>(from), heard.begin() + static_cast<std::ptrdiff_t>(until));
  return estoi_aligned(prompt.pcm, rest, std::max(0, delay - 12), delay + 12);
}

inline double estoi_of(const Prompt& prompt, const Pcm& heard, size_t max_delay_ms) {
  return estoi_of(prompt, heard, max_delay_ms, delay_of(prompt, heard, max_delay_ms));
}

}  // namespace farline::testing
