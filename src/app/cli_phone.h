// One device on the loop: the client core, its socket and its sound. `run` and `call` both work through it.
#pragma once

#include <functional>
#include <memory>

#include "app/cli_profile.h"
#include "app/lan.h"
#include "app/node_carrier.h"
#include "app/stand_in.h"
#include "client/client.h"
#include "host/audio.h"
#include "host/driver.h"
#include "host/name_finder.h"
#include "voice/codec.h"

namespace farline::app {

struct CallSound {
  host::AudioSourceSpec source;
  host::AudioSinkSpec sink;
  int32_t clock_ppm = 0;
  client::TurnTaking turn_taking = client::TurnTaking::automatic;
};

class Phone final : public host::AudioHandler {
 public:
  struct Listener {
    std::function<void(Time, const client::Event&)> on_event;
    std::function<void(Time)> on_source_ended;  // the WAV file is at its end
    std::function<void(Time, const Error&)> on_sound_failed;
    std::function<void(const Error&)> on_save_failed;
    std::function<void(const NodeCarrier::Status&)> on_carrier{};  // it has changed
    std::function<void()> on_turn{};                               // after each turn of the core; may make turns
  };
  struct Options {
    uint32_t max_bps = 0;
    bool relay_only = false;
    std::optional<Tariff> tariff{};
    std::string tariff_link{};  // else the policy's of this name
    uint32_t receive_max_bps = 0;
    client::NodeList::Choice nodes = client::NodeList::Choice::any;
    bool has_own_sound = false;  // whoever opened it carries the frames of a call to and fro
    NodeCarrier::Options carrier{};
    bool asks_lan = false;  // for a node that does not answer (wire/lan.h)
  };
  // Opens the socket and starts to attach. Loop and profile outlive the phone.
  static Result<std::unique_ptr<Phone>> open(host::Loop& loop, Profile& profile, const Options& options,
                                             Listener listener);
  ~Phone() override;

  Result<client::CallId> call(const std::string& name, client::CallOptions options);
  void answer();
  void hang_up();
  void set_muted(bool muted);
  void detach();
  void hurry();
  void network_changed();  // SIGHUP: look at once whether the supernode still hears us
  void check_link();
  // One turn of the client core.
  void turn(const std::function<void(Time now)>& mutation) { driver_->turn(mutation); }
  void set_blocked(const std::string& name, bool blocked);
  Result<void> import_policy(Bytes file);
  Result<WallTime> break_glass(const policy::GlassCode& code);
  // What the next connected call plays and records.
  void set_sound(CallSound sound);

  client::Client& core() { return client_; }
  const NodeCarrier::Status& carrier() const { return carrier_->status(); }
  client::CallStats stats() const;

  void handle_capture(Time now, host::FrameIn frame) override;
  void take_playout(Time now, host::FrameOut frame) override;
  void handle_gap(Time now, SoundGap gap) override;
  void capture_ended(Time now) override;

 private:
  Phone(host::Loop& loop, Profile& profile, client::Config config, Listener listener);
  void after_turn(Time now);
  void start_sound(Time now);
  void follow_node();
  void find_by_name();
  void found(const std::optional<Address>& address);
  void lan_answered(const LanFound& found);
  bool take_stand_in(const LanFound& found);
  void stand_in();
  void follow_stand_in();
  void look_again();
  std::optional<Address> own_network() const;

  host::Loop& loop_;
  Profile& profile_;
  Listener listener_;
  host::SystemRng rng_;
  std::unique_ptr<voice::CodecFactory> codecs_;
  client::Client client_;
  std::unique_ptr<host::Driver> driver_;
  NodeCarrier::Options carrier_options_;
  std::unique_ptr<NodeCarrier> carrier_;
  bool has_own_sound_ = false;
  bool asks_lan_ = false;
  LanFinder lan_;
  host::NameFinder finder_;
  std::string finding_;  // HOST:PORT
  std::unique_ptr<StandIn> stand_in_;
  host::Timer look_again_;  // for a supernode, while somebody stands in
  host::Timer step_down_;   // the stand-in may not end inside the core's turn
  bool is_looking_ = false;
  unsigned looks_ = 0;
  ByteVector own_certificate_;
  CallSound sound_;
  std::unique_ptr<host::AudioEngine> audio_;
  host::Timer audio_stop_;  // the engine may not be destroyed from inside its own call
};

}  // namespace farline::app
