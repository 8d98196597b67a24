#!/usr/bin/env python3
"""The Windows templates: what farline-admin prints is committed, complete, in the schema's order, with our limits."""
import os
import re
import xml.etree.ElementTree as xml

import policies
import programs
from policies import admin

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "policy")
NAMESPACE = "{http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions}"


def read(*names):
    with open(os.path.join(FOLDER, *names), encoding="utf-8") as file:
        return file.read()


def names(element):
    return [child.tag.removeprefix(NAMESPACE) for child in element]


def references(text, kind):
    return set(re.findall(r"\$\(" + kind + r"\.(\w+)\)", text))


class GroupPolicy(policies.Test):
    def setUp(self):
        super().setUp()
        self.admx, self.adml = read("farline.admx"), read("en-US", "farline.adml")
        self.definitions, self.resources = xml.fromstring(self.admx), xml.fromstring(self.adml)

    def all(self, root, name):
        return root.iter(NAMESPACE + name)

    def test_committed_is_what_the_program_prints(self):
        self.assertEqual(self.check(admin("policy", "doc", "--admx"), 0).out, self.admx)
        self.assertEqual(self.check(admin("policy", "doc", "--adml"), 0).out, self.adml)
        self.check(admin("policy", "doc", "--adml", "--admx"), 2)

    def test_order_is_the_schemas(self):
        self.assertEqual(names(self.definitions),
                         ["policyNamespaces", "resources", "supportedOn", "categories", "policies"])
        for policy in self.all(self.definitions, "policy"):
            self.assertEqual(names(policy), ["parentCategory", "supportedOn", "elements"])
        self.assertEqual(names(self.resources), ["displayName", "description", "resources"])
        self.assertEqual(names(self.resources[2]), ["stringTable", "presentationTable"])

    def test_every_reference_has_its_text_and_every_text_its_reference(self):
        strings = [text.get("id") for text in self.all(self.resources, "string")]
        self.assertEqual(len(strings), len(set(strings)))
        self.assertEqual(references(self.admx, "string"), set(strings))
        presentations = {p.get("id"): {box.get("refId") for box in p} for p in self.all(self.resources, "presentation")}
        self.assertEqual(references(self.admx, "presentation"), set(presentations))
        categories = {category.get("name") for category in self.all(self.definitions, "category")}
        supported = {definition.get("name") for definition in self.all(self.definitions, "definition")}
        for policy in self.all(self.definitions, "policy"):
            elements = policy.find(NAMESPACE + "elements")
            self.assertEqual({element.get("id") for element in elements}, presentations[policy.get("name")])
            self.assertIn(policy.find(NAMESPACE + "parentCategory").get("ref"), categories)
            self.assertIn(policy.find(NAMESPACE + "supportedOn").get("ref"), supported)
            self.assertEqual(policy.get("key"), "Software\\Policies\\Farline")

    def test_identifiers_are_what_the_schema_takes(self):
        for element in [*self.definitions.iter(), *self.resources.iter()]:
            for attribute in ("id", "refId", "name", "valueName", "ref"):
                self.assertRegex(element.get(attribute, "x"), r"\A\w+\Z")

    def test_limits_are_those_of_a_policys_source(self):
        decimals = list(self.all(self.definitions, "decimal"))
        numbers = [element for element in decimals if element.get("valueName")]
        self.assertEqual([number.get("id") for number in numbers],
                         ["call_grace_minutes", "client_bps", "client_megabytes_a_month"])
        example = read("trial.toml")
        for number in numbers:
            name, least, most = number.get("id"), int(number.get("minValue")), int(number.get("maxValue"))
            for value, code in ((least, 0), (most, 0), (least - 1, 65), (most + 1, 65)):
                source = self.write("source.toml", f"{name} = {value}\n" + re.sub(rf"(?m)^{name} = .*\n", "", example))
                self.check(admin("policy", "check", source), code)

    def test_choices_are_those_of_a_policys_source(self):
        boxes = [box.get("id") for box in self.all(self.definitions, "boolean")]
        for box in boxes:
            feature = box.removeprefix("forbid_").replace("_", "-")
            source = self.write("source.toml", f'forbid = ["{feature}"]\n' + read("trial.toml"))
            self.check(admin("policy", "check", source), 0)
        documented = self.check(admin("policy", "doc"), 0).out
        choices = re.search(r"`forbid` \| a list of (.*?) \|", documented)[1]
        self.assertEqual(len(boxes), len(re.split(", | or ", choices)))


if __name__ == "__main__":
    programs.main()
