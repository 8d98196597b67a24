// How a newer policy travels from where it is held to where it is not (docs/PROTOCOL.md section 9): between client and
// node, either way, and between two devices in a call. The asker asks piece by piece and sets the pace and the size;
// the source answers from what it holds and remembers nothing of the asker.
//
// A bundle is the signed files of one device (policy/bundle.h), bytes here: whoever takes one verifies it.
//
// Bounds: transfers of wire::kPolicyTransferBytesMax, 8 bases, one version and one transfer at a time. Nothing a source
// says costs more than that: what does not hold what it promised is asked again in full, and then not for hours.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "wire/policy.h"

namespace farline::policy {

inline constexpr size_t kPieceBytesMax = 900;  // one datagram, wherever it goes

// First bytes of the SHA-256 of a bundle; zeros for none.
wire::PolicyBase base_of(Bytes bundle);

// Serves the newest bundle: as a difference to one of the last that were held here, when the asker holds such a one.
class PolicySource {
 public:
  // Newer than what was held, or held first of all. A bundle beyond the bounds is not served.
  void hold(wire::PolicyVersion version, Bytes bundle);
  // An older one, that others may still hold.
  void add_base(Bytes bundle);

  wire::PolicyVersion version() const { return version_; }
  Bytes bundle() const { return newest_; }
  // Nothing: what is wanted does not exist, because the asker holds the newest or asks beyond the end. The bytes are
  // good until the next call.
  std::optional<wire::PolicyPart> answer(const wire::PolicyWanted& wanted);

 private:
  struct Base {
    ByteVector bundle;
    ByteVector delta;  // to the newest; empty: not made yet
  };
  static constexpr size_t kBasesMax = 8;

  wire::PolicyVersion version_;
  ByteVector newest_;
  std::deque<std::pair<wire::PolicyBase, Base>> bases_;  // newest last
};

// Fetches from one source.
//
//   state x      hear (newer)   part           complete, taken   complete, not taken      no answer
//   idle         asking         -              -                 -                        -
//   asking       -              asking, done   idle              asking (full) | refused  asked again, more rarely
//   done         -              -              idle              asking (full) | refused  -
//   refused      -, for hours   -              -                 -                        -
class PolicyFetch {
 public:
  struct Pace {
    uint16_t most = 0;    // bytes of a piece
    Duration every{};     // between two questions
    Duration patience{};  // until a question is asked again; doubles each time, to kPatienceMax
  };
  struct Have {
    wire::PolicyVersion version;
    Bytes bundle;  // empty: none
  };
  static constexpr Duration kPatienceMax = std::chrono::minutes(10);
  static constexpr Duration kRefusedFor = std::chrono::hours(4);
  static constexpr unsigned kRestartsMax = 4;

  // The source holds `version`; the first question leaves at `not_before`. Nothing happens when that is no newer than
  // what is held, is being fetched, or was refused lately.
  void hear(Time now, wire::PolicyVersion version, const Have& have, Time not_before);
  // The first question leaves as soon as it can.
  void hurry(Time now) {
    if (transfer_ && transfer_->asked == 0) transfer_->due = std::min(transfer_->due, std::max(now, transfer_->next));
  }
  // Forgets the transfer, but not what was refused.
  void stop() { transfer_.reset(); }

  bool is_running() const { return transfer_.has_value(); }
  // Questions in a row without an answer.
  unsigned unanswered() const { return transfer_ ? transfer_->asked : 0; }
  // The version that is being fetched; {0, 0}: none.
  wire::PolicyVersion version() const { return transfer_ ? transfer_->of : wire::PolicyVersion{}; }
  std::optional<Time> due() const { return transfer_ ? std::optional(transfer_->due) : std::nullopt; }

  // A question that is due.
  std::optional<wire::PolicyWanted> poll(Time now, const Pace& pace);
  // The whole bundle, once the last piece has come: `settle` follows.
  std::optional<ByteVector> handle(Time now, const wire::PolicyPart& part);
  // What is held now. When that is not what was fetched, the full file is asked for; when it was the full file, nothing
  // is for hours.
  void settle(Time now, wire::PolicyVersion held);

 private:
  struct Transfer {
    wire::PolicyVersion of;
    wire::PolicyVersion have;
    ByteVector base;  // empty: in full
    ByteVector bytes;
    uint32_t total = 0;  // 0: nothing has come yet
    wire::PolicyForm form = wire::PolicyForm::full;
    Time due{};
    Time next{};            // no question before, answered or not
    unsigned asked = 0;     // in a row
    unsigned restarts = 0;  // of the source's making
  };
  void follow(const wire::PolicyPart& part);
  void refuse(Time now);
  void ask_in_full(Time now);

  std::optional<Transfer> transfer_;
  struct Refused {
    wire::PolicyVersion version;
    Time until{};
  };
  std::optional<Refused> refused_;
};

}  // namespace farline::policy
