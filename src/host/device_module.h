// The C interface between host/ and the module farline-audio-sdl, which is loaded with dlopen only when a sound device
// is named (its library would cost every program 4.5 MB). PCM is 16 kHz mono int16; the module converts.
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {

enum { kFarlineAudioAbi = 2 };

struct FarlineAudioDevice;

struct FarlineAudioModule {
  uint32_t abi;  // kFarlineAudioAbi
  // Calls `each` with the name of every device; names live until it returns. Not 0: no sound system, or one that does
  // not say.
  int (*list)(int capture, void (*each)(void* user, const char* name), void* user);
  // `name` null or empty: the system's default. `pcm` is called on the sound system's thread each 20 ms or so: capture
  // hands it samples, playout asks it to fill them. Starts at once. Null when the device does not open.
  FarlineAudioDevice* (*open)(int capture, const char* name, void (*pcm)(void* user, int16_t* samples, size_t count),
                              void* user);
  int (*is_lost)(FarlineAudioDevice* device);  // not 0: it was unplugged; it gives and takes nothing any more
  void (*close)(FarlineAudioDevice* device);   // `pcm` is not called after it returns
};

// The one symbol of the module. On Windows it is part of the program.
const FarlineAudioModule* farline_audio_module(void);
#define FARLINE_AUDIO_MODULE_ENTRY "farline_audio_module"
}
