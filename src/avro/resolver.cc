#include "avro/resolver.h"

#include "avro/plan.h"

namespace venice::avro {

Result<Resolver> Resolver::Make(const Schema& writer, const Schema& reader) {
  VENICE_ASSIGN(auto plan, CompilePlan(writer, reader));
  return Resolver(std::move(plan));
}

const Schema& Resolver::writer() const { return plan_->writer; }
const Schema& Resolver::reader() const { return plan_->reader; }

}  // namespace venice::avro
