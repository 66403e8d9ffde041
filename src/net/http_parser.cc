#include "net/http_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace venice::net {
namespace {

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = MakeTokenTable();

bool IsToken(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

// No control characters; bytes over 127 are let through.
bool IsFieldText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 32 && byte != 127) || byte == '\t';
  });
}

bool IsTarget(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 32 && byte != 127;
  });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Is `token` one of the comma-separated words?
bool ListContains(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (EqualsIgnoreCase(Trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool ParseNumber(std::string_view text, int base, uint64_t& value) {
  if (text.empty() || text.size() > 18) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

constexpr size_t kMethodMax = 32;
constexpr size_t kChunkLineMax = 256;
constexpr size_t kReserveMax = 4 << 20;  // memory promised on the word of a header alone

}  // namespace

void HttpMessageParser::ResetMessage() {
  state_ = State::kReading;
  phase_ = Phase::kFirstLine;
  keep_alive_ = true;
  chunked_ = has_length_ = false;
  length_ = 0;
  scanned_ = header_bytes_ = 0;
}

void HttpMessageParser::Fail(int status, std::string message) {
  state_ = State::kFailed;
  keep_alive_ = false;
  error_status_ = status;
  error_ = std::move(message);
}

bool HttpMessageParser::TakeLine(std::string_view bytes, size_t& used, size_t max, int too_long_status,
                                 std::string_view& line) {
  const std::string_view rest = bytes.substr(used);
  const size_t end = rest.find('\n', std::min(scanned_, rest.size()));
  const size_t length = end == std::string_view::npos ? rest.size() : end;
  if (length > max + 1) {  // 1: the carriage return
    Fail(too_long_status, "a line is longer than the " + std::to_string(max) + " bytes allowed");
    return false;
  }
  if (end == std::string_view::npos) {
    scanned_ = rest.size();
    return false;
  }
  scanned_ = 0;
  used += end + 1;
  line = rest.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return true;
}

bool HttpMessageParser::ParseHeaderLines(std::string_view bytes, size_t& used, HttpHeaders& headers) {
  while (true) {
    std::string_view line;
    const size_t left = limits_.header_block_max - std::min(header_bytes_, limits_.header_block_max);
    if (!TakeLine(bytes, used, left, 431, line)) return false;
    if (line.empty()) return true;
    header_bytes_ += line.size() + 2;
    const size_t colon = line.find(':');
    const std::string_view name = line.substr(0, std::min(colon, line.size()));
    if (colon == std::string_view::npos || !IsToken(name)) {
      Fail(400, "a header line is not of the form 'Name: value'");
      return false;
    }
    const std::string_view value = Trim(line.substr(colon + 1));
    if (!IsFieldText(value)) {
      Fail(400, "the value of header " + std::string(name) + " holds control characters");
      return false;
    }
    headers.fields.emplace_back(name, value);
  }
}

bool HttpMessageParser::ParseVersion(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.' || text[5] < '0' || text[5] > '9' ||
      text[7] < '0' || text[7] > '9') {
    Fail(400, "this is not HTTP: the first line has no HTTP version");
    return false;
  }
  if (text[5] != '1') {
    Fail(505, "HTTP version " + std::string(text.substr(5)) + " is not supported; use HTTP/1.1");
    return false;
  }
  minor_version_ = text[7] == '0' ? 0 : 1;
  keep_alive_ = minor_version_ == 1;
  return true;
}

bool HttpMessageParser::ReadFraming(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers.fields) {
    if (EqualsIgnoreCase(name, "content-length")) {
      uint64_t length = 0;
      if (!ParseNumber(value, 10, length) || (has_length_ && length != length_)) {
        Fail(400, "Content-Length is not one decimal number");
        return false;
      }
      has_length_ = true;
      length_ = length;
    } else if (EqualsIgnoreCase(name, "transfer-encoding")) {
      if (!EqualsIgnoreCase(value, "chunked") || chunked_) {
        Fail(501, "only 'Transfer-Encoding: chunked' is supported");
        return false;
      }
      chunked_ = true;
    } else if (EqualsIgnoreCase(name, "connection")) {
      if (ListContains(value, "close")) keep_alive_ = false;
      if (minor_version_ == 0 && ListContains(value, "keep-alive")) keep_alive_ = true;
    }
  }
  if (chunked_ && has_length_) {
    Fail(400, "a message has either Content-Length or Transfer-Encoding, not both");
    return false;
  }
  if (has_length_ && length_ > limits_.body_max) {
    Fail(413, "the body of " + std::to_string(length_) + " bytes is larger than the " +
                  std::to_string(limits_.body_max) + " allowed");
    return false;
  }
  return true;
}

void HttpMessageParser::BeginSizedBody(std::string& body) {
  if (length_ == 0) return Complete();
  body.reserve(std::min<uint64_t>(length_, kReserveMax));
  phase_ = Phase::kBody;
}

void HttpMessageParser::ParseBody(std::string_view bytes, size_t& used, std::string& body) {
  std::string_view line;
  while (state_ == State::kReading) {
    switch (phase_) {
      case Phase::kBody:
      case Phase::kChunkData: {
        const size_t count = std::min<uint64_t>(length_, bytes.size() - used);
        body.append(bytes.substr(used, count));
        used += count;
        length_ -= count;
        if (length_ > 0) return;
        if (phase_ == Phase::kBody) return Complete();
        phase_ = Phase::kChunkEnd;
        break;
      }
      case Phase::kBodyUntilClose:
        if (bytes.size() - used > limits_.body_max - body.size()) {
          return Fail(413, "the body is larger than the " + std::to_string(limits_.body_max) + " bytes allowed");
        }
        body.append(bytes.substr(used));
        used = bytes.size();
        return;
      case Phase::kChunkEnd:
        if (!TakeLine(bytes, used, 0, 400, line)) return;
        if (!line.empty()) return Fail(400, "a chunk does not end where its size says");
        phase_ = Phase::kChunkSize;
        break;
      case Phase::kChunkSize: {
        if (!TakeLine(bytes, used, kChunkLineMax, 400, line)) return;
        uint64_t size = 0;
        if (!ParseNumber(Trim(line.substr(0, line.find(';'))), 16, size)) {
          return Fail(400, "a chunk size is not a hexadecimal number");
        }
        if (size > limits_.body_max - body.size()) {
          return Fail(413, "the body is larger than the " + std::to_string(limits_.body_max) + " bytes allowed");
        }
        length_ = size;
        phase_ = size == 0 ? Phase::kTrailers : Phase::kChunkData;
        break;
      }
      case Phase::kTrailers: {
        HttpHeaders trailers;  // checked, bounded, and of no use to us
        if (!ParseHeaderLines(bytes, used, trailers)) return;
        return Complete();
      }
      default:
        return;
    }
  }
}

size_t HttpRequestParser::Parse(std::string_view bytes) {
  size_t used = 0;
  while (state_ == State::kReading && phase_ == Phase::kFirstLine) {
    const std::string_view rest = bytes.substr(used);
    if (rest.empty()) return used;
    // Blank lines before a request are allowed, junk is answered before its line ends (it may never end).
    if (rest.front() != '\r' && rest.front() != '\n') {
      const std::string_view method = rest.substr(0, std::min(rest.find(' '), kMethodMax + 1));
      const std::string_view seen = method.substr(0, method.find_first_of("\r\n"));
      if (!IsToken(seen) || seen.size() > kMethodMax) {
        Fail(400, rest.front() == '\x16' ? "this port speaks plain HTTP, not TLS: use http://"
                                         : "this is not an HTTP request");
        return used;
      }
    }
    std::string_view line;
    if (!TakeLine(bytes, used, limits_.first_line_max, 414, line)) return used;
    if (!line.empty()) ParseRequestLine(line);
  }
  if (state_ == State::kReading && phase_ == Phase::kHeaders && ParseHeaderLines(bytes, used, request_.headers)) {
    FinishHead();
  }
  if (state_ == State::kReading && head_complete()) ParseBody(bytes, used, request_.body);
  return used;
}

void HttpRequestParser::ParseRequestLine(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return Fail(400, "the request line is not 'METHOD target HTTP/1.1'");
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!IsToken(line.substr(0, first)) || !IsTarget(target)) {
    return Fail(400, "the request line is not 'METHOD target HTTP/1.1'");
  }
  if (!ParseVersion(line.substr(last + 1))) return;
  request_.method = line.substr(0, first);
  if (target.starts_with("http://")) {  // absolute form, as sent to proxies
    const size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  request_.target = target;
  phase_ = Phase::kHeaders;
}

void HttpRequestParser::FinishHead() {
  if (!ReadFraming(request_.headers)) return;
  if (const std::string* expect = request_.headers.Find("expect")) {
    if (!EqualsIgnoreCase(*expect, "100-continue")) return Fail(417, "only 'Expect: 100-continue' is supported");
    expects_continue_ = minor_version_ == 1;
  }
  if (chunked_) {
    phase_ = Phase::kChunkSize;
  } else {
    BeginSizedBody(request_.body);
  }
}

HttpRequest HttpRequestParser::Take() {
  HttpRequest request = std::move(request_);
  request_ = HttpRequest();
  request_.headers.fields.reserve(8);
  expects_continue_ = false;
  ResetMessage();
  return request;
}

size_t HttpResponseParser::Parse(std::string_view bytes) {
  size_t used = 0;
  if (!bytes.empty()) untouched_ = false;
  while (state_ == State::kReading && !head_complete()) {
    if (phase_ == Phase::kFirstLine) {
      std::string_view line;
      const std::string_view start = bytes.substr(used, 5);
      if (start != std::string_view("HTTP/").substr(0, start.size())) {
        Fail(502, "the peer does not answer in HTTP");
        return used;
      }
      if (!TakeLine(bytes, used, limits_.first_line_max, 502, line)) return used;
      ParseStatusLine(line);
    } else {
      if (!ParseHeaderLines(bytes, used, response_.headers)) return used;
      FinishHead();
    }
  }
  if (state_ == State::kReading) ParseBody(bytes, used, response_.body);
  return used;
}

void HttpResponseParser::ParseStatusLine(std::string_view line) {
  uint64_t status = 0;
  if (!ParseVersion(line.substr(0, 8))) return;
  if (line.size() < 12 || line[8] != ' ' || !ParseNumber(line.substr(9, 3), 10, status) || status < 100 ||
      (line.size() > 12 && line[12] != ' ')) {
    return Fail(502, "the status line of the peer is malformed");
  }
  response_.status = static_cast<int>(status);
  phase_ = Phase::kHeaders;
}

void HttpResponseParser::FinishHead() {
  if (response_.status < 200 && response_.status != 101) {  // interim: the real one follows
    response_ = HttpResponse();
    ResetMessage();
    return;
  }
  if (no_body_ || response_.status == 204 || response_.status == 304) {
    for (const auto& [name, value] : response_.headers.fields) {
      if (EqualsIgnoreCase(name, "connection") && ListContains(value, "close")) keep_alive_ = false;
    }
    return Complete();
  }
  if (!ReadFraming(response_.headers)) return;
  if (chunked_) {
    phase_ = Phase::kChunkSize;
  } else if (has_length_) {
    BeginSizedBody(response_.body);
  } else {
    keep_alive_ = false;
    phase_ = Phase::kBodyUntilClose;
  }
}

void HttpResponseParser::EndOfStream() {
  if (state_ != State::kReading) return;
  if (phase_ == Phase::kBodyUntilClose) return Complete();
  Fail(502, untouched_ ? "the peer closed the connection without an answer"
                       : "the peer closed the connection in the middle of its answer");
}

HttpResponse HttpResponseParser::Take() {
  HttpResponse response = std::move(response_);
  response_ = HttpResponse();
  no_body_ = false;
  untouched_ = true;
  ResetMessage();
  return response;
}

}  // namespace venice::net
