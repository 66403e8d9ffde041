// Schemas as text: Schema::ToJson with every attribute, and the Parsing Canonical Form.
#include <unordered_set>

#include "avro/json_text.h"
#include "avro/names.h"
#include "avro/schema.h"

namespace venice::avro {
namespace {

// Names that stand for a kind of type: a reference to a type called so needs its namespace.
bool IsTypeName(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Type::kFixed); ++i) {
    if (TypeName(static_cast<Type>(i)) == name) return true;
  }
  return false;
}

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
        WriteProperties(node.properties);
        out_ += '}';
        return;
      default:
        if (canonical_ || node.properties.empty()) {
          out_ += fmt::format("\"{}\"", TypeName(node.type));
          return;
        }
        out_ += fmt::format("{{\"type\":\"{}\"", TypeName(node.type));
        WriteProperties(node.properties);
        out_ += '}';
    }
  }

  void Named(const Node& node, std::string_view space) {
    const std::string_view own_space = NamespaceOf(node.name);
    if (!printed_.insert(&node).second) {
      Name(canonical_ ? std::string_view(node.name) : Reference(node.name, space));
      return;
    }
    if (canonical_) {
      out_ += "{\"name\":";
      Name(node.name);
      out_ += fmt::format(R"(,"type":"{}")", TypeName(node.type));
    } else {
      out_ += fmt::format("{{\"type\":\"{}\",\"name\":", node.is_error ? "error" : TypeName(node.type));
      Name(SimpleName(node.name));
      if (own_space != space) {
        out_ += ",\"namespace\":";
        Name(own_space);
      }
      Doc(node);
    }
    if (node.type == Type::kRecord) Fields(node, own_space);
    if (node.type == Type::kEnum) Symbols(node);
    if (node.type == Type::kFixed) out_ += fmt::format(R"(,"size":{})", node.fixed_size);
    WriteProperties(node.properties);
    if (!canonical_) Aliases(node);
    out_ += '}';
  }

  // Qualified when the namespace is not the one around it.
  static std::string_view Reference(std::string_view full_name, std::string_view space) {
    const std::string_view simple = SimpleName(full_name);
    return !space.empty() && NamespaceOf(full_name) == space && !IsTypeName(simple) ? simple : full_name;
  }

  // Only namespaces of old schemas hold anything that needs an escape, and the canonical form knows none.
  void Name(std::string_view name) {
    if (canonical_) {
      out_ += fmt::format("\"{}\"", name);
    } else {
      AppendJsonText(out_, name);
    }
  }

  template <typename T>
  void Doc(const T& documented) {
    if (!documented.has_doc) return;
    out_ += ",\"doc\":";
    AppendJsonText(out_, documented.doc);
  }

  void Fields(const Node& node, std::string_view space) {
    out_ += R"(,"fields":[)";
    for (size_t i = 0; i < node.fields.size(); ++i) {
      const Field& field = node.fields[i];
      out_ += fmt::format(R"({}{{"name":"{}","type":)", i > 0 ? "," : "", field.name);
      Type_(*field.type, space);
      if (!canonical_) {
        Doc(field);
        if (field.default_json) out_ += ",\"default\":" + *field.default_json;
        if (field.order == FieldOrder::kDescending) out_ += R"(,"order":"descending")";
        if (field.order == FieldOrder::kIgnore) out_ += R"(,"order":"ignore")";
        AliasList(field.aliases);
        WriteProperties(field.properties);
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

  void WriteProperties(const Properties& properties) {
    if (canonical_) return;
    for (const auto& [key, json] : properties) {
      out_ += ',';
      AppendJsonText(out_, key);
      out_ += ':';
      out_ += json;
    }
  }

  void Aliases(const Node& node) {
    std::vector<std::string> aliases;
    const std::string_view space = NamespaceOf(node.name);
    for (const std::string& alias : node.aliases) {
      // Without a namespace of its own, a type has no other way to name an alias than in full.
      aliases.emplace_back(Reference(alias, space));
    }
    AliasList(aliases);
  }

  void AliasList(const std::vector<std::string>& aliases) {
    if (aliases.empty()) return;
    out_ += R"(,"aliases":[)";
    for (size_t i = 0; i < aliases.size(); ++i) {
      if (i > 0) out_ += ',';
      AppendJsonText(out_, aliases[i]);
    }
    out_ += ']';
  }

  const bool canonical_;
  std::string out_;
  std::unordered_set<const Node*> printed_;
};

}  // namespace

std::string Schema::ToJson() const { return Printer(false).Print(*node_); }
std::string Schema::CanonicalForm() const { return Printer(true).Print(*node_); }

}  // namespace venice::avro
