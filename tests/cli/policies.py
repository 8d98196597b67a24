"""farline-admin around the example of a field office's policy."""
import os

import programs

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "policy")
EXAMPLE = os.path.join(EXAMPLES, "field-office.toml")


def admin(*arguments, **options):
    return programs.run("farline-admin", *arguments, **options)


class Test(programs.Test):
    def source(self, *changes, name="source.toml"):
        """The example, changed."""
        with open(EXAMPLE, encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return self.write(name, text)
