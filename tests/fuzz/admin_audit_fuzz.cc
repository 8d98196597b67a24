// A file of reports as a node hands it out. Nothing in it verifies under a root that signed nothing, and every byte is
// either read or refused.
#include "admin/audit.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  admin::AuditFile file({crypto::SigningPublicKey{2}}, crypto::real_asymmetric());
  file.add({data, size});
  INVARIANT(file.reports().empty());
  INVARIANT((size == 0) == file.refused().empty());
  return 0;
}
