#include "embedded/tree_acl.h"

#include <arpa/inet.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/encoding.h"

namespace venice::embedded {
namespace {

struct Network {
  int family = AF_INET;
  unsigned char address[16] = {};
  int bits = 32;
};

// "10.0.0.0/8", "127.0.0.1", "::1"
std::optional<Network> ParseNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network;
  if (inet_pton(AF_INET, address.c_str(), network.address) != 1) {
    network.family = AF_INET6;
    if (inet_pton(AF_INET6, address.c_str(), network.address) != 1) return std::nullopt;
  }
  const int bits_max = network.family == AF_INET ? 32 : 128;
  network.bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view bits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
    if (error != std::errc() || end != bits.data() + bits.size()) return std::nullopt;
    if (network.bits < 0 || network.bits > bits_max) return std::nullopt;
  }
  return network;
}

bool Contains(const Network& network, const Network& host) {
  if (network.family != host.family) return false;
  const int whole = network.bits / 8;
  if (std::memcmp(network.address, host.address, static_cast<size_t>(whole)) != 0) return false;
  const int rest = network.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return (network.address[whole] & mask) == (host.address[whole] & mask);
}

bool WellFormed(const TreeAcl& entry) {
  if (entry.scheme == "world") return entry.id == "anyone";
  if (entry.scheme == "digest") return std::count(entry.id.begin(), entry.id.end(), ':') == 1;
  if (entry.scheme == "ip") return ParseNetwork(entry.id).has_value();
  return false;
}

bool Matches(const TreeAcl& entry, const TreeIdentity& identity) {
  if (entry.scheme != identity.scheme) return false;
  if (entry.scheme != "ip") return entry.id == identity.id;
  const std::optional<Network> network = ParseNetwork(entry.id);
  const std::optional<Network> host = ParseNetwork(identity.id);
  return network && host && Contains(*network, *host);
}

void AddOnce(TreeAclList& list, TreeAcl entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(std::move(entry));
}

}  // namespace

std::optional<TreeAclList> ResolveAcl(const TreeAclList& wanted, const TreeCaller& caller) {
  TreeAclList resolved;
  for (const TreeAcl& entry : wanted) {
    if (entry.scheme == "auth") {
      bool authenticated = false;
      for (const TreeIdentity& identity : caller.identities) {
        if (identity.scheme != "digest") continue;
        authenticated = true;
        AddOnce(resolved, {entry.permissions, identity.scheme, identity.id});
      }
      if (!authenticated) return std::nullopt;
      continue;
    }
    if (!WellFormed(entry)) return std::nullopt;
    AddOnce(resolved, entry);
  }
  if (resolved.empty()) return std::nullopt;
  return resolved;
}

bool Permits(const TreeAclList& acl, int32_t permission, const TreeCaller& caller) {
  for (const TreeAcl& entry : acl) {
    if ((entry.permissions & permission) == 0) continue;
    if (entry.scheme == "world") return true;
    for (const TreeIdentity& identity : caller.identities) {
      if (Matches(entry, identity)) return true;
    }
  }
  return false;
}

TreeIdentity DigestIdentity(std::string_view user_and_password) {
  unsigned char hash[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(user_and_password.data()), user_and_password.size(), hash);
  const std::string_view user = user_and_password.substr(0, user_and_password.find(':'));
  return {"digest",
          std::string(user) + ":" + Base64Encode(std::string_view(reinterpret_cast<const char*>(hash), sizeof(hash)))};
}

TreeAclList WithoutSecrets(const TreeAclList& acl) {
  TreeAclList shown = acl;
  for (TreeAcl& entry : shown) {
    if (entry.scheme == "digest") entry.id = entry.id.substr(0, entry.id.find(':')) + ":x";
  }
  return shown;
}

}  // namespace venice::embedded
