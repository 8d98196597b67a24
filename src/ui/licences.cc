#include "ui/licences.h"

#include <algorithm>

namespace farline::ui {

std::span<const Licence> licences() {
  static constexpr Licence kParts[] = {
      {"Farline", "", "Apache License 2.0", {"Apache-2.0"}},
      {"Opus", "© Xiph.Org, Skype, Octasic, Jean-Marc Valin and others", "BSD, 3 clauses", {"BSD-3-Clause"}},
      {"Codec2", "© David Rowe and others", "GNU Lesser General Public License 2.1", {"LGPL-2.1"}},
      {"SpeexDSP", "© Xiph.Org, Jean-Marc Valin and others", "BSD, 3 clauses", {"BSD-3-Clause"}},
      {"Mbed TLS", "© Arm Limited and the Mbed TLS contributors", "Apache License 2.0", {"Apache-2.0"}},
      {"Argon2",
       "© Daniel Dinu, Dmitry Khovratovich, Jean-Philippe Aumasson, Samuel Neves",
       "CC0 1.0 or Apache License 2.0",
       {"CC0-1.0", "Apache-2.0"}},
      {"SQLite", "", "Public domain", {}},
      {"libuv", "© Joyent and the libuv contributors", "MIT", {"MIT"}},
      {"zlib", "© Jean-loup Gailly and Mark Adler", "zlib licence", {"Zlib"}},
      {"Zstandard", "© Meta Platforms and others", "BSD, 3 clauses", {"BSD-3-Clause"}},
      {"SDL", "© Sam Lantinga and others", "zlib licence", {"Zlib"}},
      {"Dear ImGui", "© Omar Cornut", "MIT", {"MIT"}},
      {"stb", "© Sean Barrett", "Public domain or MIT", {"MIT"}},
      {"FreeType", "© The FreeType Project", "FreeType License", {"FTL"}},
      {"HarfBuzz", "© Google and others", "MIT (old style)", {"MIT-Modern-Variant"}},
      {"GNU FriBidi",
       "© Behdad Esfahbod, Dov Grobgeld and others",
       "GNU Lesser General Public License 2.1",
       {"LGPL-2.1"}},
      {"DejaVu, Noto",
       "© Bitstream, Tavmjong Bah, Google and others",
       "Fonts: Bitstream Vera licence; SIL Open Font License 1.1",
       {"Bitstream-Vera", "OFL-1.1"}},
#ifdef __linux__
      {"libsystemd", "© the systemd contributors", "GNU Lesser General Public License 2.1 or later", {"LGPL-2.1"}},
#endif
  };
  return kParts;
}

std::string_view licence_text(std::string_view id) {
  const auto texts = licence_texts();
  const auto found = std::ranges::find(texts, id, &LicenceText::id);
  return found == texts.end() ? std::string_view() : found->text;
}

std::string_view relinking() {
  return "Codec2 and GNU FriBidi are under the LGPL: you may put another build of them in their place. Where they are "
         "shared libraries of the system, replace those. In the Windows programs they are inside; the archive "
         "farline-VERSION-win64-relink.zip or -win32-relink.zip, given with the programs, has every object file and a "
         "script that links them again.";
}

std::string licences_page() {
  std::string out;
  for (const Licence& part : licences()) {
    out.append(part.name).append(": ").append(part.terms);
    if (!part.holders.empty()) out.append(". ").append(part.holders);
    out += '\n';
  }
  out.append("\n").append(relinking()).append("\n");
  for (const LicenceText& text : licence_texts())
    out.append("\n--- ").append(text.id).append(" ---\n\n").append(text.text);
  return out;
}

}  // namespace farline::ui
