// The node's records while its disk takes none: kept in memory, the newest of each, until it takes them all. They are
// as many as the core itself holds, since each is of something that the core holds. Nothing of what is kept so may be
// acknowledged (DriverHooks::goes_on, Supernode::set_store_full).
#pragma once

#include <map>

#include "base/core.h"

namespace farline::app {

class PatientStore final : public RecordSink {
 public:
  // It outlives this.
  explicit PatientStore(RecordSink& disk) : disk_(disk) {}

  // Errc::io: they are kept, and all that follow, which give no error. Other errors: they are not.
  Result<void> save(std::span<const SaveRecord> records) override;
  // What is kept, again.
  Result<void> retry();
  bool is_keeping() const { return !kept_.empty(); }
  size_t kept() const { return kept_.size(); }
  // Grows with everything that is not saved at once.
  uint64_t delayed() const { return delayed_; }

 private:
  void keep(std::span<const SaveRecord> records);

  RecordSink& disk_;
  std::map<std::pair<uint8_t, ByteVector>, ByteVector> kept_;  // kind and key
  uint64_t delayed_ = 0;
};

}  // namespace farline::app
