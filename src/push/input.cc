#include "push/input.h"

namespace venice::push {

Result<std::unique_ptr<Input>> OpenInput(const PushSettings& settings, InputFormat format,
                                         const std::vector<InputFile>& files, const StoreSchemas& schemas) {
  switch (format) {
    case InputFormat::kJsonLines:
      return OpenJsonInput(settings, files, schemas);
    case InputFormat::kCsv:
      return OpenCsvInput(settings, files, schemas);
    default:
      return OpenAvroInput(settings, files, schemas);
  }
}

Result<ValueSchema> ChooseValueSchema(const PushSettings& settings, const StoreSchemas& schemas) {
  if (!settings.value_schema_id) return schemas.values.back();
  for (const ValueSchema& value : schemas.values) {
    if (value.id == *settings.value_schema_id) return value;
  }
  return Error(ErrorCode::kInvalidConfig,
               fmt::format("store {} has no value schema {}; its newest is {}", settings.store,
                           *settings.value_schema_id, schemas.values.back().id));
}

}  // namespace venice::push
