// How fast our media may be sent: drops at once, climbs carefully, and stops when nothing answers. It decides in bit/s
// on the wire; which codec and redundancy that buys is the ladder's matter (voice/ladder.h).
//
//   steady    queue short: after a while without trouble it tries the next rung, unless packet pairs or an earlier
//             failure say that the link cannot carry it.
//   trial     a rung newly tried: trouble within kTrial means back, and a ceiling that is tried again after
//             kCeilingFirst, doubling up to kCeilingMax (a policer's: fourfold).
//   draining  it has dropped below what was delivered: the old queue must go before the next decision.
// A delay that does not shrink when we send less was not ours: below kSwingMax the rate comes back, and that much delay
// is the link's own from then on; beyond it only at the floor, where it is accepted as somebody else's.
// Loss without delay that falls when we fall is a policer: the rate is a ceiling. It drops all the time; what is lost
// in bursts, by chance, or as much when we send less is the link's own: the rate stays, redundancy is chosen for it.
// Reports that stop: floor after 1 s, and after 2 s (5 s below 3 kbit/s), or a second's worth of the old rate if that
// lasts longer, nothing but a probe every 1, 2, 3, 3, .. s (every second on fast links), so that a modem's queue holds
// little when it comes back. When it turns out that only the reports were late, the rate is at once what it was; after
// a stall it is half of that at once, unless packets came out of it as slowly as a link that has become thin sends
// them. A rate remembered of this network is what the rate before a stall is: packet pairs are sent at once to see
// whether the link is the one it was, and unless they read far less, one step leads there.
#pragma once

#include <algorithm>
#include <optional>

#include "path/link_estimate.h"
#include "path/pair_schedule.h"

namespace farline::path {

// How often a direction of this rate is reported on when nothing happens: 4 bytes are 1.5 % of it then, and packets
// that all report from 16 kbit/s on make sure that bursts of losses are not taken for a stall.
constexpr Duration report_interval(uint32_t bps) {
  return std::clamp<Duration>(serialisation_time(4, bps) * 66, 0ms, 2400ms);
}

// Until the path is measured. More than a modem's 2,400 bit/s would fill its queue with seconds of speech before the
// first report, and no round trip tells a modem: the packets that measured it were short.
constexpr uint32_t kFirstBps = 2160;
// What links with this round trip mostly carry, and packet pairs are to show at once; 0: not worth what those cost.
constexpr uint32_t hoped_bps(Duration round_trip) {
  return round_trip > 900ms ? 0 : 9600;
}

class RateController {
 public:
  struct Config {
    uint32_t start_bps = 0;
    uint32_t floor_bps = 0;                           // of the lowest rung
    uint32_t cap_bps = 0;                             // 0: none
    uint32_t remembered_bps = 0;                      // went well on this network before; 0: not known
    uint32_t hoped_bps = 0;                           // of a network not known
    Duration first_answer = std::chrono::seconds(2);  // when the first report can be expected
  };
  // What is being sent now.
  struct Operating {
    uint32_t bps = 0;           // of the rung in use
    uint32_t next_bps = 0;      // of the next better one; 0: none
    uint32_t packet_bytes = 0;  // on the wire
    Duration packet_time{};
    Duration answer_every{};      // the far end is silent: its reports come no oftener; zero: it is not
    uint32_t background_bps = 0;  // of all we send, when something fills what voice leaves; zero: nothing does
    bool is_silent = false;       // we are: what little leaves says nothing about the rate
  };

  explicit RateController(const Config& config)
      : config_(config), budget_bps_(config.start_bps), usual_bps_(config.start_bps), proven_bps_(config.start_bps) {}

  void handle_report(Time now, LinkEstimate& link, const Operating& operating);
  // The rung chosen may cost up to this.
  uint32_t budget_bps() const { return budget_bps_; }
  // Loss that redundancy is to be chosen for: of the link itself, 0..1, slow to fall.
  double link_loss() const { return link_loss_; }
  // The losses met at a higher rate were a policer's.
  bool is_policed(Time now) const { return policed_ && now < ceiling_until_; }
  // What has been sent here lately, while it was answered: good to begin with next time.
  uint32_t usual_bps() const { return static_cast<uint32_t>(usual_bps_); }

