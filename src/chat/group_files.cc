#include <algorithm>
#include <bit>

#include "chat/group.h"
#include "chat/log_entry.h"

namespace farline::chat {
namespace {

static_assert(kNotePushedBytes == kBlockPlainBytes);

std::array<uint8_t, 8> short_hash(const FileHash& file) {
  std::array<uint8_t, 8> out{};
  std::copy_n(file.begin(), out.size(), out.begin());
  return out;
}
uint16_t all_pieces(size_t block_bytes) {
  return static_cast<uint16_t>((1U << ((block_bytes + kPieceBytes - 1) / kPieceBytes)) - 1);
}

}  // namespace

// --- Own files
// -------------------------------------------------------------------------------------------------------
Result<EntryId> Group::write_file(const Now& now, const NewFile& file) {
  File body{.content = {}, .name = safe_file_name(file.name), .is_photo = file.is_photo};
  body.content.size = file.size;
  if (const auto done = check(body); !done) return done.error();
  if (const auto done = keep_content(body.content, file.read); !done) return done.error();
  const auto id = write_message(now, body);
  if (id) save_file(body.content.hash, *id, false);
  return id;
}

Result<EntryId> Group::write_voice_note(const Now& now, const NewVoiceNote& note) {
  VoiceNote body{.content = {}, .tenths = note.tenths, .codec = note.codec};
  body.content.size = note.bytes.size();
  if (const auto done = check(body); !done) return done.error();
  const auto kept = keep_content(body.content, [&](uint64_t offset, MutableBytes out) -> Result<void> {
    std::ranges::copy(note.bytes.subspan(static_cast<size_t>(offset), out.size()), out.begin());
    return {};
  });
  if (!kept) return kept.error();
  const auto id = write_message(now, body);
  if (id) save_file(body.content.hash, *id, false);
  return id;
}

// Seals it under a new key and stores its blocks, which it names then.
Result<void> Group::keep_content(Content& content, const ReadAt& read_at) {
  if (!is_member()) return Error{Errc::denied, "you are not a member of this chat"};
  content.key = device_.rng().array<32>();
  // The hash that it is stored under is known at the end: the blocks wait in memory, at most kFileBytesMax.
  const FileShape shape(content.size);
  std::vector<FileBlock> blocks;
  std::vector<BlockHash> hashes;
  for (uint32_t index = 0; index < shape.blocks(0); ++index) {
    const uint64_t offset = uint64_t{index} * kBlockPlainBytes;
    ByteVector plain(static_cast<size_t>(std::min<uint64_t>(kBlockPlainBytes, content.size - offset)));
    if (const auto done = read_at(offset, plain); !done) return done.error();
    blocks.push_back({{0, index}, seal_block(content.key, index, plain)});
    hashes.push_back(block_hash(blocks.back().place, blocks.back().bytes));
  }
  for (uint8_t level = 0; level < shape.top(); ++level) {
    auto above = blocks_above(level, hashes);
    hashes.clear();
    for (const FileBlock& block : above) hashes.push_back(block_hash(block.place, block.bytes));
    std::ranges::move(above, std::back_inserter(blocks));
  }
  content.hash = file_hash(content.size, hashes.at(0));
  return device_.files().put(content.hash, blocks);
}

// --- Voice notes: what fits one block goes with its message, so that who is away gets it from their mailbox.
// ---------------------------------------------------------------------------------------------------------------------
std::optional<Group::Sound> Group::pushed_sound(const StoredEntry& entry) {
  const auto body = decode_body(entry.bytes);
  const auto* note = body ? std::get_if<VoiceNote>(&*body) : nullptr;
  if (note == nullptr || note->content.size > kNotePushedBytes) return std::nullopt;
  auto block = device_.files().block(note->content.hash, {});
  if (!block) return std::nullopt;
  return Sound{note->content.hash, std::move(*block)};
}

// The message is with the mailbox when the last of these is.
void Group::push_sound(const Now& now, EntryId id, const Sound& sound) {
  FilePiece piece{.file = short_hash(sound.file), .place = {}, .piece = 0, .bytes = {}};
  for (size_t first = 0; first < sound.block.size(); first += kPieceBytes, ++piece.piece) {
    const size_t last = std::min(first + kPieceBytes, sound.block.size());
    piece.bytes.assign(sound.block.begin() + static_cast<std::ptrdiff_t>(first),
                       sound.block.begin() + static_cast<std::ptrdiff_t>(last));
    send_sealed(now, devices_, encode(piece),
                {.to = {},
                 .bytes = {},
                 .urgency = Urgency::file,
                 .keep = true,
                 .handle = last == sound.block.size() ? device_.handle_of(id_, id) : 0});
  }
}

void Group::want_voice_note(const Now& now, EntryId id, const Content& content) {
  if (content.size > kNotePushedBytes || !want_file(id, content)) return;
  const auto found = fetches_.find(content.hash);
  if (found == fetches_.end()) return;  // it is here
  const size_t bytes = FileShape(content.size).block_bytes({});
  found->second.parts.try_emplace(0, Fetch::Part{ByteVector(bytes), all_pieces(bytes)});
  found->second.coming_until = now.time + kNotePatience;
  for (auto& [from, piece] : std::exchange(early_pieces_, {})) take_file_piece(now, from, piece);
}

// --- What is wanted
// --------------------------------------------------------------------------------------------------
void Group::save_file(const FileHash& file, EntryId entry, bool wanted) {
  ByteVector value(13);
  Writer out(value);
  out.u64(entry.log.value);
  out.u32(entry.seq);
  out.u8(wanted ? 1 : 0);
  device_.save(StateKind::file, id_, file, std::move(value));
}

void Group::load_file(Bytes key, Bytes value) {
  Reader in(value);
  const EntryId id{{in.u64()}, in.u32()};
  const bool wanted = in.u8() == 1;
  if (!in.finish() || key.size() != sizeof(FileHash) || !wanted) return;
  const auto entry = device_.store().entry(id_, id);
  const auto body = entry ? decode_body(entry->bytes) : Result<Body>(entry.error());
  const Content* content = body ? content_of(*body) : nullptr;
  if (content != nullptr && equal(content->hash, key)) (void)want_file(id, *content);
}

Result<void> Group::want_file(EntryId id, const Content& content) {
  if (fetches_.contains(content.hash)) return {};
  if (fetches_.size() >= kFetchesMax) return Error{Errc::limit, "too many files are under way"};
  Fetch fetch;
  fetch.entry = id;
  fetch.content = content;
  fetch.level = FileShape(content.size).top();
  const bool whole = !find_missing(fetch);
  save_file(content.hash, id, !whole);
  if (!whole) fetches_[content.hash] = std::move(fetch);
  return {};
}

// Whether its author's files may be fetched though nobody has asked for them here.
bool Group::may_offer(EntryId id) const {
  const Author* author = author_of(id.log);
  const auto is_theirs = [&](const auto& item) { return author_of(item.second.entry.log) == author; };
  return std::ranges::count_if(fetches_, is_theirs) < static_cast<std::ptrdiff_t>(kOffersOfOneMax);
}

// False when nothing is.
bool Group::find_missing(Fetch& fetch) {
  const FileShape shape(fetch.content.size);
  for (;; --fetch.level) {
    fetch.missing.clear();
    const auto held = device_.files().held(fetch.content.hash, fetch.level);
    for (uint32_t index = 0; index < shape.blocks(fetch.level); ++index) fetch.missing.insert(index);
    if (held) {
      for (const uint32_t index : *held) fetch.missing.erase(index);
    }
    if (!fetch.missing.empty()) return true;
    if (fetch.level == 0) return false;
  }
}

// --- Asking
// -----------------------------------------------------------------------------------------------------------
// One file at a time, the smallest first; those behind that were asked for in vain.
void Group::fetch_files(const Now& now) {
  if (std::ranges::any_of(fetches_, [](const auto& item) { return item.second.asked.has_value(); })) return;
  if (next_file_ask_ && now.time < *next_file_ask_) return;
  next_file_ask_.reset();
  std::vector<Fetch*> smallest_first;
  for (auto& [hash, fetch] : fetches_) smallest_first.push_back(&fetch);
  std::ranges::sort(smallest_first, {}, [](const Fetch* fetch) { return std::pair(fetch->vain, fetch->content.size); });
  for (Fetch* fetch : smallest_first) {
    ask_blocks(now, *fetch);
    if (fetch->asked) return;
  }
}

// The author's devices before others.
std::optional<wire::DeviceId> Group::who_may_have(const Fetch& fetch) const {
  const Author* author = author_of(fetch.entry.log);
  std::optional<wire::DeviceId> found;
  for (const auto& [id, peer] : peers_) {
    if (!peer.reachable || fetch.without.contains(id)) continue;
    if (author != nullptr && author->device == id) return id;
    if (!found) found = id;
  }
  return found;
}

void Group::ask_blocks(const Now& now, Fetch& fetch) {
  if (fetch.asked || fetch.coming_until || epochs_.empty()) return;
  const auto whom = who_may_have(fetch);
  if (!whom) {
    if (!fetch.without.empty() && !fetch.rest_until) fetch.rest_until = now.time + kFileRest;
    return;
  }
  const FileShape shape(fetch.content.size);
  const size_t window = std::min(std::max(fetch.window, fetch.parts.size()), kFileAskItemsMax);
  for (auto next = fetch.missing.begin(); next != fetch.missing.end() && fetch.parts.size() < window; ++next) {
    const size_t bytes = shape.block_bytes({fetch.level, *next});
    fetch.parts.try_emplace(*next, Fetch::Part{ByteVector(bytes), all_pieces(bytes)});
  }
  FileAsk ask{.file = fetch.content.hash, .items = {}};
  next_file_ask_ = now.time;
  for (const auto& [index, part] : fetch.parts) {
    ask.items.push_back({{fetch.level, index}, part.missing});
    *next_file_ask_ += std::popcount(part.missing) * kFilePieceEvery;
  }
  fetch.asked = whom;
  fetch.gave = false;
  fetch.is_rest = false;
  fetch.asked_at = now.time;
  fetch.until = now.time + kFilePatience;
  fetch.rest_until.reset();
  send_sealed(now, {*whom}, encode(ask), {.to = {}, .bytes = {}, .urgency = Urgency::file, .keep = true});
}

// What has come of blocks that are not whole is kept: the next is asked for the rest. Who gave some is asked again.
void Group::give_up_on(const Now& now, Fetch& fetch, bool for_now) {
  if (!for_now) fetch.without.insert(*fetch.asked), ++fetch.vain;
  fetch.asked.reset();
  fetch.gave = false;
  fetch.window = 1;
  fetch_files(now);
}

// Of what it was asked for some may be under way still: it is given a moment to come.
void Group::file_peer_changed(const Now& now, wire::DeviceId id, bool is) {
  for (auto& [hash, fetch] : fetches_) {
    fetch.without.erase(id);
    if (fetch.asked == id) fetch.asked.reset(), fetch.window = 1;
    if (is && !fetch.asked && !fetch.parts.empty()) next_file_ask_ = now.time + kFileReturn;
  }
}

void Group::handle_file_timeout(const Now& now) {
  for (auto& [hash, fetch] : fetches_) {
    if (fetch.coming_until && *fetch.coming_until <= now.time) fetch.coming_until.reset();
    if (fetch.rest_until && *fetch.rest_until <= now.time) {
      fetch.rest_until.reset();
      fetch.without.clear();
    }
    if (fetch.asked && fetch.until <= now.time) give_up_on(now, fetch, fetch.gave);
  }
}

// --- From others
// -----------------------------------------------------------------------------------------------------
void Group::take_file_ask(const Now& now, wire::DeviceId from, const FileAsk& ask) {
  for (const auto& item : ask.items) {
    if (device_.pieces_waiting() >= kFilePiecesWaitingMax) return;  // it asks again
    FilePiece piece{.file = short_hash(ask.file), .place = item.place, .piece = 0, .bytes = {}};
    const auto block = device_.files().block(ask.file, item.place);
    if (!block || block->size() > kBlockBytes) {
      send_sealed(now, {from}, encode(piece), {.to = {}, .bytes = {}, .urgency = Urgency::file, .keep = true});
      return;
    }
    for (; piece.piece < kPiecesMax; ++piece.piece) {
      const size_t first = piece.piece * kPieceBytes;
      const Device::PieceFor name{from.bytes, ask.file, item.place, piece.piece};
      if ((item.pieces >> piece.piece & 1U) == 0 || first >= block->size() || device_.is_waiting(name)) continue;
      piece.bytes = to_vector(Bytes(*block).subspan(first, std::min(kPieceBytes, block->size() - first)));
      Epoch& epoch = epoch_to_write(now);
      tell_epoch(epoch, from);
      device_.send_piece(name, {.to = {from},
                                .bytes = seal(epoch.key, device_.id(), encode(piece), device_.rng()),
                                .urgency = Urgency::file,
                                .keep = true});
    }
  }
}

void Group::take_file_piece(const Now& now, wire::DeviceId from, const FilePiece& piece) {
  const auto found = std::ranges::find_if(fetches_, [&](const auto& item) {
    return short_hash(item.first) == piece.file && item.second.level == piece.place.level;
  });
  if (found == fetches_.end()) {
    if (piece.place != BlockPlace{} || piece.bytes.empty()) return;
    if (early_pieces_.size() >= kEarlyPiecesMax) early_pieces_.erase(early_pieces_.begin());
    early_pieces_.emplace_back(from, piece);
    return;
  }
  Fetch& fetch = found->second;
  const bool is_late = !fetch.asked && !piece.bytes.empty();
  if (fetch.asked != from && !is_late) return;
  const auto asked = fetch.parts.find(piece.place.index);
  if (asked == fetch.parts.end()) return;
  if (piece.bytes.empty()) {
    give_up_on(now, fetch, false);
    return;
  }
  Fetch::Part& part = asked->second;
  const size_t first = piece.piece * kPieceBytes;
  const auto bit = static_cast<uint16_t>(1U << piece.piece);
  if ((part.missing & bit) == 0 || piece.bytes.size() != std::min(kPieceBytes, part.bytes.size() - first)) return;
  std::ranges::copy(piece.bytes, part.bytes.begin() + static_cast<std::ptrdiff_t>(first));
  part.missing = static_cast<uint16_t>(part.missing & ~bit);
  if (is_late) {  // a call was in its way, or a cut: then some may be lost
    fetch.is_rest = !fetch.without.contains(from);
    fetch.without.erase(from);
    fetch.rest_until.reset();
    fetch.coming_until.reset();
    fetch.asked = from;
    fetch.asked_at = now.time;
  }
  fetch.gave = true;
  fetch.until = now.time + (fetch.is_rest ? kFileRestPatience : kFilePatience);
  if (part.missing == 0) take_block(now, fetch, piece.place.index);
}

bool Group::is_block_of(const Fetch& fetch, BlockPlace place, Bytes bytes) const {
  const BlockHash hash = block_hash(place, bytes);
  if (place.level == FileShape(fetch.content.size).top()) {
    return file_hash(fetch.content.size, hash) == fetch.content.hash;
  }
  const auto above = static_cast<uint8_t>(place.level + 1);
  const auto parent =
      device_.files().block(fetch.content.hash, {above, static_cast<uint32_t>(place.index / kHashesPerBlock)});
  const size_t at = place.index % kHashesPerBlock * sizeof(BlockHash);
  return parent && parent->size() >= at + sizeof(BlockHash) &&
         equal(Bytes(*parent).subspan(at, sizeof(BlockHash)), hash);
}

// It is durable before anything follows from it.
void Group::take_block(const Now& now, Fetch& fetch, uint32_t index) {
  const BlockPlace place{fetch.level, index};
  const FileBlock block{place, std::move(fetch.parts.at(index).bytes)};
  fetch.parts.erase(index);
  // Somebody's forgery, or a disk that refuses: neither is tried again at once.
  if (!is_block_of(fetch, place, block.bytes) || !device_.files().put(fetch.content.hash, std::span(&block, 1))) {
    give_up_on(now, fetch, false);
    return;
  }
  fetch.missing.erase(index);
  if (!fetch.parts.empty()) return;
  const Duration took = now.time - fetch.asked_at;
  if (took <= kFileQuick) fetch.window = std::min(2 * fetch.window, kFileAskItemsMax);
  if (took > 2 * kFileQuick) fetch.window = std::max<size_t>(1, fetch.window / 2);
  fetch.asked.reset();
  if (fetch.missing.empty() && !find_missing(fetch)) {
    save_file(fetch.content.hash, fetch.entry, false);
    device_.tell(MessageChanged{id_, fetch.entry});
    const FileHash hash = fetch.content.hash;
    fetches_.erase(hash);
  }
  fetch_files(now);
}

}  // namespace farline::chat
