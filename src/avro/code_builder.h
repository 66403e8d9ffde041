// Emitting operations: what the compilers of plans (plan.cc) and of extractors (extractor.cc) share.
#pragma once

#include <deque>
#include <unordered_map>

#include "avro/plan.h"

namespace venice::avro {

// Appends to a Code. Targets of calls and loops are body numbers until LinkBodies.
class CodeBuilder {
 public:
  // Records of more operations than this get a body of their own. 64: as much as a call costs next to.
  static constexpr uint32_t kInlineOpsMax = 64;
  static constexpr uint32_t kTooManyOps = UINT32_MAX;

  explicit CodeBuilder(Code& code) : code_(code) {}

  uint32_t NewPlace(uint32_t parent, const Node& type, std::string_view field = {});

  uint32_t Here() const { return static_cast<uint32_t>(code_.ops.size()); }
  Op& Emit(OpCode code, uint32_t place);
  // Lengthens the last operation to also stand for this one, if it can.
  bool Extend(const Op& op);
  // What comes next is jumped to, so it is no continuation of what came before. Returns its address.
  uint32_t Label();

  uint32_t NewBody();
  // The body's code begins here.
  void BeginBody(uint32_t body) { bodies_[body] = Label(); }

  // A jump by the branch in the data: one case after the other, each ended by EndCase, then EndBranch.
  struct Branch {
    uint32_t table = 0;
    std::vector<uint32_t> jumps;
  };
  Branch BeginBranch(OpCode code, size_t branches, uint32_t place);
  void BeginCase(const Branch& branch, size_t index) { code_.tables[branch.table + index] = Label(); }
  void EndCase(Branch& branch);
  void EndBranch(const Branch& branch);

  void EmitFail(uint32_t place, std::string message);

  // Code that passes over one value.
  void EmitSkip(const Node& type, uint32_t place);

  // Emits the bodies that skipping asked for.
  void EmitSkipBodies();
  // Errors: kInvalidSchema when there is too much code.
  Status CheckSize() const;
  void LinkBodies();

 private:
  void EmitSkipRun(OpCode code, uint32_t count, uint32_t place);
  void EmitSkipUnion(const Node& type, uint32_t place);
  void EmitSkipItems(const Node& type, uint32_t place);
  uint32_t SkipBody(const Node& type);
  uint32_t SkipWeight(const Node& type, int depth);

  Code& code_;
  uint32_t label_ = 0;  // the last one
  std::vector<uint32_t> bodies_;
  std::unordered_map<const Node*, uint32_t> skip_bodies_;
  std::deque<const Node*> skip_bodies_waiting_;
  std::unordered_map<const Node*, uint32_t> skip_weights_;
};

}  // namespace venice::avro
