// Sound devices through SDL2 (host/device_module.h).
#include <SDL2/SDL.h>

#include "host/device_module.h"

struct FarlineAudioDevice {
  void (*pcm)(void* user, int16_t* samples, size_t count);
  void* user;
  SDL_AudioDeviceID id;
};

namespace {

constexpr int kSampleRate = 16000;
constexpr Uint16 kSamplesPerCall = 320;

// SDL counts these calls, so each device holds the sound system open for itself.
bool start_sound_system() {
  return SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
}
void stop_sound_system() {
  SDL_QuitSubSystem(SDL_INIT_AUDIO);
}

int list(int capture, void (*each)(void* user, const char* name), void* user) {
  if (!start_sound_system()) return -1;
  const int count = SDL_GetNumAudioDevices(capture);
  for (int i = 0; i < count; ++i) {
    if (const char* name = SDL_GetAudioDeviceName(i, capture)) each(user, name);
  }
  stop_sound_system();
  return count < 0 ? -1 : 0;
}

void on_pcm(void* user, Uint8* stream, int bytes) {
  const auto* device = static_cast<FarlineAudioDevice*>(user);
  device->pcm(device->user, reinterpret_cast<int16_t*>(stream), static_cast<size_t>(bytes) / sizeof(int16_t));
}

FarlineAudioDevice* open(int capture, const char* name, void (*pcm)(void* user, int16_t* samples, size_t count),
                         void* user) {
  if (!start_sound_system()) return nullptr;
  auto* device = new FarlineAudioDevice{pcm, user, 0};
  SDL_AudioSpec wanted{};
  wanted.freq = kSampleRate;
  wanted.format = AUDIO_S16SYS;
  wanted.channels = 1;
  wanted.samples = kSamplesPerCall;
  wanted.callback = on_pcm;
  wanted.userdata = device;
  const char* chosen = name != nullptr && name[0] != '\0' ? name : nullptr;
  device->id = SDL_OpenAudioDevice(chosen, capture, &wanted, nullptr, 0);  // 0: SDL converts to what we asked for
  if (device->id == 0) {
    delete device;
    stop_sound_system();
    return nullptr;
  }
  SDL_PauseAudioDevice(device->id, 0);
  return device;
}

// SDL goes on calling for a device that is gone, with silence.
int is_lost(FarlineAudioDevice* device) {
  return SDL_GetAudioDeviceStatus(device->id) == SDL_AUDIO_STOPPED ? 1 : 0;
}

void close(FarlineAudioDevice* device) {
  SDL_CloseAudioDevice(device->id);
  delete device;
  stop_sound_system();
}

constexpr FarlineAudioModule kModule = {kFarlineAudioAbi, list, open, is_lost, close};

}  // namespace

extern "C" __attribute__((visibility("default"))) const FarlineAudioModule* farline_audio_module() {
  return &kModule;
}
