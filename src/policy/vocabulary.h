// The words a policy is written in: roles, classes, days, windows, versions. Each has one form for people (TOML, the
// terminal) and one of integers (CBOR); Form<T> holds both, and everything that reads or writes policies goes through
// it.
//
// Hours are in quarters of an hour. Days, windows and holidays are local: of the site, never of a laptop.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace farline::policy {

// --- Choices: the enumerator is the number on the wire, the name is what people write --------------------------------
enum class Role : uint8_t { staff, guest, lead, security, service };
enum class Class : uint8_t { voice, video, messages, files };
enum class Feature : uint8_t { video, files, guests, recording, direct_paths, wipe };
enum class Platform : uint8_t { linux_pc, windows, web, android, macos };
enum class BuildAction : uint8_t { allow, update, block };  // update: allowed, and asked to update
enum class NodeRole : uint8_t { directory, relay, dedicated };
enum class FileKind : uint8_t { root, site };
enum class Delegable : uint8_t { hours, holidays, contacts, supernodes };
enum class Weekday : uint8_t { mon, tue, wed, thu, fri, sat, sun };

template <typename E>
inline constexpr std::array<std::string_view, 0> kNames{};
template <>
inline constexpr std::array<std::string_view, 5> kNames<Role>{"staff", "guest", "lead", "security", "service"};
template <>
inline constexpr std::array<std::string_view, 4> kNames<Class>{"voice", "video", "messages", "files"};
template <>
inline constexpr std::array<std::string_view, 6> kNames<Feature>{"video",     "files",        "guests",
                                                                 "recording", "direct-paths", "wipe"};