  // Another path (address, relay): everything starts anew.
  void path_changed(Time now, uint32_t remembered_bps);
  // Another way between the same two links: what is sent may be answered again.
  void route_changed() { closed_since_.reset(); }

  enum class Gate : uint8_t {
    open,
    closed,  // this packet may not leave: too much is on its way, or nothing is answered
    probe,   // a packet without sound may leave, to find out
  };
  // Asked for each packet about to be sent; `probe` is answered once a time.
  Gate gate(Time now, LinkEstimate& link, const Operating& operating);
  bool is_closed() const { return closed_since_.has_value(); }
  // What to send back to back behind the packet that leaves now.
  PairSchedule::Pair wants_pair(Time now, const LinkEstimate& link, const Operating& operating);

 private:
  void take_trouble(Time now, const Operating& operating, uint32_t target, bool by_loss);
  void climb(Time now, const LinkEstimate& link, const Operating& operating);
  void drop_to_floor(Time now, LinkEstimate& link, const Operating& operating);
  Gate probe_or_nothing(Time now);
  uint32_t climb_target(Time now, const LinkEstimate& link, const Operating& operating) const;
  bool has_settled(const LinkEstimate& link, const Operating& operating) const;
  bool steps_below_policer(Time now, const LinkEstimate& link, const Operating& operating);
  bool is_testing_policer(Time now, const LinkEstimate& link, const Operating& operating);
  void set_ceiling(Time now, uint32_t bps, bool policed);
  void note_rate(Time now, const Operating& operating);
  void learn_swing(Time now, const LinkEstimate& link, const Operating& operating);
  void note_stall(Time now, const LinkEstimate& link, bool is_late);
  bool end_stall(Time now, const LinkEstimate& link);
  bool end_doubt(Time now, const LinkEstimate& link, const Operating& operating);
  void forgive_losses(Time now);
  void note_loss(Time now, const LinkEstimate::Loss& loss);

  Config config_;
  uint32_t budget_bps_;
  double usual_bps_;  // smoothed
  double link_loss_ = 0;
  Time loss_noted_{};
  Time changed_{};
  bool draining_ = false;
  Duration swing_{};  // of the delay, by itself
  Time swing_noted_{};
  struct Doubt {
    Duration queue;
    uint32_t bps;  // sent
    uint32_t delivered_bps;
  };
  std::optional<Doubt> doubt_;
  Duration accepted_queue_{};  // somebody else's
  std::optional<Time> at_floor_since_;
  std::optional<Time> answers_since_;
  Time last_answer_{};

  struct Trial {
    uint32_t from_bps;
    uint32_t first_bps;  // of several rungs in one trial; 0: it is the only one
    double loss_before;
  };
  std::optional<Trial> trial_;
  struct Stall {
    Time at{};
    uint32_t bps = 0;                // before
    uint64_t in_flight = 0;          // bytes, when it was noticed
    std::optional<Time> answered{};  // first, about what was sent before
    uint32_t carried_bps = 0;        // then; 0: not known
    bool is_sure = false;            // packets met it
    bool may_speak = false;          // it is not a link that has become thin, as far as is known
  };
  std::optional<Stall> stall_;  // the newest, until the rate is what it was
  uint32_t ceiling_bps_ = 0;    // 0: none known
  Time ceiling_until_{};
  Duration ceiling_for_{};
  uint32_t proven_bps_;  // went well, so a pair that reads less is wrong
  bool below_policer_ = false;
  double usual_loss_ = 0;  // below the ceiling
  bool policed_ = false;   // the ceiling was found by loss: pairs know nothing of it

  struct PolicerTest {
    uint32_t bps;
    double loss;
  };
  std::optional<PolicerTest> policer_test_;
  Time policer_next_{};

  std::optional<Time> closed_since_;
  Time losses_from_{};  // those before are not the link's own
  Time probe_due_{};
  Duration probe_wait_{};
  PairSchedule pairs_;
};

}  // namespace farline::path
