// Where a node keeps messages that wait (supernode/mailbox.h): apart from its own records, because they are many and
// their disk may be full or damaged while the node goes on. Kinds are RecordKind::mail_*.
#pragma once

#include "base/core.h"

namespace farline::supernode {

class MailStore : public RecordSink {
 public:
  // A value that save() was given. Errc::not_found: there is none; auth: it was changed.
  virtual Result<ByteVector> find(uint8_t kind, Bytes key) = 0;
};

}  // namespace farline::supernode
