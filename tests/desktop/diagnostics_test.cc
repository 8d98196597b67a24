#include <doctest/doctest.h>

#include "app/desktop_diagnostics.h"

namespace farline::testing {
namespace {

TEST_CASE("diagnostics say what is wrong and not who asks") {
  client::View view;
  view.name = "Amina-secret";
  view.profile = "/folder-secret";
  view.detail = "detail-secret";
  view.people = {{.name = "Budi-secret"}};
  view.recent = {{.peer = "Budi-secret", .outgoing = true, .reason = client::EndReason::no_answer}};
  view.call = client::CallView{.peer = "Budi-secret"};
  view.link.node = "node-secret:4747";
  view.link.proxy = "proxy-secret:1080";
  view.rules.organisation = "org-secret";
  view.rules.site = "site-secret";
  view.rules.emergency_contacts = {"contact-secret"};
  view.sound.inputs = {"headset-secret"};
  view.settings.input = "headset-secret";
  view.settings.proxy = "http://user:pw-secret@proxy-secret:1080";
  const std::string text = app::diagnostics(view);
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text.find("past call: out, reason 4") != std::string::npos);
  CHECK(text.find("proxy: yes") != std::string::npos);
}

}  // namespace
}  // namespace farline::testing
