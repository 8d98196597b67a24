// How entries of chat lie in SQLite: tables, numbers, what a row is bound to and what is sealed in it. Part of
// store/chat_store.h, for nobody else.
#pragma once

#include "chat/store.h"
#include "store/database.h"

namespace farline::store {

// `place`: 0 neither shown nor found, 1 shown, 2 not shown but found (an edit).
inline constexpr const char* kEntrySchema =
    "CREATE TABLE entry(grp INTEGER NOT NULL, log INTEGER NOT NULL, seq INTEGER NOT NULL, hlc INTEGER NOT NULL,"
    " place INTEGER NOT NULL, target_log INTEGER, target_seq INTEGER, value BLOB NOT NULL,"
    " PRIMARY KEY(grp, log, seq)) WITHOUT ROWID;"
    "CREATE INDEX timeline ON entry(grp, hlc, log, seq, place) WHERE place > 0;"
    "CREATE INDEX about ON entry(grp, target_log, target_seq, hlc, log, seq) WHERE target_log IS NOT NULL;"
    "CREATE TABLE day(grp INTEGER NOT NULL, day INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY(grp, day))"
    " WITHOUT ROWID;";
#define FARLINE_ENTRY_COLUMNS_AND "SELECT log, seq, hlc, place, target_log, target_seq, value"
#define FARLINE_ENTRY_COLUMNS FARLINE_ENTRY_COLUMNS_AND " FROM entry "

inline constexpr chat::Hlc kHlcPerDay = chat::kHlcPerSecond * 86'400;

// Numbers of 64 bits are stored with the highest bit turned over, so that SQLite's signed order is theirs.
int64_t to_sql(uint64_t value);

// Whose key it is sealed under: the day of a message, -1 for events.
int64_t day_of(chat::LogId log, chat::Hlc hlc);
int64_t place_of(const chat::StoredEntry& entry);

// Associated data of an entry and of a day's key.
std::array<uint8_t, 66> entry_context(const Generation& generation, const chat::StoredEntry& entry, int64_t place);
std::array<uint8_t, 40> day_context(const Generation& generation, const chat::GroupId& group, int64_t day);

// What is sealed of an entry, and back into `out`; false when it is not whole.
ByteVector entry_plain(const chat::StoredEntry& entry);
bool take_entry_plain(Bytes plain, bool with_text, chat::StoredEntry& out);

// What stands beside it, of a row of FARLINE_ENTRY_COLUMNS.
struct EntryRow {
  chat::StoredEntry entry;  // without hash, bytes and text
  int64_t place = 0;
  Bytes sealed;
};
EntryRow entry_row(const chat::GroupId& group, const Query& row);

}  // namespace farline::store
