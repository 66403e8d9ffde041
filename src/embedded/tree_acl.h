// Access lists: which lists are well-formed, and whom they let in. Schemes: world, auth, digest, ip.
#pragma once

#include <optional>
#include <string_view>

#include "embedded/tree_types.h"

namespace venice::embedded {

// The list as it is stored: "auth" becomes the caller's digest identities, duplicates go.
// nullopt for a list ZooKeeper refuses as invalid (empty, unknown scheme, malformed id, "auth" by nobody).
std::optional<TreeAclList> ResolveAcl(const TreeAclList& wanted, const TreeCaller& caller);

bool Permits(const TreeAclList& acl, int32_t permission, const TreeCaller& caller);

// "user:password" -> {"digest", "user:base64(sha1(user:password))"}
TreeIdentity DigestIdentity(std::string_view user_and_password);

// The list as a caller without admin permission sees it: digest hashes are blanked.
TreeAclList WithoutSecrets(const TreeAclList& acl);

}  // namespace venice::embedded
