#include "protocol/replication_metadata_schema.h"

#include <map>

#include "protocol/schema_graph.h"

namespace venice::protocol {

using avro::Field;
using avro::Node;
using avro::Type;

namespace {

namespace rmd = replication_metadata;

constexpr const char* kNamespaceOfPlainValues = "com.linkedin.venice";
// The members stand in the order in which Venice's code happens to print them: it goes through a Java HashMap.
constexpr const char* kCollectionDefault =
    R"({"deletedElementsTimestamps":[],"deletedElementsIdentities":[],"topLevelColoID":-1,"putOnlyPartLength":0,)"
    R"("activeElementsTimestamps":[],"topLevelFieldTimestamp":0})";

// The documentation is in our words; what readers and writers go by, names, order, types and defaults, is Venice's.
constexpr const char* kCollectionDoc =
    "When a list or map was set as a whole, and when each of its elements was added or removed.";

Field Make(std::string name, const Node* type, std::string doc, std::string default_json) {
  Field field;
  field.name = std::move(name);
  field.type = type;
  field.doc = std::move(doc);
  field.has_doc = true;
  field.default_json = std::move(default_json);
  return field;
}

class MetadataSchemaMaker {
 public:
  explicit MetadataSchemaMaker(const avro::Schema& value) : schema_(value), value_(value.node()) {
    const bool is_record = value_.type == Type::kRecord;
    space_ = is_record ? std::string(NamespaceOf(value_.name)) : kNamespaceOfPlainValues;
  }

  Result<avro::Schema> Make() {
    const std::string name(SimpleName(value_.BranchName()));
    VENICE_ASSIGN(Node * record, graph_.NewNamed(Type::kRecord, InNamespace(space_, name + rmd::kRecordSuffix)));
    long_ = graph_.Primitive(Type::kLong);
    longs_ = graph_.ArrayOf(long_);
    std::vector<const Node*> timestamps{long_};
    if (value_.type == Type::kRecord) {
      VENICE_ASSIGN(const Node* per_field, PerFieldRecord());
      timestamps.push_back(per_field);
    }
    record->fields.push_back(
        protocol::Make(rmd::kTimestamp, graph_.FlatUnion(timestamps),
                       "When the record was written: once for all fields, or each field by itself.", "0"));
    record->fields.push_back(protocol::Make(
        rmd::kCheckpointVector, longs_, "Per region, the position up to which its writes are in this record.", "[]"));
    return graph_.Finish(record);
  }

 private:
  Result<const Node*> PerFieldRecord() {
    VENICE_ASSIGN(Node * record, graph_.NewNamed(Type::kRecord, value_.name));
    record->doc = value_.doc;
    record->has_doc = value_.has_doc;
    record->is_error = value_.is_error;
    for (const Field& field : value_.fields) {
      const Node* type = Collection(*field.type);
      const Node* metadata = long_;
      if (type != nullptr) {
        VENICE_ASSIGN(metadata, CollectionRecord(*type));
      }
      Field made = protocol::Make(field.name, metadata, "When " + field.name + " was written.",
                                  type == nullptr ? "0" : kCollectionDefault);
      made.order = field.order;
      record->fields.push_back(std::move(made));
    }
    return record;
  }

  // The array or map that the type is, or is when it is not null; else nullptr.
  static const Node* Collection(const Node& type) {
    const Node* inner = &type;
    if (type.type == Type::kUnion && type.branches.size() == 2) {
      if (type.branches[0]->type == Type::kNull)
        inner = type.branches[1];
      else if (type.branches[1]->type == Type::kNull)
        inner = type.branches[0];
    }
    return inner->type == Type::kArray || inner->type == Type::kMap ? inner : nullptr;
  }

  // Collections of one canonical form share a record.
  Result<const Node*> CollectionRecord(const Node& collection) {
    const Node*& shared = collections_[schema_.At(collection).CanonicalForm()];
    if (shared != nullptr) return shared;
    const bool is_array = collection.type == Type::kArray;
    const std::string name =
        std::string(is_array ? "array" : "map") + "_CollectionMetadata_" + std::to_string(collections_.size() - 1);
    VENICE_ASSIGN(Node * record, graph_.NewNamed(Type::kRecord, InNamespace(space_, name)));
    const Node* element = graph_.Primitive(Type::kString);
    if (is_array) {
      VENICE_ASSIGN(element, graph_.Import(*collection.items));
    }
    const Node* integer = graph_.Primitive(Type::kInt);
    record->doc = kCollectionDoc;
    record->has_doc = true;
    record->fields = {
        protocol::Make(rmd::kTopLevelTimestamp, long_, "When the collection was last set as a whole.", "0"),
        protocol::Make(rmd::kTopLevelColoId, integer, "The region that last set it as a whole; -1: none has.", "-1"),
        protocol::Make(rmd::kPutOnlyPartLength, integer, "How many elements at its start came with that whole.", "0"),
        protocol::Make(rmd::kActiveTimestamps, longs_,
                       "When each element that came later was added, in the order of the collection.", "[]"),
        protocol::Make(rmd::kDeletedIdentities, graph_.ArrayOf(element),
                       "What was removed: elements of a list, keys of a map.", "[]"),
        protocol::Make(rmd::kDeletedTimestamps, longs_, "When each of these was removed.", "[]"),
    };
    shared = record;
    return shared;
  }

  const avro::Schema& schema_;
  const Node& value_;
  std::string space_;
  SchemaGraph graph_;
  const Node* long_ = nullptr;
  const Node* longs_ = nullptr;
  std::map<std::string, const Node*> collections_;
};

}  // namespace

Result<avro::Schema> MakeReplicationMetadataSchema(const avro::Schema& value_schema) {
  Result<avro::Schema> made = MetadataSchemaMaker(value_schema).Make();
  if (!made.ok())
    return std::move(made).error().In("replication metadata schema of " +
                                      std::string(value_schema.node().BranchName()));
  return made;
}

}  // namespace venice::protocol
