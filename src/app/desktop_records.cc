#include "app/desktop_records.h"

#include <algorithm>

#include "chat/fold.h"
#include "host/proxy.h"
#include "wire/cbor.h"
#include "wire/name.h"

namespace farline::app {
namespace {

using wire::CborReader;
using wire::CborWriter;

constexpr size_t kTextMax = 256;  // of a device, a tariff

std::array<uint8_t, 8> recent_key(const client::RecentView& call) {
  std::array<uint8_t, 8> out{};
  Writer(out).u64(call.at.seconds);
  return out;
}

ByteVector encode(const client::Settings& s) {
  return wire::cbor_item(256 + s.language.size() + s.input.size() + s.output.size() + s.tariff.size() + s.proxy.size(),
                         [&](CborWriter& out) {
                           out.array(17);
                           out.text(s.language);
                           out.unsigned_integer(static_cast<uint64_t>(s.theme));
                           out.unsigned_integer(s.text_percent);
                           out.text(s.input);
                           out.text(s.output);
                           out.unsigned_integer(static_cast<uint64_t>(s.transmit));
                           out.unsigned_integer(s.talk_key);
                           out.unsigned_integer(s.key_up_delay_ms);
                           out.boolean(s.do_not_disturb);
                           out.boolean(s.start_minimised);
                           out.boolean(s.hide_notification_text);
                           out.boolean(s.relay_only);
                           out.unsigned_integer(s.max_bps);
                           out.text(s.tariff);
                           out.unsigned_integer(s.lock_after_minutes);
                           out.text(s.proxy);
                           out.boolean(s.asks_lan);
                         });
}

// Values out of bounds become the nearest that is within.
client::Settings bounded(client::Settings s) {
  const client::Settings plain;
  if (s.theme > client::Theme::contrast) s.theme = plain.theme;
  if (s.transmit > client::TransmitMode::continuous) s.transmit = plain.transmit;
  s.text_percent = std::clamp(s.text_percent, 100U, 200U);
  s.key_up_delay_ms = std::min(s.key_up_delay_ms, 2000U);
  if (s.max_bps != 0) s.max_bps = std::clamp(s.max_bps, 1000U, 10'000'000U);
  s.lock_after_minutes = std::min(s.lock_after_minutes, 24U * 60);
  for (std::string* text : {&s.language, &s.input, &s.output, &s.tariff})
    if (text->size() > kTextMax) text->clear();
  if (!host::parse_proxy_setting(s.proxy)) s.proxy.clear();
  return s;
}

uint32_t small(CborReader& in) {
  return static_cast<uint32_t>(std::min<uint64_t>(in.unsigned_integer(), UINT32_MAX));
}

std::optional<client::Settings> settings_from(Bytes bytes) {
  CborReader in(bytes);
  client::Settings s;
  const size_t fields = in.array();
  if (fields < 15 || fields > 17) return {};
  s.language = in.text();
  s.theme = static_cast<client::Theme>(std::min(small(in), 255U));
  s.text_percent = small(in);
  s.input = in.text();
  s.output = in.text();
  s.transmit = static_cast<client::TransmitMode>(std::min(small(in), 255U));
  s.talk_key = small(in);
  s.key_up_delay_ms = small(in);
  s.do_not_disturb = in.boolean();
  s.start_minimised = in.boolean();
  s.hide_notification_text = in.boolean();
  s.relay_only = in.boolean();
  s.max_bps = small(in);
  s.tariff = in.text();
  s.lock_after_minutes = small(in);
  if (fields > 15) s.proxy = in.text();
  if (fields > 16) s.asks_lan = in.boolean();
  if (!in.finish()) return {};
  return bounded(std::move(s));
}

ByteVector encode(const client::RecentView& call) {
  return wire::cbor_item(64 + call.peer.size(), [&](CborWriter& out) {
    out.array(6);
    out.text(call.peer);
    out.unsigned_integer(call.at.seconds);
    out.boolean(call.outgoing);
    out.unsigned_integer(static_cast<uint64_t>(call.reason));
    out.unsigned_integer(static_cast<uint64_t>(call.lasted / 1s));
    out.boolean(call.is_new);
  });
}

std::optional<client::RecentView> decode_recent(Bytes bytes) {
  CborReader in(bytes);
  client::RecentView call;
  in.expect_array(6);
  call.peer = in.text();
  call.at.seconds = in.unsigned_integer();
  call.outgoing = in.boolean();
  const uint64_t reason = in.unsigned_integer();
  call.lasted = std::chrono::seconds(small(in));
  call.is_new = in.boolean();
  if (!in.finish() || reason > static_cast<uint64_t>(client::EndReason::failed)) return {};
  call.reason = static_cast<client::EndReason>(reason);
  return call;
}

ByteVector encode(const DataMeter& meter) {
  return wire::cbor_item(256 + meter.currency.size(), [&](CborWriter& out) {
    out.array(5 + 2 * meter.rows.size());
    out.unsigned_integer(meter.day);
    out.unsigned_integer(meter.month);
    out.unsigned_integer(meter.idle_month_bytes);
    out.unsigned_integer(meter.cost_month_micros);
    out.text(meter.currency);
    for (const client::MeterRow& row : meter.rows) {
      out.unsigned_integer(row.today_bytes);
      out.unsigned_integer(row.month_bytes);
    }
  });
}

std::optional<DataMeter> decode_meter(Bytes bytes) {
  CborReader in(bytes);
  DataMeter meter;
  in.expect_array(5 + 2 * meter.rows.size());
  meter.day = small(in);
  meter.month = small(in);
  meter.idle_month_bytes = in.unsigned_integer();
  meter.cost_month_micros = in.unsigned_integer();
  meter.currency = in.text();
  for (client::MeterRow& row : meter.rows) {
    row.today_bytes = in.unsigned_integer();
    row.month_bytes = in.unsigned_integer();
  }
  if (!in.finish()) return {};
  return meter;
}

}  // namespace

void DataMeter::turn_to(uint32_t today, uint32_t this_month) {
  if (this_month != month) *this = {};
  if (today != day)
    for (client::MeterRow& row : rows) row.today_bytes = 0;
  day = today;
  month = this_month;
  for (size_t i = 0; i < rows.size(); ++i) rows[i].what = static_cast<policy::Class>(i);
}

DesktopRecords::DesktopRecords(store::RecordStore& store) : store_(store) {
  load();
}

void DesktopRecords::load() {
  const auto each = [&](ProfileRecord kind, auto take) {
    const auto records = store_.load(static_cast<uint8_t>(kind));
    if (!records) return;
    for (const SaveRecord& record : *records) take(record);
  };
  each(ProfileRecord::settings, [&](const SaveRecord& r) { settings_ = settings_from(r.value).value_or(settings_); });
  each(ProfileRecord::meter, [&](const SaveRecord& r) { meter_ = decode_meter(r.value).value_or(meter_); });
  each(ProfileRecord::recent, [&](const SaveRecord& r) {
    if (auto call = decode_recent(r.value)) recent_.push_back(std::move(*call));
  });
  std::ranges::reverse(recent_);  // the store gives them in order of key
  each(ProfileRecord::person, [&](const SaveRecord& r) {
    CborReader in(r.value);
    Person person;
    in.expect_array(2);
    person.name = in.text();
    person.is_kept = in.boolean();
    if (in.finish()) people_[std::string(as_text(r.key))] = person;
  });
  each(ProfileRecord::alerts, [&](const SaveRecord& r) {
    CborReader in(r.value);
    in.expect_array(2);
    const uint64_t what = in.unsigned_integer();
    std::string words(in.text());
    if (in.finish() && what <= static_cast<uint64_t>(client::AlertsFor::none))
      alerts_[std::string(as_text(r.key))] = {static_cast<client::AlertsFor>(what), std::move(words)};
  });
  each(ProfileRecord::interrupted, [&](const SaveRecord& r) {
    CborReader in(r.value);
    Running running;
    in.expect_array(2);
    running.peer = in.text();
    running.at.seconds = in.unsigned_integer();
    if (in.finish()) interrupted_ = running;
  });
}

Result<void> DesktopRecords::save(ProfileRecord kind, Bytes key, Bytes value) {
  const SaveRecord record{static_cast<uint8_t>(kind), to_vector(key), to_vector(value)};
  return store_.save({&record, 1});
}

Result<void> DesktopRecords::set_settings(client::Settings settings) {
  settings_ = bounded(std::move(settings));
  return save(ProfileRecord::settings, {}, encode(settings_));
}

Result<void> DesktopRecords::add_recent(client::RecentView call) {
  // Two never have the same key, and the newest stays in front, whatever the wall clock says.
  if (!recent_.empty() && call.at <= recent_.front().at) call.at.seconds = recent_.front().at.seconds + 1;
  recent_.insert(recent_.begin(), call);
  if (const auto saved = save(ProfileRecord::recent, recent_key(call), encode(call)); !saved) return saved;
  while (recent_.size() > kRecentMax) {
    const auto key = recent_key(recent_.back());
    recent_.pop_back();
    if (const auto erased = save(ProfileRecord::recent, key, {}); !erased) return erased;
  }
  return {};
}

Result<void> DesktopRecords::look_at_missed() {
  for (client::RecentView& call : recent_) {
    if (!call.is_new) continue;
    call.is_new = false;
    if (const auto saved = save(ProfileRecord::recent, recent_key(call), encode(call)); !saved) return saved;
  }
  return {};
}

uint32_t DesktopRecords::missed_of(const std::string& name) const {
  const auto folded = wire::fold_name(name);
  return static_cast<uint32_t>(std::ranges::count_if(recent_, [&](const client::RecentView& call) {
    const auto peer = wire::fold_name(call.peer);
    return call.is_new && peer && folded && *peer == *folded;
  }));
}

Result<void> DesktopRecords::set_person(const std::string& name, bool is_kept) {
  const auto folded = wire::fold_name(name);
  if (!folded) return folded.error();
  people_[*folded] = {name, is_kept};
  const ByteVector value = wire::cbor_item(32 + name.size(), [&](CborWriter& out) {
    out.array(2);
    out.text(name);
    out.boolean(is_kept);
  });
  return save(ProfileRecord::person, as_bytes(*folded), value);
}

client::Alerts DesktopRecords::alerts_of(const std::string& chat) const {
  const auto found = alerts_.find(chat);
  return found == alerts_.end() ? client::Alerts{} : found->second;
}

Result<void> DesktopRecords::set_alerts(const std::string& chat, const client::Alerts& alerts) {
  alerts_[chat] = alerts;
  const ByteVector value = wire::cbor_item(32 + alerts.words.size(), [&](CborWriter& out) {
    out.array(2);
    out.unsigned_integer(static_cast<uint64_t>(alerts.what));
    out.text(alerts.words);
  });
  return save(ProfileRecord::alerts, as_bytes(chat), value);
}

bool DesktopRecords::alerts(const std::string& chat, std::string_view text) const {
  const client::Alerts wanted = alerts_of(chat);
  if (wanted.what != client::AlertsFor::words) return wanted.what == client::AlertsFor::all;
  const std::string folded = chat::fold_text(text);
  return std::ranges::any_of(chat::search_words(wanted.words),
                             [&](const std::string& word) { return folded.find(word) != folded.npos; });
}

Result<void> DesktopRecords::set_running(const std::optional<Running>& running) {
  interrupted_ = running;
  if (!running) return save(ProfileRecord::interrupted, {}, {});
  const ByteVector value = wire::cbor_item(32 + running->peer.size(), [&](CborWriter& out) {
    out.array(2);
    out.text(running->peer);
    out.unsigned_integer(running->at.seconds);
  });
  return save(ProfileRecord::interrupted, {}, value);
}

Result<void> DesktopRecords::set_meter(DataMeter meter) {
  meter_ = std::move(meter);
  return save(ProfileRecord::meter, {}, encode(meter_));
}

}  // namespace farline::app
