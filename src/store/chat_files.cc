#include "store/chat_files.h"

namespace farline::store {
namespace {

// The order of rows is that of sending and reading.
constexpr Database::Format kFilesFormat{
    .application_id = 0x464c4346,  // "FLCF"
    .schema =
        "CREATE TABLE block(file BLOB NOT NULL, level INTEGER NOT NULL, place INTEGER NOT NULL,"
        " bytes BLOB NOT NULL, PRIMARY KEY(file, level, place));"};

}  // namespace

Result<std::unique_ptr<ChatFiles>> ChatFiles::open(const std::string& path, const crypto::Secret<32>& master,
                                                   Rng& rng) {
  auto database = Database::open(path, master, kFilesFormat, rng);
  if (!database) return database.error();
  std::unique_ptr<ChatFiles> files(new ChatFiles(std::move(*database)));
  const struct {
    Statement& statement;
    const char* sql;
  } all[] = {
      {files->put_, "INSERT OR REPLACE INTO block VALUES(?1, ?2, ?3, ?4)"},
      {files->block_, "SELECT bytes FROM block WHERE file=?1 AND level=?2 AND place=?3"},
      {files->held_, "SELECT place FROM block WHERE file=?1 AND level=?2 ORDER BY place"},
      {files->count_, "SELECT count(*) FROM block WHERE file=?1 AND level=?2"},
      {files->erase_, "DELETE FROM block WHERE file=?1"},
  };
  for (const auto& each : all) {
    if (auto done = files->database_->prepare(each.sql, each.statement); !done) return done.error();
  }
  return files;
}

Result<void> ChatFiles::put(const chat::FileHash& file, std::span<const chat::FileBlock> blocks) {
  return database_->transaction([&]() -> Result<void> {
    for (const chat::FileBlock& block : blocks) {
      Query put(put_);
      put.bind(file).bind(block.place.level).bind(block.place.index).bind(block.bytes);
      if (auto done = put.run(); !done) return done;
    }
    return {};
  });
}

Result<ByteVector> ChatFiles::block(const chat::FileHash& file, chat::BlockPlace place) {
  Query query(block_);
  const auto row = query.bind(file).bind(place.level).bind(place.index).next();
  if (!row) return row.error();
  if (!*row) return Error{Errc::not_found, "this part of the file is not here"};
  return to_vector(query.blob(0));
}

Result<std::vector<uint32_t>> ChatFiles::held(const chat::FileHash& file, uint8_t level) {
  Query query(held_);
  query.bind(file).bind(level);
  std::vector<uint32_t> out;
  for (auto row = query.next();; row = query.next()) {
    if (!row) return row.error();
    if (!*row) return out;
    out.push_back(static_cast<uint32_t>(query.number(0)));
  }
}

Result<size_t> ChatFiles::held_count(const chat::FileHash& file, uint8_t level) {
  Query query(count_);
  const auto row = query.bind(file).bind(level).next();
  if (!row) return row.error();
  return *row ? static_cast<size_t>(query.number(0)) : 0;
}

Result<void> ChatFiles::erase(const chat::FileHash& file) {
  auto done = database_->transaction([&] { return Query(erase_).bind(file).run(); });
  return done ? database_->forget_deleted() : done;
}

}  // namespace farline::store
