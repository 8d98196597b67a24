#include "client/finder.h"

#include <algorithm>

namespace farline::client {

void Finder::find(std::string name) {
  if (waiting_.size() >= kWaitingMax || std::ranges::find(waiting_, name) != waiting_.end()) return;
  waiting_.push_back(std::move(name));
}

bool Finder::handle(const wire::ControlMessage& message) {
  const auto* result = std::get_if<wire::LookupResult>(&message);
  if (!result || request_ == 0 || result->request != request_) return false;
  FoundPerson& person = found_.emplace_back();
  person.name = std::move(waiting_.front());
  for (const wire::LookupDevice& device : std::span(result->devices).first(result->device_count))
    person.devices.push_back({.is_attached = device.attached, .certificate = to_vector(device.certificate)});
  waiting_.pop_front();
  request_ = 0;
  repeat_.stop();
  return true;
}

void Finder::send_due(Time now) {
  if (!attachment_.is_attached()) return;
  if (request_ != 0) {
    if (const Bytes message = repeat_.poll(now); !message.empty()) {
      attachment_.send_encoded(now, message);
    } else if (!repeat_.is_running()) {
      found_.push_back({std::move(waiting_.front()), {}});
      waiting_.pop_front();
      request_ = 0;
    }
  }
  if (request_ != 0 || waiting_.empty()) return;
  request_ = static_cast<uint8_t>(1 + rng_.below(255));
  ByteVector message = encoded(wire::Lookup{request_, waiting_.front()});
  attachment_.send_encoded(now, message);
  repeat_.start(now, std::move(message), attachment_.repeat_interval(), kTries);
}

std::optional<Time> Finder::next_timeout() const {
  return attachment_.is_attached() && request_ != 0 ? repeat_.due() : std::nullopt;
}

}  // namespace farline::client
