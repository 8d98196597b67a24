// A window with a page like a call's: window_bench SECONDS FRAMES_A_SECOND. Prints when the first frame was shown, then
// for those seconds the processor time, the frames, and the memory.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "ui/window.h"

namespace {
using namespace farline;
using namespace farline::ui;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_megabytes() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

void page_of(Kit& kit, int tick) {
  Box page = kit.page();
  Box bar = page.cut_top(48);
  kit.text(bar.inset(kMargin, 0), "Amina Yusuf 0:42", {.size = Size::title});
  page = page.inset(kMargin);
  Box people = page.cut_start(360);
  const Box list = kit.begin_scroll("people", people, 100 * 40);
  for (int i = 0; i < 100; ++i) {
    const char* const names[] = {"محمد الأمين ", "रमेश श्रेष्ठ ", "Айгүл "};
    const std::string name = names[i % 3] + std::to_string(i);
    const Box row{list.x, list.y + static_cast<float>(i) * 40, list.w, 40};
    kit.row(name, row, i == 2);
    kit.icon({row.x + 8, row.y + 10, 20, 20}, Icon::person, Role::dim);
    kit.text({row.x + 40, row.y, row.w - 40, row.h}, name);
  }
  kit.end_scroll();
  page.cut_start(kMargin);
  const float level = 0.5F + 0.4F * std::sin(static_cast<float>(tick));
  kit.meter(page.cut_top(22), level, {.min = 0.5F, .max = 0.8F});
  page.cut_top(kGap);
  kit.meter(page.cut_top(22), 1 - level, {.min = 0.5F, .max = 0.8F});
  page.cut_top(kGap);
  const Box chart = page.cut_top(160);
  kit.fill(chart, Role::surface, 4);
  std::vector<Kit::Point> points;
  for (int i = 0; i < 300; ++i) {
    const float y = std::sin(static_cast<float>(i + tick) / 9) * 60;
    points.push_back({chart.x + chart.w * static_cast<float>(i) / 300, chart.y + 80 + y});
  }
  kit.polyline(points, Role::accent, 2);
  for (const char* label : {"Mute", "Deafen", "Hold", "Record"}) kit.button(label, page.cut_top(44).inset(0, 4), label);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto start = Clock::now();
  std::string problem;
  const auto window = Window::open({.title = "window_bench"}, problem);
  if (!window) {
    std::fprintf(stderr, "window_bench: %s\n", problem.c_str());
    return 1;
  }
  int tick = 0;
  const auto draw = [&](Kit& kit) { page_of(kit, tick); };
  while (window->frames() == 0) window->turn(draw);
  std::printf("first frame %.0f ms\n", std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  for (int i = 0; i < 20; ++i) {  // what a window manager sends at first
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Window::wake();
    window->turn(draw);
  }
  const int seconds = std::atoi(argv[1]);
  const int rate = std::atoi(argv[2]);
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  const double cpu = cpu_seconds();
  const uint64_t frames = window->frames();
  std::thread waker([&] {
    while (Clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(rate > 0 ? 1000 / rate : seconds * 1000));
      if (rate > 0) Window::wake();
    }
    Window::wake();
  });
  while (Clock::now() < end) {
    window->turn(draw);
    ++tick;
  }
  waker.join();
  const double used = cpu_seconds() - cpu;
  const auto drawn = window->frames() - frames;
  std::printf("%llu frames in %d s, processor %.2f %% of a core, %.2f ms a frame, resident %.1f MB\n",
              static_cast<unsigned long long>(drawn), seconds, used / seconds * 100,
              drawn > 0 ? used * 1000 / static_cast<double>(drawn) : 0, resident_megabytes());
  return 0;
}
