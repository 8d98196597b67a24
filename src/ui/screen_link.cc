#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr Key kCarries[] = {"link.carries.unknown",     "link.carries.nothing",     "link.carries.text",
                            "link.carries.basic_voice", "link.carries.clear_voice", "link.carries.video"};
constexpr Key kClassNames[] = {"class.voice", "class.video", "class.messages", "class.files"};
constexpr size_t kProxyBytesMax = 1024;
constexpr uint32_t kCaps[] = {0, 1'600, 2'400, 4'800, 9'600, 16'000, 32'000, 64'000, 128'000};

void draw_link_state(Screen& s, Column& column) {
  const auto& link = s.view.link;
  column.text(s.words("link.connection"), {.bold = true});
  Box line = column.control();
  if (link.is_attached) {
    marked_line(s.kit, line, s.words("state.attached"), Role::good);
  } else {
    const ButtonOptions retry{.icon = Icon::refresh};
    if (s.kit.button_at_end("link.retry", line, s.words("link.retry"), retry))
      s.ask.push_back(client::command::RetryNow{});
    const Key what = link.is_other_tried ? Key("state.trying.other") : Key("state.trying");
    marked_line(s.kit, line, s.words(what, {{"time", clock_text(s.words, link.trying_for)}}), Role::warn);
  }
  const std::string_view unknown = s.words("amount.unknown");
  fact(s, column.take(26), s.words("link.node"), link.node.empty() ? unknown : std::string_view(link.node));
  fact(s, column.take(26), s.words("link.carrier"),
       s.words(link.carrier == client::Carrier::udp ? Key("link.carrier.udp") : Key("link.carrier.tls")));
  fact(s, column.take(26), s.words("link.proxy"),
       link.proxy.empty() ? s.words("link.no_proxy") : std::string_view(link.proxy));
  if (!link.carrier_trouble.empty()) column.paragraph(link.carrier_trouble, {.size = Size::small, .role = Role::warn});
  fact(s, column.take(26), s.words("link.rtt"),
       link.rtt_ms == 0 ? std::string(unknown) : seconds_text(s.words, link.rtt_ms / 1000.0));
}

void draw_link_check(Screen& s, Column& column) {
  const auto& check = s.view.link.check;
  const auto carries = static_cast<size_t>(check.carries);
  column.gap(kMargin);
  Box line = column.control();
  const ButtonOptions go{.kind = Kind::primary, .icon = Icon::wave, .enabled = !check.is_running};
  const std::string_view label = s.words(check.is_running ? Key("link.check.running") : Key("link.check"));
  if (s.kit.button_at_start("link.check", line, label, go)) s.ask.push_back(client::command::CheckLink{});
  column.gap(4);
  if (!check.is_done) return column.paragraph(s.words("link.check.text"), {.size = Size::small, .role = Role::dim});
  // Five steps; as many full as the link can carry.
  Box steps = column.take(26);
  for (size_t i = 1; i <= 5; ++i) {
    Box step = steps.cut_start((column.width() - 4 * 4) / 5).inset(0, 8);
    steps.cut_start(4);
    if (i <= carries)
      s.kit.fill(step, carries == 1 ? Role::bad : carries == 2 ? Role::warn : Role::good, 3);
    else
      s.kit.frame(step, Role::dim, 3);
  }
  column.text(s.words(kCarries[carries]), {.size = Size::title, .bold = true});
  const auto rate = [&](uint32_t bps) {
    return bps == 0 ? std::string(s.words("amount.unknown")) : rate_text(s.words, bps);
  };
  fact(s, column.take(24), s.words("link.up"), rate(check.up_bps));
  fact(s, column.take(24), s.words("link.down"), rate(check.down_bps));
  if (check.rtt_ms > 0) fact(s, column.take(24), s.words("link.rtt"), seconds_text(s.words, check.rtt_ms / 1000.0));
  fact(s, column.take(24), s.words("call.history.loss"), percent_text(s.words, check.loss));
}

void table_line(Screen& s, Column& column, const std::array<std::string, 3>& cells, const Style& style) {
  Box line = column.take(26);
  const float width = line.w * 0.29F;
  Style end = style;
  end.align = Align::end;
  s.kit.text(line.cut_end(width), cells[2], end);
  s.kit.text(line.cut_end(width), cells[1], end);
  s.kit.text(line, cells[0], style);
}

void draw_data_used(Screen& s, Column& column) {
  const auto& link = s.view.link;
  column.text(s.words("link.data"), {.bold = true});
  table_line(s, column,
             {std::string(s.words("link.data.class")), std::string(s.words("link.data.today")),
              std::string(s.words("link.data.month"))},
             {.size = Size::small, .role = Role::dim});
  s.kit.fill(column.take(1), Role::line);
  for (const auto& row : link.meter)
    table_line(s, column,
               {std::string(s.words(kClassNames[static_cast<size_t>(row.what)])), bytes_text(s.words, row.today_bytes),
                bytes_text(s.words, row.month_bytes)},
               {});
  table_line(s, column, {std::string(s.words("link.data.idle")), "", bytes_text(s.words, link.idle_month_bytes)}, {});
  s.kit.fill(column.take(1), Role::line);
  column.gap(4);
  if (link.month_cost)
    column.text(s.words("link.data.cost", {{"cost", money_text(s.words, *link.month_cost)}}), {.bold = true});
  else
    column.paragraph(s.words("link.tariff.none"), {.size = Size::small, .role = Role::dim});
  if (!link.tariff.empty())
    column.text(s.words("link.data.tariff", {{"tariff", link.tariff}}), {.size = Size::small, .role = Role::dim});
}

