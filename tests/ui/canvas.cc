#include "ui/canvas.h"

#include <SDL.h>
#include <imgui.h>

#include "base/check.h"
#include "ui/renderer.h"

namespace farline::test {

struct Canvas::State {
  State(uint32_t width, uint32_t height, ui::FontSources fonts, Canvas& canvas)
      : surface(SDL_CreateRGBSurfaceWithFormat(0, static_cast<int>(width), static_cast<int>(height), 32,
                                               SDL_PIXELFORMAT_ARGB8888)),
        device(SDL_CreateSoftwareRenderer(surface)),
        text(std::move(fonts)),
        kit(text, {[&canvas] { return canvas.clipboard; },
                   [&canvas](const std::string& copied) { canvas.clipboard = copied; }}),
        renderer(device) {}

  SDL_Surface* surface;
  SDL_Renderer* device;
  ui::Text text;
  ui::Kit kit;
  ui::Renderer renderer;
};

Canvas::Canvas(uint32_t width, uint32_t height, ui::FontSources fonts)
    : s_(std::make_unique<State>(width, height, std::move(fonts), *this)) {
  INVARIANT(s_->device);
  page.width = width;
  page.height = height;
}

Canvas::~Canvas() {
  SDL_Renderer* const device = s_->device;
  SDL_Surface* const surface = s_->surface;
  s_.reset();
  SDL_DestroyRenderer(device);
  SDL_FreeSurface(surface);
}

void Canvas::show(const Draw& draw, const ui::Input& input) {
  ui::Input now = input;
  for (int i = 0; i < 8; ++i, now = {}) {
    s_->kit.begin(page, now);
    draw(s_->kit);
    s_->kit.end();
    ++frames_;
    if (!s_->kit.wants_frame()) break;
  }
  s_->renderer.draw(*ImGui::GetDrawData(), s_->text.atlas());
  SDL_RenderPresent(s_->device);
}

void Canvas::key(const Draw& draw, const ui::Chord& chord) {
  show(draw, {.what = ui::Input::What::key_down, .chord = chord});
  show(draw, {.what = ui::Input::What::key_up, .chord = chord});
}

void Canvas::type(const Draw& draw, const std::string& text) {
  show(draw, {.what = ui::Input::What::text, .chord = {}, .text = text});
}

void Canvas::click(const Draw& draw, float x, float y) {
  for (const auto what : {ui::Input::What::mouse_move, ui::Input::What::mouse_down, ui::Input::What::mouse_up}) {
    show(draw, {.what = what, .chord = {}, .text = {}, .at = 0, .x = x, .y = y});
  }
}

uint32_t Canvas::pixel(int x, int y) const {
  const auto* row = static_cast<const uint8_t*>(s_->surface->pixels) + static_cast<ptrdiff_t>(y) * s_->surface->pitch;
  return reinterpret_cast<const uint32_t*>(row)[x] & 0xFFFFFF;
}

bool Canvas::save(const std::string& path) const {
  return SDL_SaveBMP(s_->surface, path.c_str()) == 0;
}

ui::Text& Canvas::text() {
  return s_->text;
}
ui::Kit& Canvas::kit() {
  return s_->kit;
}

}  // namespace farline::test
