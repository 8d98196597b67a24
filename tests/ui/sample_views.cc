#include "ui/sample_views.h"

#include <cmath>

namespace farline::test {
namespace {

using namespace client;
using policy::Rule;

Verdict verdict(bool allowed, Rule rule, int64_t seconds_on) {
  Verdict out{.allowed = allowed, .rule = rule};
  out.until = WallTime{static_cast<uint64_t>(static_cast<int64_t>(kSampleNow.seconds) + seconds_on)};
  out.utc_offset = {8};  // two hours
  return out;
}

void open_hours(ClassRules& rules, size_t first_day, size_t last_day, size_t from_hour, size_t to_hour) {
  for (size_t day = first_day; day <= last_day; ++day)
    for (size_t quarter = from_hour * 4; quarter < to_hour * 4; ++quarter) rules.week[day * 96 + quarter] = true;
}

RulesView rules() {
  RulesView out;
  out.is_in_force = true;
  out.organisation = "Relief International";
  out.site = "kalemie";
  out.serial = 42;
  out.from = {kSampleNow.seconds - 40 * 24 * 3600};
  out.until = {kSampleNow.seconds + 90 * 24 * 3600};
  out.now = kSampleNow;
  out.is_time_certain = true;
  out.utc_offset = {8};
  out.quarter_now = 96 + (10 * 4);
  out.classes[0].now = verdict(true, Rule::open, 8 * 3600 - 600);
  open_hours(out.classes[0], 0, 4, 7, 18);
  open_hours(out.classes[0], 5, 5, 8, 13);
  open_hours(out.classes[0], 0, 6, 20, 21);
  out.classes[1].now = {.allowed = false, .rule = Rule::feature};
  out.classes[2].now = {.allowed = true, .rule = Rule::open};
  open_hours(out.classes[2], 0, 6, 0, 24);
  out.classes[3].now = verdict(false, Rule::hours, 12 * 3600 - 600);
  open_hours(out.classes[3], 0, 6, 20, 24);
  out.quotas = {{QuotaView::Kind::voice_minutes_today, 17, 60}, {QuotaView::Kind::person_megabytes, 12, 20}};
  out.emergency_contacts = {"radio@kalemie", "security@goma"};
  return out;
}

}  // namespace

View ready_view() {
  View out;
  out.stage = Stage::ready;
  out.name = "anna@kalemie";
  out.profile = "~/.local/share/farline";
  out.has_passphrase = true;
  out.build = "0.1.0 (4f2c81d)";
  const auto ago = [](uint64_t seconds) { return WallTime{kSampleNow.seconds - seconds}; };
  out.people = {{.name = "radio@kalemie", .presence = Presence::attached, .is_emergency = true},
                {.name = "amina.yusuf@goma", .presence = Presence::attached, .missed = 2},
                {.name = "محمد الأمين@خرطوم", .presence = Presence::away, .presence_at = ago(7800)},
                {.name = "रमेश श्रेष्ठ@काठमाडौं", .presence = Presence::attached},
                {.name = "Айгүл@ош", .presence = Presence::away, .presence_at = ago(90000)},
                {.name = "jean-baptiste.ndayishimiye@bujumbura", .presence = Presence::unknown},
                {.name = "ዳዊት@አዲስ", .presence = Presence::attached},
                {.name = "old.number@nairobi", .is_blocked = true},
                {.name = "মোস্তফা@কক্সবাজার", .presence = Presence::unknown}};
  out.recent = {{"amina.yusuf@goma", ago(1800), false, EndReason::missed, {}, true},
                {"radio@kalemie", ago(7200), true, EndReason::hung_up, 332s, false},
                {"amina.yusuf@goma", ago(86000), false, EndReason::peer_hung_up, 71s, false},
                {"रमेश श्रेष्ठ@काठमाडौं", ago(190000), true, EndReason::no_answer, {}, false}};
  out.link.is_attached = true;
  out.link.node = "198.51.100.7:4747";
  out.link.rtt_ms = 1380;
  out.link.check = {.is_done = true,
                    .carries = Carries::basic_voice,
                    .up_bps = 2150,
                    .down_bps = 2380,
                    .rtt_ms = 1380,
                    .loss = 0.02F};
  out.link.meter = {{policy::Class::voice, 412'000, 6'840'000}, {policy::Class::messages, 0, 0}};
  out.link.idle_month_bytes = 96'400;
  out.link.month_cost = Cost{48.21, "USD"};
  out.link.tariff = "BGAN";
  out.rules = rules();
  out.messages.chats = {{.id = "a",
                         .title = "Kalemie logistics",
                         .members = {"amina.yusuf@goma", "محمد الأمين@خرطوم", "रमेश श्रेष्ठ@काठमाडौं"},
                         .unread = 2,
                         .newest_at = ago(700),
                         .newest = "The trucks are at the bridge."},
                        {.id = "b",
                         .title = "محمد الأمين@خرطوم",
                         .members = {"محمد الأمين@خرطوم"},
                         .newest_at = ago(7200),
                         .newest = "سأتصل بك بعد الغداء",
                         .has_draft = true},
                        {.id = "c", .title = "Night watch", .members = {"radio@kalemie"}, .is_member = false}};
  out.sound = {.inputs = {"USB headset", "Built-in microphone"},
               .outputs = {"USB headset", "Built-in speakers"},
               .has_input = true,
               .has_output = true,
               .input_dbfs = -14,
               .output_dbfs = -30};
  out.settings.tariff = "6.95/MB USD";
  return out;
}

View chat_view() {
  View out = ready_view();
  const auto ago = [](uint64_t seconds) { return WallTime{kSampleNow.seconds - seconds}; };
  OpenChatView open{.id = "a", .has_older = true, .first_unread = "7"};
  const auto line = [&](LineView one) {
    one.id = std::to_string(open.lines.size() + 1);
    open.lines.push_back(std::move(one));
  };
  line({.author = "amina.yusuf@goma", .at = ago(9000), .text = "Has anybody seen the water report for the camp?"});
  line({.author = "रमेश श्रेष्ठ@काठमाडौं", .at = ago(8900), .text = "पानीको प्रतिवेदन आज साँझ पठाउँछु।"});
  line({.author = "anna@kalemie",
        .at = ago(8800),
        .text = "Thanks. Please send the short one, the link here is thin today.",
        .answers = "पानीको प्रतिवेदन आज साँझ पठाउँछु।",
        .reactions = "✓ 2",
        .own = true,
        .delivery = Delivery::read});
  line({.author = "محمد الأمين@خرطوم", .at = ago(3000), .kind = LineKind::fine, .text = "وصلنا إلى المكتب."});
  line({.author = "amina.yusuf@goma",
        .at = ago(2000),
        .kind = LineKind::file,
        .text = "distribution-list.csv",
        .size = 48'200,
        .here = 20'000,
        .is_coming = true});
  line({.author = "anna@kalemie",
        .at = ago(1500),
        .text = "I can take the night shift.",
        .own = true,
        .is_edited = true,
        .delivery = Delivery::on_device});
  line({.author = "amina.yusuf@goma",
        .at = ago(900),
        .text = "Good. The convoy leaves at six, from the north gate, and everybody needs the blue pass."});
  line({.author = "amina.yusuf@goma", .at = ago(700), .text = "The trucks are at the bridge."});
  line({.author = "anna@kalemie", .at = ago(20), .text = "On my way", .own = true, .delivery = Delivery::queued});
  line({.author = "amina.yusuf@goma",
        .at = ago(10),
        .kind = LineKind::voice_note,
        .size = 930,
        .here = 930,
        .tenths = 104,
        .bars = {0, 3, 9, 12, 13, 11, 6, 2, 8, 12, 14, 13, 9, 3, 1, 10, 13, 12, 7, 4, 11, 12, 5, 0}});
  out.messages.open = std::move(open);
  return out;
}

View call_view() {
  View out = ready_view();
  CallView call;
  call.id = 7;
  call.peer = "amina.yusuf@goma";
  call.state = CallState::connected;
  call.mine = Quality::basic;
  call.theirs = Quality::clear;
  call.stats.rung = "c2-1200-320";
  call.stats.wire_tx_bps = 2040;
  call.stats.wire_rx_bps = 6400;
  call.stats.loss = 0.03;
  call.stats.mouth_to_ear_ms = 1420;
  call.stats.bytes_tx = 61'000;
  call.stats.bytes_rx = 142'000;
  call.stats.cost = Cost{1.41, "USD"};
  call.stats.connected_for = 272s;
  call.stats.takes_keys = true;
  for (int i = 0; i < 240; ++i) {
    const double wave = std::sin(i / 17.0) * std::sin(i / 5.0);
    CallSample sample;
    sample.capacity_bps = static_cast<uint32_t>(2600 + 500 * std::sin(i / 40.0));
    sample.tx_bps = static_cast<uint32_t>(1900 + 200 * wave);
    sample.loss = i % 37 < 3 ? 0.2F : i % 11 == 0 ? 0.06F : 0;
    sample.mouth_to_ear_ms = static_cast<uint32_t>(1400 + 150 * wave);
    sample.is_stalled = i > 150 && i < 163;
    call.history.push_back(sample);
  }
  out.call = call;
  return out;
}

View weak_call_view() {
  View out = call_view();
  out.call->peer = "محمد الأمين@خرطوم";
  out.call->stats.is_stalled = true;
  out.call->stats.stalled_for = 12s;
  out.call->closes_in = 240s;
  out.call->closing = Verdict{.allowed = true, .rule = Rule::hours};
  out.call->is_muted = true;
  out.call->push_to_talk = true;
  out.call->mine = Quality::weak;
  out.call->theirs = Quality::none;
  out.rules.forbids_recording = true;
  return out;
}

View note_view() {
  View out = chat_view();
  out.note = NoteView{.is_recording = true, .chat = "a", .lasted = 7s, .bar = 11};
  return out;
}

View unreached_view() {
  View out = ready_view();
  out.ended =
      EndedView{.peer = "amina.yusuf@goma", .outgoing = true, .reason = EndReason::not_attached, .offers_note = true};
  return out;
}

View incoming_view() {
  View out = ready_view();
  CallView call;
  call.id = 8;
  call.peer = "रमेश श्रेष्ठ@काठमाडौं";
  call.state = CallState::ringing_here;
  call.in_state_for = 6s;
  out.call = call;
  return out;
}

View refused_view() {
  View out = ready_view();
  EndedView ended{.peer = "amina.yusuf@goma", .outgoing = true, .reason = EndReason::not_allowed};
  ended.verdict = verdict(false, Rule::hours, 22 * 3600 - 600);
  out.ended = ended;
  out.rules.classes[0].now = *ended.verdict;
  return out;
}

View first_view() {
  View out;
  out.stage = Stage::no_profile;
  out.trial.links = {"iridium-rudics", "certus-200", "bgan-bg", "gprs"};
  out.sound = ready_view().sound;
  return out;
}

}  // namespace farline::test