template <>
inline constexpr std::array<std::string_view, 5> kNames<Platform>{"linux", "windows", "web", "android", "macos"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<BuildAction>{"allow", "update", "block"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<NodeRole>{"directory", "relay", "dedicated"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<FileKind>{"root", "site"};
template <>
inline constexpr std::array<std::string_view, 4> kNames<Delegable>{"hours", "holidays", "contacts", "supernodes"};
template <>
inline constexpr std::array<std::string_view, 7> kNames<Weekday>{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

template <typename E>
concept Choice = (kNames<E>.size() > 0);

template <Choice E>
constexpr std::string_view name_of(E choice) {
  return kNames<E>[static_cast<size_t>(choice)];
}
template <Choice E>
std::optional<E> choice_named(std::string_view name) {
  for (size_t i = 0; i < kNames<E>.size(); ++i)
    if (kNames<E>[i] == name) return static_cast<E>(i);
  return {};
}
// staff, guest, lead, security or service
template <Choice E>
std::string names_in_words() {
  std::string out;
  for (size_t i = 0; i < kNames<E>.size(); ++i) {
    if (i > 0) out += i + 1 == kNames<E>.size() ? " or " : ", ";
    out += kNames<E>[i];
  }
  return out;
}

// Some of the choices. Bits that a newer version gave a meaning are kept, so that a set of only such bits is not empty:
// an empty set means "all" in many places.
template <Choice E>
struct Set {
  using Element = E;
  uint32_t bits = 0;
  constexpr bool has(E choice) const { return (bits >> static_cast<unsigned>(choice) & 1) != 0; }
  constexpr bool empty() const { return bits == 0; }
  constexpr bool all_or_has(E choice) const { return empty() || has(choice); }
  constexpr void add(E choice) { bits |= uint32_t{1} << static_cast<unsigned>(choice); }
  friend bool operator==(const Set&, const Set&) = default;
};
inline constexpr int64_t kSetBitsMax = 0xffffff;
// Of those that this version knows.
template <Choice E>
std::vector<std::string_view> names_in(Set<E> set) {
  std::vector<std::string_view> out;
  for (size_t i = 0; i < kNames<E>.size(); ++i)
    if (set.has(static_cast<E>(i))) out.push_back(kNames<E>[i]);
  return out;
}

// --- Time ------------------------------------------------------------------------------------------------------------
inline constexpr int kQuartersPerDay = 96;
inline constexpr int64_t kSecondsPerQuarter = 15 * 60;
inline constexpr int64_t kSecondsPerDay = 24 * 3600;

struct Day {  // since 1970-01-01, which was a Thursday
  int32_t number = 0;
  constexpr Weekday weekday() const { return static_cast<Weekday>((number + 3) % 7); }
  friend auto operator<=>(const Day&, const Day&) = default;
};
inline constexpr int32_t kDayMax = 65535;  // in the year 2149; 3 bytes of CBOR

struct Quarter {  // of an hour, since 1970-01-01 00:00 UTC
  int64_t number = 0;
  friend auto operator<=>(const Quarter&, const Quarter&) = default;
};
constexpr Quarter quarter_of(WallTime time) {
  return {static_cast<int64_t>(time.seconds / uint64_t{kSecondsPerQuarter})};
}
constexpr WallTime start_of(Quarter quarter) {
  return {static_cast<uint64_t>(quarter.number * kSecondsPerQuarter)};
}
// In UTC.
constexpr WallTime start_of_day(Day day) {
  return {static_cast<uint64_t>(day.number * kSecondsPerDay)};
}
constexpr WallTime end_of_day(Day day) {
  return start_of_day({day.number + 1});
}

struct UtcOffset {  // of local time, in quarters of an hour
  int32_t quarters = 0;
  friend bool operator==(const UtcOffset&, const UtcOffset&) = default;
};

// From `start` to `end`, in quarters from the start day's midnight. end <= start is on the next day; 0 is its midnight.
struct Span {
  uint8_t start = 0;
  uint8_t end = 0;
  constexpr int length() const { return (end > start ? end : end + kQuartersPerDay) - start; }
  friend bool operator==(const Span&, const Span&) = default;
};
struct Window {
  Set<Weekday> start_days;
  Span span;
  friend bool operator==(const Window&, const Window&) = default;
};

struct Version {  // major.minor.patch, each at most 1023
  uint32_t code = 0;
  static constexpr Version of(uint32_t major, uint32_t minor, uint32_t patch) {
    return {major << 20 | minor << 10 | patch};
  }
  friend auto operator<=>(const Version&, const Version&) = default;
};

// --- Forms -----------------------------------------------------------------------------------------------------------
// Form<T>::kExpected       what a person should write
// Form<T>::text, parse     for people; parse gives nothing when the text is none
// Form<T>::numbers, make   for CBOR: one integer, or an array of as many; make gives nothing when they are none
template <typename T>
struct Form;

template <Choice E>
struct Form<E> {
  static std::string expected() { return names_in_words<E>(); }
  static std::string text(E value) { return std::string(name_of(value)); }
  static std::optional<E> parse(std::string_view text) { return choice_named<E>(text); }
  static std::array<int64_t, 1> numbers(E value) { return {static_cast<int64_t>(value)}; }
  static std::optional<E> make(const std::array<int64_t, 1>& n) {
    if (n[0] < 0 || n[0] >= static_cast<int64_t>(kNames<E>.size())) return {};
    return static_cast<E>(n[0]);
  }
};

#define FARLINE_POLICY_FORM(Type, count)                                        \
  template <>                                                                   \
  struct Form<Type> {                                                           \
    static std::string expected();                                              \
    static std::string text(const Type& value);                                 \
    static std::optional<Type> parse(std::string_view text);                    \
    static std::array<int64_t, count> numbers(const Type& value);               \
    static std::optional<Type> make(const std::array<int64_t, count>& numbers); \
  }
FARLINE_POLICY_FORM(Day, 1);        // 2026-12-25
FARLINE_POLICY_FORM(Quarter, 1);    // 2027-03-28T00:00Z
FARLINE_POLICY_FORM(UtcOffset, 1);  // +02:00
FARLINE_POLICY_FORM(Span, 2);       // 08:00-18:00
FARLINE_POLICY_FORM(Window, 3);     // Mon-Fri 08:00-18:00
FARLINE_POLICY_FORM(Version, 1);    // 0.4.2
#undef FARLINE_POLICY_FORM

template <typename T>
concept HasForm = requires(const T& value) {
  Form<T>::numbers(value);
};

// 2026-11-23T19:30+02:00, seconds only where there are some. Also with Z. What `text` leaves out in seconds is zero.
std::string time_text(WallTime time, UtcOffset offset);
std::optional<WallTime> time_from_text(std::string_view text);

}  // namespace farline::policy
