// WAV files as endpoints: streamed, so that an hour of 48 kHz stereo costs no memory, and resampled by speexdsp.
#include <speex/speex_resampler.h>

#include "host/audio_endpoint.h"
#include "host/file.h"
#include "host/wav.h"
#include "host/wav_writer.h"

namespace farline::host {
namespace {

// speexdsp's scale is 0 to 10; 8 leaves nothing audible below 7.5 kHz and costs 1 % of a slow core.
constexpr int kResamplerQuality = 8;

struct FreeResampler {
  void operator()(SpeexResamplerState* state) const { speex_resampler_destroy(state); }
};
using Resampler = std::unique_ptr<SpeexResamplerState, FreeResampler>;

int16_t little_endian_sample(Bytes at) {
  return static_cast<int16_t>(static_cast<uint16_t>(at[0] | at[1] << 8));
}

class WavCapture : public AudioCapture {
 public:
  WavCapture(File file, const WavFormat& format, bool loop_forever)
      : file_(std::move(file)), format_(format), loop_forever_(loop_forever) {
    if (format.sample_rate == kAudioSampleRate) return;
    int failed = 0;
    resampler_.reset(speex_resampler_init(1, format.sample_rate, kAudioSampleRate, kResamplerQuality, &failed));
    INVARIANT(resampler_ != nullptr);  // the rates are those of parse_wav
    speex_resampler_skip_zeros(resampler_.get());
    tail_left_ = static_cast<size_t>(speex_resampler_get_input_latency(resampler_.get()));
  }

  Got read(FrameOut out) override {
    size_t done = 0;
    while (done < out.size()) {
      if (pending_begin_ == pending_end_ && !refill()) break;
      done += convert(out.subspan(done));
    }
    std::fill(out.begin() + static_cast<ptrdiff_t>(done), out.end(), int16_t{0});
    return done == 0 ? Got::end : Got::frame;
  }

 private:
  // Moves pending input to `out`; how many samples it made.
  size_t convert(std::span<int16_t> out) {
    const auto in = std::span<const int16_t>(pending_).subspan(pending_begin_, pending_end_ - pending_begin_);
    if (!resampler_) {
      const size_t count = std::min(in.size(), out.size());
      std::copy_n(in.begin(), count, out.begin());
      pending_begin_ += count;
      return count;
    }
    auto in_count = static_cast<spx_uint32_t>(in.size());
    auto out_count = static_cast<spx_uint32_t>(out.size());
    speex_resampler_process_int(resampler_.get(), 0, in.data(), &in_count, out.data(), &out_count);
    pending_begin_ += in_count;
    return out_count;
  }

  // The next piece of the file as mono. After its end: what pushes the resampler's last samples out.
  bool refill() {
    pending_begin_ = 0;
    pending_end_ = 0;
    std::array<uint8_t, kPieceSamples * 4> raw;
    if (position_ >= format_.data_bytes && loop_forever_) position_ = 0;
    const uint64_t left = format_.data_bytes - position_;
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(left, kPieceSamples * format_.frame_bytes()));
    const auto got = file_.read_at(format_.data_offset + position_, MutableBytes(raw).first(wanted));
    const size_t frames = got ? *got / format_.frame_bytes() : 0;
    if (frames == 0) {
      pending_end_ = std::min(tail_left_, kPieceSamples);
      tail_left_ -= pending_end_;
      std::fill_n(pending_.begin(), pending_end_, int16_t{0});
      position_ = format_.data_bytes;
      loop_forever_ = false;  // empty, or cut while it was read: it would never give a sample again
      return pending_end_ > 0;
    }
    position_ += frames * format_.frame_bytes();
    for (size_t i = 0; i < frames; ++i) {
      const Bytes frame = Bytes(raw).subspan(i * format_.frame_bytes(), format_.frame_bytes());
      const int left_sample = little_endian_sample(frame);
      const int right_sample = format_.channels == 2 ? little_endian_sample(frame.subspan(2)) : left_sample;
      pending_[i] = static_cast<int16_t>((left_sample + right_sample) / 2);
    }
    pending_end_ = frames;
    return true;
  }

  static constexpr size_t kPieceSamples = 480;

  File file_;
  WavFormat format_;
  bool loop_forever_;
  Resampler resampler_;
  size_t tail_left_ = 0;
  uint64_t position_ = 0;
  std::array<int16_t, kPieceSamples> pending_{};
  size_t pending_begin_ = 0, pending_end_ = 0;
};

class WavPlayout : public AudioPlayout {
 public:
  explicit WavPlayout(std::unique_ptr<WavWriter> file) : file_(std::move(file)) {}
  bool write(FrameIn frame) override { return file_->write(frame); }

 private:
  std::unique_ptr<WavWriter> file_;
};

}  // namespace

Result<std::unique_ptr<AudioCapture>> open_wav_capture(const std::string& path, bool loop_forever) {
  auto file = File::open(path, File::Mode::read);
  if (!file) return file.error();
  const auto size = file->size();
  if (!size) return size.error();
  ByteVector prefix(static_cast<size_t>(std::min<uint64_t>(kWavPrefixBytesMax, *size)));
  const auto got = file->read_at(0, prefix);
  if (!got) return got.error();
  const auto format = parse_wav(Bytes(prefix).first(*got), *size);
  if (!format) return format.error();
  return std::unique_ptr<AudioCapture>(new WavCapture(std::move(*file), *format, loop_forever));
}

Result<void> read_wav(const std::string& path, const std::function<bool(FrameIn)>& take) {
  const auto file = open_wav_capture(path, false);
  if (!file) return file.error();
  std::array<int16_t, kAudioFrameSamples> frame;
  while ((*file)->read(frame) == AudioCapture::Got::frame && take(frame)) {
  }
  return {};
}

Result<std::unique_ptr<AudioPlayout>> open_wav_playout(const std::string& path) {
  auto file = WavWriter::open(path);
  if (!file) return file.error();
  return std::unique_ptr<AudioPlayout>(new WavPlayout(std::move(*file)));
}

}  // namespace farline::host
