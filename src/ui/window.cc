#include "ui/window.h"

#include <SDL.h>
#include <imgui.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

#include "ui/renderer.h"
#include "ui/text.h"

namespace farline::ui {
namespace {

constexpr int kWidthMin = 640;
constexpr int kHeightMin = 400;
constexpr int kUnshownMax = 16;  // frames in a row that newer input overtook
constexpr size_t kDroppedMax = 100;
constexpr int kFollowMax = 8;  // frames that one input may cause

uint32_t wake_event() {
  static const uint32_t type = SDL_RegisterEvents(1);
  return type;
}

// By the letter that the key writes, else by its place (kit.h).
uint32_t code_of(const SDL_Keysym& key) {
  if (key.sym >= SDLK_a && key.sym <= SDLK_z) return key::a + static_cast<uint32_t>(key.sym - SDLK_a);
  return static_cast<uint32_t>(key.scancode);
}

Chord chord_of(const SDL_Keysym& key) {
  const bool is_alt_gr = (key.mod & KMOD_RALT) != 0;  // Windows says it is Ctrl+Alt
  return {code_of(key), (key.mod & KMOD_CTRL) != 0 && !is_alt_gr, (key.mod & KMOD_SHIFT) != 0,
          (key.mod & KMOD_LALT) != 0 && !is_alt_gr};
}

float scale_of(SDL_Window* window, SDL_Renderer* renderer) {
  int logical = 0;
  int physical = 0;
  SDL_GetWindowSize(window, &logical, nullptr);
  SDL_GetRendererOutputSize(renderer, &physical, nullptr);
  if (logical > 0 && physical > logical) return static_cast<float>(physical) / static_cast<float>(logical);
  float dpi = 96;
  if (SDL_GetDisplayDPI(std::max(SDL_GetWindowDisplayIndex(window), 0), nullptr, &dpi, nullptr) != 0) return 1;
  // What displays say of themselves is coarse: only a clearly dense one counts.
  const float scale = std::floor(dpi / 96 * 4) / 4;
  return scale < 1.5F ? 1.0F : std::min(scale, 2.0F);
}

SDL_Window* create(const WindowOptions& options) {
  WindowPlace place = options.place;
  int x = place.x;
  int y = place.y;
  SDL_Rect usable{0, 0, place.width, place.height};
  SDL_GetDisplayUsableBounds(0, &usable);
  if (!place.is_known) {
    x = y = static_cast<int>(SDL_WINDOWPOS_CENTERED);
    place.width = std::min(place.width, usable.w);
    place.height = std::min(place.height, usable.h);
  }
  uint32_t flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
  if (place.is_maximised) flags |= SDL_WINDOW_MAXIMIZED;
  SDL_Window* const window = SDL_CreateWindow(options.title.c_str(), x, y, std::max(place.width, kWidthMin),
                                              std::max(place.height, kHeightMin), flags);
  // As a flag it would be forgotten on X11, where a window is an icon only after it was shown.
  if (window && options.is_minimised) SDL_MinimizeWindow(window);
  return window;
}

Clipboard system_clipboard() {
  return {[] {
            char* const text = SDL_GetClipboardText();
            std::string copy = text ? text : "";
            SDL_free(text);
            return copy;
          },
          [](const std::string& text) { SDL_SetClipboardText(text.c_str()); }};
}

}  // namespace

struct Window::State {
  explicit State(const std::string& fonts_folder) : text(system_fonts(fonts_folder)), kit(text, system_clipboard()) {}
  ~State() {
    renderer.reset();
    if (device) SDL_DestroyRenderer(device);
    if (window) SDL_DestroyWindow(window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
  }

  bool handle(const SDL_Event& event, Input& input);
  void handle_window(const SDL_WindowEvent& event);
  void handle_key(const SDL_KeyboardEvent& event, Input& input);
  void handle_pointer(const SDL_Event& event, Input& input) const;
  void frame(const Draw& draw, const Input& input);
  void release_keys(const Draw& draw);
  void present();
  void follow_text_entry();

  SDL_Window* window = nullptr;
  SDL_Renderer* device = nullptr;
  std::unique_ptr<Renderer> renderer{};
  Text text;
  Kit kit;
  Look look{};
  float scale_wanted = 0;
  bool is_closing = false;
  bool wants_frame = true;  // for another reason than input
  bool is_exposed = true;   // what was shown may be gone
  bool lost_focus = false;
  std::vector<uint32_t> held{};  // keys
  std::deque<std::string> dropped{};
  int unshown = 0;
  uint64_t frames = 0;
};

Window::Window(std::unique_ptr<State> state) : s_(std::move(state)) {}
Window::~Window() = default;

std::unique_ptr<Window> Window::open(const WindowOptions& options, std::string& problem) {
  // X11 says titles and takes input methods in the locale's letters; without one of UTF-8 it drops all others.
  const char* const locale = std::setlocale(LC_CTYPE, "");
  if (locale == nullptr || std::string_view(locale) == "C" || std::string_view(locale) == "POSIX")
    std::setlocale(LC_CTYPE, "C.UTF-8");
  // The window's picture is made here, in memory; going through OpenGL would cost 80 MB.
  SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
  SDL_SetHint(SDL_HINT_WINDOWS_DPI_AWARENESS, "permonitorv2");
  SDL_SetHint(SDL_HINT_IME_SUPPORT_EXTENDED_TEXT, "1");
  SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
  if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) {
    problem = std::string("there is no display to open a window on (") + SDL_GetError() +
              "). In a terminal, farline-cli does the same.";
    return nullptr;
  }
  const std::string_view driver = SDL_GetCurrentVideoDriver();
  if (!SDL_GetHint(SDL_HINT_VIDEODRIVER) && (driver == "dummy" || driver == "offscreen" || driver == "evdev")) {
    problem = "there is no display to open a window on. In a terminal, farline-cli does the same.";
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    return nullptr;
  }
  auto state = std::make_unique<State>(options.fonts_folder);
  if (!state->text.fonts().is_usable()) {
    problem =
        "no font was found to write with. Please install one, for instance Debian's fonts-noto-core or "
        "fonts-dejavu-core.";
    return nullptr;
  }
  state->scale_wanted = options.display_scale;
  state->window = create(options);
  if (state->window) {
    const bool is_chosen = SDL_GetHint(SDL_HINT_RENDER_DRIVER) != nullptr;
    state->device = SDL_CreateRenderer(state->window, -1, is_chosen ? 0 : SDL_RENDERER_SOFTWARE);
    if (!state->device) state->device = SDL_CreateRenderer(state->window, -1, SDL_RENDERER_SOFTWARE);
  }
  if (!state->device) {
    problem = std::string("the display does not take a window (") + SDL_GetError() +
              "). In a terminal, farline-cli does the same.";
    return nullptr;
  }
  SDL_SetWindowMinimumSize(state->window, kWidthMin, kHeightMin);
  SDL_StopTextInput();
  wake_event();
  state->renderer = std::make_unique<Renderer>(state->device);
  return std::unique_ptr<Window>(new Window(std::move(state)));
}

// --- Events ---
void Window::State::handle_window(const SDL_WindowEvent& event) {
  switch (event.event) {
    case SDL_WINDOWEVENT_CLOSE:
      is_closing = true;
      break;
    case SDL_WINDOWEVENT_FOCUS_LOST:
      lost_focus = true;
      break;
    default:
      break;
  }
  wants_frame = is_exposed = true;
}

void Window::State::handle_key(const SDL_KeyboardEvent& event, Input& input) {
  const bool is_down = event.type == SDL_KEYDOWN;
  input.what = is_down ? Input::What::key_down : Input::What::key_up;
  input.chord = chord_of(event.keysym);
  input.is_repeat = event.repeat != 0;
  std::erase(held, input.chord.code);
  if (is_down) held.push_back(input.chord.code);
}

void Window::State::handle_pointer(const SDL_Event& event, Input& input) const {
  int logical = 1;
  int physical = 1;
  SDL_GetWindowSize(window, &logical, nullptr);
  SDL_GetRendererOutputSize(device, &physical, nullptr);
  const float scale = static_cast<float>(physical) / static_cast<float>(std::max(logical, 1));
  if (event.type == SDL_MOUSEMOTION) {
    input.what = Input::What::mouse_move;
    input.x = static_cast<float>(event.motion.x) * scale;
    input.y = static_cast<float>(event.motion.y) * scale;
  } else if (event.button.button == SDL_BUTTON_LEFT) {
    input.what = event.type == SDL_MOUSEBUTTONDOWN ? Input::What::mouse_down : Input::What::mouse_up;
    input.x = static_cast<float>(event.button.x) * scale;
    input.y = static_cast<float>(event.button.y) * scale;
    input.clicks = event.button.clicks;
  }
}

// True: the kit is to see `input`.
bool Window::State::handle(const SDL_Event& event, Input& input) {
  if (event.type == wake_event()) {
    wants_frame = true;
    return false;
  }
  switch (event.type) {
    case SDL_QUIT:
      is_closing = true;
      break;
    case SDL_WINDOWEVENT:
      handle_window(event.window);
      break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
      handle_key(event.key, input);
      break;
    case SDL_TEXTINPUT:
      input.what = Input::What::text;
      input.text = event.text.text;
      break;
    case SDL_TEXTEDITING:
      input.what = Input::What::composing;
      input.text = event.edit.text;
      input.at = input.text.size();
      break;
    case SDL_TEXTEDITING_EXT:
      input.what = Input::What::composing;
      input.text = event.editExt.text ? event.editExt.text : "";
      input.at = input.text.size();
      SDL_free(event.editExt.text);
      break;
    case SDL_MOUSEMOTION:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
      handle_pointer(event, input);
      break;
    case SDL_MOUSEWHEEL:
      input.what = Input::What::wheel;
      input.y = event.wheel.preciseY;
      break;
    case SDL_DROPFILE:
      if (dropped.size() < kDroppedMax) dropped.emplace_back(event.drop.file);
      SDL_free(event.drop.file);
      wants_frame = true;
      break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET:
      renderer->forget_texture();
      wants_frame = is_exposed = true;
      break;
    default:
      break;
  }
  return input.what != Input::What::none;
}

// --- Frames ---
void Window::State::frame(const Draw& draw, const Input& input) {
  int width = 0;
  int height = 0;
  SDL_GetRendererOutputSize(device, &width, &height);
  Page page{.width = static_cast<uint32_t>(std::max(width, 1)),
            .height = static_cast<uint32_t>(std::max(height, 1)),
            .display_scale = scale_wanted > 0 ? scale_wanted : scale_of(window, device),
            .text_percent = look.text_percent,
            .theme = look.theme,
            .is_rtl = look.is_rtl};
  Input now = input;
  for (int i = 0; i < kFollowMax; ++i, now = {}) {
    kit.begin(page, now);
    draw(kit);
    kit.end();
    if (!kit.wants_frame()) break;
  }
  wants_frame = false;
  follow_text_entry();
}

void Window::State::release_keys(const Draw& draw) {
  for (const uint32_t code : std::exchange(held, {})) {
    frame(draw, {.what = Input::What::key_up, .chord = {.code = code}});
  }
}

void Window::State::present() {
  unshown = 0;
  if (!renderer->is_new(*ImGui::GetDrawData(), text.atlas()) && !is_exposed) return;
  is_exposed = false;
  renderer->draw(*ImGui::GetDrawData(), text.atlas());
  SDL_RenderPresent(device);
  ++frames;
}

void Window::State::follow_text_entry() {
  const auto entry = kit.text_entry();
  if (entry && !SDL_IsTextInputActive()) SDL_StartTextInput();
  if (!entry && SDL_IsTextInputActive()) SDL_StopTextInput();
  if (!entry) return;
  const SDL_Rect caret{static_cast<int>(entry->x), static_cast<int>(entry->y), static_cast<int>(entry->w),
                       static_cast<int>(entry->h)};
  SDL_SetTextInputRect(&caret);
}

bool Window::turn(const Draw& draw) {
  State& s = *s_;
  const auto later = s.kit.wants_frame_in();
  SDL_Event event{};
  bool is_input = false;
  Input input;
  if (!s.wants_frame || SDL_HasEvents(SDL_FIRSTEVENT, SDL_LASTEVENT)) {
    const int wait = later ? static_cast<int>(std::max<int64_t>(to_milliseconds(*later), 1)) : -1;
    if (SDL_WaitEventTimeout(&event, s.wants_frame ? 0 : wait) == 0) {
      s.wants_frame = true;
    } else {
      // Of a row of moves the last one counts.
      SDL_Event next{};
      while (event.type == SDL_MOUSEMOTION &&
             SDL_PeepEvents(&next, 1, SDL_PEEKEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) == 1 &&
             next.type == SDL_MOUSEMOTION) {
        SDL_PollEvent(&event);
      }
      is_input = s.handle(event, input);
    }
  }
  if (std::exchange(s.lost_focus, false)) s.release_keys(draw);
  if (!is_input && !s.wants_frame) return !std::exchange(s.is_closing, false);
  const bool is_hidden = (SDL_GetWindowFlags(s.window) & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN)) != 0;
  s.frame(draw, input);
  const bool is_overtaken = SDL_HasEvents(SDL_FIRSTEVENT, SDL_LASTEVENT) && ++s.unshown < kUnshownMax;
  if (is_overtaken) s.wants_frame = true;
  if (!is_hidden && !is_overtaken) s.present();
  return !std::exchange(s.is_closing, false);
}

