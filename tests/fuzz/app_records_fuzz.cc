// What the programs themselves keep, in a sealed store or a file, has one form each: what decodes is written back byte
// for byte. Input: which of them, then its bytes.
#include "app/admin_org.h"
#include "app/cli_profile.h"
#include "app/node_records.h"

namespace farline::app {
namespace {

template <typename T>
void check(const Result<T>& decoded, ByteVector (*encode)(const T&), Bytes record) {
  if (decoded) INVARIANT(equal(encode(*decoded), record));
}

}  // namespace
}  // namespace farline::app

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::app;
  static const bool ready = crypto::init();
  INVARIANT(ready);
  Reader in({data, size});
  const uint8_t which = in.u8() % 5;
  const Bytes record = in.rest();
  if (which == 0) check<NodeSetting>(decode_node(record), encode_node, record);
  if (which == 1) check<NodeIdentity>(decode_identity(record), encode, record);
  if (which == 2) check<NodeOrganisation>(decode_node_organisation(record), encode, record);
  if (which == 3) check<NodeSettings>(decode_settings(record), encode, record);
  if (which == 4) check<Organisation>(decode_organisation(record), encode, record);
  return 0;
}
