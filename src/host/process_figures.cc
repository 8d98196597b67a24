#include "host/process_figures.h"

#include <uv.h>

namespace farline::host {

ProcessFigures read_process_figures() {
  ProcessFigures out;
  size_t resident = 0;
  if (uv_resident_set_memory(&resident) == 0) out.resident_bytes = resident;
  uv_rusage_t usage{};
  if (uv_getrusage(&usage) == 0) {
    const auto milliseconds = [](const uv_timeval_t& time) {
      return static_cast<uint64_t>(time.tv_sec) * 1000 + static_cast<uint64_t>(time.tv_usec) / 1000;
    };
    out.processor_milliseconds = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  }
  return out;
}

uint64_t disk_free_bytes(const std::string& path) {
  uv_fs_t request{};
  uint64_t free = UINT64_MAX;
  if (uv_fs_statfs(nullptr, &request, path.c_str(), nullptr) == 0) {
    const auto* told = static_cast<const uv_statfs_t*>(request.ptr);
    free = told->f_bavail * told->f_bsize;
  }
  uv_fs_req_cleanup(&request);
  return free;
}

}  // namespace farline::host
