#include "policy/codec.h"

#include "policy/traits.h"
#include "wire/cbor.h"

namespace farline::policy {
namespace {

using wire::CborReader;
using wire::CborWriter;

// --- Writing ---------------------------------------------------------------------------------------------------------
template <typename T>
bool is_written(const Field& field, const T& member) {
  return field.required || is_present(member);
}

struct FieldCounter {
  size_t count = 0;
  template <typename T>
  void field(const Field& field, const T& member) {
    count += is_written(field, member) ? size_t{1} : size_t{0};
  }
};

struct FieldWriter {
  CborWriter& out;

  template <typename T>
  void field(const Field& field, const T& member) {
    if (!is_written(field, member)) return;
    out.integer(field.number);
    put(member);
  }

  template <typename T>
  void put(const T& value) {
    if constexpr (Described<T>) {
      FieldCounter counter;
      describe(counter, value);
      out.map(counter.count);
      describe(*this, value);
    } else if constexpr (kIsOptional<T>) {
      put(*value);
    } else if constexpr (kIsList<T>) {
      out.array(value.size());
      for (const auto& element : value) put(element);
    } else if constexpr (kIsSet<T>) {
      out.unsigned_integer(value.bits);
    } else if constexpr (kIsByteArray<T>) {
      out.bytes(byte_array_of(value));
    } else if constexpr (HasForm<T>) {
      const auto numbers = Form<T>::numbers(value);
      if (numbers.size() > 1) out.array(numbers.size());
      for (const int64_t number : numbers) out.integer(number);
    } else {
      put_plain(value);
    }
  }
  void put_plain(uint32_t value) { out.unsigned_integer(value); }
  void put_plain(const std::string& value) { out.text(value); }
  void put_plain(const Name& value) { out.text(value.text); }
};

// --- Reading ---------------------------------------------------------------------------------------------------------
// Where a number stands in the order of the encoding.
constexpr int64_t rank(int64_t number) {
  return number >= 0 ? number : (int64_t{1} << 62) - number;
}

template <typename T>
void get(CborReader& in, const Field& field, T& value);

// Walks the fields of one map beside the fields of the table: both are in the same order.
class FieldReader {
 public:
  explicit FieldReader(CborReader& in) : in_(in), left_(in.map()) { take_number(); }

  template <typename T>
  void field(const Field& field, T& member) {
    skip_to(rank(field.number));
    if (!at_field_ || number_ != field.number) {
      if (field.required) in_.fail({Errc::malformed, "policy lacks a required field"});
      return;
    }
    get(in_, field, member);
    if (!is_written(field, member)) in_.fail({Errc::malformed, "policy has an empty field"});
    take_number();
  }
  void skip_rest() { skip_to(INT64_MAX); }

 private:
  void take_number() {
    at_field_ = left_ > 0 && in_.ok();
    if (!at_field_) return;
    --left_;
    number_ = in_.integer();
    if (number_ < INT32_MIN || number_ > INT32_MAX) in_.fail({Errc::malformed, "policy field number is out of range"});
  }
  void skip_to(int64_t wanted) {
    while (at_field_ && in_.ok() && rank(number_) < wanted) {
      if (number_ < 0) in_.fail({Errc::unsupported, "policy has a critical field that this version does not know"});
      in_.skip();
      take_number();
    }
  }

