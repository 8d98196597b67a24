#include "ui/renderer.h"

#include <SDL.h>
#include <imgui.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace farline::ui {
namespace {

uint64_t hash_of(const void* data, size_t size, uint64_t hash) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t), bytes += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  for (; size > 0; --size, ++bytes) hash = (hash ^ *bytes) * 0x9E3779B97F4A7C15ULL;
  return hash;
}

}  // namespace

Renderer::~Renderer() {
  forget_texture();
}

void Renderer::forget_texture() {
  if (texture_) SDL_DestroyTexture(texture_);
  texture_ = nullptr;
  side_ = 0;
}

void Renderer::upload(Atlas& atlas) {
  Atlas::Rows rows = atlas.take_dirty();
  if (side_ != atlas.side()) {
    forget_texture();
    side_ = atlas.side();
    texture_ = SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STATIC, side_, side_);
    SDL_SetTextureBlendMode(texture_, SDL_BLENDMODE_BLEND);
    rows = {0, side_};
  }
  if (rows.begin == rows.end) return;
  const SDL_Rect changed{0, rows.begin, side_, rows.end - rows.begin};
  const uint32_t* pixels = atlas.pixels().data() + static_cast<ptrdiff_t>(rows.begin) * side_;
  SDL_UpdateTexture(texture_, &changed, pixels, side_ * static_cast<int>(sizeof(uint32_t)));
}

bool Renderer::is_new(const ImDrawData& data, const Atlas& atlas) {
  uint64_t hash = static_cast<uint64_t>(data.DisplaySize.x) << 32 | static_cast<uint64_t>(data.DisplaySize.y);
  for (int i = 0; i < data.CmdListsCount; ++i) {
    const ImDrawList& list = *data.CmdLists[i];
    hash = hash_of(list.VtxBuffer.Data, static_cast<size_t>(list.VtxBuffer.size_in_bytes()), hash);
    hash = hash_of(list.IdxBuffer.Data, static_cast<size_t>(list.IdxBuffer.size_in_bytes()), hash);
    for (const ImDrawCmd& command : list.CmdBuffer) hash = hash_of(&command.ClipRect, sizeof(ImVec4), hash);
  }
  return std::exchange(shown_, hash) != hash || atlas.is_dirty();
}

void Renderer::draw(const ImDrawData& data, Atlas& atlas) {
  upload(atlas);
  for (int i = 0; i < data.CmdListsCount; ++i) {
    const ImDrawList& list = *data.CmdLists[i];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      const SDL_Rect clip{static_cast<int>(std::max(command.ClipRect.x, 0.0F)),
                          static_cast<int>(std::max(command.ClipRect.y, 0.0F)),
                          static_cast<int>(command.ClipRect.z - std::max(command.ClipRect.x, 0.0F)),
                          static_cast<int>(command.ClipRect.w - std::max(command.ClipRect.y, 0.0F))};
      if (command.ElemCount == 0 || clip.w <= 0 || clip.h <= 0) continue;
      SDL_RenderSetClipRect(renderer_, &clip);
      const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
      const auto* colours = reinterpret_cast<const SDL_Color*>(&vertices->col);
      constexpr int kStride = sizeof(ImDrawVert);
      SDL_RenderGeometryRaw(renderer_, texture_, &vertices->pos.x, kStride, colours, kStride, &vertices->uv.x, kStride,
                            list.VtxBuffer.Size - static_cast<int>(command.VtxOffset),
                            list.IdxBuffer.Data + command.IdxOffset, static_cast<int>(command.ElemCount),
                            sizeof(ImDrawIdx));
    }
  }
  SDL_RenderSetClipRect(renderer_, nullptr);
}

}  // namespace farline::ui
