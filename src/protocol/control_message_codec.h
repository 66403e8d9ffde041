// The wire form of control messages, shared by the envelope and the checkpoints that embed them. Private to the folder.
#pragma once

#include <string>

#include "protocol/control_message.h"
#include "protocol/wire.h"

namespace venice::protocol {

// debugInfo and controlMessageUnion as envelope `version` wrote them.
ControlMessage ReadControlMessage(WireReader& in, ControlMessageType type, int version);
// debugInfo and controlMessageUnion, at the current version; the caller wrote the type.
void AppendControlMessage(std::string& out, const ControlMessage& message);

StartOfBufferReplay ReadStartOfBufferReplay(WireReader& in);
TopicSwitch ReadTopicSwitch(WireReader& in);
void AppendBody(std::string& out, const StartOfBufferReplay& body);
void AppendBody(std::string& out, const TopicSwitch& body);

}  // namespace venice::protocol
