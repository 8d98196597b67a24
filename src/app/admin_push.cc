#include "app/admin_push.h"

#include "app/admin_files.h"
#include "app/cli_phone.h"
#include "app/program.h"

namespace farline::app {
namespace {

constexpr Duration kLookEvery = 100ms;

// Attached until the supernode holds what this profile holds.
class Push {
 public:
  Push(Profile& profile, const PushOrder& order)
      : profile_(profile), order_(order), look_(loop_, [this] { look(); }), end_(loop_, [this] { loop_.stop(); }) {}

  std::string run(Bytes file) {
    auto phone = Phone::open(
        loop_, profile_, {.nodes = client::NodeList::Choice::listed},  // a list that is wrong is not given on
        {.on_event = [this](Time, const client::Event& event) { on_event(event); },
         .on_source_ended = [](Time) {},
         .on_sound_failed = [](Time, const Error&) {},
         .on_save_failed = [this](const Error& error) { give_up(ExitCode::io, std::string(error.what)); }});
    if (!phone) fail_unless_io(ExitCode::network, order_.profile, phone.error());
    phone_ = std::move(*phone);
    if (const auto taken = phone_->import_policy(file); !taken)
      fail(code_for_signed(taken.error()), order_.file, taken.error());
    look_.start(kLookEvery);
    end_.start(std::chrono::seconds(order_.seconds));
    loop_.run();
    const bool has_list = !phone_->core().admission().effective().supernodes.empty();
    phone_.reset();
    if (failure_) throw Failure(*failure_);
    if (!has_attached_ && has_list)
      throw Failure(ExitCode::network,
                    "nobody answered where and with the key that this policy lists, so it was given to nobody: check "
                    "[[supernodes]] (node_key of farline-node status), sign the next serial, and push that");
    if (!is_done_)
      throw Failure(ExitCode::network, "the supernode did not take the policy in " + std::to_string(order_.seconds) +
                                           " s; try again, or give it to farline-node --policy");
    return "the supernode holds generation " + std::to_string(held_.generation) + ", serial " +
           std::to_string(held_.serial);
  }

 private:
  void look() {
    const client::Admission& door = phone_->core().admission();
    held_ = door.node_version();
    is_done_ = held_ == door.version();
    if (held_ > door.version()) {
      give_up(ExitCode::refused, "the supernode holds a newer one: generation " + std::to_string(held_.generation) +
                                     ", serial " + std::to_string(held_.serial));
    } else if (is_done_) {
      phone_->detach();
      loop_.stop();
    } else {
      look_.start(kLookEvery);
    }
  }

  void on_event(const client::Event& event) {
    if (event.kind == client::EventKind::attached) has_attached_ = true;
    if (event.kind == client::EventKind::refused) give_up(ExitCode::refused, std::string(event.text));
  }

  void give_up(ExitCode code, std::string why) {
    if (!failure_) failure_.emplace(code, std::move(why));
    loop_.stop();
  }

  Profile& profile_;
  const PushOrder& order_;
  host::Loop loop_;
  host::Timer look_;
  host::Timer end_;
  std::unique_ptr<Phone> phone_;
  wire::PolicyVersion held_;
  bool is_done_ = false;
  bool has_attached_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

std::string push_policy(const PushOrder& order) {
  const ByteVector file = read_input(order.file, policy::kPolicyFileBytesMax);
  auto profile = Profile::open(order.profile, order.passphrase_file);
  if (!profile) fail_unless_io(ExitCode::config, order.profile, profile.error());
  return Push(*profile, order).run(file);
}

}  // namespace farline::app
