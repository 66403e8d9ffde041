// Schemas as text: Schema::ToJson with every attribute, and the Parsing Canonical Form.
#include <set>

#include <nlohmann/json.hpp>

#include "avro/schema.h"

namespace venice::avro {
namespace {

std::string Quote(const std::string& text) { return nlohmann::json(text).dump(); }

std::string_view NamespaceOf(std::string_view full_name) {
  const size_t dot = full_name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : full_name.substr(0, dot);
}

std::string_view SimpleName(std::string_view full_name) { return full_name.substr(full_name.rfind('.') + 1); }

// Both forms print a named type in full where it first stands and by name afterwards.
class Printer {
 public:
  explicit Printer(bool canonical) : canonical_(canonical) {}

  std::string Print(const Node& node) {
    Type_(node, "");
    return std::move(out_);
  }

 private:
  void Type_(const Node& node, std::string_view space) {
    switch (node.type) {
      case Type::kRecord:
      case Type::kEnum:
      case Type::kFixed:
        return Named(node, space);
      case Type::kUnion: {
        out_ += '[';
        for (size_t i = 0; i < node.branches.size(); ++i) {
          if (i > 0) out_ += ',';
          Type_(*node.branches[i], space);
        }
        out_ += ']';
        return;
      }
      case Type::kArray:
      case Type::kMap:
        out_ += node.type == Type::kArray ? R"({"type":"array","items":)" : R"({"type":"map","values":)";
        Type_(*node.items, space);
        Properties(node.properties);
        out_ += '}';
        return;
      default:
        if (canonical_ || node.properties.empty()) {
          out_ += fmt::format("\"{}\"", TypeName(node.type));
          return;
        }
        out_ += fmt::format("{{\"type\":\"{}\"", TypeName(node.type));
        Properties(node.properties);
        out_ += '}';
    }
  }

  void Named(const Node& node, std::string_view space) {
    const std::string_view own_space = NamespaceOf(node.name);
    if (!printed_.insert(&node).second) {
      out_ += fmt::format("\"{}\"", !canonical_ && own_space == space ? SimpleName(node.name) : node.name);
      return;
    }
    if (canonical_) {
      out_ += fmt::format(R"({{"name":"{}","type":"{}")", node.name, TypeName(node.type));
    } else {
      out_ += fmt::format(R"({{"type":"{}","name":"{}")", TypeName(node.type), SimpleName(node.name));
      if (own_space != space) out_ += fmt::format(R"(,"namespace":"{}")", own_space);
      if (!node.doc.empty()) out_ += ",\"doc\":" + Quote(node.doc);
    }
    if (node.type == Type::kRecord) Fields(node, own_space);
    if (node.type == Type::kEnum) Symbols(node);
    if (node.type == Type::kFixed) out_ += fmt::format(R"(,"size":{})", node.fixed_size);
    Properties(node.properties);
    if (!canonical_) Aliases(node.aliases);
    out_ += '}';
  }

  void Fields(const Node& node, std::string_view space) {
    out_ += R"(,"fields":[)";
    for (size_t i = 0; i < node.fields.size(); ++i) {
      const Field& field = node.fields[i];
      out_ += fmt::format(R"({}{{"name":"{}","type":)", i > 0 ? "," : "", field.name);
      Type_(*field.type, space);
      if (!canonical_) {
        if (!field.doc.empty()) out_ += ",\"doc\":" + Quote(field.doc);
        if (field.default_json) out_ += ",\"default\":" + *field.default_json;
        if (field.order == FieldOrder::kDescending) out_ += R"(,"order":"descending")";
        if (field.order == FieldOrder::kIgnore) out_ += R"(,"order":"ignore")";
        Properties(field.properties);
        Aliases(field.aliases);
      }
      out_ += '}';
    }
    out_ += ']';
  }

  void Symbols(const Node& node) {
    out_ += R"(,"symbols":[)";
    for (size_t i = 0; i < node.symbols.size(); ++i) out_ += fmt::format("{}\"{}\"", i > 0 ? "," : "", node.symbols[i]);
    out_ += ']';
    if (!canonical_ && node.default_symbol) out_ += fmt::format(R"(,"default":"{}")", *node.default_symbol);
  }

  void Properties(const std::map<std::string, std::string>& properties) {
    if (canonical_) return;
    for (const auto& [key, value] : properties) out_ += fmt::format(",{}:{}", Quote(key), value);
  }

  void Aliases(const std::vector<std::string>& aliases) {
    if (aliases.empty()) return;
    out_ += R"(,"aliases":[)";
    for (size_t i = 0; i < aliases.size(); ++i) out_ += (i > 0 ? "," : "") + Quote(aliases[i]);
    out_ += ']';
  }

  const bool canonical_;
  std::string out_;
  std::set<const Node*> printed_;
};

}  // namespace

std::string Schema::ToJson() const { return Printer(false).Print(*node_); }
std::string Schema::CanonicalForm() const { return Printer(true).Print(*node_); }

}  // namespace venice::avro
