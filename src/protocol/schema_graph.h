// Private to protocol's schema generators: puts a new schema together from new nodes and from copies of parsed ones.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avro/equality.h"
#include "avro/schema.h"
#include "base/result.h"

namespace venice::protocol {

// Thread-bound. A name stands for one type in the whole schema: types are added in the order in which they will be
// printed, the first of a name is the one that is kept, and a later one that is not equal is an error.
class SchemaGraph {
 public:
  // An array, map or union; the caller fills it in.
  avro::Node& New(avro::Type type);
  // A record, enum or fixed. Errors: kInvalidSchema when the name is taken.
  Result<avro::Node*> NewNamed(avro::Type type, std::string full_name);
  const avro::Node* Primitive(avro::Type type);
  const avro::Node* ArrayOf(const avro::Node* items);
  // Branches that are unions themselves give their branches.
  const avro::Node* FlatUnion(const std::vector<const avro::Node*>& branches);

  // A copy of a node of another schema and of all below it. Errors: kInvalidSchema when a name in it is taken by a
  // type that is not equal.
  Result<const avro::Node*> Import(const avro::Node& node);
  // Until Release, references to the node become references to `stand_in`: for a record that is being merged and refers
  // to itself.
  void Replace(const avro::Node& node, const avro::Node* stand_in) { stand_ins_[&node] = stand_in; }
  void Release(const avro::Node& node) { stand_ins_.erase(&node); }
  // Of nodes of the schemas that are put together.
  bool Equal(const avro::Node& a, const avro::Node& b) { return equality_.Equal(a, b); }

  // The whole as a schema of its own. Errors: kInvalidSchema when it breaks a rule of Avro, such as a union with two
  // branches of one name.
  Result<avro::Schema> Finish(const avro::Node* root) const;

 private:
  struct Named {
    const avro::Node* original;
    avro::Node* copy;
  };
  Status ImportFields(const avro::Node& from, avro::Node& to);

  std::shared_ptr<std::deque<avro::Node>> nodes_ = std::make_shared<std::deque<avro::Node>>();
  std::map<std::string, Named> named_;
  std::map<avro::Type, const avro::Node*> primitives_;
  std::map<const avro::Node*, const avro::Node*> stand_ins_;
  avro::EqualityCache equality_;
};

std::string_view NamespaceOf(std::string_view full_name);
std::string_view SimpleName(std::string_view full_name);
// "ns.Name", or the name alone without a namespace.
std::string InNamespace(std::string_view name_space, std::string_view name);

}  // namespace venice::protocol
