#include "console/assets.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <zlib.h>

#include "base/check.h"

namespace venice::console {

namespace {

// Scripts and styles come from this server's own files only; nothing is inline, nothing is framed, no form leaves.
constexpr std::string_view kPagePolicy =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
// Swagger UI draws its icons from data: URLs.
constexpr std::string_view kApiDocsPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

bool IsBelow(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

net::HttpResponse Text(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.Set("Content-Type", "text/plain; charset=utf-8");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

net::HttpResponse Redirect(std::string_view relative) {
  net::HttpResponse response = Text(302, "see " + std::string(relative) + "\n");
  response.headers.Set("Location", std::string(relative));
  return response;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

// Calls `visit` with each element of a comma-separated header until it returns true; whether it did.
template <typename Visit>
bool AnyElement(const std::string* header, const Visit& visit) {
  if (header == nullptr) return false;
  std::string_view rest = *header;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (visit(Trim(rest.substr(0, comma)))) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

// "gzip", "gzip;q=0.5"; a weight of zero is a refusal.
bool AcceptsGzip(const net::HttpRequest& request) {
  return AnyElement(request.headers.Find("Accept-Encoding"), [](std::string_view element) {
    const size_t semicolon = std::min(element.find(';'), element.size());
    if (!net::EqualsIgnoreCase(Trim(element.substr(0, semicolon)), "gzip")) return false;
    const std::string_view weight = element.substr(semicolon);
    return weight.find_first_of("123456789") != std::string_view::npos || weight.find('=') == std::string_view::npos;
  });
}

bool HasAlready(const net::HttpRequest& request, std::string_view etag) {
  return AnyElement(request.headers.Find("If-None-Match"), [etag](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == "*" || element == etag;
  });
}

std::string Inflate(const Asset& asset) {
  std::string out(asset.size, '\0');
  z_stream stream{};
  constexpr int kGzipOnly = 15 + 16;
  VENICE_CHECK(inflateInit2(&stream, kGzipOnly) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzip.data()));
  stream.avail_in = static_cast<uInt>(asset.gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  VENICE_CHECK(done == Z_STREAM_END && stream.avail_out == 0);
  return out;
}

net::HttpResponse Deliver(const Asset& asset, const net::HttpRequest& request) {
  const bool gzip = AcceptsGzip(request);
  const std::string etag = "\"" + std::string(asset.tag) + (gzip ? "-gzip\"" : "\"");
  net::HttpResponse response;
  response.headers.Set("Content-Type", std::string(asset.content_type));
  response.headers.Set("ETag", etag);
  response.headers.Set("Vary", "Accept-Encoding");
  // Names carry no version, so the browser asks each time; the answer is a 304 until the controller is upgraded.
  response.headers.Set("Cache-Control", "no-cache");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.headers.Set("Referrer-Policy", "no-referrer");
  response.headers.Set("Content-Security-Policy",
                       std::string(IsBelow(asset.path, "/api-docs") ? kApiDocsPolicy : kPagePolicy));
  if (HasAlready(request, etag)) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.Set("Content-Encoding", "gzip");
  response.body = gzip ? std::string(asset.gzip) : Inflate(asset);
  return response;
}

}  // namespace

std::optional<net::HttpResponse> Answer(const net::HttpRequest& request) {
  const std::string_view path = request.path();
  if (!IsBelow(path, "/ui") && !IsBelow(path, "/api-docs") && path != "/openapi.yaml") return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = Text(405, "this path is read with GET\n");
    response.headers.Set("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/ui") return Redirect("ui/");
  if (path == "/api-docs/") return Redirect("../api-docs");
  const std::span<const Asset> assets = Assets();
  const auto found = std::lower_bound(assets.begin(), assets.end(), path,
                                      [](const Asset& asset, std::string_view wanted) { return asset.path < wanted; });
  if (found == assets.end() || found->path != path)
    return Text(404,
                "there is no such file here; the console is at /ui/, the interface's documentation at /api-docs\n");
  return Deliver(*found, request);
}

bool WantsPage(const net::HttpRequest& request) {
  return (request.method == "GET" || request.method == "HEAD") &&
         AnyElement(request.headers.Find("Accept"), [](std::string_view element) {
           return net::EqualsIgnoreCase(element.substr(0, element.find(';')), "text/html");
         });
}

net::HttpResponse RedirectToConsole() {
  net::HttpResponse response = Redirect("ui/");
  response.headers.Set("Vary", "Accept");
  return response;
}

}  // namespace venice::console
