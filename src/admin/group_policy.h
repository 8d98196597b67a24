// Windows administrative templates (ADMX and ADML, schema version 1.0), made from the fields of policy/schema.h that a
// machine's own administrator may set (Field::on_device). Programs obey the signed policy only: what stands in the
// registry under kRegistryKey makes it stricter on that machine and can never widen it, so it needs no signature.
//
//   numbers  one policy each, a REG_DWORD of the field's name, within the field's limits
//   sets     one policy with a check box for each choice, a REG_DWORD FIELD_CHOICE of 1 or 0
#pragma once

#include <string>

namespace farline::admin {

inline constexpr const char* kRegistryKey = "Software\\Policies\\Farline";

std::string admx_template();
// The texts that go with it, in English.
std::string adml_template();

}  // namespace farline::admin
