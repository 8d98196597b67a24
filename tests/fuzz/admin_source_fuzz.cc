// Any text is read or refused in words; what is read without error is written and read back as the same policy, and it
// can be encoded. Changes to it give what was wanted or nothing.
#include "admin/differences.h"
#include "admin/edit.h"
#include "admin/source.h"
#include "policy/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const admin::Source source = admin::read_source(as_text({data, size}));
  for (const admin::Problem& problem : source.errors) INVARIANT(problem.line > 0 && !problem.what.empty());
  if (!source.errors.empty()) return 0;
  const admin::Source again = admin::read_source(admin::write_source(source.root, source.sites));
  INVARIANT(again.errors.empty() && again.root == source.root && again.sites == source.sites);
  INVARIANT(policy::decode_root(policy::encode(source.root)).has_value());
  for (const policy::SitePolicy& site : source.sites) INVARIANT(policy::decode_site(policy::encode(site)).has_value());
  const admin::Edit edit = admin::revoke(as_text({data, size}), wire::DeviceId{{0xff}});
  if (!edit.text) return 0;
  const admin::Source edited = admin::read_source(*edit.text);
  INVARIANT(edited.root.rules.revoked.size() == source.root.rules.revoked.size() + 1);
  INVARIANT(!admin::differences({source.root, source.sites}, {edited.root, edited.sites}).empty());
  return 0;
}
