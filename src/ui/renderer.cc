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

// Two triangles that are a box of one colour without holes: filled, not blended, thirty times as fast in software.
bool is_plain_box(const ImDrawVert* vertices, const ImDrawIdx* at) {
  const ImDrawIdx first = at[0];
  if (at[1] != first + 1 || at[2] != first + 2 || at[3] != first || at[4] != first + 2 || at[5] != first + 3) {
    return false;
  }
  const ImDrawVert* corner = vertices + first;
  for (int i = 1; i < 4; ++i) {
    if (corner[i].col != corner[0].col || corner[i].uv.x != corner[0].uv.x || corner[i].uv.y != corner[0].uv.y) {
      return false;
    }
  }
  const bool is_upright = corner[0].pos.x == corner[3].pos.x && corner[1].pos.x == corner[2].pos.x &&
                          corner[0].pos.y == corner[1].pos.y && corner[2].pos.y == corner[3].pos.y;
  return is_upright && corner[0].col >> IM_COL32_A_SHIFT == 255;
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

void Renderer::draw_triangles(const ImDrawVert* vertices, const uint16_t* indices, int count) {
  if (count == 0) return;
  const auto* colours = reinterpret_cast<const SDL_Color*>(&vertices->col);
  constexpr int kStride = sizeof(ImDrawVert);
  const int used = *std::max_element(indices, indices + count) + 1;
  SDL_RenderGeometryRaw(renderer_, texture_, &vertices->pos.x, kStride, colours, kStride, &vertices->uv.x, kStride,
                        used, indices, count, sizeof(uint16_t));
}

void Renderer::draw(const ImDrawData& data, Atlas& atlas) {
  static_assert(sizeof(ImDrawIdx) == sizeof(uint16_t));
  upload(atlas);
  SDL_SetRenderDrawBlendMode(renderer_, SDL_BLENDMODE_NONE);
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
      const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
      const ImDrawIdx* const end = indices + command.ElemCount;
      const ImDrawIdx* next = indices;
      while (next < end) {
        if (end - next < 6 || !is_plain_box(vertices, next)) {
          next += 3;
          continue;
        }
        draw_triangles(vertices, indices, static_cast<int>(next - indices));
        const ImDrawVert& corner = vertices[next[0]];
        const ImVec2 far = vertices[next[2]].pos;
        const SDL_FRect box{corner.pos.x, corner.pos.y, far.x - corner.pos.x, far.y - corner.pos.y};
        const auto* colour = reinterpret_cast<const SDL_Color*>(&corner.col);
        SDL_SetRenderDrawColor(renderer_, colour->r, colour->g, colour->b, 255);
        SDL_RenderFillRectF(renderer_, &box);
        indices = next += 6;
      }
      draw_triangles(vertices, indices, static_cast<int>(end - indices));
    }
  }
  SDL_RenderSetClipRect(renderer_, nullptr);
}

}  // namespace farline::ui
