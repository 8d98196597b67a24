#include "ui/licences.h"

namespace farline::ui {

std::span<const Licence> licences() {
  static constexpr Licence kParts[] = {
      {"Farline", "Apache License 2.0"},
      {"Opus", "© Xiph.Org, Skype, Octasic, Jean-Marc Valin and others. BSD, 3 clauses"},
      {"Codec2", "© David Rowe and others. GNU Lesser General Public License 2.1"},
      {"SpeexDSP", "© Xiph.Org, Jean-Marc Valin and others. BSD, 3 clauses"},
      {"Mbed TLS", "© Arm Limited and the Mbed TLS contributors. Apache License 2.0"},
      {"Argon2",
       "© Daniel Dinu, Dmitry Khovratovich, Jean-Philippe Aumasson, Samuel Neves. CC0 1.0 or Apache License 2.0"},
      {"SQLite", "Public domain"},
      {"libuv", "© Joyent and the libuv contributors. MIT"},
      {"zlib", "© Jean-loup Gailly and Mark Adler. zlib licence"},
      {"Zstandard", "© Meta Platforms and others. BSD, 3 clauses"},
      {"SDL", "© Sam Lantinga and others. zlib licence"},
      {"Dear ImGui", "© Omar Cornut. MIT"},
      {"FreeType", "© The FreeType Project. FreeType License"},
      {"HarfBuzz", "© Google and others. MIT (old style)"},
      {"GNU FriBidi", "© Behdad Esfahbod, Dov Grobgeld and others. GNU Lesser General Public License 2.1"},
      {"DejaVu, Noto", "Fonts: Bitstream Vera licence; SIL Open Font License 1.1"}};
  return kParts;
}

}  // namespace farline::ui
