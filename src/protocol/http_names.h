// Names of the read API over HTTP: headers, media types, query parameters. Source: read-path reference 1.1, 1.2.
#pragma once

#include <string_view>

namespace venice::protocol {

namespace http_header {
inline constexpr std::string_view kApiVersion = "X-VENICE-API-VERSION";
inline constexpr std::string_view kSchemaId = "X-VENICE-SCHEMA-ID";
inline constexpr std::string_view kCompressionStrategy = "X-VENICE-COMPRESSION-STRATEGY";
inline constexpr std::string_view kSupportedCompressionStrategy = "X-VENICE-SUPPORTED-COMPRESSION-STRATEGY";
inline constexpr std::string_view kStreaming = "X-VENICE-STREAMING";
inline constexpr std::string_view kStreamingResponse = "X-VENICE-STREAMING-RESPONSE";
inline constexpr std::string_view kKeyCount = "X-VENICE-KEY-COUNT";
inline constexpr std::string_view kComputeValueSchemaId = "X-VENICE-COMPUTE-VALUE-SCHEMA-ID";
inline constexpr std::string_view kClientCompute = "X-VENICE-CLIENT-COMPUTE";
inline constexpr std::string_view kRetry = "X-VENICE-RETRY";
inline constexpr std::string_view kReadCapacityUnits = "X-VENICE-RCU";
inline constexpr std::string_view kAllowRedirect = "X-VENICE-ALLOW-REDIRECT";
inline constexpr std::string_view kContentType = "Content-Type";
// What a client or operator can read when a router answers with an error (Venice's router framework sets it too).
inline constexpr std::string_view kErrorMessage = "X-Error-Message";
}  // namespace http_header

namespace media_type {
inline constexpr std::string_view kAvroBinary = "avro/binary";
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kText = "text/plain";
inline constexpr std::string_view kHtml = "text/html";
inline constexpr std::string_view kOctetStream = "application/octet-stream";
}  // namespace media_type

// First path segments of the read API.
namespace read_path {
inline constexpr std::string_view kStorage = "storage";
inline constexpr std::string_view kCompute = "compute";
}  // namespace read_path

// GET /storage/<store>/<key>?f=b64: the key is URL-safe base64 with padding; f=string (default): as it stands.
inline constexpr std::string_view kKeyFormatParameter = "f";
inline constexpr std::string_view kKeyFormatBase64 = "b64";
inline constexpr std::string_view kKeyFormatString = "string";

// "no value schema" in X-VENICE-SCHEMA-ID.
inline constexpr int kNoSchemaId = -1;
inline constexpr int kStatusServiceOverloaded = 529;

}  // namespace venice::protocol
