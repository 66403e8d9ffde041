// Incremental HTTP/1.x parsers over bytes that arrive in any pieces. Every size is bounded; any input is survived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace venice::net {

struct HttpParserLimits {
  size_t first_line_max = 4096;    // request or status line
  size_t header_block_max = 8192;  // all header lines together; trailers as well
  size_t body_max = 1 << 20;
};

// The part that requests and responses share: where in the message we are, header lines, bodies.
//
//   while (!bytes.empty() && parser.state() == kReading) { bytes.remove_prefix(parser.Parse(bytes)) or wait for more; }
//
// Parse() may leave bytes unread (an incomplete line of the head); the caller keeps them and calls again with more
// bytes behind them. Loop-bound; no copies of the body but the one into the message.
class HttpMessageParser {
 public:
  enum class State { kReading, kComplete, kFailed };

  State state() const { return state_; }
  bool head_complete() const { return phase_ != Phase::kFirstLine && phase_ != Phase::kHeaders; }
  // Of a failed message: the status a server answers with, and why.
  int error_status() const { return error_status_; }
  const std::string& error() const { return error_; }
  // May the connection carry another message after this one? Valid when complete.
  bool keep_alive() const { return keep_alive_; }

 protected:
  enum class Phase { kFirstLine, kHeaders, kBody, kBodyUntilClose, kChunkSize, kChunkData, kChunkEnd, kTrailers, kEnd };

  explicit HttpMessageParser(HttpParserLimits limits) : limits_(limits) {}

  void ResetMessage();
  void Fail(int status, std::string message);
  void Complete() {
    state_ = State::kComplete;
    phase_ = Phase::kEnd;
  }
  // Takes one line without its CRLF or LF. False when it is not all there, or when it is longer than `max` (then
  // failed).
  bool TakeLine(std::string_view bytes, size_t& used, size_t max, int too_long_status, std::string_view& line);
  // True when the blank line was reached.
  bool ParseHeaderLines(std::string_view bytes, size_t& used, HttpHeaders& headers);
  void ParseBody(std::string_view bytes, size_t& used, std::string& body);
  // "HTTP/1.1"; false after Fail().
  bool ParseVersion(std::string_view text);
  // Content-Length, Transfer-Encoding and Connection; false after Fail().
  bool ReadFraming(const HttpHeaders& headers);
  void BeginSizedBody(std::string& body);

  const HttpParserLimits limits_;
  State state_ = State::kReading;
  Phase phase_ = Phase::kFirstLine;
  bool keep_alive_ = true;
  int minor_version_ = 1;
  bool chunked_ = false;
  bool has_length_ = false;
  uint64_t length_ = 0;  // of the body, or of what is left of the chunk

 private:
  size_t scanned_ = 0;  // of the unread bytes: known to hold no line end
  size_t header_bytes_ = 0;
  int error_status_ = 0;
  std::string error_;
};

class HttpRequestParser : public HttpMessageParser {
 public:
  explicit HttpRequestParser(HttpParserLimits limits = {}) : HttpMessageParser(limits) {}

  // Returns how many bytes were consumed. Does nothing unless state() is kReading.
  size_t Parse(std::string_view bytes);
  // Of a complete message; the parser is then ready for the next one.
  HttpRequest Take();
  // The head is complete, the body is not, and the client waits for "100 Continue" before it sends it.
  bool wants_continue() const { return expects_continue_ && state() == State::kReading && head_complete(); }
  void ContinueSent() { expects_continue_ = false; }
  bool http_1_0() const { return minor_version_ == 0; }

 private:
  void ParseRequestLine(std::string_view line);
  void FinishHead();

  HttpRequest request_;
  bool expects_continue_ = false;
};

class HttpResponseParser : public HttpMessageParser {
 public:
  explicit HttpResponseParser(HttpParserLimits limits = {}) : HttpMessageParser(limits) {}

  // The next response answers a HEAD request: it has no body whatever its headers say.
  void ExpectNoBody() { no_body_ = true; }
  size_t Parse(std::string_view bytes);
  // The peer closed: completes a body that lasts until then, fails everything else.
  void EndOfStream();
  HttpResponse Take();
  // Nothing of a response has arrived.
  bool untouched() const { return untouched_; }

 private:
  void ParseStatusLine(std::string_view line);
  void FinishHead();

  HttpResponse response_;
  bool no_body_ = false;
  bool untouched_ = true;
};

}  // namespace venice::net
