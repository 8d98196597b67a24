// "Try it": a supernode, somebody to talk to and an emulated link, all in this process, in a folder that is gone
// afterwards. The parts are the real ones. Joining and ringing happen before the link becomes thin, so that one hears
// it seconds after a click; from the first word on everything passes through it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/desktop_enrolment.h"
#include "app/desktop_session.h"
#include "app/echo_partner.h"
#include "app/embedded_node.h"
#include "app/udp_link.h"

namespace farline::app {

class DesktopTrial {
 public:
  struct Options {
    std::string link{};         // a profile of src/emulate
    std::string speech_file{};  // EchoPartner's
  };
  struct Hooks {
    std::function<void()> changed;
    std::function<void(const Error&)> failed;  // it may be destroyed then, but not from inside
  };
  // Names of the links to choose from.
  static std::vector<std::string> links();
  // Loop and sound outlive it. Throws Failure or std::runtime_error. An unknown link is the first of links().
  DesktopTrial(host::Loop& loop, DesktopSound& sound, Options options, Hooks hooks);
  ~DesktopTrial();

  const std::string& link() const { return options_.link; }
  DesktopSession* session() { return session_.get(); }  // null until everybody has joined

 private:
  class Folder {
   public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string file(const char* name) const { return path_ + "/" + name; }

   private:
    std::string path_;
  };
  void join();
  void joined(size_t who, Result<Profile> profile);
  void begin();
  void call_when_attached();

  host::Loop& loop_;
  DesktopSound& sound_;
  Options options_;
  Hooks hooks_;
  Folder folder_;
  emulate::LinkSpec spec_;
  uint32_t up_bps_ = 0;
  uint32_t down_bps_ = 0;
  std::unique_ptr<EmbeddedNode> node_;
  std::unique_ptr<UdpLink> link_;
  std::array<std::unique_ptr<DesktopEnrolment>, 2> enrolments_;
  std::array<std::optional<Profile>, 2> profiles_;  // the person's, the partner's
  std::unique_ptr<EchoPartner> partner_;
  std::unique_ptr<DesktopSession> session_;
  host::Timer next_;
};

}  // namespace farline::app