struct TextSetting {
  std::string_view id;
  std::string client::Settings::*value;
  bool (*is_good)(const std::string& text) = nullptr;  // null: any is
};
// Taken when Enter is pressed or the field is left.
void edit(Screen& s, Box box, const TextSetting& setting, client::Settings& settings, TextDraft& draft,
          const InputOptions& options) {
  if (!draft.is_edited) draft.text = settings.*setting.value;
  const Edited edited = s.kit.input(setting.id, box, draft.text, options);
  draft.is_edited |= edited.changed;
  const bool is_over = edited.submitted || (draft.is_edited && !s.kit.is_focused(setting.id));
  if (!is_over || (setting.is_good && !setting.is_good(draft.text))) return;
  settings.*setting.value = draft.text;
  change(s, settings);
  draft.is_edited = false;
}

void draw_caps(Screen& s, Column& column) {
  client::Settings settings = s.view.settings;
  const bool is_fixed = is_managed(s.view, client::Setting::max_bps);
  const std::string_view tip = is_fixed ? s.words("managed.tip") : std::string_view();
  column.label(s.words("link.cap"));
  std::vector<std::string> items;
  size_t chosen = 0;
  for (const uint32_t cap : kCaps) {
    if (cap != 0 && cap <= settings.max_bps) chosen = items.size();
    items.push_back(cap == 0 ? std::string(s.words("link.cap.none")) : rate_text(s.words, cap));
  }
  if (s.kit.choice("link.cap", column.control(), items, chosen,
                   {.enabled = !is_fixed, .padlock = is_fixed, .tooltip = tip})) {
    settings.max_bps = kCaps[chosen];
    change(s, settings);
  }
  column.gap(4);
  if (s.view.link.is_cap_policy)
    column.paragraph(s.words("link.cap.policy", {{"rate", rate_text(s.words, s.view.link.cap_bps)}}),
                     {.size = Size::small, .role = Role::dim});
  else
    column.paragraph(s.words("link.cap.text"), {.size = Size::small, .role = Role::dim});
  column.label(s.words("link.tariff"));
  edit(s, column.control(), {"link.tariff", &client::Settings::tariff}, settings, s.state.link.tariff,
       {.hint = s.words("link.tariff.hint"), .max_bytes = 64});
  column.gap();
  const bool is_relay_fixed = is_managed(s.view, client::Setting::relay_only);
  bool relay_only = settings.relay_only;
  if (s.kit.toggle("link.relay_only", column.control(), s.words("link.relay_only"), relay_only,
                   {.enabled = !is_relay_fixed,
                    .padlock = is_relay_fixed,
                    .tooltip = is_relay_fixed ? s.words("managed.tip") : std::string_view()})) {
    settings.relay_only = relay_only;
    change(s, settings);
  }
  column.paragraph(s.words("link.relay_only.text"), {.size = Size::small, .role = Role::dim});
}

// The rest of it, and whether it is one, is the host's to read (host/proxy.h).
bool looks_like_proxy(const std::string& text) {
  return text.empty() || text == "off" || text.starts_with("http://") || text.starts_with("socks5://");
}

void draw_way_out(Screen& s, Column& column) {
  client::Settings settings = s.view.settings;
  column.label(s.words("link.proxy"));
  auto& draft = s.state.link.proxy;
  const std::string& shown = draft.is_edited ? draft.text : settings.proxy;
  const bool is_hidden = shown.find('@') != std::string::npos && !s.kit.is_focused("link.proxy");
  edit(s, column.control(), {"link.proxy", &client::Settings::proxy, looks_like_proxy}, settings, draft,
       {.hint = s.words("link.proxy.hint"), .password = is_hidden, .max_bytes = kProxyBytesMax});
  column.gap(4);
  if (looks_like_proxy(draft.text))
    column.paragraph(s.words("link.proxy.text"), {.size = Size::small, .role = Role::dim});
  else
    column.paragraph(s.words("link.proxy.wrong"), {.size = Size::small, .role = Role::warn});
  column.gap();
  if (s.kit.toggle("link.lan", column.control(), s.words("link.lan"), settings.asks_lan, {})) change(s, settings);
  column.paragraph(s.words("link.lan.text"), {.size = Size::small, .role = Role::dim});
}

}  // namespace

void draw_link(Screen& s, Box box) {
  box = box.inset(kMargin, 12);
  if (is_narrow(box)) {
    Column column(s, "link", box);
    draw_link_state(s, column);
    draw_link_check(s, column);
    column.gap(kMargin);
    draw_data_used(s, column);
    draw_caps(s, column);
    draw_way_out(s, column);
    return;
  }
  box = {box.x, box.y, std::min(box.w, 1000.0F), box.h};
  const Box left = card_for(s, "link.connection", box.cut_start((box.w - kMargin) / 2));
  box.cut_start(kMargin);
  {
    Column column(s, "link.connection", left);
    draw_link_state(s, column);
    draw_link_check(s, column);
    column.gap();
    draw_way_out(s, column);
  }
  Column column(s, "link.data", card_for(s, "link.data", box));
  draw_data_used(s, column);
  draw_caps(s, column);
}

}  // namespace farline::ui
