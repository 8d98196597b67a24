#include <algorithm>
#include <cstdio>

#include "admin/firewall.h"

namespace farline::admin {
namespace {

using Ip = std::array<uint8_t, 16>;

void step(Ip& ip, int by) {  // one up or down
  for (size_t i = ip.size(); i-- > 0;) {
    ip[i] = static_cast<uint8_t>(ip[i] + by);
    if (ip[i] != (by > 0 ? 0x00 : 0xff)) return;
  }
}

std::string ip_text(const Ip& ip, bool v4) {
  std::string out;
  char part[8];
  for (size_t i = v4 ? 12 : 0; i < ip.size(); i += v4 ? 1 : 2) {
    if (!out.empty()) out += v4 ? '.' : ':';
    v4 ? std::snprintf(part, sizeof part, "%u", unsigned{ip[i]})
       : std::snprintf(part, sizeof part, "%x", unsigned{ip[i]} << 8 | ip[i + 1]);
    out += part;
  }
  return out;
}

// Everything but the supernodes: Windows lets a block rule win over every allow rule.
void add_other_hosts(std::string& out, const GatewayRules& rules, bool v4) {
  Address lowest = v4 ? Address::v4(0, 0, 0, 0, 0) : Address{};
  Ip highest = Address::v4(255, 255, 255, 255, 0).ip;
  if (!v4) highest.fill(0xff);
  std::vector<Ip> nodes;
  for (const GatewayNode& node : rules.nodes)
    if (node.address.is_v4() == v4) nodes.push_back(node.address.ip);
  std::ranges::sort(nodes);
  Ip from = lowest.ip;
  const auto add = [&](const Ip& to) { out += "  '" + ip_text(from, v4) + "-" + ip_text(to, v4) + "'\n"; };
  for (const Ip& node : nodes) {
    Ip before = node;
    step(before, -1);
    if (from > node) continue;  // twice
    if (from < node) add(before);
    from = node;
    step(from, 1);
  }
  add(highest);
}

std::string other_ports(const GatewayRules& rules, const std::string& ip) {
  std::vector<int> ports;
  for (const GatewayNode& node : rules.nodes)
    if (node.ip == ip) ports.push_back(node.address.port);
  std::ranges::sort(ports);
  std::string out;
  int from = 0;
  const auto add = [&](int to) {
    if (from <= to) out += (out.empty() ? "'" : ", '") + std::to_string(from) + "-" + std::to_string(to) + "'";
  };
  for (const int port : ports) {
    add(port - 1);
    from = std::max(from, port + 1);
  }
  add(65535);
  return out;
}

// One pair alone needs a comma before it, or PowerShell unrolls it.
std::string minutes_in(const policy::DayQuarters& open) {
  const std::vector<Stretch> stretches = stretches_of(open);
  std::string out = stretches.size() == 1 ? ", " : "";
  for (const Stretch& stretch : stretches)
    out += (&stretch == stretches.data() ? "@(" : ", @(") + std::to_string(stretch.start * 15) + ", " +
           std::to_string(stretch.end * 15) + ")";
  return "@(" + out + ")";
}

std::string hours_tables(const GatewayHours& hours) {
  std::string out = "$Begins = " + std::to_string(start_of(hours.begins).seconds) +
                    "\n$Ends = " + std::to_string(start_of(hours.ends).seconds) + "\n$Seasons = @(\n";
  for (const GatewayHours::Season& season : hours.seasons) {
    out += "  @{ From = " + std::to_string(start_of(season.from).seconds) + "; Days = @{\n";
    for (int day = 0; day < kDaysPerWeek; ++day)
      out += "    " + std::to_string((day + 1) % kDaysPerWeek) + " = " + minutes_in(day_of(season.week, day)) + "\n";
    out += "  } }\n";
  }
  out += ")\n$Exceptions = @{\n";
  for (const GatewayHours::Exception& exception : hours.exceptions)
    out += "  '" + policy::Form<policy::Day>::text(exception.day) + "' = " + minutes_in(exception.open) + "\n";
  return out + "}\n";
}

constexpr const char* kHours = R"(
function Test-Open {
  $now = (Get-Date).ToUniversalTime()
  $seconds = ([DateTimeOffset]$now).ToUnixTimeSeconds()
  if ($seconds -lt $Begins) { return $false }
  if ($seconds -ge $Ends) { return $true }
  $date = $now.ToString('yyyy-MM-dd')
  if ($Exceptions.ContainsKey($date)) { $spans = $Exceptions[$date] }
  else {
    $season = $Seasons | Where-Object { $_.From -le $seconds } | Select-Object -Last 1
    $spans = $season.Days[[int]$now.DayOfWeek]
  }
  $minute = $now.Hour * 60 + $now.Minute
  foreach ($span in $spans) { if ($minute -ge $span[0] -and $minute -lt $span[1]) { return $true } }
  return $false
}
)";

constexpr const char* kInstall = R"(
if (-not $Tick) {
  Remove-NetFirewallRule -Group $Group -ErrorAction SilentlyContinue
  foreach ($program in Get-ChildItem "$Folder\*.exe") {
    $common = @{ Group = $Group; Direction = 'Outbound'; Action = 'Block'; Program = $program.FullName }
    New-NetFirewallRule @common -DisplayName 'Farline: other hosts' -RemoteAddress $OtherHosts | Out-Null
    foreach ($ip in $OtherPorts.Keys) {
      foreach ($protocol in 'UDP', 'TCP') {
        New-NetFirewallRule @common -DisplayName 'Farline: other ports' -RemoteAddress $ip -Protocol $protocol `
          -RemotePort $OtherPorts[$ip] | Out-Null
      }
    }
    if ($HasHours) { New-NetFirewallRule @common -DisplayName 'Farline: closed hours' -Enabled False | Out-Null }
  }
  if ($HasHours) {
    Copy-Item $PSCommandPath "$Folder\farline-hours.ps1" -Force
    $action = New-ScheduledTaskAction -Execute 'powershell.exe' `
      -Argument "-NoProfile -ExecutionPolicy Bypass -File `"$Folder\farline-hours.ps1`" -Tick"
    $trigger = New-ScheduledTaskTrigger -Once -At '2026-01-01T00:00:05Z' -RepetitionInterval (New-TimeSpan -Minutes 15)
    Register-ScheduledTask -TaskName 'Farline hours' -Action $action -Trigger $trigger -User 'SYSTEM' `
      -RunLevel Highest -Force | Out-Null
  }
}
if ($HasHours) {
  $closed = if (Test-Open) { 'False' } else { 'True' }
  Get-NetFirewallRule -Group $Group | Where-Object DisplayName -eq 'Farline: closed hours' |
    Set-NetFirewallRule -Enabled $closed
}
)";

}  // namespace

std::string windows_firewall_rules(const GatewayRules& rules) {
  std::string out = "# " + rules.title +
                    ".\n# Written by farline-admin export windows-firewall. On each laptop, as an administrator:\n"
                    "#   powershell -ExecutionPolicy Bypass -File THIS\n#Requires -RunAsAdministrator\n"
                    "param([switch]$Tick, [string]$Folder = \"$env:ProgramFiles\\Farline\")\n$Group = 'Farline'\n";
  // Windows cannot let a trickle through: with emergencies in mind, hours are left to the programs.
  out += std::string("$HasHours = ") + (rules.emergency_bps > 0 ? "$false" : "$true") + "\n$OtherHosts = @(\n";
  add_other_hosts(out, rules, true);
  add_other_hosts(out, rules, false);
  out += ")\n$OtherPorts = @{\n";
  std::vector<std::string> seen;
  for (const GatewayNode& node : rules.nodes) {
    if (std::ranges::find(seen, node.ip) != seen.end()) continue;
    seen.push_back(node.ip);
    out += "  '" + node.ip + "' = @(" + other_ports(rules, node.ip) + ")\n";
  }
  return out + "}\n" + hours_tables(rules.hours) + kHours + kInstall;
}

}  // namespace farline::admin
