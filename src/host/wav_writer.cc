#include "host/wav_writer.h"

#include "host/wav.h"

namespace farline::host {
namespace {

constexpr uint64_t kHeaderEvery = 50;  // frames: a second

}  // namespace

Result<std::unique_ptr<WavWriter>> WavWriter::open(const std::string& path) {
  auto file = File::open(path, File::Mode::replace);
  if (!file) return file.error();
  std::unique_ptr<WavWriter> writer(new WavWriter(std::move(*file)));
  if (const auto wrote = writer->write_header(); !wrote) return wrote.error();
  return writer;
}

WavWriter::~WavWriter() {
  (void)write_header();
}

bool WavWriter::write(FrameIn frame) {
  std::array<uint8_t, kAudioFrameSamples * 2> raw;
  for (size_t i = 0; i < frame.size(); ++i) {
    const auto sample = static_cast<uint16_t>(frame[i]);
    raw[2 * i] = static_cast<uint8_t>(sample);
    raw[2 * i + 1] = static_cast<uint8_t>(sample >> 8);
  }
  if (!file_.write_at(kWavHeaderBytes + data_bytes_, raw)) return false;
  data_bytes_ += raw.size();
  return ++frames_ % kHeaderEvery != 0 || write_header().has_value();
}

Result<void> WavWriter::write_header() {
  return file_.write_at(0, wav_header(kAudioSampleRate, data_bytes_));
}

}  // namespace farline::host
