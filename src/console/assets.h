// The operators' console as the binary carries it: the pages of web/, Swagger UI and the interface document.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "net/http.h"

namespace venice::console {

struct Asset {
  std::string_view path;  // "/ui/", "/ui/app.js", "/openapi.yaml"
  std::string_view content_type;
  std::string_view tag;   // changes with the content
  std::string_view gzip;  // the content, compressed
  size_t size = 0;        // of the content itself
};

// Sorted by path.
std::span<const Asset> Assets();

// Answers a request below /ui, /api-docs or for /openapi.yaml; nullopt for every other path. Any thread.
//
// 200 compressed for who accepts gzip, else inflated; 304 when If-None-Match names what there is; 302 to the form of
// the address that the page's own references need; 404 and 405 in words.
std::optional<net::HttpResponse> Answer(const net::HttpRequest& request);

// Whether the request is a browser asking for a page to show.
bool WantsPage(const net::HttpRequest& request);

// A redirect to the console from the root of the same server.
net::HttpResponse RedirectToConsole();

}  // namespace venice::console
