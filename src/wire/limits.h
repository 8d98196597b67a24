// Every bound of the protocol and of both cores, with its unit and reason. A queue, map or loop without a line here is
// a mistake.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace farline::wire {

// --- Sizes -----------------------------------------------------------------------------------------------------------
inline constexpr size_t kDatagramBytesMax = 1200;    // with IPv6 and UDP headers 1248: below IPv6's minimum MTU of 1280
inline constexpr size_t kNameBytesMax = 64;          // a person's name, UTF-8
inline constexpr size_t kCertificateBytesMax = 512;  // measured: a device certificate is about 205
inline constexpr size_t kDevicesPerPersonMax = 4;    // 4 certificates fit one LOOKUP_RESULT
inline constexpr size_t kCertificateChainMax = 3;    // root's issuer, site's issuer, device
inline constexpr size_t kPassBytesMax = 200;         // a pass has 103
inline constexpr Duration kPassEvery = 5min;         // a signature of the node
inline constexpr size_t kAuditReportBytesMax = 900;  // one report, signed: one datagram
inline constexpr size_t kVoiceNoteBytesMax = 30'000;  // 5.5 min at 700 bit/s, 40 s at 6 kbit/s: more is a call
inline constexpr uint32_t kMailsBurst = 50;           // MAIL_PUT of one session
inline constexpr Duration kMailsEvery = 100ms;
inline constexpr uint32_t kMailPushesBurst = 20;  // MAIL that nobody asked for, to one session
inline constexpr Duration kMailPushesEvery = 200ms;
inline constexpr size_t kMac1Bytes = 8;
inline constexpr size_t kCookieBytes = 16;

// --- Sessions --------------------------------------------------------------------------------------------------------
inline constexpr uint64_t kRekeyAfterRecords = 4096;  // far below any AEAD limit; keeps old keys from living long
inline constexpr Duration kRekeyAfter = 10min;
inline constexpr unsigned kKeysAhead = 4;             // later keys a receiver tries: all records under one may be lost
inline constexpr Duration kHandshakeEvery = 6h;       // fresh Diffie-Hellman
inline constexpr Duration kKeepaliveEvery = 25s;      // below the 30 s that the least patient NATs keep a UDP mapping
inline constexpr unsigned kKeepaliveAnswerEvery = 4;  // every 4th asks for an answer: 7.4 kB an hour, both directions
inline constexpr Duration kKeepaliveEveryMax = 160s;  // once the NAT's patience is learnt
inline constexpr Duration kPatienceUnit = 5s;         // of the silence a client asks the node for
inline constexpr Duration kPatienceMax = 5min;        // a node answers that late at most
inline constexpr Duration kLongHeaderAfter = 30s;     // silence after which our address may have changed unnoticed
inline constexpr Duration kSessionIdleMax = 9min;     // a node forgets a client that missed 3 of the rarest keepalives
inline constexpr Duration kCookieLifetime = 120s;     // WireGuard's value
inline constexpr Duration kResponseCache = 60s;       // the same initiation gets the same response this long

// --- Repetition ------------------------------------------------------------------------------------------------------
inline constexpr Duration kRepeatMargin = 1500ms;  // beside the round trips: serialisation, and people's patience
inline constexpr Duration kInviteRepeatMin = 5s;   // the far side's link is not known yet: Iridium takes 4 s
inline constexpr Duration kRepeatMax = 16s;
inline constexpr Duration kRoundTripGuess = 2500ms;  // before the first measurement; Iridium's is about 2.4 s
inline constexpr unsigned kHangupRepeats = 4;

