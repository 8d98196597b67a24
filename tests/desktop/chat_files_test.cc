// Files of a chat between two desktops: sent from a path, fetched on request, saved where the person wants it.
#include <filesystem>
#include <fstream>

#include "desktop/engines.h"

namespace farline::testing {
namespace {

using client::LineKind;
using client::LineView;
using client::Problem;

const LineView* file_in(const View& view) {
  if (!view.messages.open) return nullptr;
  for (const LineView& line : view.messages.open->lines)
    if (line.kind == LineKind::file) return &line;
  return nullptr;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Larger than what is fetched by itself, and no block like another.
std::string large_content() {
  std::string out;
  for (uint32_t i = 0; out.size() < 30'000; ++i) out += std::to_string(i * 2654435761U) + ",";
  return out;
}

struct Pair {
  ScratchFolder folder;
  NodeThread node{folder.file("node")};
  Window amina{folder.file("amina")};
  Window budi{folder.file("budi")};
  std::string chat{};  // the same at both

  Pair() {
    amina.enrol(node.invitation(), "amina");
    budi.enrol(node.invitation(), "budi");
    amina.send(command::NewChat{"Convoy", {"budi"}});
    chat = amina.wait([](const View& v) { return v.messages.open.has_value(); }).messages.open->id;
  }
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(folder.file(name), std::ios::binary) << content;
    return folder.file(name);
  }
};

TEST_CASE("a file goes from disk to disk: sent, fetched when it is wanted, saved under a name of its own") {
  Pair pair;
  const std::string content = large_content();
  pair.amina.send(command::SendFile{pair.chat, pair.write("list.csv", content)});
  const LineView* sent = file_in(pair.amina.wait([](const View& v) { return file_in(v) != nullptr; }));
  CHECK(sent->text == "list.csv");
  CHECK(sent->size == content.size());
  CHECK(sent->here == content.size());
  CHECK_FALSE(sent->is_coming);

  pair.budi.wait([](const View& v) { return !v.messages.chats.empty() && v.messages.chats[0].unread > 0; });
  pair.budi.send(command::OpenChat{pair.chat, {}});
  const std::string line = file_in(pair.budi.wait([](const View& v) { return file_in(v) != nullptr; }))->id;
  CHECK(file_in(pair.budi.view())->here == 0);
  pair.budi.send(command::SaveFile{pair.chat, line, pair.folder.path()});  // too early
  CHECK(pair.budi.wait_for(Problem::not_saved).stage == client::Stage::ready);
  pair.budi.send(command::FetchFile{pair.chat, line});
  pair.budi.wait([&](const View& v) { return file_in(v)->here == content.size() && !file_in(v)->is_coming; },
                 std::chrono::seconds(60));
  pair.budi.send(command::SaveFile{pair.chat, line, pair.folder.path()});
  const std::string path = file_in(pair.budi.wait([](const View& v) { return !file_in(v)->saved.empty(); }))->saved;
  CHECK(path.ends_with("list (2).csv"));  // list.csv is there: amina's
  CHECK(content_of(path) == content);
}

TEST_CASE("a file that cannot be read, or is too large, is told and harms nothing") {
  Pair pair;
  pair.amina.send(command::SendFile{pair.chat, pair.folder.file("gone.txt")});
  CHECK(pair.amina.wait_for(Problem::unreadable_file).stage == client::Stage::ready);
  pair.amina.send(command::ForgetEnded{});
  pair.amina.wait_for(Problem::none);
  pair.amina.send(command::SendFile{pair.chat, pair.folder.file("node")});  // a folder
  CHECK(pair.amina.wait_for(Problem::unreadable_file).stage == client::Stage::ready);
  const std::string large = pair.write("film.mkv", "");
  std::filesystem::resize_file(large, uint64_t{65} << 20);
  pair.amina.send(command::SendFile{pair.chat, large});
  CHECK(pair.amina.wait_for(Problem::large_file).stage == client::Stage::ready);
  pair.amina.send(command::SendText{pair.chat, "still here", {}});
  pair.amina.wait([](const View& v) { return v.messages.open && v.messages.open->lines.size() == 1; });
}

}  // namespace
}  // namespace farline::testing
