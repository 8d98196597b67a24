// Timer: next  start: both have joined         0 ms    effect: they attach
//              start: they do                  50 ms   effect: the call, once both are
#include "app/desktop_trial.h"

#include <algorithm>
#include <filesystem>

#include "app/program.h"
#include "host/file.h"
#include "host/system_rng.h"

namespace farline::app {
namespace {

constexpr Duration kLook = 50ms;
constexpr std::string_view kFirstLink = "iridium-dialup";
constexpr const char* kSelf = "You";
constexpr const char* kPartner = "Echo";

// What a call may send: the rest is for signalling.
uint32_t share_of(uint64_t bps) {
  return static_cast<uint32_t>(bps * 9 / 10);
}

}  // namespace

std::vector<std::string> DesktopTrial::links() {
  std::vector<std::string> out{std::string(kFirstLink)};
  for (const emulate::LinkProfile& profile : emulate::profiles())
    if (profile.is_ip() && profile.id != kFirstLink) out.emplace_back(profile.id);
  return out;
}

DesktopTrial::Folder::Folder() {
  std::array<uint8_t, 8> random{};
  host::SystemRng().fill(random);
  const std::u8string path = (std::filesystem::temp_directory_path() / ("farline-trial-" + to_hex(random))).u8string();
  path_.assign(path.begin(), path.end());
  if (const auto made = host::make_private_directory(path_); !made) fail(ExitCode::io, path_, made.error());
}

DesktopTrial::Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(std::u8string(path_.begin(), path_.end()), ignored);
}

DesktopTrial::DesktopTrial(host::Loop& loop, DesktopSound& sound, Options options, Hooks hooks)
    : loop_(loop), sound_(sound), options_(std::move(options)), hooks_(std::move(hooks)), next_(loop, [this] {
        session_ ? call_when_attached() : begin();
      }) {
  const auto known = links();
  if (std::ranges::find(known, options_.link) == known.end()) options_.link = known.front();
  const emulate::LinkProfile* profile = emulate::find_profile(options_.link);
  spec_ = emulate::make_spec(*profile).value();
  up_bps_ = share_of(profile->up_bps);
  down_bps_ = share_of(profile->down_bps);
  node_ = std::make_unique<EmbeddedNode>(loop, folder_.file("node"));
  emulate::LinkSpec open;
  open.half_duplex = spec_.half_duplex;
  link_ = std::make_unique<UdpLink>(
      loop, UdpLink::Ends{Address::v4(127, 0, 0, 1, 0), node_->address()},
      LinkRunnerOptions{.name = options_.link, .spec = open, .changes = {}, .stats_file = {}, .trace_file = {}});
  join();
}

DesktopTrial::~DesktopTrial() = default;

void DesktopTrial::join() {
  const std::string invitation = node_->invitation();
  const std::array<const char*, 2> names{kSelf, kPartner};
  for (size_t who = 0; who < names.size(); ++who)
    enrolments_[who] = std::make_unique<DesktopEnrolment>(
        loop_, DesktopEnrolment::Order{folder_.file(names[who]), invitation, names[who], {}},
        [this, who](Result<Profile> profile) { joined(who, std::move(profile)); });
}

void DesktopTrial::joined(size_t who, Result<Profile> profile) {
  if (!profile) return hooks_.failed(profile.error());
  profiles_[who].emplace(std::move(*profile));
  if (profiles_[0] && profiles_[1]) next_.start(0ms);
}

void DesktopTrial::begin() {
  enrolments_ = {};
  auto partner = EchoPartner::open(
      loop_, std::move(*profiles_[1]),
      {.max_bps = down_bps_, .speech_file = options_.speech_file, .connected = [this] { link_->change(spec_); }});
  if (!partner) return hooks_.failed(partner.error());
  partner_ = std::move(*partner);
  const Address through = link_->listening();
  profiles_[0]->set_node_place({"127.0.0.1", through.port});
  session_ = std::make_unique<DesktopSession>(
      loop_, std::move(*profiles_[0]), sound_,
      DesktopSession::Hooks{
          .changed = hooks_.changed, .save_failed = hooks_.failed, .notice = [](const DesktopNotice&) {}},
      DesktopSession::Limits{.send_bps = up_bps_, .receive_bps = down_bps_});
  next_.start(kLook);
}

void DesktopTrial::call_when_attached() {
  if (session_->is_attached() && partner_->is_attached()) return session_->start_call(kPartner);
  next_.start(kLook);
}

}  // namespace farline::app
