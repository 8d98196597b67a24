#include "chat/chain.h"

#include "chat/varint.h"

namespace farline::chat {
namespace {

template <size_t N>
std::array<uint8_t, N> truncated(const crypto::Hash& hash) {
  std::array<uint8_t, N> out{};
  std::copy_n(hash.begin(), N, out.begin());
  return out;
}
std::array<uint8_t, 8> big_endian(uint64_t value) {
  std::array<uint8_t, 8> out{};
  Writer(out).u64(value);
  return out;
}

}  // namespace

LogId log_of_introduction(Bytes entry) {
  const auto hash = crypto::sha256({as_bytes("farline chat author"), entry});
  return {Reader(hash).u64() & ~uint64_t{1}};
}

GroupId group_of_founding(LogId log, Bytes entry) {
  return {truncated<16>(crypto::sha256({as_bytes("farline chat group"), big_endian(log.value), entry}))};
}

ChainHash first_hash(const GroupId& group, LogId log) {
  return truncated<16>(crypto::sha256({as_bytes("farline chat log"), group.bytes, big_endian(log.value)}));
}

ChainHash next_hash(const ChainHash& before, Hlc hlc, Bytes bytes) {
  return truncated<16>(crypto::sha256({before, big_endian(hlc), bytes}));
}

ByteVector head_message(const Head& head) {
  const std::string_view label = "farline chat head";
  ByteVector out(label.size() + 16 + 8 + 4 + 16);
  Writer writer(out);
  writer.bytes(as_bytes(label));
  writer.bytes(head.group.bytes);
  writer.u64(head.log.value);
  writer.u32(head.count);
  writer.bytes(head.hash);
  return out;
}

const Run* Log::run_with(uint32_t seq) const {
  for (const Run& run : runs) {
    if (run.first <= seq && seq <= run.last) return &run;
  }
  return nullptr;
}

std::vector<Stretch> Log::missing(uint32_t from, uint32_t count) const {
  std::vector<Stretch> out;
  from = std::max(from, floor);
  uint32_t end = count;  // exclusive
  for (size_t i = runs.size(); i-- > 0 && end > from;) {
    const Run& run = runs[i];
    if (run.last + 1 < end) out.push_back({std::max(from, run.last + 1), end - 1});
    end = std::min(end, run.first);
  }
  if (end > from) out.push_back({from, end - 1});
  std::erase_if(out, [](const Stretch& stretch) { return stretch.first > stretch.last; });
  return out;
}

bool Log::add(const Run& run) {
  auto at = std::ranges::find_if(runs, [&](const Run& other) { return other.first > run.last; });
  const bool joins_above = at != runs.end() && at->first == run.last + 1;
  const bool joins_below = at != runs.begin() && std::prev(at)->last + 1 == run.first;
  if (joins_above) at->first = run.first, at->before = run.before;
  if (joins_below) {
    Run& below = *std::prev(at);
    const Run& top = joins_above ? *at : run;
    below.last = top.last, below.hash = top.hash, below.hlc = top.hlc, below.signature = top.signature;
    if (joins_above) runs.erase(at);
  }
  if (joins_above || joins_below) return true;
  if (runs.size() == kRunsMax) return false;
  runs.insert(at, run);
  return true;
}

void Log::cut(uint32_t first, const StoredEntry* last) {
  std::erase_if(runs, [&](const Run& run) { return run.first >= first; });
  if (!runs.empty() && runs.back().last >= first) {
    INVARIANT(last != nullptr && last->id.seq + 1 == first);
    runs.back().last = first - 1;
    runs.back().hash = last->hash;
    runs.back().hlc = last->hlc;
    runs.back().signature.reset();
  }
  if (signed_count > first) signed_count = 0;
}

void Log::prove(uint32_t count, const crypto::Signature& by) {
  const bool newest = count > signed_count;
  const uint32_t lower = newest ? signed_count : count;
  const auto under = std::ranges::find_if(runs, [&](const Run& run) { return run.last + 1 == lower; });
  if (under != runs.end() && lower < this->count()) under->signature = newest ? signature : by;
  if (newest) signed_count = count, signature = by;
}

std::optional<Log::Proof> Log::proof_of(uint32_t seq) const {
  const Run* run = run_with(seq);
  if (run == nullptr) return std::nullopt;
  if (run->last + 1 == count())
    return signed_count > run->first ? std::optional(Proof{signed_count, signature}) : std::nullopt;
  return run->signature ? std::optional(Proof{run->last + 1, *run->signature}) : std::nullopt;
}

ByteVector encode(const Log& log) {
  const auto proven =
      static_cast<size_t>(std::ranges::count_if(log.runs, [](const Run& run) { return run.signature.has_value(); }));
  ByteVector out(4 + 4 + 64 + 1 + log.runs.size() * 48 + proven * 65);
  Writer writer(out);
  writer.u32(log.floor);
  writer.u32(log.signed_count);
  writer.bytes(log.signature);
  writer.u8(static_cast<uint8_t>(log.runs.size()));
  for (const Run& run : log.runs) {
    writer.u32(run.first);
    writer.u32(run.last);
    writer.bytes(run.before);
    writer.bytes(run.hash);
    writer.u64(run.hlc);
  }
  for (size_t i = 0; i < log.runs.size(); ++i) {
    if (!log.runs[i].signature) continue;
    writer.u8(static_cast<uint8_t>(i));
    writer.bytes(*log.runs[i].signature);
  }
  return out;
}

Result<Log> decode_log(LogId id, Bytes value) {
  Reader in(value);
  Log log{.id = id, .runs = {}, .floor = in.u32(), .signed_count = in.u32(), .signature = in.array<64>()};
  const size_t count = in.u8();
  if (count > kRunsMax) in.fail();
  for (size_t i = 0; i < count && in.ok(); ++i) {
    log.runs.push_back(
        {.first = in.u32(), .last = in.u32(), .before = in.array<16>(), .hash = in.array<16>(), .hlc = in.u64()});
  }
  for (size_t next = 0; in.ok() && in.remaining() > 0; ++next) {
    const size_t which = in.u8();
    if (which < next || which >= log.runs.size()) return Error{Errc::malformed, "damaged chat state"};
    log.runs[next = which].signature = in.array<64>();
  }
  if (const auto done = in.finish(); !done) return done.error();
  return log;
}

}  // namespace farline::chat