  CborReader& in_;
  size_t left_;
  bool at_field_ = false;
  int64_t number_ = 0;
};

template <typename T>
void get_form(CborReader& in, T& value) {
  auto numbers = Form<T>::numbers(T{});
  if (numbers.size() > 1) in.expect_array(numbers.size());
  for (int64_t& number : numbers) number = in.integer();
  if (!in.ok()) return;
  const auto made = Form<T>::make(numbers);
  if (!made) in.fail({Errc::malformed, "policy has a value out of range"});
  if (made) value = *made;
}

void get_plain(CborReader& in, const Field& field, uint32_t& value) {
  const int64_t number = in.integer();
  if (in.ok() && !fits(field, number)) in.fail({Errc::limit, "policy has a number out of range"});
  value = static_cast<uint32_t>(number);
}
void get_plain(CborReader& in, const Field& field, std::string& value) {
  const std::string_view text = in.text();
  if (in.ok() && !fits(field, text)) in.fail({Errc::limit, "policy has a text that is too short, too long or no text"});
  value = text;
}
void get_plain(CborReader& in, const Field&, Name& value) {
  const std::string_view text = in.text();
  const auto checked = wire::check_name(text);
  if (in.ok() && !checked) in.fail(checked.error());
  value.text = text;
}

template <typename T>
void get(CborReader& in, const Field& field, T& value) {
  if constexpr (Described<T>) {
    FieldReader reader(in);
    describe(reader, value);
    reader.skip_rest();
  } else if constexpr (kIsOptional<T>) {
    get(in, field, value.emplace());
  } else if constexpr (kIsList<T>) {
    const size_t count = in.array();
    if (count > field.max) in.fail({Errc::limit, "policy has a list that is too long"});
    for (size_t i = 0; i < count && in.ok(); ++i) get(in, field, value.emplace_back());
  } else if constexpr (kIsSet<T>) {
    const uint64_t bits = in.unsigned_integer();
    if (bits > uint64_t{kSetBitsMax}) in.fail({Errc::malformed, "policy has a set out of range"});
    value.bits = static_cast<uint32_t>(bits);
  } else if constexpr (kIsByteArray<T>) {
    auto& bytes = byte_array_of(value);
    bytes = in.byte_array<std::tuple_size_v<std::remove_reference_t<decltype(bytes)>>>();
  } else if constexpr (HasForm<T>) {
    get_form(in, value);
  } else {
    get_plain(in, field, value);
  }
}

template <typename T>
ByteVector encode_any(const T& policy) {
  return wire::cbor_item(wire::kCborBytesMax, [&](CborWriter& out) { FieldWriter{out}.put(policy); });
}

template <typename T>
Result<T> decode_any(Bytes payload) {
  CborReader in(payload);
  T policy;
  get(in, Field{}, policy);
  if (const auto finished = in.finish(); !finished) return finished.error();
  if (const auto checked = check(policy); !checked) return checked.error();
  return policy;
}

// --- Checks ----------------------------------------------------------------------------------------------------------
Result<void> check_rules(const Rules& rules) {
  for (size_t i = 1; i < rules.transitions.size(); ++i)
    if (rules.transitions[i].at <= rules.transitions[i - 1].at)
      return Error{Errc::malformed, "transitions are not in order of time"};
  for (const BuildRule& rule : rules.builds.value_or(std::vector<BuildRule>{})) {
    if (rule.from_version && rule.to_version && *rule.to_version < *rule.from_version)
      return Error{Errc::malformed, "a build rule's from_version is above its to_version"};
    if (rule.since && rule.action != BuildAction::block)
      return Error{Errc::malformed, "`since` stands only in a build rule that blocks"};
  }
  for (const Tariff& tariff : rules.tariffs)
    if (tariff.millis_a_block && !tariff.block_seconds)
      return Error{Errc::malformed, "a tariff with millis_a_block lacks block_seconds"};
  return {};
}

}  // namespace

ByteVector encode(const RootPolicy& policy) {
  return encode_any(policy);
}
ByteVector encode(const SitePolicy& policy) {
  return encode_any(policy);
}
Result<RootPolicy> decode_root(Bytes payload) {
  return decode_any<RootPolicy>(payload);
}
Result<SitePolicy> decode_site(Bytes payload) {
  return decode_any<SitePolicy>(payload);
}

Result<void> check(const RootPolicy& policy) {
  if (policy.kind != FileKind::root) return Error{Errc::malformed, "this is no root file"};
  if (policy.until < policy.from) return Error{Errc::malformed, "`until` is before `from`"};
  return check_rules(policy.rules);
}

Result<void> check(const SitePolicy& policy) {
  if (policy.kind != FileKind::site) return Error{Errc::malformed, "this is no site file"};
  if (policy.rules.contacts.size() > kSiteContactsMax) return Error{Errc::limit, "a site may add at most 8 contacts"};
  if (!policy.rules.break_glass.empty()) return Error{Errc::denied, "only the root may have break_glass"};
  return check_rules(policy.rules);
}

}  // namespace farline::policy
