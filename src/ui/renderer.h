// ImGui's triangles through SDL's renderer, the software one first of all: one texture, few batches, clip rectangles on
// whole pixels.
#pragma once

#include "ui/atlas.h"

struct ImDrawData;
struct ImDrawVert;
struct SDL_Renderer;
struct SDL_Texture;

namespace farline::ui {

class Renderer {
 public:
  // `renderer` outlives it.
  explicit Renderer(SDL_Renderer* renderer) : renderer_(renderer) {}
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  // Whether draw() would show something else than it did last.
  bool is_new(const ImDrawData& data, const Atlas& atlas);
  void draw(const ImDrawData& data, Atlas& atlas);
  void forget_texture();  // the device lost what it held

 private:
  void upload(Atlas& atlas);
  void draw_triangles(const ImDrawVert* vertices, const uint16_t* indices, int count);

  SDL_Renderer* renderer_;
  SDL_Texture* texture_ = nullptr;
  int side_ = 0;        // of the texture
  uint64_t shown_ = 0;  // hash of what was drawn last
};

}  // namespace farline::ui
