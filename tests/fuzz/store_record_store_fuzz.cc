// A store's file changed by something else is refused, or what load hands out is what was saved under that kind, and
// saving goes on or is refused. Input: places in the file and what stands there instead; a length to cut it to.
#include "store/record_store.h"
#include "support/changed_file.h"
#include "support/scratch_folder.h"
#include "support/seeded_rng.h"

namespace farline::store {
namespace {

const crypto::Secret<32> kMaster = crypto::Secret<32>::copy_of(std::array<uint8_t, 32>{1, 2, 3});

std::vector<SaveRecord> records() {
  std::vector<SaveRecord> out;
  for (const size_t size : {size_t{1}, size_t{40}, size_t{300}, size_t{9000}})
    for (const uint8_t kind : {uint8_t{1}, uint8_t{200}})
      out.push_back({kind, ByteVector(size % 50, kind), ByteVector(size, static_cast<uint8_t>(size))});
  return out;
}

class Target {
 public:
  Target() {
    testing::SeededRng rng(1);
    auto store = RecordStore::open(path_, kMaster, rng);
    INVARIANT(store && (*store)->save(saved_));
    store->reset();
    content_ = testing::all_bytes_in(folder_.path());
  }

  void run(Reader& in) {
    testing::write_database(path_, testing::changed_by(in, content_));
    testing::SeededRng rng(2);
    auto store = RecordStore::open(path_, kMaster, rng);
    if (!store) return;
    for (const uint8_t kind : {uint8_t{1}, uint8_t{200}, uint8_t{7}}) check(kind, (*store)->load(kind));
    (void)(*store)->save(saved_);
  }

 private:
  void check(uint8_t kind, const Result<std::vector<SaveRecord>>& loaded) const {
    if (!loaded) return;
    for (const SaveRecord& record : *loaded) {
      const bool genuine = std::ranges::any_of(saved_, [&](const SaveRecord& one) {
        return one.kind == kind && one.key == record.key && one.value == record.value;
      });
      INVARIANT(genuine);
    }
  }

  testing::ScratchFolder folder_;
  std::string path_ = folder_.file("store.db");
  std::vector<SaveRecord> saved_ = records();
  std::string content_;
};

}  // namespace
}  // namespace farline::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static farline::store::Target target;
  farline::Reader in({data, size});
  target.run(in);
  return 0;
}