std::vector<std::string> Window::preferred_languages() {
  std::vector<std::string> out;
  SDL_Locale* const locales = SDL_GetPreferredLocales();
  for (const SDL_Locale* locale = locales; locale != nullptr && locale->language != nullptr; ++locale)
    out.emplace_back(locale->language);
  SDL_free(locales);
  return out;
}
void Window::show_folder_of(const std::string& path) {
  std::string url = path.starts_with('/') ? "file://" : "file:///";
  constexpr std::string_view kHex = "0123456789ABCDEF", kPlain = "/-_.~:";
  for (const char c : path.substr(0, path.rfind('/'))) {
    const auto byte = static_cast<uint8_t>(c);
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_letter || kPlain.find(c) != kPlain.npos)
      url += c;
    else
      url.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  SDL_OpenURL(url.c_str());
}
void Window::wake() {
  SDL_Event event{};
  event.type = wake_event();
  SDL_PushEvent(&event);
}

// --- The window ---
void Window::set_look(const Look& look) {
  s_->look = look;
}
void Window::set_title(const std::string& title) {
  SDL_SetWindowTitle(s_->window, title.c_str());
}
void Window::raise() {
  SDL_ShowWindow(s_->window);
  if ((SDL_GetWindowFlags(s_->window) & SDL_WINDOW_MINIMIZED) != 0) SDL_RestoreWindow(s_->window);
  SDL_RaiseWindow(s_->window);
}
void Window::alert() {
  SDL_FlashWindow(s_->window, SDL_FLASH_UNTIL_FOCUSED);
}
bool Window::is_seen() const {
  const uint32_t flags = SDL_GetWindowFlags(s_->window);
  return (flags & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN)) == 0 && (flags & SDL_WINDOW_INPUT_FOCUS) != 0;
}

WindowPlace Window::place() const {
  WindowPlace place;
  place.is_known = true;
  place.is_maximised = (SDL_GetWindowFlags(s_->window) & SDL_WINDOW_MAXIMIZED) != 0;
  SDL_GetWindowPosition(s_->window, &place.x, &place.y);
  SDL_GetWindowSize(s_->window, &place.width, &place.height);
  return place;
}

std::optional<std::string> Window::take_dropped_file() {
  if (s_->dropped.empty()) return {};
  std::string path = std::move(s_->dropped.front());
  s_->dropped.pop_front();
  return path;
}
uint64_t Window::frames() const {
  return s_->frames;
}
Kit& Window::kit() {
  return s_->kit;
}

}  // namespace farline::ui
