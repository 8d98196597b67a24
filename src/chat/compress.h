// Compression of what chat sends in batches: zstd with a dictionary of everyday lines in seven languages, which is part
// of the protocol. The dictionary is worth most where text is short; tools/chat_dictionary.py trains it.
//
//   u8 0, the bytes as they are        when nothing would be gained
//   u8 1, a zstd frame (RFC 8878) of known content size without its magic number and dictionary id, dictionary 1
// A later dictionary gets the next number; a number stays what it is.
// A single line travels as the content of the only block of such a frame, with dictionary 1; that it is one, and its
// kind, its carrier knows.
//
// What is compressed together lets its length tell something about all of it: never mix what an attacker chose with
// what he is to guess, beyond what a group's members read anyway. Thread: any.
#pragma once

#include "base/bytes.h"

namespace farline::chat {

inline constexpr size_t kCompressedPlainBytesMax = 256 * 1024;

// At most one byte longer than `plain`, which has at most kCompressedPlainBytesMax.
ByteVector compress(Bytes plain);

// The inverse. Errc::limit when it would be longer than `plain_bytes_max` (at most kCompressedPlainBytesMax), found
// before anything is allocated; Errc::unsupported for a newer dictionary; Errc::malformed otherwise.
Result<ByteVector> decompress(Bytes packed, size_t plain_bytes_max = kCompressedPlainBytesMax);

inline constexpr size_t kLineBytesMax = 1024;

// The line alone, of at most kLineBytesMax bytes; nothing when it does not become shorter.
ByteVector compress_line(Bytes plain);
// Errc::malformed, also when it would be longer than `plain_bytes_max`, at most kLineBytesMax.
Result<ByteVector> decompress_line(Bytes block, size_t plain_bytes_max);

}  // namespace farline::chat
