#include "host/terminal.h"

#include <cstdio>

#include "host/loop.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

struct LineReader {
  std::string text;
  std::array<char, 64> buffer{};
  bool done = false;
  bool given_up = false;

  void take(char c) {
    constexpr char kCtrlC = 3, kCtrlD = 4, kBackspace = 8, kDelete = 127;
    if (done) return;
    if (c == '\r' || c == '\n') {
      done = true;
    } else if (c == kCtrlC || c == kCtrlD) {
      done = given_up = true;
    } else if (c == kBackspace || c == kDelete) {
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) erase_last();  // UTF-8 tail
      if (!text.empty()) erase_last();
    } else if (text.size() < kPassphraseCharsMax) {
      text.push_back(c);
    }
  }
  void erase_last() {
    text.back() = '\0';
    text.pop_back();
  }
};

}  // namespace

bool is_terminal(StandardStream stream) {
  return uv_guess_handle(static_cast<uv_file>(stream)) == UV_TTY;
}

Result<std::string> read_passphrase(const char* prompt) {
  if (!is_terminal(StandardStream::in)) return Error{Errc::not_found, "there is no terminal to ask on"};
  LineReader line;
  line.text.reserve(kPassphraseCharsMax + 1);
  Loop loop;
  uv_tty_t tty{};
  if (const int status = uv_tty_init(loop.uv(), &tty, 0, 0); status != 0) return uv_error(status);
  tty.data = &line;
  std::fputs(prompt, stderr);
  uv_tty_set_mode(&tty, UV_TTY_MODE_RAW);
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&tty),
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        auto& room = static_cast<LineReader*>(handle->data)->buffer;
        *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
        auto& reader = *static_cast<LineReader*>(stream->data);
        if (size < 0) reader.done = reader.given_up = true;
        for (ssize_t i = 0; i < size; ++i) reader.take(reader.buffer[static_cast<size_t>(i)]);
        reader.buffer.fill('\0');
        if (reader.done) uv_close(reinterpret_cast<uv_handle_t*>(stream), nullptr);
      });
  loop.run();
  uv_tty_reset_mode();
  std::fputs("\n", stderr);
  if (line.given_up) return Error{Errc::denied, "no passphrase was given"};
  return std::move(line.text);
}

}  // namespace farline::host
