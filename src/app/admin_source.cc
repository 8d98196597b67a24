#include "app/admin_source.h"

#include <algorithm>

#include "admin/edit.h"
#include "app/admin_files.h"
#include "app/admin_org.h"
#include "host/file.h"
#include "host/system_rng.h"
#include "policy/break_glass.h"
#include "wire/name.h"

namespace farline::app {
namespace {

struct Text {
  std::string text;
  admin::Source source;
};
Text read_text(const std::string& file) {
  const ByteVector content = read_input(file, admin::kSourceBytesMax);
  return {std::string(as_text(content)), parse_source(file, content)};
}

wire::DeviceId device_in(const std::string& text) {
  if (const auto device = device_from_hex(text)) return *device;
  throw Failure(ExitCode::usage, text + " is no device: write its id, 16 hexadecimal digits, or a supernode's key, 64");
}

void check_organisation(const std::string& name) {
  if (const auto checked = wire::check_name(name); !checked) fail(ExitCode::usage, "--name " + name, checked.error());
}
void check_site(const std::string& name) {
  if (!wire::check_name("x@" + name)) throw Failure(ExitCode::usage, name + " cannot follow an @ in a name");
}

void save(const std::string& file, const admin::Edit& edit) {
  if (!edit.problem.empty()) throw Failure(ExitCode::bad_data, file + ": cannot take it: " + edit.problem);
  if (!edit.text)
    throw Failure(ExitCode::bad_data,
                  file + ": is written in a way that is not changed here; write yourself:\n" + edit.by_hand);
  write_output(file, as_bytes(*edit.text));
}

std::string next_step(const std::string& file) {
  return "next: farline-admin policy diff THE-SIGNED-ONE " + file + ", then farline-admin policy sign " + file +
         " --key HQ/org.key -o FILE.policy";
}

}  // namespace

std::vector<std::string> new_policy_source(const SourceOrder& order) {
  std::string names;
  const std::vector<admin::Example> examples = admin::examples();
  const auto example = std::ranges::find(examples, order.from, &admin::Example::name);
  for (const admin::Example& other : examples) names += (names.empty() ? "" : ", ") + std::string(other.name);
  if (example == examples.end()) throw Failure(ExitCode::usage, "--from " + order.from + ": write one of " + names);
  check_organisation(order.organisation);
  if (!order.site.empty()) check_site(order.site);
  if (host::File::open(order.file, host::File::Mode::read))
    throw Failure(ExitCode::config, order.file + " is there already; choose another name");
  const policy::Day today{static_cast<int32_t>(present().seconds / uint64_t{policy::kSecondsPerDay})};
  const std::string text = admin::new_source({example->text, order.organisation, order.site, today});
  write_output(order.file, as_bytes(text));
  return {"written: " + order.file,
          "next: read it from top to bottom, write your own where it says so, then farline-admin policy check " +
              order.file};
}

std::vector<std::string> add_site_to_source(const SourceOrder& order) {
  check_site(order.site);
  const auto offset = policy::Form<policy::UtcOffset>::parse(order.utc_offset);
  if (!offset) throw Failure(ExitCode::usage, "--utc-offset: write " + policy::Form<policy::UtcOffset>::expected());
  const auto [text, source] = read_text(order.file);
  for (const policy::SitePolicy& site : source.sites)
    if (site.name.text == order.site)
      throw Failure(ExitCode::usage, order.file + " has a site " + order.site + " already; edit it there");
  save(order.file, admin::add_site(text, {order.site, *offset}));
  return {"added: " + order.site, next_step(order.file)};
}

std::vector<std::string> revoke_in_source(const SourceOrder& order) {
  if (const auto issuer = from_hex(order.device); issuer && issuer->size() == crypto::SigningPublicKey().size()) {
    crypto::SigningPublicKey key{};
    std::ranges::copy(*issuer, key.begin());
    const std::string text = read_text(order.file).text;
    save(order.file, admin::revoke_issuer(text, key));
    return {"revoked with all that it has certified: " + order.device, next_step(order.file)};
  }
  const auto node = node_key_from_hex(order.device);
  const wire::DeviceId device = node ? wire::device_id_of(*node) : device_in(order.device);
  const auto [text, source] = read_text(order.file);
  const auto& revoked = source.root.rules.revoked;
  if (std::ranges::find(revoked, device) != revoked.end())
    return {"revoked already: " + order.device + "; nothing was changed"};
  save(order.file, admin::revoke(text, device));
  return {"revoked: " + order.device, next_step(order.file)};
}

std::vector<std::string> add_codes_to_source(const SourceOrder& order) {
  const wire::DeviceId device = order.device.empty() ? wire::DeviceId{} : device_in(order.device);
  const std::string text = read_text(order.file).text;
  host::SystemRng rng;
  std::vector<policy::ShortHash> hashes;
  std::vector<std::string> lines;
  for (unsigned i = 1; i <= order.count; ++i) {
    policy::GlassCode code;
    rng.fill(code.bytes);
    hashes.push_back(glass_hash(code, device));
    lines.push_back(std::to_string(i) + "  " + code_text(code) + "  " + code_spoken(code));
  }
  save(order.file, admin::add_break_glass(text, hashes));
  lines.insert(lines.begin(), order.device.empty() ? "each opens any device, once, for 4 hours:"
                                                   : "each opens device " + order.device + ", once, for 4 hours:");
  lines.push_back("write them down now: they are not kept anywhere, only their hashes are in " + order.file);
  lines.push_back(next_step(order.file));
  return lines;
}

}  // namespace farline::app
