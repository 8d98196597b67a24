// What this process costs the machine, as the system counts it.
#pragma once

#include <cstdint>
#include <string>

namespace farline::host {

struct ProcessFigures {
  uint64_t resident_bytes = 0;
  uint64_t processor_milliseconds = 0;  // user and system, since the start
};
// Zeros where the system does not tell.
ProcessFigures read_process_figures();

// What is still free for us on the disk that `path` is on; UINT64_MAX when the system does not tell.
uint64_t disk_free_bytes(const std::string& path);

}  // namespace farline::host
