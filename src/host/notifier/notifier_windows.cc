// An icon in the task bar's corner, as long as there is something to tell, and balloons at it. Its window is never
// seen; the window's loop takes its messages with its own.
#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <algorithm>
#include <optional>

#include "host/notifier.h"

namespace farline::host {
namespace {

constexpr UINT kFromIcon = WM_APP + 1;
constexpr wchar_t kWindowClass[] = L"FarlineNotifier";

// Cut where the field ends; never in the middle of a pair.
template <size_t N>
void put(wchar_t (&field)[N], const std::string& text) {
  const int bytes = static_cast<int>(std::min<size_t>(text.size(), 4 * N));
  std::wstring wide(4 * N, L'\0');
  const int units = MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, wide.data(), static_cast<int>(wide.size()));
  size_t count = std::min<size_t>(units > 0 ? static_cast<size_t>(units) : 0, N - 1);
  if (count > 0 && IS_HIGH_SURROGATE(wide[count - 1])) --count;
  std::copy_n(wide.data(), count, field);
  field[count] = L'\0';
}

}  // namespace

struct Notifier::State {
  explicit State(std::function<void(const std::string&)> pressed) : pressed_(std::move(pressed)) {}
  ~State() {
    remove();
    if (window_) DestroyWindow(window_);
  }
  void show(const Note& note);
  void remove();

  std::optional<Place> shown{};

 private:
  bool make_window();
  NOTIFYICONDATAW icon() const;
  static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM wide, LPARAM what);

  std::function<void(const std::string&)> pressed_;
  HWND window_ = nullptr;
  bool has_icon_ = false;
};

bool Notifier::State::make_window() {
  if (window_) return true;
  WNDCLASSEXW kind{};
  kind.cbSize = sizeof kind;
  kind.lpfnWndProc = on_message;
  kind.hInstance = GetModuleHandleW(nullptr);
  kind.lpszClassName = kWindowClass;
  RegisterClassExW(&kind);
  window_ = CreateWindowExW(0, kWindowClass, L"Farline", 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr, kind.hInstance, nullptr);
  if (window_) SetWindowLongPtrW(window_, GWLP_USERDATA, reinterpret_cast<LONG_PTR>(this));
  return window_ != nullptr;
}

NOTIFYICONDATAW Notifier::State::icon() const {
  NOTIFYICONDATAW out{};
  out.cbSize = sizeof out;
  out.hWnd = window_;
  out.uID = 1;
  return out;
}

void Notifier::State::show(const Note& note) {
  if (!make_window()) return;
  NOTIFYICONDATAW data = icon();
  data.uFlags = NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_INFO;
  data.uCallbackMessage = kFromIcon;
  data.hIcon = LoadIconW(nullptr, reinterpret_cast<LPCWSTR>(IDI_INFORMATION));
  data.dwInfoFlags = NIIF_INFO;
  put(data.szTip, "Farline: " + note.title);
  put(data.szInfoTitle, "Farline");
  put(data.szInfo, note.text.empty() ? note.title : note.title + "\n" + note.text);
  has_icon_ = Shell_NotifyIconW(has_icon_ ? NIM_MODIFY : NIM_ADD, &data) != FALSE || has_icon_;
}

void Notifier::State::remove() {
  if (!has_icon_) return;
  NOTIFYICONDATAW data = icon();
  Shell_NotifyIconW(NIM_DELETE, &data);
  has_icon_ = false;
}

LRESULT CALLBACK Notifier::State::on_message(HWND window, UINT message, WPARAM wide, LPARAM what) {
  auto* const state = reinterpret_cast<State*>(GetWindowLongPtrW(window, GWLP_USERDATA));
  if (message != kFromIcon || !state) return DefWindowProcW(window, message, wide, what);
  if (what == WM_LBUTTONUP || what == NIN_BALLOONUSERCLICK) state->pressed_({});
  return 0;
}

Notifier::Notifier(std::function<void(const std::string&)> pressed) : s_(std::make_unique<State>(std::move(pressed))) {}

Notifier::~Notifier() = default;

void Notifier::show(Place place, Note note) {
  s_->show(note);
  s_->shown = place;
}

void Notifier::hide(Place place) {
  if (s_->shown != place) return;
  s_->remove();
  s_->shown.reset();
}

}  // namespace farline::host
