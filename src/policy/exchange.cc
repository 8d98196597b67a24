#include "policy/exchange.h"

#include "crypto/hash.h"
#include "policy/delta.h"

namespace farline::policy {

static_assert(kBundleBytesMax <= wire::kPolicyTransferBytesMax);

wire::PolicyBase base_of(Bytes bundle) {
  if (bundle.empty()) return {};
  return Reader(crypto::sha256({bundle})).array<sizeof(wire::PolicyBase)>();
}

// --- The source ------------------------------------------------------------------------------------------------------

void PolicySource::hold(wire::PolicyVersion version, Bytes bundle) {
  if (bundle.size() > kBundleBytesMax || equal(bundle, newest_)) return;
  if (!newest_.empty()) add_base(newest_);
  for (auto& [id, base] : bases_) base.delta.clear();
  version_ = version;
  newest_ = to_vector(bundle);
}

void PolicySource::add_base(Bytes bundle) {
  const wire::PolicyBase id = base_of(bundle);
  const auto is_known = [&](const auto& known) { return known.first == id; };
  if (bundle.empty() || bundle.size() > kBundleBytesMax || std::ranges::any_of(bases_, is_known)) return;
  bases_.push_back({id, {to_vector(bundle), {}}});
  if (bases_.size() > kBasesMax) bases_.pop_front();
}

std::optional<wire::PolicyPart> PolicySource::answer(const wire::PolicyWanted& wanted) {
  if (newest_.empty() || version_ < wanted.have || wanted.base == base_of(newest_)) return std::nullopt;
  wire::PolicyPart part{.of = version_, .offset = wanted.offset};
  Bytes transfer = newest_;
  for (auto& [id, base] : bases_) {
    if (id != wanted.base) continue;
    if (base.delta.empty()) base.delta = make_delta(base.bundle, newest_);
    if (base.delta.size() >= newest_.size()) break;
    transfer = base.delta;
    part.form = wire::PolicyForm::delta;
  }
  part.total = static_cast<uint32_t>(transfer.size());
  if (wanted.offset >= part.total || wanted.most == 0) return std::nullopt;
  const Bytes rest = transfer.subspan(wanted.offset);
  part.bytes = rest.first(std::min<size_t>({rest.size(), wanted.most, kPieceBytesMax}));
  return part;
}

// --- The asker -------------------------------------------------------------------------------------------------------

void PolicyFetch::hear(Time now, wire::PolicyVersion version, const Have& have, Time not_before) {
  if (version <= have.version) return;
  if (refused_ && refused_->version == version && now < refused_->until) return;
  if (transfer_ && transfer_->of == version && transfer_->have == have.version) {
    // It is there again, and what has come is good. A question that was asked once may still be answered.
    if (transfer_->asked <= 1) return;
    transfer_->asked = 1;
    transfer_->due = std::min(transfer_->due, std::max(not_before, transfer_->next));
    return;
  }
  Transfer next{.of = version, .have = have.version, .base = {}, .bytes = {}, .due = not_before};
  if (have.bundle.size() <= kBundleBytesMax) next.base = to_vector(have.bundle);
  transfer_ = std::move(next);
}

std::optional<wire::PolicyWanted> PolicyFetch::poll(Time now, const Pace& pace) {
  if (!transfer_ || now < transfer_->due) return std::nullopt;
  Transfer& transfer = *transfer_;
  transfer.next = now + pace.every;
  const Duration wait = pace.patience * (int64_t{1} << std::min(transfer.asked, 10U));
  transfer.due = now + std::clamp<Duration>(wait, pace.every, kPatienceMax);
  ++transfer.asked;
  return wire::PolicyWanted{.have = transfer.have,
                            .base = base_of(transfer.base),
                            .offset = static_cast<uint32_t>(transfer.bytes.size()),
                            .most = pace.most};
}

// The first part says how the transfer goes. A source that has got another policy meanwhile begins again.
void PolicyFetch::follow(const wire::PolicyPart& part) {
  Transfer& transfer = *transfer_;
  const bool is_same = part.of == transfer.of && part.form == transfer.form && part.total == transfer.total;
  if (transfer.total != 0 && is_same) return;
  if (transfer.total != 0) ++transfer.restarts;
  transfer.bytes.clear();
  transfer.of = part.of;
  transfer.form = part.form;
  transfer.total = part.total;
}

std::optional<ByteVector> PolicyFetch::handle(Time now, const wire::PolicyPart& part) {
  if (!transfer_ || transfer_->asked == 0) return std::nullopt;
  Transfer& transfer = *transfer_;
  const bool is_delta = part.form == wire::PolicyForm::delta;
  if (part.of < transfer.of || part.total == 0 || part.total > wire::kPolicyTransferBytesMax ||
      (is_delta && transfer.base.empty()))
    return std::nullopt;
  follow(part);
  if (transfer.restarts > kRestartsMax) {
    refuse(now);
    return std::nullopt;
  }
  const uint32_t come = static_cast<uint32_t>(transfer.bytes.size());
  if (part.offset > come || part.bytes.size() > transfer.total - part.offset) {
    transfer.asked = 0;
    transfer.due = std::max(now, transfer.next);
    return std::nullopt;
  }
  if (part.offset + part.bytes.size() <= come) return std::nullopt;  // a repetition
  const Bytes fresh = part.bytes.subspan(come - part.offset);
  transfer.bytes.insert(transfer.bytes.end(), fresh.begin(), fresh.end());
  transfer.asked = 0;
  transfer.due = std::max(now, transfer.next);
  if (transfer.bytes.size() < transfer.total) return std::nullopt;
  if (!is_delta) return transfer.bytes;
  auto bundle = apply_delta(transfer.base, transfer.bytes);
  if (bundle) return std::move(*bundle);
  ask_in_full(now);
  return std::nullopt;
}

void PolicyFetch::settle(Time now, wire::PolicyVersion held) {
  if (!transfer_) return;
  if (held >= transfer_->of) {
    transfer_.reset();
  } else if (transfer_->form == wire::PolicyForm::delta) {
    ask_in_full(now);
  } else {
    refuse(now);
  }
}

void PolicyFetch::ask_in_full(Time now) {
  transfer_->base.clear();
  transfer_->bytes.clear();
  transfer_->total = 0;
  transfer_->asked = 0;
  transfer_->due = std::max(now, transfer_->next);
}

void PolicyFetch::refuse(Time now) {
  refused_ = {transfer_->of, now + kRefusedFor};
  transfer_.reset();
}

}  // namespace farline::policy
