#include "ui/font_table.h"

#include <hb.h>

namespace farline::ui {
namespace {

// Noto and DejaVu: Debian's fonts-noto-core and fonts-dejavu-core, and what is shipped beside the program. The others:
// Windows 7 to 11.
constexpr FontRow kRows[] = {
    {HB_SCRIPT_LATIN, "NotoSans-Regular.ttf", "NotoSans-Bold.ttf"},
    {HB_SCRIPT_LATIN, "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"},
    {HB_SCRIPT_LATIN, "segoeui.ttf", "segoeuib.ttf"},
    {HB_SCRIPT_LATIN, "arial.ttf", "arialbd.ttf"},
    {HB_SCRIPT_ARABIC, "NotoSansArabic-Regular.ttf", "NotoSansArabic-Bold.ttf"},
    {HB_SCRIPT_ARABIC, "segoeui.ttf", "segoeuib.ttf"},
    {HB_SCRIPT_ARABIC, "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"},
    {HB_SCRIPT_HEBREW, "NotoSansHebrew-Regular.ttf", "NotoSansHebrew-Bold.ttf"},
    {HB_SCRIPT_DEVANAGARI, "NotoSansDevanagari-Regular.ttf", "NotoSansDevanagari-Bold.ttf"},
    {HB_SCRIPT_DEVANAGARI, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_DEVANAGARI, "mangal.ttf", "mangalb.ttf"},
    {HB_SCRIPT_BENGALI, "NotoSansBengali-Regular.ttf", "NotoSansBengali-Bold.ttf"},
    {HB_SCRIPT_BENGALI, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_BENGALI, "vrinda.ttf", "vrindab.ttf"},
    {HB_SCRIPT_SINHALA, "NotoSansSinhala-Regular.ttf", "NotoSansSinhala-Bold.ttf"},
    {HB_SCRIPT_SINHALA, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_SINHALA, "iskpota.ttf", "iskpotab.ttf"},
    {HB_SCRIPT_TAMIL, "NotoSansTamil-Regular.ttf", "NotoSansTamil-Bold.ttf"},
    {HB_SCRIPT_TAMIL, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_TAMIL, "latha.ttf", "lathab.ttf"},
    {HB_SCRIPT_ETHIOPIC, "NotoSansEthiopic-Regular.ttf", "NotoSansEthiopic-Bold.ttf"},
    {HB_SCRIPT_ETHIOPIC, "ebrima.ttf", "ebrimabd.ttf"},
    {HB_SCRIPT_ETHIOPIC, "nyala.ttf", nullptr},
    {HB_SCRIPT_TIFINAGH, "NotoSansTifinagh-Regular.ttf", nullptr},
    {HB_SCRIPT_TIFINAGH, "ebrima.ttf", "ebrimabd.ttf"},
    {HB_SCRIPT_NKO, "NotoSansNKo-Regular.ttf", nullptr},
    {HB_SCRIPT_NKO, "ebrima.ttf", "ebrimabd.ttf"},
    {HB_SCRIPT_ADLAM, "NotoSansAdlam-Regular.ttf", "NotoSansAdlam-Bold.ttf"},
    {HB_SCRIPT_ADLAM, "ebrima.ttf", "ebrimabd.ttf"},
    {HB_SCRIPT_HANIFI_ROHINGYA, "NotoSansHanifiRohingya-Regular.ttf", "NotoSansHanifiRohingya-Bold.ttf"},
    {HB_SCRIPT_MYANMAR, "NotoSansMyanmar-Regular.ttf", "NotoSansMyanmar-Bold.ttf"},
    {HB_SCRIPT_MYANMAR, "mmrtext.ttf", "mmrtextb.ttf"},
    {HB_SCRIPT_THAI, "NotoSansThai-Regular.ttf", "NotoSansThai-Bold.ttf"},
    {HB_SCRIPT_THAI, "LeelawUI.ttf", "LeelaUIb.ttf"},
    {HB_SCRIPT_THAI, "leelawad.ttf", "leelawdb.ttf"},
    {HB_SCRIPT_LAO, "NotoSansLao-Regular.ttf", "NotoSansLao-Bold.ttf"},
    {HB_SCRIPT_LAO, "LeelawUI.ttf", "LeelaUIb.ttf"},
    {HB_SCRIPT_KHMER, "NotoSansKhmer-Regular.ttf", "NotoSansKhmer-Bold.ttf"},
    {HB_SCRIPT_KHMER, "LeelawUI.ttf", "LeelaUIb.ttf"},
    {HB_SCRIPT_GUJARATI, "NotoSansGujarati-Regular.ttf", "NotoSansGujarati-Bold.ttf"},
    {HB_SCRIPT_GUJARATI, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_GURMUKHI, "NotoSansGurmukhi-Regular.ttf", "NotoSansGurmukhi-Bold.ttf"},
    {HB_SCRIPT_GURMUKHI, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_TELUGU, "NotoSansTelugu-Regular.ttf", "NotoSansTelugu-Bold.ttf"},
    {HB_SCRIPT_TELUGU, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_KANNADA, "NotoSansKannada-Regular.ttf", "NotoSansKannada-Bold.ttf"},
    {HB_SCRIPT_KANNADA, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_MALAYALAM, "NotoSansMalayalam-Regular.ttf", "NotoSansMalayalam-Bold.ttf"},
    {HB_SCRIPT_MALAYALAM, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_ORIYA, "NotoSansOriya-Regular.ttf", "NotoSansOriya-Bold.ttf"},
    {HB_SCRIPT_ORIYA, "Nirmala.ttf", "NirmalaB.ttf"},
    {HB_SCRIPT_TIBETAN, "NotoSerifTibetan-Regular.ttf", "NotoSerifTibetan-Bold.ttf"},
    {HB_SCRIPT_TIBETAN, "himalaya.ttf", nullptr},
    {HB_SCRIPT_THAANA, "NotoSansThaana-Regular.ttf", "NotoSansThaana-Bold.ttf"},
    {HB_SCRIPT_THAANA, "mvboli.ttf", nullptr},
    {HB_SCRIPT_GEORGIAN, "NotoSansGeorgian-Regular.ttf", "NotoSansGeorgian-Bold.ttf"},
    {HB_SCRIPT_ARMENIAN, "NotoSansArmenian-Regular.ttf", "NotoSansArmenian-Bold.ttf"},
    {HB_SCRIPT_HAN, "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"},
    {HB_SCRIPT_HAN, "msyh.ttc", "msyhbd.ttc"},
    {HB_SCRIPT_HAN, "msyh.ttf", "msyhbd.ttf"},
    {HB_SCRIPT_HAN, "wqy-microhei.ttc", nullptr},
    {HB_SCRIPT_HIRAGANA, "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"},
    {HB_SCRIPT_HIRAGANA, "msgothic.ttc", nullptr},
    {HB_SCRIPT_KATAKANA, "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"},
    {HB_SCRIPT_KATAKANA, "msgothic.ttc", nullptr},
    {HB_SCRIPT_HANGUL, "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"},
    {HB_SCRIPT_HANGUL, "malgun.ttf", "malgunbd.ttf"},
    {0, "NotoColorEmoji.ttf", nullptr},
    {0, "seguiemj.ttf", nullptr},
    {0, "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"},
    {0, "NotoSansSymbols-Regular.ttf", nullptr},
    {0, "NotoSansSymbols2-Regular.ttf", nullptr},
    {0, "NotoSansMath-Regular.ttf", nullptr},
    {0, "seguisym.ttf", nullptr},
};

}  // namespace

std::span<const FontRow> font_table() {
  return kRows;
}

}  // namespace farline::ui
