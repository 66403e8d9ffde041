// KafkaMessageEnvelope: the value of every record of every topic. Source: data-plane reference 3.
//
// Written at version 14, read at versions 1 to 14. Decoding makes views into the record and allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "protocol/control_message.h"
#include "protocol/guid.h"

namespace venice::protocol {

inline constexpr uint8_t kEnvelopeMagic = 23;
inline constexpr int8_t kEnvelopeVersion = 14;

// The wire's messageType. A GLOBAL_RT_DIV record says kPut or kDelete: only its key tells (KeyKind::kGlobalRtDiv).
enum class MessageType : int8_t { kPut = 0, kDelete = 1, kControlMessage = 2, kUpdate = 3, kGlobalRtDiv = 4 };

// logicalTimestamp of application writes that name no time; control messages and chunks have -1.
inline constexpr int64_t kNoLogicalTimestamp = -2;

struct ProducerMetadata {
  Guid guid;
  int32_t segment_number = 0;
  int32_t sequence_number = 0;
  int64_t message_timestamp_ms = 0;
  int64_t logical_timestamp_ms = -1;
  bool operator==(const ProducerMetadata&) const = default;
};

// The footer. The default is "no upstream" except for the position, which writers set to EncodePosition(earliest).
struct LeaderMetadata {
  std::string_view host_name;
  int64_t upstream_offset = -1;
  int32_t upstream_kafka_cluster_id = -1;
  std::string_view upstream_position;  // position.h; empty in records before version 12
  int64_t term_id = -1;
  int64_t upstream_message_timestamp_ms = -1;
  bool operator==(const LeaderMetadata&) const = default;
};

// A record as read. One flat struct: which fields mean something depends on `type`.
struct EnvelopeView {
  int8_t version = 0;
  MessageType type = MessageType::kPut;
  ProducerMetadata producer;

  // kPut, kUpdate: the value, or the update; not prefixed by a schema id.
  std::string_view value;
  // kPut, kDelete, kUpdate: value schema id; -1 when absent.
  int32_t schema_id = -1;
  int32_t update_schema_id = -1;                  // kUpdate
  int32_t replication_metadata_version_id = -1;   // kPut, kDelete
  std::string_view replication_metadata_payload;  // kPut, kDelete

  ControlMessageView control;  // kControlMessage

  std::optional<LeaderMetadata> footer;
};

// Errors: kCorruption (with what is wrong at which byte); kUnsupported for a version above 14.
Result<EnvelopeView> DecodeEnvelope(std::string_view record_value);
// The same without moving the view: for the hot path. `out` is unspecified after an error.
Status DecodeEnvelope(std::string_view record_value, EnvelopeView& out);

struct Put {
  std::string_view value;
  int32_t schema_id = -1;
  int32_t replication_metadata_version_id = -1;
  std::string_view replication_metadata_payload;
};
struct Update {
  std::string_view value;
  int32_t schema_id = -1;
  int32_t update_schema_id = -1;
};
struct Delete {
  int32_t schema_id = -1;
  int32_t replication_metadata_version_id = -1;
  std::string_view replication_metadata_payload;
};

// A record to write. Borrows all its bytes.
struct Envelope {
  ProducerMetadata producer;
  std::variant<Put, Update, Delete, const ControlMessage*> payload;
  std::optional<LeaderMetadata> footer;
};

// Appends to `out`, at version 14.
void EncodeEnvelope(const Envelope& envelope, std::string& out);

// The hot path: appends a put. An upper bound of what it adds is PutEnvelopeBytesMax.
void EncodePutEnvelope(const ProducerMetadata& producer, const Put& put, const LeaderMetadata& footer,
                       std::string& out);
inline size_t PutEnvelopeBytesMax(const Put& put, const LeaderMetadata& footer) {
  return put.value.size() + put.replication_metadata_payload.size() + footer.host_name.size() +
         footer.upstream_position.size() + 128;
}

// The value of the `vtp` header: JSON of the version 14 schema. Static storage.
std::string_view EnvelopeSchemaJson();
// JSON schema of any version 1..14, for tests and schema stores; empty for others.
std::string_view EnvelopeSchemaJson(int version);

}  // namespace venice::protocol
