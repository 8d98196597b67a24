#include <doctest/doctest.h>

#include "chat/fold.h"

using namespace farline::chat;

TEST_CASE("case and marks do not matter in the scripts people write") {
  CHECK_EQ(fold_text("Café ÀÉÎÕÜ Łódź ŸŽ straße"), "cafe aeiou lodz yz strase");
  CHECK_EQ(fold_text("cafe\u0301"), "cafe");  // marks of their own
  CHECK_EQ(fold_text("ЁЛКА Ёлка Йод ЇЖА Ґрунт"), fold_text("елка елка иод їжа ґрунт"));
  CHECK_EQ(fold_text("ΆΈΉΊΌΎΏ Σίσυφος"), fold_text("αεηιουω σισυφοσ"));
  CHECK_EQ(fold_text("السَّلامُ عَلَيْكُمْ"), fold_text("السلام عليكم"));
  CHECK_EQ(fold_text("أحمد إلى آخر مدرسة ١٢٣"), fold_text("احمد الي اخر مدرسه 123"));
  CHECK_EQ(fold_text("日本語 \U0001F600 ×"), "日本語 \U0001F600 ×");
  CHECK_EQ(fold_text("a\xff\xc3 b"), "a b");
}

TEST_CASE("every word must occur, anywhere and in any order") {
  const auto words = search_words("  Порт\tзавтра ");
  REQUIRE_EQ(words.size(), 2U);
  CHECK(has_words(fold_text("Завтра едем в аэропорт"), words));
  CHECK_FALSE(has_words(fold_text("Едем в аэропорт"), words));
  CHECK(search_words(" \n").empty());
  CHECK(has_words(fold_text("في المدرسة غدا"), search_words("مدرسه")));
}