// --- Calls -----------------------------------------------------------------------------------------------------------
inline constexpr Duration kRingTime = 60s;             // the caller gives up after this long without an answer
inline constexpr Duration kRingTimeCallee = 75s;       // the callee stops by itself when CANCELLED was lost
inline constexpr Duration kLegLinger = 30s;            // a node keeps an ended leg so that repetitions find it
inline constexpr Duration kLegIdleMax = 15min;         // a leg without media or signalling; links stall for minutes
inline constexpr size_t kPendingIncomingMax = 4;       // invitations waiting for the caller's certificate
inline constexpr uint32_t kInvitesPerCallerBurst = 6;  // ring floods are bounded, at the callee and at the node
inline constexpr Duration kInvitesPerCallerEvery = 10s;
inline constexpr Duration kLostCallEvery = 5s;  // CHANNEL_UNKNOWN of a client; what asks for it is not authentic

// --- Supernode -------------------------------------------------------------------------------------------------------
inline constexpr size_t kSessionsMax = 50'000;  // hard capacity; then "node is full"
inline constexpr size_t kLegsMax = 20'000;
inline constexpr size_t kLegsPerDeviceMax = 8;
inline constexpr size_t kLegsPerPairMax = 4;  // with those that linger: a device rings another so often in kLegLinger
inline constexpr uint32_t kHandshakesPerSecondFree = 50;  // above: cookies; a core does about 100 IK responses a second
inline constexpr uint32_t kHandshakesPerSecondMax = 80;   // above: refused before any Diffie-Hellman
inline constexpr uint32_t kRecordsPerSecondMax = 50;      // control records of one session; voice is media
inline constexpr uint32_t kRecordsBurst = 100;
inline constexpr uint32_t kRelayBurstPackets = 4;  // beside two seconds at the negotiated rate
inline constexpr size_t kInvitationsMax = 10'000;
inline constexpr size_t kOrdersMax = 1000;  // taken and not over yet
inline constexpr size_t kRenewalsMax = 1000;
inline constexpr size_t kDevicesMax = 200'000;
inline constexpr size_t kPendingMax = 60 * kHandshakesPerSecondMax;  // not heard of since the response; kResponseCache
inline constexpr Duration kSweepEvery = 10s;                         // grain of a node's idle expiry
inline constexpr Duration kPresenceEvery = 10s;                      // a device signs that it is here, and is asked to
inline constexpr Duration kPathNonceLifetime = 60s;   // a PATH_CHALLENGE may be answered for one to two of these
inline constexpr Duration kStrayAnswerEvery = 1s;     // answers to what is not authentic, of one session
inline constexpr Duration kUnaskedLookupEvery = 30s;  // a LOOKUP_RESULT takes seconds on a thin link
inline constexpr size_t kSignalBytesMax = 256;        // that an INVITE, RINGING or sealed signal carries; now 62
inline constexpr uint32_t kSignalsBurst = 6;          // of one side of a leg: a leg cannot flood a thin link
inline constexpr Duration kSignalsEvery = 1500ms;
inline constexpr Duration kLegUnansweredMax = kRingTimeCallee + 2 * kRepeatMax;
// --- Between supernodes ----------------------------------------------------------------------------------------------
inline constexpr size_t kNodesMax = 256;
inline constexpr Duration kHelloEvery = 5s;
inline constexpr Duration kNodeSilentMax = 16s;    // three HELLOs; after that nobody waits for its answer
inline constexpr Duration kQuestionTime = 500ms;   // a person waits for the answer
inline constexpr Duration kPlaceFresh = 30s;       // so long nobody asks again where a device is
inline constexpr size_t kElsewhereMax = 20'000;    // devices of other nodes that are remembered
inline constexpr size_t kQuestionsMax = 1000;      // open at once
inline constexpr size_t kAskersMax = 32;           // of one question
inline constexpr Duration kArrivalEvery = 5ms;     // republished after the bus was away: 200 a second
inline constexpr unsigned kEnrolAttemptsMax = 16;  // of one session: each may cost a signature check
inline constexpr uint32_t kInvitationUsesMax = 10'000;
inline constexpr uint32_t kInvitationHoursMax = 24 * 366;
inline constexpr uint64_t kDeviceCertificateDays = 365;

}  // namespace farline::wire
