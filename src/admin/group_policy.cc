#include "admin/group_policy.h"

#include <algorithm>

#include "admin/expected.h"
#include "admin/xml_text.h"

namespace farline::admin {
namespace {

using policy::Field;

// Identifiers have letters, digits and underscores only.
std::string identifier(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

// client_bps: Client bps
std::string title_of(const Field& field) {
  std::string out = field.name;
  std::ranges::replace(out, '_', ' ');
  out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string choice_id(const Field& field, std::string_view choice) {
  return identifier(std::string(field.name) + "_" + std::string(choice));
}

struct DefinitionWriter {
  std::string& out;

  template <typename T>
  void field(const Field& field, const T&) {
    if (!field.on_device) return;
    const std::string name = field.name;
    out += "    <policy name=\"" + name + "\" class=\"Machine\" displayName=\"$(string." + name +
           ")\" explainText=\"$(string." + name + "_explain)\" presentation=\"$(presentation." + name + ")\" key=\"" +
           kRegistryKey + "\">\n      <parentCategory ref=\"farline\" />\n      <supportedOn ref=\"supported\" />\n" +
           "      <elements>\n";
    if constexpr (policy::kIsSet<T>) {
      for (const std::string_view choice : policy::kNames<typename T::Element>) {
        const std::string id = choice_id(field, choice);
        out += "        <boolean id=\"" + id + "\" valueName=\"" + id +
               "\">\n          <trueValue><decimal value=\"1\" /></trueValue>\n"
               "          <falseValue><decimal value=\"0\" /></falseValue>\n        </boolean>\n";
      }
    } else {
      out += "        <decimal id=\"" + name + "\" valueName=\"" + name + "\" required=\"true\" minValue=\"" +
             std::to_string(field.min) + "\" maxValue=\"" + std::to_string(field.max) + "\" />\n";
    }
    out += "      </elements>\n    </policy>\n";
  }
};

struct StringWriter {
  std::string& out;

  void add(const std::string& id, const std::string& text) {
    out += "      <string id=\"" + id + "\">" + escaped(text) + "</string>\n";
  }
  template <typename T>
  void field(const Field& field, const T&) {
    if (!field.on_device) return;
    add(field.name, title_of(field));
    std::string explained = std::string(field.name) + ": " + field.meaning + ". ";
    if constexpr (!policy::kIsSet<T>) explained += "Write " + expected<T>(field) + ". ";
    add(std::string(field.name) + "_explain",
        explained + "On this machine, beside the signed policy of the organisation: the stricter of the two holds.");
  }
};

struct PresentationWriter {
  std::string& out;

  template <typename T>
  void field(const Field& field, const T&) {
    if (!field.on_device) return;
    const std::string name = field.name;
    out += "      <presentation id=\"" + name + "\">\n";
    if constexpr (policy::kIsSet<T>) {
      for (const std::string_view choice : policy::kNames<typename T::Element>)
        out += "        <checkBox refId=\"" + choice_id(field, choice) + "\">" + escaped(choice) + "</checkBox>\n";
    } else {
      out += "        <decimalTextBox refId=\"" + name + "\" defaultValue=\"" + std::to_string(field.min) + "\">" +
             escaped(field.meaning) + "</decimalTextBox>\n";
    }
    out += "      </presentation>\n";
  }
};

template <typename Visitor>
std::string described() {
  std::string out;
  Visitor visitor{out};
  const policy::Rules rules;
  describe(visitor, rules);
  return out;
}

constexpr const char* kNamespaces =
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
    "revision=\"1.0\" schemaVersion=\"1.0\" "
    "xmlns=\"http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions\"";

}  // namespace

std::string admx_template() {
  return std::string("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<policyDefinitions ") + kNamespaces +
         ">\n  <policyNamespaces>\n    <target prefix=\"farline\" namespace=\"Farline.Policies\" />\n"
         "  </policyNamespaces>\n  <resources minRequiredRevision=\"1.0\" />\n  <supportedOn>\n    <definitions>\n"
         "      <definition name=\"supported\" displayName=\"$(string.supported)\" />\n    </definitions>\n"
         "  </supportedOn>\n  <categories>\n"
         "    <category name=\"farline\" displayName=\"$(string.farline)\" "
         "explainText=\"$(string.farline_explain)\" />\n"
         "  </categories>\n  <policies>\n" +
         described<DefinitionWriter>() + "  </policies>\n</policyDefinitions>\n";
}

std::string adml_template() {
  std::string head;
  StringWriter strings{head};
  strings.add("farline", "Farline");
  strings.add("farline_explain",
              "What a machine's own administrator may forbid beside the signed policy of the organisation. Nothing "
              "here allows what that policy forbids.");
  strings.add("supported", "Farline for Windows");
  return std::string("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<policyDefinitionResources ") + kNamespaces +
         ">\n  <displayName>Farline</displayName>\n  <description>Voice over thin links</description>\n"
         "  <resources>\n    <stringTable>\n" +
         head + described<StringWriter>() + "    </stringTable>\n    <presentationTable>\n" +
         described<PresentationWriter>() + "    </presentationTable>\n  </resources>\n</policyDefinitionResources>\n";
}

}  // namespace farline::admin
