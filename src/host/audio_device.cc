// Sound devices, through the module that is loaded when the first one is named.
#include <atomic>

#include "host/audio_endpoint.h"
#include "host/device_module.h"
#include "host/executable.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

// Half a second: a loop that is late by more has lost the sound anyway.
constexpr size_t kRingSamples = 8192;
// What lies ready for a playout device: the callback takes one frame, the loop may be late by another.
constexpr size_t kReadySamples = 2 * kAudioFrameSamples;

#ifdef _WIN32
Result<const FarlineAudioModule*> load_module() {
  return farline_audio_module();
}
#else
constexpr const char* kModuleFile = "farline-audio-sdl.so";

bool exists(const std::string& path) {
  uv_fs_t request{};
  const int status = uv_fs_access(nullptr, &request, path.c_str(), 0, nullptr);
  uv_fs_req_cleanup(&request);
  return status == 0;
}

// Only beside the program and in its own library folders: never where somebody else may put a file.
std::string find_module() {
  const std::string folder = executable_folder();
  for (const char* place : {"/", "/../lib/", "/../lib/farline/", "/../../lib/"}) {
    const std::string candidate = folder + place + kModuleFile;
    if (exists(candidate)) return candidate;
  }
  return {};
}

Result<const FarlineAudioModule*> load_module() {
  static const FarlineAudioModule* loaded = nullptr;  // stays: sound libraries do not survive being unloaded
  if (loaded != nullptr) return loaded;
  const std::string path = find_module();
  if (path.empty())
    return Error{Errc::not_found, "the sound module farline-audio-sdl is not installed beside the program"};
  auto library = std::make_unique<uv_lib_t>();
  void* entry = nullptr;
  if (uv_dlopen(path.c_str(), library.get()) != 0 || uv_dlsym(library.get(), FARLINE_AUDIO_MODULE_ENTRY, &entry) != 0) {
    uv_dlclose(library.get());
    return Error{Errc::io, "the sound module does not load; install SDL2 (Debian: libsdl2-2.0-0)"};
  }
  const auto* module = reinterpret_cast<decltype(&farline_audio_module)>(entry)();
  if (module->abi != kFarlineAudioAbi) {
    uv_dlclose(library.get());
    return Error{Errc::unsupported, "the sound module is of another version than the program"};
  }
  static const std::unique_ptr<uv_lib_t> kept = std::move(library);
  loaded = module;
  return loaded;
}
#endif

class DeviceStream {
 public:
  DeviceStream(const FarlineAudioModule& module, std::function<void()> woke)
      : module_(module), ring_(kRingSamples), woke_(std::move(woke)) {}
  ~DeviceStream() {
    if (device_ != nullptr) module_.close(device_);
  }
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;

  Result<void> open(bool capture, const std::string& name) {
    const auto pcm = capture ? [](void* user, int16_t* samples, size_t count) {
      auto& self = *static_cast<DeviceStream*>(user);
      // Whole or not at all, so that what is lost is whole frames too.
      if (self.ring_.size() + count <= kRingSamples)
        self.ring_.write(std::span<const int16_t>(samples, count));
      else
        self.gap_ += count;
      self.woke_();
    } : [](void* user, int16_t* samples, size_t count) {
      auto& self = *static_cast<DeviceStream*>(user);
      const size_t got = self.ring_.read(std::span(samples, count));
      std::fill(samples + got, samples + count, int16_t{0});
      self.gap_ += count - got;
      self.woke_();
    };
    device_ = module_.open(capture ? 1 : 0, name.c_str(), pcm, this);
    if (device_ == nullptr)
      return Error{Errc::not_found, "the sound device does not open; `farline-cli devices` lists what there is"};
    return {};
  }
  SpscRing<int16_t>& ring() { return ring_; }
  const SpscRing<int16_t>& ring() const { return ring_; }
  bool is_lost() const { return module_.is_lost(device_) != 0; }
  size_t take_gap() {
    const size_t frames = (gap_.load() - gap_taken_) / kAudioFrameSamples;
    gap_taken_ += frames * kAudioFrameSamples;
    return frames;
  }

 private:
  const FarlineAudioModule& module_;
  SpscRing<int16_t> ring_;
  std::function<void()> woke_;
  std::atomic<size_t> gap_{0};  // samples that the device played without any of ours, or gave without room for them
  size_t gap_taken_ = 0;
  FarlineAudioDevice* device_ = nullptr;
};

class DeviceCapture : public AudioCapture {
 public:
  explicit DeviceCapture(std::unique_ptr<DeviceStream> stream) : stream_(std::move(stream)) {}
  Got read(FrameOut out) override {
    if (stream_->ring().size() < out.size()) return Got::nothing;
    stream_->ring().read(out);
    return Got::frame;
  }
  bool has_own_clock() const override { return true; }
  bool is_lost() const override { return stream_->is_lost(); }
  size_t take_gap() override { return stream_->ring().size() < kAudioFrameSamples ? stream_->take_gap() : 0; }

 private:
  std::unique_ptr<DeviceStream> stream_;
};

class DevicePlayout : public AudioPlayout {
 public:
  explicit DevicePlayout(std::unique_ptr<DeviceStream> stream) : stream_(std::move(stream)) {}
  bool write(FrameIn frame) override { return stream_->ring().write(frame) == frame.size(); }
  bool has_own_clock() const override { return true; }
  bool is_lost() const override { return stream_->is_lost(); }
  bool wants_frame() const override { return stream_->ring().size() < kReadySamples; }
  size_t take_gap() override { return stream_->take_gap(); }

 private:
  std::unique_ptr<DeviceStream> stream_;
};

Result<std::unique_ptr<DeviceStream>> open_stream(bool capture, const std::string& name, std::function<void()> woke) {
  const auto module = load_module();
  if (!module) return module.error();
  auto stream = std::make_unique<DeviceStream>(**module, std::move(woke));
  if (const auto opened = stream->open(capture, name); !opened) return opened.error();
  return stream;
}

Result<std::vector<std::string>> list_devices(const FarlineAudioModule& module, bool capture) {
  std::vector<std::string> names;
  const auto add = [](void* user, const char* name) { static_cast<std::vector<std::string>*>(user)->push_back(name); };
  if (module.list(capture ? 1 : 0, add, &names) != 0)
    return Error{Errc::not_found, "this machine has no sound system that SDL can use"};
  return names;
}

}  // namespace

Result<std::unique_ptr<AudioCapture>> open_device_capture(const std::string& name, std::function<void()> woke) {
  auto stream = open_stream(true, name, std::move(woke));
  if (!stream) return stream.error();
  return std::unique_ptr<AudioCapture>(new DeviceCapture(std::move(*stream)));
}

Result<std::unique_ptr<AudioPlayout>> open_device_playout(const std::string& name, std::function<void()> woke) {
  auto stream = open_stream(false, name, std::move(woke));
  if (!stream) return stream.error();
  return std::unique_ptr<AudioPlayout>(new DevicePlayout(std::move(*stream)));
}

Result<AudioDevices> list_audio_devices() {
  const auto module = load_module();
  if (!module) return module.error();
  auto capture = list_devices(**module, true);
  if (!capture) return capture.error();
  auto playout = list_devices(**module, false);
  if (!playout) return playout.error();
  return AudioDevices{std::move(*capture), std::move(*playout)};
}

}  // namespace farline::host
