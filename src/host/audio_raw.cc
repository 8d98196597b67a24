// Raw s16le at 16 kHz on standard input and output. Never blocks the loop: pipes are read and written as they go.
#include <bit>
#include <cstring>

#include "host/audio_endpoint.h"
#include "host/uv_support.h"

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace farline::host {
namespace {

static_assert(std::endian::native == std::endian::little, "raw PCM is copied as it is");

constexpr size_t kFrameBytes = kAudioFrameSamples * sizeof(int16_t);
// One second either way: more would be delay, not safety.
constexpr size_t kBufferBytesMax = 50 * kFrameBytes;

int duplicate(int fd) {
#ifdef _WIN32
  return _dup(fd);
#else
  return dup(fd);
#endif
}

// A pipe handle owns and closes its descriptor, so it gets one of its own.
Result<Handle<uv_pipe_t>> open_pipe(Loop& loop, int fd) {
  auto pipe = make_handle<uv_pipe_t>(nullptr, [&](uv_pipe_t* made) { return uv_pipe_init(loop.uv(), made, 0); });
  const int own = duplicate(fd);
  const int status = own < 0 ? UV_EBADF : uv_pipe_open(pipe.get(), own);
  if (status != 0) return uv_error(status);
  return pipe;
}

class PipeCapture : public AudioCapture {
 public:
  explicit PipeCapture(Handle<uv_pipe_t> pipe) : pipe_(std::move(pipe)) {
    pipe_->data = this;
    resume();
  }

  Got read(FrameOut out) override {
    if (size_ < kFrameBytes && !ended_) return Got::nothing;
    const size_t taken = std::min(size_, kFrameBytes);
    std::memset(out.data(), 0, kFrameBytes);
    std::memcpy(out.data(), buffer_.data(), taken);
    size_ -= taken;
    std::memmove(buffer_.data(), buffer_.data() + taken, size_);
    if (size_ < buffer_.size() / 2) resume();
    return taken == 0 ? Got::end : Got::frame;
  }

 private:
  void resume() {
    if (reading_ || ended_) return;
    reading_ = true;
    const auto give_buffer = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
      auto& self = *static_cast<PipeCapture*>(handle->data);
      *buffer = uv_buf_init(self.buffer_.data() + self.size_, static_cast<unsigned>(self.buffer_.size() - self.size_));
    };
    const auto got = [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
      static_cast<PipeCapture*>(stream->data)->received(size);
    };
    if (uv_read_start(reinterpret_cast<uv_stream_t*>(pipe_.get()), give_buffer, got) != 0) ended_ = true;
  }

  void received(ssize_t size) {
    if (size >= 0) size_ += static_cast<size_t>(size);
    if (size < 0) ended_ = true;
    if (ended_ || size_ == buffer_.size()) {  // full: the writer waits, as it would for a sound card
      reading_ = false;
      uv_read_stop(reinterpret_cast<uv_stream_t*>(pipe_.get()));
    }
  }

  Handle<uv_pipe_t> pipe_;
  std::array<char, kBufferBytesMax> buffer_;
  size_t size_ = 0;
  bool reading_ = false;
  bool ended_ = false;
};

// `farline-cli ... < sound.raw`: a file has no end of its own to wait for.
class FileCapture : public AudioCapture {
 public:
  explicit FileCapture(int fd) : fd_(fd) {}
  Got read(FrameOut out) override {
    std::memset(out.data(), 0, kFrameBytes);
    const uv_buf_t buffer = uv_buf_init(reinterpret_cast<char*>(out.data()), kFrameBytes);
    uv_fs_t request{};
    const int got = uv_fs_read(nullptr, &request, fd_, &buffer, 1, -1, nullptr);
    uv_fs_req_cleanup(&request);
    return got <= 0 ? Got::end : Got::frame;
  }

 private:
  int fd_;
};

struct FrameWrite {
  uv_write_t request;
  std::array<char, kFrameBytes> bytes;
};

class PipePlayout : public AudioPlayout {
 public:
  explicit PipePlayout(Handle<uv_pipe_t> pipe) : pipe_(std::move(pipe)) {}
  bool write(FrameIn frame) override {
    auto* stream = reinterpret_cast<uv_stream_t*>(pipe_.get());
    if (uv_stream_get_write_queue_size(stream) + kFrameBytes > kBufferBytesMax) return false;
    auto write = std::make_unique<FrameWrite>();
    std::memcpy(write->bytes.data(), frame.data(), kFrameBytes);
    write->request.data = write.get();
    const uv_buf_t buffer = uv_buf_init(write->bytes.data(), kFrameBytes);
    const auto done = [](uv_write_t* request, int) { delete static_cast<FrameWrite*>(request->data); };
    if (uv_write(&write->request, stream, &buffer, 1, done) != 0) return false;
    write.release();
    return true;
  }

 private:
  Handle<uv_pipe_t> pipe_;
};

class FilePlayout : public AudioPlayout {
 public:
  explicit FilePlayout(int fd) : fd_(fd) {}
  bool write(FrameIn frame) override {
    auto* data = const_cast<char*>(reinterpret_cast<const char*>(frame.data()));  // libuv only reads it
    const uv_buf_t buffer = uv_buf_init(data, kFrameBytes);
    uv_fs_t request{};
    const int wrote = uv_fs_write(nullptr, &request, fd_, &buffer, 1, -1, nullptr);
    uv_fs_req_cleanup(&request);
    return wrote == static_cast<int>(kFrameBytes);
  }

 private:
  int fd_;
};

}  // namespace

Result<std::unique_ptr<AudioCapture>> open_raw_capture(Loop& loop, int fd) {
  const uv_handle_type type = uv_guess_handle(fd);
  if (type == UV_FILE) return std::unique_ptr<AudioCapture>(new FileCapture(fd));
  if (type != UV_NAMED_PIPE)
    return Error{Errc::io,
                 "standard input is not a pipe or file; give it raw sound: sox in.wav -r 16000 -c 1 -t s16 -"};
  auto pipe = open_pipe(loop, fd);
  if (!pipe) return pipe.error();
  return std::unique_ptr<AudioCapture>(new PipeCapture(std::move(*pipe)));
}

Result<std::unique_ptr<AudioPlayout>> open_raw_playout(Loop& loop, int fd) {
  const uv_handle_type type = uv_guess_handle(fd);
  if (type == UV_FILE) return std::unique_ptr<AudioPlayout>(new FilePlayout(fd));
  if (type != UV_NAMED_PIPE)
    return Error{Errc::io, "standard output is not a pipe or file; send it somewhere: ... | aplay -r 16000 -f S16_LE"};
  auto pipe = open_pipe(loop, fd);
  if (!pipe) return pipe.error();
  return std::unique_ptr<AudioPlayout>(new PipePlayout(std::move(*pipe)));
}

}  // namespace farline::host
