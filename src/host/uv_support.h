// What the .cc files of host/ share about libuv; not included by any header.
#pragma once

#include <uv.h>

#include <utility>

#include "base/result.h"
#include "host/handle.h"

namespace farline::host {

template <typename T>
void HandleCloser<T>::operator()(T* handle) const {
  uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) { delete reinterpret_cast<T*>(closed); });
}

// `init` is the uv_*_init call; its failure is a resource limit of the process at start, so it aborts.
template <typename T, typename Init>
Handle<T> make_handle(void* owner, Init init) {
  auto plain = std::make_unique<T>();
  INVARIANT(init(plain.get()) == 0);
  plain->data = owner;
  return Handle<T>(plain.release());
}

// For a negative libuv status. uv_strerror gives literals for every code libuv knows.
Error uv_error(int status);

}  // namespace farline::host
